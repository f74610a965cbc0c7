import type { Unit } from './units.ts'

/** The largest amount that is exact in a double: 2^53, eight pebibytes, or 104 days in nanoseconds. */
export const LARGEST = 2 ** 53

/** Digits with an optional fraction and, for Kubernetes, an exponent: `1.5`, `.5`, `12e6`. */
export const DECIMAL = /^(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,3})(?![a-zA-Z]))?/

/**
 * A decimal number times a unit, without the error of binary fractions: 1.1 GB is 1,100,000,000 bytes. What is left of
 * a byte is rounded to the nearest, or up. Amounts beyond any use come out as Infinity.
 */
export function inUnits(decimal: string, unit: Unit, rounding: 'nearest' | 'up'): number {
  const match = DECIMAL.exec(decimal)
  if (match === null) return NaN
  const [whole = '', fraction = ''] = (match[1] ?? '').split('.')
  if (whole.length + fraction.length > 60) return Infinity
  const exponent = Number(match[2] ?? 0) - fraction.length
  if (exponent > 60) return /^0*$/.test(whole + fraction) ? 0 : Infinity
  const ten = 10n ** BigInt(Math.abs(exponent))
  const above = BigInt(whole + fraction) * BigInt(unit.times) * (exponent > 0 ? ten : 1n)
  const below = BigInt(unit.per ?? 1) * (exponent < 0 ? ten : 1n)
  return Number((above + (rounding === 'up' ? below - 1n : below / 2n)) / below)
}
