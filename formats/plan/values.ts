/** Single values of a plan: amounts, durations, shares, counts, names. */
import { formatBytesExactly, parseBytes, parseDuration, parseLimit } from '../../engine/quantity.ts'
import type { Place } from '../issues.ts'
import { didYouMean } from '../suggest.ts'
import { shown } from './issues.ts'
import type { Codec, Raw, Reading } from './reader.ts'

/** Reports a value. */
export function refuse(value: Raw, allowed: string, at: Place, to: Reading): void {
  to.issues.add(at, shown(value), allowed)
}

/** A codec of one value: what `parse` does not understand is reported, unless it has said more itself. */
export function codec<T>(
  allowed: string,
  parse: (value: Raw, at: Place, to: Reading) => T | undefined,
  write: (value: T) => Raw,
  hint: (value: Raw) => string = () => '',
): Codec<T> {
  return {
    allowed,
    read(value, at, to) {
      const before = to.issues.count
      const read = parse(value, at, to)
      if (read === undefined && to.issues.count === before)
        to.issues.add(at, shown(value), allowed, hint(value))
      return read
    },
    write,
  }
}

const same = (value: Raw): Raw => value

/** NaN is in no range. */
const within = (value: number, min: number, max: number): number | undefined =>
  value >= min && value <= max ? value : undefined

/** Reports what is wrong with a text that people wrote. */
function misread(text: string, message: string, allowed: string, at: Place, to: Reading): void {
  to.issues.say(at, shown(text), allowed, `${at.lastKey}: ${message}.`)
}

/** An amount of memory: `16 GiB`, `350 GB`, `24 * 16G`, a percentage where there is something it can be of, or bytes. */
export function bytes(min: number, max: number): Codec<number> {
  const allowed = `an amount of memory from ${formatBytesExactly(min)} to ${formatBytesExactly(max)}, such as "16 GiB" or bytes`
  const parse = (value: Raw, at: Place, to: Reading): number | undefined => {
    if (typeof value === 'number') return Number.isSafeInteger(value) ? within(value, min, max) : undefined
    if (typeof value !== 'string') return undefined
    const { baseBytes } = to
    const parsed = parseBytes(value, baseBytes === undefined ? {} : { baseBytes })
    if (parsed.ok) return within(parsed.bytes, min, max)
    misread(value, parsed.message, allowed, at, to)
    return undefined
  }
  return codec(allowed, parse, formatBytesExactly)
}

const LIMIT = 'an amount of memory such as "8 MiB", bytes, or "unlimited"'

/** A limit: an amount, or `unlimited`. */
export const limit: Codec<number | 'unlimited'> = codec(
  LIMIT,
  (value, at, to) => {
    if (typeof value === 'number') return Number.isSafeInteger(value) ? within(value, 0, 2 ** 53) : undefined
    if (typeof value !== 'string') return undefined
    const parsed = parseLimit(value)
    if (parsed.ok) return parsed.limitBytes
    misread(value, parsed.message, LIMIT, at, to)
    return undefined
  },
  value => (value === 'unlimited' ? value : formatBytesExactly(value)),
)

/** Seconds: `90 s`, `1h 30m`, or a number of seconds. */
export function seconds(min: number, max: number): Codec<number> {
  const allowed = `a duration from ${min} s to ${max} s, such as "90 s" or "1h 30m"`
  const parse = (value: Raw, at: Place, to: Reading): number | undefined => {
    if (typeof value === 'number') return within(value, min, max)
    if (typeof value !== 'string') return undefined
    const parsed = parseDuration(value)
    if (parsed.ok) return within(parsed.ns / 1e9, min, max)
    misread(value, parsed.message, allowed, at, to)
    return undefined
  }
  return codec(allowed, parse, value => {
    const text = `${value} s`
    const parsed = parseDuration(text)
    return parsed.ok && parsed.ns / 1e9 === value ? text : value
  })
}

/** A number with a percent sign or without; NaN for other text. */
function shareOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim())
  if (match === null) return NaN
  return match[2] === '%' ? Number(match[1]) / 100 : Number(match[1])
}

/** A part of 1: `8 %`, or a number from 0 to 1. */
export function share(min = 0, max = 1): Codec<number> {
  return codec(
    `a share from ${min} to ${max}, such as "8 %" or 0.08`,
    value =>
      within(
        typeof value === 'string' ? shareOf(value) : Number.isFinite(value) ? Number(value) : NaN,
        min,
        max,
      ),
    value => {
      const text = `${Number((value * 100).toPrecision(12))} %`
      return shareOf(text) === value ? text : value
    },
  )
}

const RATE = /^(\d+(?:\.\d+)?)\s*([kKMG]?)(?:\s*\/\s*s)?$/
const TIMES: Readonly<Record<string, number>> = { '': 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9 }

function rateOf(value: Raw): number {
  if (typeof value === 'number') return value
  const match = typeof value === 'string' ? RATE.exec(value.trim()) : null
  return match === null ? NaN : Number(match[1]) * (TIMES[match[2] ?? ''] ?? NaN)
}

/** So many a second: a number, or `20k/s`. */
export function rate(min: number, max: number): Codec<number> {
  const allowed = `a number from ${min} to ${max} a second, such as 20000 or "20k/s"`
  return codec(allowed, value => within(rateOf(value), min, max), same)
}

/** Bytes a second: an amount, with or without `/s`. */
export const bandwidth: Codec<number> = codec(
  'an amount of memory a second, such as "410 GB/s"',
  (value, at, to) =>
    bytes(1, 2 ** 53).read(
      typeof value === 'string' ? value.trim().replace(/\s*\/\s*s$/, '') : value,
      at,
      to,
    ),
  // Bandwidths are theoretical figures in decimal units.
  value => (value % 1e6 === 0 ? `${value / 1e9} GB/s` : `${formatBytesExactly(value)}/s`),
)

/** A number without a unit. */
export function number(min: number, max: number): Codec<number> {
  const parse = (value: Raw): number | undefined =>
    typeof value === 'number' ? within(value, min, max) : undefined
  return codec(`a number from ${min} to ${max}`, parse, same)
}

/** A whole number. */
export function count(min: number, max: number): Codec<number> {
  const parse = (value: Raw): number | undefined =>
    typeof value === 'number' && Number.isSafeInteger(value) ? within(value, min, max) : undefined
  return codec(`a whole number from ${min} to ${max}`, parse, same)
}

export const flag: Codec<boolean> = codec(
  'true or false',
  value => (typeof value === 'boolean' ? value : undefined),
  same,
)

/** Control characters other than line breaks. */
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/

/** Text for people, or a name. */
export function text(min: number, max: number): Codec<string> {
  const parse = (value: Raw): string | undefined =>
    typeof value === 'string' && value.length >= min && value.length <= max && !CONTROL.test(value)
      ? value
      : undefined
  return codec(`a text of ${min} to ${max} characters without control characters`, parse, same)
}

/** One of a list of names; others get a guess at what was meant. */
export function oneOf<Name extends string>(names: readonly Name[]): Codec<Name> {
  const allowed = names.length === 1 ? `"${String(names[0])}"` : `one of ${names.join(', ')}`
  const hint = (value: Raw): string => (typeof value === 'string' ? didYouMean(value, names) : '')
  return codec(allowed, value => names.find(name => name === value), same, hint)
}

/** A number out of a few. */
export function oneOfNumbers<N extends number>(numbers: readonly N[]): Codec<N> {
  return codec(`one of ${numbers.join(', ')}`, value => numbers.find(n => n === value), same)
}

/** The same, or null for none. */
export function orNull<T>(of: Codec<T>): Codec<T | null> {
  return {
    allowed: `${of.allowed}, or null`,
    read: (value, at, to) => (value === null ? null : of.read(value, at, to)),
    write: value => (value === null ? null : of.write(value)),
  }
}

/** A list of so many at most. */
export function listOf<T>(of: Codec<T>, most: number): Codec<readonly T[]> {
  const parse = (value: Raw, at: Place, to: Reading): readonly T[] | undefined => {
    if (!Array.isArray(value) || value.length > most) return undefined
    const items = value.map((item: Raw, i) => of.read(item, at.at(i), to))
    return items.some(item => item === undefined) ? undefined : items.filter(item => item !== undefined)
  }
  return codec(`a list of at most ${most}`, parse, items => items.map(item => of.write(item)))
}
