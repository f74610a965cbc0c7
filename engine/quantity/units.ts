/** Units of memory and of time, as numbers of bytes and of nanoseconds. */

export const KIB = 1024
export const MIB = 2 ** 20
export const GIB = 2 ** 30
export const TIB = 2 ** 40
export const PIB = 2 ** 50

/** Nanoseconds of one unit of time. */
export const NS = 1
export const US = 1e3
export const MS = 1e6
export const S = 1e9
export const MIN = 60 * S
export const HOUR = 60 * MIN
export const DAY = 24 * HOUR
export const WEEK = 7 * DAY

/** A unit of memory, as a fraction of bytes: Kubernetes has thousandths. */
export interface Unit {
  readonly times: number
  /** Divisor; 1 if absent. */
  readonly per?: number
}

/** Single letters and their powers, in steps of 1024 or of 1000. */
export function letters(names: readonly string[], step: 1000 | 1024): Record<string, Unit> {
  return Object.fromEntries(names.map((name, i) => [name, { times: step ** (i + 1) }]))
}
