/** Figures as people read them: three figures that matter. */

const UNITS = {
  binary: { base: 1024, names: ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] },
  decimal: { base: 1000, names: ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] },
} as const

let shownIn: keyof typeof UNITS = 'binary'

/** What a page shows amounts in, from now on: its reader's choice. Everybody else shows binary units. */
export function showUnits(units: keyof typeof UNITS): void {
  shownIn = units
}

/** The unit that a largest value is best read in. */
export function byteUnit(maxBytes: number): { readonly name: string; readonly bytes: number } {
  const { base, names } = UNITS[shownIn]
  let power = 0
  while (power < names.length - 1 && maxBytes >= base ** (power + 1)) power++
  return { name: names[power] ?? 'B', bytes: base ** power }
}

/** 26.1 GiB */
export function bytes(value: number): string {
  const unit = byteUnit(Math.abs(value))
  return `${figure(value / unit.bytes)} ${unit.name}`
}

/** By places after the point: making one for each figure takes longer than everything else about it. */
const formatOf = (maximumFractionDigits: number): Intl.NumberFormat =>
  new Intl.NumberFormat('en-US', { maximumFractionDigits })
const FORMATS = [formatOf(0), formatOf(1), formatOf(2), formatOf(3)] as const

/** Three figures that matter; whole from a hundred on, thousands apart. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (value === 0) return '0'
  const size = Math.abs(value)
  const places = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3
  const text = FORMATS[places].format(value)
  return text === '0' || text === '-0' ? value.toPrecision(2) : text
}

/** 8 % */
export const share = (value: number): string => `${figure(value * 100)} %`

/** 850 ns, 12.5 ms, 90 s, 30 min, 2 h 15 min */
export function duration(seconds: number): string {
  if (seconds === 0) return '0 s'
  const size = Math.abs(seconds)
  if (size < 1e-6) return `${figure(seconds * 1e9)} ns`
  if (size < 1e-3) return `${figure(seconds * 1e6)} µs`
  if (size < 1) return `${figure(seconds * 1e3)} ms`
  if (size < 120) return `${figure(seconds)} s`
  if (size < 3600) return joined(seconds, 60, 'min', 's')
  return joined(seconds / 60, 60, 'h', 'min')
}

function joined(value: number, of: number, large: string, small: string): string {
  const whole = Math.round(value)
  const rest = whole % of
  return `${Math.floor(whole / of)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`
}

/** A point of the run: 00:01:42, with tenths where the axis is short. */
export function clock(seconds: number, withTenths = false): string {
  const tenths = Math.round(seconds * 10)
  const whole = withTenths ? Math.floor(tenths / 10) : Math.round(seconds)
  const pad = (n: number): string => String(n).padStart(2, '0')
  const text = `${pad(Math.floor(whole / 3600))}:${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}`
  return withTenths ? `${text}.${tenths % 10}` : text
}

/** What the kernel writes as KiB. */
export const kib = (value: number): string => (value === 0 ? '0' : bytes(value * 1024))
