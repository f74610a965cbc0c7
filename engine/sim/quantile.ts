/** The value that a share of the values do not exceed, by straight lines between neighbours; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = share * (sorted.length - 1)
  const low = Math.floor(at)
  const below = sorted[low] ?? NaN
  const above = sorted[Math.min(low + 1, sorted.length - 1)] ?? NaN
  return below + (above - below) * (at - low)
}
