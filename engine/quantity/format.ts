import { dialectOf, type DialectId } from './dialects.ts'
import type { LimitBytes } from './parse-limit.ts'
import { DAY, GIB, HOUR, KIB, MIB, MIN, MS, PIB, S, TIB, US } from './units.ts'

const BINARY = [
  ['PiB', PIB],
  ['TiB', TIB],
  ['GiB', GIB],
  ['MiB', MIB],
  ['KiB', KIB],
] as const

/** A number with at most so many decimals, without trailing zeros. */
function decimals(value: number, most: number): string {
  return String(Number(value.toFixed(most)))
}

/**
 * An amount of memory for people: `16 GiB`, `1.5 TiB`, `332 KiB`. The largest binary unit, two decimals at most, so
 * large odd amounts are rounded; see {@link formatBytesExactly}.
 */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return 'unlimited'
  if (bytes < 0) return `-${formatBytes(-bytes)}`
  for (const [unit, size] of BINARY) {
    // What would be printed as 1024 of a unit is one of the next.
    if (bytes >= size - size / 1024 / 200 && bytes >= KIB) return `${decimals(bytes / size, 2)} ${unit}`
  }
  return `${Math.round(bytes)} B`
}

/** The same, never rounded: the largest unit in which two decimals are exact, else bytes. */
export function formatBytesExactly(bytes: number): string {
  for (const [unit, size] of BINARY) {
    const text = decimals(bytes / size, 2)
    if (bytes >= size && Number(text) * size === bytes) return `${text} ${unit}`
  }
  return `${bytes} B`
}

/** Amounts that are compared in one sentence: rounded, but exact if rounding would make them look equal. */
export function formatBytesApart(...amounts: readonly number[]): string[] {
  const rounded = amounts.map(formatBytes)
  const different = new Set(amounts).size
  return new Set(rounded).size === different ? rounded : amounts.map(bytes => `${bytes} B`)
}

/** An amount or limit as one place writes it, rounded up to what the place can say: `34G`, `36Gi`, `37748736`. */
export function formatBytesFor(amount: LimitBytes, id: DialectId): string {
  const dialect = dialectOf(id)
  if (amount === 'unlimited') return dialect.unlimited?.[0] ?? 'unlimited'
  const sizes = dialect.prints.map(unit => ({ unit, size: dialect.units[unit]?.times ?? 1 }))
  const chosen = sizes.find(({ size }) => amount >= size && amount % size === 0) ?? sizes.at(-1)
  const { unit, size } = chosen ?? { unit: '', size: 1 }
  // Where a bare number already has that unit, the suffix is left out: the place may not know one.
  const suffix = unit === dialect.bare && id !== 'proc' ? '' : unit
  return `${Math.ceil(amount / size)}${dialect.blank === true && suffix !== '' ? ' ' : ''}${suffix}`
}

/** Time for people, three digits or two units: `250 ms`, `1.5 s`, `1 min 30 s`, `2 d 4 h`. */
export function formatDuration(ns: number): string {
  if (!Number.isFinite(ns)) return 'forever'
  if (ns < 0) return `-${formatDuration(-ns)}`
  if (ns < US) return `${Math.round(ns)} ns`
  for (const [unit, size] of [
    ['µs', US],
    ['ms', MS],
    ['s', S],
  ] as const) {
    if (ns < size * (unit === 's' ? 59.95 : 999.5)) return `${digits(ns / size)} ${unit}`
  }
  return longDuration(ns)
}

const digits = (value: number): string => decimals(value, value < 10 ? 2 : value < 100 ? 1 : 0)

const LONG = [
  ['d', DAY],
  ['h', HOUR],
  ['min', MIN],
  ['s', S],
] as const

function longDuration(ns: number): string {
  const at = Math.max(
    0,
    LONG.findIndex(([, size]) => ns >= size - S / 2),
  )
  const [unit, size] = LONG[at] ?? LONG[0]
  const [lesser, step] = LONG[at + 1] ?? ['s', S]
  const steps = Math.round(ns / step)
  const whole = Math.floor((steps * step) / size)
  const rest = steps - (whole * size) / step
  return rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${lesser}`
}
