/** What a plan compares: one field with several values, or variants with a name each. Every one is checked as a plan. */
import { Place } from '../issues.ts'
import { shown } from './issues.ts'
import { isRecord, type Raw, type Reading } from './reader.ts'
import { field, readFields } from './record.ts'
import { readScenario } from './scenario.ts'
import type { Scenario } from '../../engine/scenario.ts'
import { refuse, text } from './values.ts'

const MOST_VARIANTS = 100

/** One column of a comparison. */
export interface PlanVariant {
  readonly name: string
  /** What differs from the plan: values as the file has them, by path. */
  readonly set: Readonly<Record<string, Raw>>
  readonly scenario: Scenario
}

export interface PlanComparison {
  /** The field that differs, where it is one; null for variants of several. */
  readonly axis: string | null
  readonly variants: readonly PlanVariant[]
}

interface Draft {
  readonly name: string
  readonly set: Readonly<Record<string, Raw>>
  readonly at: Place
}

/** Reads the comparison of a plan whose own document is `plan`. */
export function readCompare(value: Raw, plan: Raw, to: Reading): PlanComparison | undefined {
  const at = Place.root.at('compare')
  if (!isRecord(value)) {
    refuse(value, 'an object with axis and values, or with variants', at, to)
    return undefined
  }
  const drafts = Object.hasOwn(value, 'variants') ? readVariants(value, at, to) : readAxis(value, at, to)
  if (drafts === undefined) return undefined
  const variants = drafts.flatMap(draft => checked(draft, plan, to))
  const axis = Object.hasOwn(value, 'variants') ? null : String(value['axis'])
  return { axis, variants }
}

function readAxis(value: Record<string, Raw>, at: Place, to: Reading): Draft[] | undefined {
  const read = readFields(value, [field('axis', text(1, 200), '')], at, to, ['values'])
  const values = listAt(value, 'values', at, to)
  const axis = read?.['axis']
  if (typeof axis !== 'string' || values === undefined) return undefined
  return values.map((one, i) => ({ name: nameOfValue(one), set: { [axis]: one }, at: at.at('values').at(i) }))
}

/** A value as a column calls it: `6.18 +vm-pinned`. */
function nameOfValue(value: Raw): string {
  if (!isRecord(value) || typeof value['name'] !== 'string')
    return typeof value === 'string' ? value : JSON.stringify(value)
  const list = (key: string, sign: string): string[] =>
    Array.isArray(value[key]) ? value[key].map(one => `${sign}${String(one)}`) : []
  return [value['name'], ...list('plus', '+'), ...list('minus', '-')].join(' ')
}

function readVariants(value: Record<string, Raw>, at: Place, to: Reading): Draft[] | undefined {
  readFields(value, [], at, to, ['variants'])
  const list = listAt(value, 'variants', at, to)
  return list?.flatMap((one, i): Draft[] => {
    const place = at.at('variants').at(i)
    const read = readFields(one, [field('name', text(1, 100), '')], place, to, ['set'])
    const set = isRecord(one) ? one['set'] : undefined
    if (read === undefined) return []
    if (!isRecord(set)) {
      refuse(set, 'an object of values by path', place.at('set'), to)
      return []
    }
    return typeof read['name'] === 'string' ? [{ name: read['name'], set, at: place }] : []
  })
}

function listAt(value: Record<string, Raw>, key: string, at: Place, to: Reading): Raw[] | undefined {
  const list: Raw = value[key]
  if (Array.isArray(list) && list.length > 0 && list.length <= MOST_VARIANTS) return list as Raw[]
  refuse(list, `a list of 1 to ${MOST_VARIANTS}`, at.at(key), to)
  return undefined
}

/** The plan with the values of one variant, checked; mistakes are told at the variant. */
function checked({ name, set, at }: Draft, plan: Raw, to: Reading): PlanVariant[] {
  let document = plan
  for (const [path, value] of Object.entries(set)) {
    const changed = withValue(document, path, value)
    if (typeof changed === 'string') {
      to.issues.say(at, shown(path), 'a path into the plan, such as workloads[0].strategy', changed)
      return []
    }
    document = changed.document
  }
  const before = to.issues.list().length
  const read = readScenario(document, { ...to, issues: to.issues.under(at) })
  return read === undefined || to.issues.list().length > before
    ? []
    : [{ name, set, scenario: read.scenario }]
}

const STEP = /^(?:([A-Za-z_0-9-]+)|\[(\d{1,4}|\*)\])/

/** Keys and indices of a path: `workloads[0].params.ram`, `workloads[*].strategy`. */
function stepsOf(path: string): (string | number)[] | null {
  const steps: (string | number)[] = []
  for (let rest = path; rest !== '';) {
    const match = STEP.exec(rest)
    if (match === null) return null
    const [token, key, index] = match
    steps.push(key ?? (index === '*' ? '*' : Number(index)))
    rest = rest.slice(token.length).replace(/^\.(?=[A-Za-z_0-9])/, '')
  }
  return steps
}

/** A copy with a value put at a path, or a sentence that says why there is no such place. */
function withValue(document: Raw, path: string, value: Raw): { document: Raw } | string {
  const steps = stepsOf(path)
  if (steps === null || steps.length === 0) return `${path} is no path.`
  const copy = cloned(document)
  return put(copy, steps, value) ? { document: copy } : `The plan has no place ${path}.`
}

/** A copy of JSON; whole numbers beyond 2^53 are kept as they are. */
function cloned(value: Raw): Raw {
  if (Array.isArray(value)) return value.map(cloned)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cloned(inner)]))
}

function put(target: Raw, steps: readonly (string | number)[], value: Raw): boolean {
  const [step, ...rest] = steps
  if (Array.isArray(target)) {
    if (step === '*') return target.length > 0 && target.every((_, i) => put(target, [i, ...rest], value))
    if (typeof step !== 'number' || step >= target.length) return false
    if (rest.length > 0) return put(target[step], rest, value)
    target[step] = value
    return true
  }
  if (!isRecord(target) || typeof step !== 'string' || step === '__proto__') return false
  if (rest.length === 0) {
    target[step] = value
    return true
  }
  if (!Object.hasOwn(target, step)) target[step] = {}
  // A name stands for an object that begins with it: `kernel.plus` of "6.18".
  if (step === 'kernel' && typeof target[step] === 'string') target[step] = { name: target[step] }
  return put(target[step], rest, value)
}
