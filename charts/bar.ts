/** A bar of parts that add up to a whole. */

export interface BarPlace {
  readonly x: number
  readonly width: number
  readonly colour: string
}

/** Places of the parts, side by side. */
export function barPlaces(
  parts: readonly { readonly bytes: number; readonly colour: string }[],
  totalBytes: number,
  wide: number,
): BarPlace[] {
  let x = 0
  return parts.map(({ bytes, colour }) => {
    const width = Math.round((bytes / totalBytes) * wide * 100) / 100
    const place = { x: Math.round(x * 100) / 100, width, colour }
    x += width
    return place
  })
}
