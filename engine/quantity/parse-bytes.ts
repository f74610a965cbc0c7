import { dialectOf, type Dialect, type DialectId } from './dialects.ts'
import { evaluate, Mistake, quote, type Value } from './expression.ts'
import { inUnits, LARGEST } from './number.ts'
import type { Unit } from './units.ts'

/** What a person got wrong: a sentence that names what was found and what is allowed. */
export interface Misread {
  readonly ok: false
  readonly message: string
}

export type ParsedBytes = { readonly ok: true; readonly bytes: number } | Misread

export interface ReadOptions {
  /** How the place writes amounts; `people` if absent. */
  readonly dialect?: DialectId
  /** The unit of a number without one, where the field or an attribute (`unit='GiB'`) gives it. */
  readonly defaultUnit?: string
  /** What a percentage is of, in bytes. Without it percentages are refused. */
  readonly baseBytes?: number
}

/**
 * An amount of memory, in whole bytes: from 0 to 2^53. `parseBytes('24 * 16G')`,
 * `parseBytes('33554432', { dialect: 'libvirt' })`. Words for no limit are for {@link parseLimit}.
 */
export function parseBytes(text: string, options: ReadOptions = {}): ParsedBytes {
  const dialect = dialectOf(options.dialect ?? 'people')
  const trimmed = text.trim()
  try {
    if (trimmed === '') throw new Mistake('expected an amount of memory, found nothing')
    return checked(bytesOf(trimmed, dialect, options), trimmed)
  } catch (error) {
    if (error instanceof Mistake) return misread(trimmed, error.message, dialect)
    throw error
  }
}

/** A misreading with the sentence that both sides of an amount share. */
export function misread(text: string, what: string, dialect: Dialect): Misread {
  return { ok: false, message: `${quote(text)}: ${what}. Allowed: ${allowed(dialect)}` }
}

function checked(bytes: number, text: string): ParsedBytes {
  if (Number.isNaN(bytes)) return { ok: false, message: `${quote(text)} is not a number` }
  if (bytes < 0) return { ok: false, message: `${quote(text)} is negative; allowed: 0 and more` }
  if (bytes > LARGEST)
    return { ok: false, message: `${quote(text)} is too large; allowed: up to 8 PiB (2^53 bytes)` }
  return { ok: true, bytes }
}

function bytesOf(text: string, dialect: Dialect, options: ReadOptions): number {
  const leaf = (number: string, unit: string): Value => amount(number, unit, dialect, options)
  const result = dialect.expressions === true ? evaluate(text, leaf) : single(text, dialect, leaf)
  if (result.kind === 1) return Math.round(result.value)
  if (result.share) return Math.round(result.value * baseOf(options))
  const unit = bareUnit(dialect, options)
  if (unit === undefined) throw new Mistake('a number needs a unit here')
  // Written out again the number is exact: a leaf alone, or what arithmetic left.
  if (/^[\d.]+$/.test(text)) return inUnits(text, unit, 'nearest')
  return Math.round((result.value * unit.times) / (unit.per ?? 1))
}

/** One number with its unit, for the places that know no arithmetic. */
function single(text: string, dialect: Dialect, leaf: (number: string, unit: string) => Value): Value {
  if (dialect.hexadecimal === true && /^0[xX][0-9a-fA-F]+$/.test(text))
    return { value: Number(text), kind: dialect.bare === 'B' ? 1 : 0, share: false }
  const match = /^([\d.]+(?:[eE][+-]?\d+(?![a-zA-Z]))?)(\s*)(%|[a-zA-Z]*)$/.exec(text)
  if (match === null)
    throw new Mistake(text.startsWith('-') ? 'negative amounts are refused' : 'not a number with a unit')
  const [, number = '', blank = '', unit = ''] = match
  if (blank !== '' && dialect.blank !== true) throw new Mistake('no blank between number and unit')
  if (/[.]/.test(number) && dialect.fractions !== true) throw new Mistake('only whole numbers')
  if (/[eE]/.test(number) && dialect.id !== 'kubernetes') throw new Mistake('no exponents')
  return leaf(number, unit)
}

function amount(number: string, unit: string, dialect: Dialect, options: ReadOptions): Value {
  if (unit === '%') {
    if (dialect.percent !== true) throw new Mistake('no percentages')
    return { value: Number(number) / 100, kind: 0, share: true }
  }
  if (unit === '' && dialect.expressions === true) return { value: Number(number), kind: 0, share: false }
  const known = unit === '' ? bareUnit(dialect, options) : unitNamed(unit, dialect)
  if (known === undefined)
    throw new Mistake(unit === '' ? 'a number needs a unit' : `unknown unit ${quote(unit)}`)
  const value = inUnits(number, known, dialect.id === 'kubernetes' ? 'up' : 'nearest')
  return { value, kind: 1, share: false }
}

function baseOf(options: ReadOptions): number {
  if (options.baseBytes === undefined)
    throw new Mistake('there is nothing here that a percentage could be of')
  return options.baseBytes
}

function bareUnit(dialect: Dialect, options: ReadOptions): Unit | undefined {
  const name = options.defaultUnit ?? dialect.bare
  if (name === undefined) return undefined
  const unit = unitNamed(name, dialect)
  if (unit === undefined) throw new Mistake(`unknown unit ${quote(name)}`)
  return unit
}

function unitNamed(name: string, dialect: Dialect): Unit | undefined {
  const exact = Object.hasOwn(dialect.units, name) ? dialect.units[name] : undefined
  if (exact !== undefined || dialect.ignoresCase !== true) return exact
  return Object.entries(dialect.units).find(([unit]) => unit.toLowerCase() === name.toLowerCase())?.[1]
}

/** What may be written, for a message: the units, and what a number alone means. */
function allowed(dialect: Dialect): string {
  const units = Object.keys(dialect.units).filter(name => name !== '' && name !== dialect.bare)
  const bare = dialect.bare === '' || dialect.bare === 'B' ? 'bytes' : dialect.bare
  const parts = [
    bare === undefined ? '' : `a number in ${bare}`,
    units.length === 0 ? '' : `a number with one of ${units.join(', ')}`,
    dialect.percent === true ? 'a percentage' : '',
    dialect.expressions === true ? 'arithmetic such as 24 * 16G' : '',
    dialect.unlimited === undefined ? '' : `for a limit also ${dialect.unlimited.join(', ')}`,
  ]
  return `${parts.filter(part => part !== '').join('; ')} (${dialect.title})`
}
