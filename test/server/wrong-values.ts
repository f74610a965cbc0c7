/** Inputs that a form of the contract does not allow, made from the form itself. */
import { z } from 'zod'

const OTHERS: readonly unknown[] = [
  null,
  'text',
  7,
  -1.5,
  true,
  [],
  {},
  '',
  [null],
  { a: 1 },
  'x'.repeat(100_000),
]
const HOSTILE: readonly unknown[] = [
  JSON.parse('{"__proto__": {"polluted": true}}'),
  { constructor: { prototype: {} } },
  1e308,
  -0.5,
  '../../etc/passwd',
  '$(id)',
  "' OR 1=1 --",
  '\u0000',
  '\ud800',
]

type Json = z.core.JSONSchema.BaseSchema

/** Whole values of other kinds, an unknown key, and every property in turn left out or of another kind. */
export function wrongValues(form: z.ZodType): unknown[] {
  const schema = z.toJSONSchema(form, { io: 'input', unrepresentable: 'any' })
  const good = example(schema)
  const candidates = [
    ...OTHERS,
    ...HOSTILE,
    ...withMore(good),
    ...places(good).flatMap(place => changes(good, place)),
  ]
  return candidates.filter(value => !form.safeParse(throughJson(value)).success)
}

const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const withMore = (good: unknown): unknown[] => (isRecord(good) ? [{ ...good, surplus: 1 }] : [])

type Place = readonly (string | number)[]

function places(value: unknown, at: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [[...at, key], ...places(inner, [...at, key])])
}

function changes(good: unknown, place: Place): unknown[] {
  return [undefined, ...OTHERS, ...HOSTILE].map(other => replaced(good, place, other))
}

function replaced(value: unknown, [key, ...rest]: Place, other: unknown): unknown {
  if (key === undefined) return other
  if (Array.isArray(value))
    return value.map((one: unknown, i) => (String(i) === String(key) ? replaced(one, rest, other) : one))
  if (!isRecord(value)) return value
  return { ...value, [key]: replaced(value[key], rest, other) }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A value of roughly the right form, with every optional key. */
function example(schema: Json): unknown {
  const [first] = schema.anyOf ?? schema.oneOf ?? []
  if (first !== undefined) return example(first)
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.type === 'array') return [example((schema.items ?? {}) as Json)]
  if (schema.type === 'string') return 'x'
  if (schema.type === 'number' || schema.type === 'integer') return schema.minimum ?? 1
  if (schema.type === 'boolean') return true
  if (schema.type !== 'object') return {}
  const entries = Object.entries(schema.properties ?? {}).map(([key, of]) => [key, example(of as Json)])
  return Object.fromEntries(entries) as unknown
}
