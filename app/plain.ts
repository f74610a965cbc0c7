/** Values as JSON has them, so that every shell gives the same: packed numbers as lists, what is no number as null. */

/** A copy without typed arrays, NaN, Infinity, functions and what is undefined. */
export function plain(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (value instanceof Float64Array) return Array.from(value, one => (Number.isFinite(one) ? one : null))
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'function' || typeof value === 'symbol' || value === undefined) return null
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (isLeftOut(inner) ? [] : [[key, plain(inner)]])),
  )
}

const isLeftOut = (value: unknown): boolean => value === undefined || typeof value === 'function'

/** Objects and lists within each other deeper than this are refused: what walks them would run out of stack. */
export const MOST_DEPTH = 40

/** Whether a value is nested no deeper than that; looks level by level, so that it needs no stack itself. */
export function isShallow(value: unknown): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; depth <= MOST_DEPTH; depth++) {
    level = level.flatMap((one): unknown[] =>
      typeof one === 'object' && one !== null ? Object.values(one) : [],
    )
    if (level.length === 0) return true
  }
  return false
}
