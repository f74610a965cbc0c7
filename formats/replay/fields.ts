import { shown, type Issues, type Place } from '../issues.ts'
import type { Json, JsonObject } from '../strict-json.ts'

/** Gives the value as it goes into the program, or undefined after it has reported what is wrong. */
export type Check = (value: Json, place: Place, issues: Issues) => unknown

export interface Field {
  readonly check: Check
  readonly required: boolean
  /** null means that the key is not given. */
  readonly nullable: boolean
}
export type Fields = Readonly<Record<string, Field>>

export const required = (check: Check): Field => ({ check, required: true, nullable: false })
export const optional = (check: Check): Field => ({ check, required: false, nullable: false })
export const optionalOrNull = (check: Check): Field => ({ check, required: false, nullable: true })

function wrong(value: Json, allowed: string, place: Place, issues: Issues): unknown {
  issues.add(place, 'badValue', `${place.lastKey} is ${shown(value)}; allowed is ${allowed}`)
  return undefined
}

/** An integer; beyond 2^53 it stays a bigint. Bounds are included. */
export function integer(min: bigint, max: bigint, allowed: string): Check {
  return (value, place, issues) => {
    const fits = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))
    return fits && value >= min && value <= max ? value : wrong(value, allowed, place, issues)
  }
}

const SAFE = BigInt(Number.MAX_SAFE_INTEGER)
export const anyU64 = integer(-(2n ** 63n), 2n ** 64n - 1n, 'an integer from -2^63 to 2^64-1')
export const positiveU64 = integer(1n, 2n ** 64n - 1n, 'an integer from 1 to 2^64-1')
export const u64 = integer(0n, 2n ** 64n - 1n, 'an integer from 0 to 2^64-1')
export const anyCount = integer(-SAFE, SAFE, 'an integer from -(2^53-1) to 2^53-1')
export const count = integer(0n, SAFE, 'an integer from 0 to 2^53-1')
export const positiveCount = integer(1n, SAFE, 'an integer from 1 to 2^53-1')

/** An integer that also fulfils a condition, such as being a power of two. */
export function integerWhere(holds: (value: number) => boolean, allowed: string): Check {
  return (value, place, issues) =>
    typeof value === 'number' && Number.isSafeInteger(value) && holds(value)
      ? value
      : wrong(value, allowed, place, issues)
}

export const bool: Check = (value, place, issues) =>
  typeof value === 'boolean' ? value : wrong(value, 'true or false', place, issues)

export const boolOrNumber: Check = (value, place, issues) =>
  typeof value === 'boolean' || (typeof value === 'number' && Number.isSafeInteger(value))
    ? value
    : wrong(value, 'true, false or an integer', place, issues)

export const text: Check = (value, place, issues) =>
  typeof value === 'string' ? value : wrong(value, 'a text', place, issues)

export function matching(pattern: RegExp, allowed: string): Check {
  return (value, place, issues) =>
    typeof value === 'string' && pattern.test(value) ? value : wrong(value, allowed, place, issues)
}

export function oneOf(names: readonly (string | number)[]): Check {
  const allowed = names.length === 1 ? String(names[0]) : `one of ${names.join(', ')}`
  return (value, place, issues) =>
    (typeof value === 'string' || typeof value === 'number') && names.includes(value)
      ? value
      : wrong(value, allowed, place, issues)
}

/** A list of names, or raw numbers for bits that have no name. */
export function flagList(names: readonly string[]): Check {
  const allowed = `${names.join(', ')} or an integer`
  return (value, place, issues) => {
    if (!Array.isArray(value)) return wrong(value, `a list of ${allowed}`, place, issues)
    value.forEach((item, index) => {
      const known = typeof item === 'string' ? names.includes(item) : Number.isSafeInteger(item)
      if (!known)
        issues.add(
          place.at(index),
          'unknownFlag',
          `${place.lastKey} has ${shown(item)}; allowed are ${allowed}`,
        )
    })
    return value
  }
}

export const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An object whose fields have been checked: a field that is there but not valid is undefined. */
export type Checked = Record<string, unknown>

/** An object of exactly these fields. */
export function record(fields: Fields): Check {
  return (value, place, issues) =>
    isObject(value) ? readFields(value, fields, place, issues) : wrong(value, 'an object', place, issues)
}

export function readFields(object: JsonObject, fields: Fields, place: Place, issues: Issues): Checked {
  const result: Checked = {}
  for (const key of Object.keys(object)) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined
    const value = object[key] ?? null
    if (field === undefined) unknownKey(key, fields, place, issues)
    else if (value !== null || !field.nullable) result[key] = field.check(value, place.at(key), issues)
  }
  for (const key in fields)
    if (fields[key]?.required === true && !Object.hasOwn(object, key))
      issues.add(place.at(key), 'missing', `${key} is missing`)
  return result
}

function unknownKey(key: string, fields: Fields, place: Place, issues: Issues): void {
  const message = `there is no key ${shown(key)} here; allowed are ${Object.keys(fields).join(', ')}`
  issues.add(place.at(key), 'unknownKey', message)
}
