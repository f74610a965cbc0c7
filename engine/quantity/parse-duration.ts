import { quote } from './expression.ts'
import { DECIMAL, inUnits, LARGEST } from './number.ts'
import type { Misread } from './parse-bytes.ts'
import { DAY, HOUR, MIN, MS, NS, S, US, WEEK } from './units.ts'

/** Nanoseconds of each unit that is read. */
const UNITS: Readonly<Record<string, number>> = {
  ns: NS,
  us: US,
  µs: US,
  μs: US,
  ms: MS,
  s: S,
  sec: S,
  second: S,
  seconds: S,
  m: MIN,
  min: MIN,
  minute: MIN,
  minutes: MIN,
  h: HOUR,
  hour: HOUR,
  hours: HOUR,
  d: DAY,
  day: DAY,
  days: DAY,
  w: WEEK,
  week: WEEK,
  weeks: WEEK,
}

export type ParsedDuration = { readonly ok: true; readonly ns: number } | Misread

const ALLOWED = 'Allowed: numbers with ns, us, ms, s, min, h, d or w, one after the other, such as 1h 30m'

/** A duration in nanoseconds: `90 s`, `1h 30m`, `250ms`; up to 2^53 ns, 104 days. */
export function parseDuration(text: string, options: { readonly defaultUnit?: string } = {}): ParsedDuration {
  const trimmed = text.trim()
  const wrong = (what: string): Misread => ({ ok: false, message: `${quote(trimmed)}: ${what}. ${ALLOWED}` })
  if (trimmed === '') return wrong('expected a duration, found nothing')
  if (trimmed.startsWith('-')) return wrong('negative durations are refused')
  let ns = 0
  let previous = Infinity
  for (let rest = trimmed; rest !== '';) {
    const match = /^(\d+\.?\d*|\.\d+)\s*([a-zA-Zµμ]*)\s*/.exec(rest)
    if (match === null) return wrong(`expected a number, found ${quote(rest)}`)
    const [token, number = '', name = ''] = match
    const unitName = name === '' ? options.defaultUnit : name
    if (unitName === undefined) return wrong('a number needs a unit')
    const unit = Object.hasOwn(UNITS, unitName.toLowerCase()) ? UNITS[unitName.toLowerCase()] : undefined
    if (unit === undefined) return wrong(`unknown unit ${quote(unitName)}`)
    if (unit >= previous) return wrong('units go from large to small')
    previous = unit
    ns += inUnits(number, { times: unit }, 'nearest')
    rest = rest.slice(token.length)
  }
  return ns > LARGEST ? wrong('too long; at most 104 days (2^53 ns)') : { ok: true, ns }
}

export type ParsedCount = { readonly ok: true; readonly count: number } | Misread

/** A count of things: a whole number from 0 to 2^53, thousands set off by `_`, `,` or a blank if at all. */
export function parseCount(text: string): ParsedCount {
  const trimmed = text.trim()
  const grouped = /^\d{1,3}(?:([_, ])\d{3}(?:\1\d{3})*)?$/.test(trimmed)
  const plain = grouped ? trimmed.replace(/[_, ]/g, '') : trimmed
  if (!/^\d+$/.test(plain) || DECIMAL.exec(plain)?.[0] !== plain)
    return { ok: false, message: `${quote(trimmed)} is not a count. Allowed: whole numbers from 0` }
  const count = Number(plain)
  if (count > LARGEST) return { ok: false, message: `${quote(trimmed)} is too large. Allowed: up to 2^53` }
  return { ok: true, count }
}
