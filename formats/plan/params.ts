/** Parameters of workloads and strategies, as their specifications say. */
import type { Params, ParamSpec, ParamValue } from '../../engine/scenario.ts'
import type { Place } from '../issues.ts'
import { isRecord, type Codec, type Raw, type Reading } from './reader.ts'
import { unknownKey } from './record.ts'
import { bytes, codec, count, flag, number, oneOf, rate, refuse, seconds, share } from './values.ts'

const MOST_CHARACTERS = 1_000_000

/** Text of a parameter, which may also stand as the JSON that it is. */
const jsonText: Codec<string> = codec(
  `a text of at most ${MOST_CHARACTERS} characters, or JSON`,
  value => {
    const read = typeof value === 'object' && value !== null ? jsonOf(value) : value
    return typeof read === 'string' && read.length <= MOST_CHARACTERS ? read : undefined
  },
  value => {
    if (!/^[[{]/.test(value)) return value
    try {
      const parsed = JSON.parse(value) as Raw
      return jsonOf(parsed) === value ? parsed : value
    } catch {
      return value
    }
  },
)

/** Integers beyond 2^53 lose their last digits: JSON numbers do everywhere else. */
const jsonOf = (value: Raw): string =>
  JSON.stringify(value, (_, inner: Raw) => (typeof inner === 'bigint' ? Number(inner) : inner))

/** How values of a parameter are read and written. */
export function codecOf(spec: ParamSpec): Codec<ParamValue> {
  const min = spec.min ?? 0
  const max = spec.max ?? Number.MAX_SAFE_INTEGER
  const codecs: Record<ParamSpec['kind'], () => unknown> = {
    bytes: () => bytes(min, max),
    count: () => count(min, max),
    share: () => share(min, spec.max ?? 1),
    seconds: () => seconds(min, max),
    'per-second': () => rate(min, max),
    number: () => number(min, max),
    choice: () => oneOf((spec.options ?? []).map(option => option.id)),
    flag: () => flag,
    text: () => jsonText,
  }
  return codecs[spec.kind]() as Codec<ParamValue>
}

/** The values that are given; those left out have their defaults when they are used. */
export function readParams(
  value: Raw,
  specs: readonly ParamSpec[],
  at: Place,
  to: Reading,
): Params | undefined {
  if (!isRecord(value)) {
    refuse(value, 'an object of parameters', at, to)
    return undefined
  }
  const ids = specs.map(spec => spec.id)
  const params: Record<string, ParamValue> = {}
  for (const [key, given] of Object.entries(value)) {
    const spec = specs.find(one => one.id === key)
    if (spec === undefined) {
      if (ids.length > 0) unknownKey(key, ids, at, to)
      else refuse(given, 'nothing: there are no parameters', at.at(key), to)
      continue
    }
    const read = codecOf(spec).read(given, at.at(key), to)
    if (read !== undefined) params[key] = read
  }
  return params
}

export function writeParams(params: Params, specs: readonly ParamSpec[]): Record<string, Raw> {
  return Object.fromEntries(
    specs.flatMap(spec => {
      const value = params[spec.id]
      return value === undefined ? [] : [[spec.id, codecOf(spec).write(value)]]
    }),
  )
}
