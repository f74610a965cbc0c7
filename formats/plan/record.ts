/** Objects of a plan: tables of fields, read and written. */
import type { Place } from '../issues.ts'
import { didYouMean } from '../suggest.ts'
import { shown } from './issues.ts'
import { isRecord, type Codec, type Field, type Raw, type Reading } from './reader.ts'
import { refuse } from './values.ts'

/** A field; without a fallback it has to be there. */
export function field<T>(
  key: string,
  codec: Codec<T>,
  doc: string,
  more: { prop?: string; fallback?: T } = {},
): Field {
  const { prop = key, fallback } = more
  const widened = codec as unknown as Codec<unknown>
  return { key, prop, codec: widened, doc, ...(fallback === undefined ? {} : { fallback }) }
}

/** What an object that was read holds, by the names of a scenario; what was wrong is absent. */
export type Read = Record<string, unknown>

export const nameOf = (one: Field, to: Pick<Reading, 'naming'>): string =>
  to.naming === 'plan' ? one.key : one.prop

/** Every key that is there is read, every other reported; what is left out of a plan gets its fallback. */
export function readFields(
  value: Raw,
  fields: readonly Field[],
  at: Place,
  to: Reading,
  others: readonly string[] = [],
): Read | undefined {
  if (!isRecord(value)) {
    refuse(value, 'an object', at, to)
    return undefined
  }
  const allowed = [...fields.map(one => nameOf(one, to)), ...others]
  for (const key of Object.keys(value)) if (!allowed.includes(key)) unknownKey(key, allowed, at, to)
  const result: Read = {}
  for (const one of fields) {
    const name = nameOf(one, to)
    if (Object.hasOwn(value, name)) {
      const read = one.codec.read(value[name], at.at(name), to)
      if (read !== undefined) result[one.prop] = read
    } else if ('fallback' in one && to.naming === 'plan') result[one.prop] = one.fallback
    else missing(name, one, at, to)
  }
  return result
}

function missing(name: string, one: Field, at: Place, to: Reading): void {
  const { allowed } = one.codec
  to.issues.say(at.at(name), 'missing', allowed, `${name} is missing; it is ${allowed}.`)
}

export function unknownKey(key: string, allowed: readonly string[], at: Place, to: Reading): void {
  const list = allowed.join(', ')
  const found = shown(key)
  const sentence = `There is no key ${found} here.${didYouMean(key, allowed)} Allowed are ${list}.`
  to.issues.say(at.at(key), `the key ${found}`, `one of ${list}`, sentence)
}

/** An object with exactly these fields. The type that callers name is what the table says. */
export function record<T extends object>(fields: readonly Field[]): Codec<T> {
  return {
    allowed: `an object with ${fields.map(one => one.key).join(', ')}`,
    read(value, at, to) {
      const before = to.issues.count
      const read = readFields(value, fields, at, to)
      return read === undefined || to.issues.count > before ? undefined : (read as T)
    },
    write: value => writeFields(value as Read, fields),
  }
}

/** An object as a plan has it; what equals the fallback is written all the same. */
export function writeFields(value: Read, fields: readonly Field[]): Record<string, Raw> {
  return Object.fromEntries(fields.map(one => [one.key, one.codec.write(value[one.prop])]))
}
