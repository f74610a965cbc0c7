/** Any field of a scenario, by its path: looked up, shown, set. What a person got wrong is a sentence, not an error. */
import type { Misread } from '../quantity.ts'
import type { ParamSpec, Scenario, WorkloadSpec } from '../scenario.ts'
import type { Catalog, Named } from './catalog.ts'
import { FIELDS, keyFor, type FieldSpec } from './paths/fields.ts'
import { EVERY, pathText, stepsOf, valueAt, withValueAt, type Step } from './paths/steps.ts'
import { bounded, readValue, showValue } from './paths/value.ts'

export { showValue } from './paths/value.ts'
export type { FieldKind, FieldSpec } from './paths/fields.ts'

/** A field of one scenario: where it is (several places for `workloads[*]`), and what may stand there. */
export interface Field {
  readonly path: string
  readonly spec: FieldSpec
  readonly places: readonly (readonly Step[])[]
}

export type FoundField = { readonly ok: true; readonly field: Field } | Misread

const TOP = ['kernel', 'machine', 'workloads', 'horizonS', 'sampleS', 'seed']

/**
 * The field that a person means. `workloads[0]`, `workloads[name]` and `workloads[*]` are items; units at the end of a
 * key may be left out; a path that begins with no part of a scenario is looked for in the machine, then in all
 * workloads, then among their parameters.
 */
export function fieldAt(scenario: Scenario, text: string, catalog: Catalog): FoundField {
  const steps = stepsOf(text)
  if (steps === null) return unknown(text, 'a path such as machine.ram or workloads[0].strategy')
  const beginnings: Step[][] =
    keyFor(String(steps[0]), TOP) !== undefined
      ? [[]]
      : [
          ['machine'],
          ['workloads', EVERY],
          ['workloads', EVERY, 'params'],
          ['workloads', EVERY, 'strategyParams'],
        ]
  const tried = beginnings.map(beginning => resolve(scenario, [...beginning, ...steps], catalog))
  return tried.find(found => found.ok) ?? tried[0] ?? unknown(text, 'a path')
}

const unknown = (found: string, allowed: string): Misread => ({
  ok: false,
  message: `there is no ${JSON.stringify(found.slice(0, 64))}; allowed: ${allowed}`,
})

function resolve(scenario: Scenario, steps: readonly Step[], catalog: Catalog): FoundField {
  const [first, ...rest] = steps
  const top = keyFor(String(first), TOP)
  if (top === undefined) return unknown(String(first), TOP.join(', '))
  if (top === 'workloads') return workloadField(scenario, rest, catalog)
  const place = placeIn([top], rest)
  const spec = FIELDS[pattern(place)]
  if (spec === undefined) return unknown(pathText(place), keysAt([top, ...place.slice(1, -1)]).join(', '))
  if (place.includes('swap') && valueAt(scenario, place.slice(0, 3)) === undefined)
    return unknown(pathText(place), 'swap areas that the machine has')
  return {
    ok: true,
    field: { path: pathText(place), spec: withOptions(spec, place, catalog), places: [place] },
  }
}

const pattern = (place: readonly Step[]): string => {
  const open = place.map(step => (typeof step === 'number' ? EVERY : step))
  if (open[0] === 'workloads' && open.length > 1) open[1] = EVERY
  const exact = open.join('.')
  return exact.startsWith('machine.thp.mthp.') ? 'machine.thp.mthp.*' : exact
}

/** The next keys that fields have below a place. */
function keysAt(place: readonly Step[]): string[] {
  const beginning = `${pattern(place)}.`
  const keys = Object.keys(FIELDS)
    .filter(path => path.startsWith(beginning))
    .map(path => path.slice(beginning.length).split('.')[0] ?? '')
  return [...new Set(keys)]
}

/** Steps with every key as the scenario spells it. */
function placeIn(from: readonly Step[], steps: readonly Step[]): Step[] {
  return steps.reduce<Step[]>(
    (place, step) => [...place, typeof step === 'number' ? step : (keyFor(step, keysAt(place)) ?? step)],
    [...from],
  )
}

function withOptions(spec: FieldSpec, place: readonly Step[], catalog: Catalog): FieldSpec {
  const last = place.at(-1)
  if (last === 'strategy') return { ...spec, options: catalog.strategies.map(({ id }) => id) }
  if ((last === 'device' || last === 'disk') && catalog.devices.length > 0)
    return { ...spec, options: catalog.devices }
  return spec
}

function workloadField(scenario: Scenario, steps: readonly Step[], catalog: Catalog): FoundField {
  const [item, ...rest] = steps
  const names = scenario.workloads.map(({ name }) => name)
  const at = typeof item === 'number' ? item : names.indexOf(String(item))
  const indices = item === EVERY ? names.map((_, i) => i) : [at]
  const workloads = indices.flatMap(index => scenario.workloads[index] ?? [])
  if (workloads.length === 0) return unknown(`workloads[${item ?? ''}]`, names.join(', '))
  const [key] = rest
  const isParam = key === 'params' || key === 'strategyParams'
  const params = isParam ? workloads.map(workload => paramOf(workload, key, String(rest[1]), catalog)) : []
  // Of all workloads only those that have the parameter are meant.
  const meant = isParam ? indices.filter((_, i) => params[i] !== undefined) : indices
  const place = placeIn(['workloads', 0], rest)
  const param = params.find(found => found !== undefined)
  const spec = isParam ? param && specOf(param) : FIELDS[pattern(place)]
  const tail = isParam ? [key, param?.id ?? String(rest[1])] : place.slice(2)
  const path = pathText(['workloads', item ?? '', ...tail])
  if (spec === undefined || (isParam && rest.length !== 2))
    return unknown(
      path,
      isParam ? paramNames(workloads, key, catalog) : keysAt(place.slice(0, -1)).join(', '),
    )
  const places = meant.map((index): Step[] => ['workloads', index, ...tail])
  return { ok: true, field: { path, spec: withOptions(spec, place, catalog), places } }
}

const listOf = (
  workload: WorkloadSpec,
  key: 'params' | 'strategyParams',
  catalog: Catalog,
): Named | undefined =>
  key === 'params'
    ? catalog.workloads.find(({ id }) => id === workload.kind)
    : catalog.strategies.find(({ id }) => id === workload.strategy)

function paramOf(
  workload: WorkloadSpec,
  key: 'params' | 'strategyParams',
  name: string,
  catalog: Catalog,
): ParamSpec | undefined {
  const specs = listOf(workload, key, catalog)?.params ?? []
  const id = keyFor(
    name,
    specs.map(spec => spec.id),
  )
  return specs.find(spec => spec.id === id)
}

function paramNames(
  workloads: readonly WorkloadSpec[],
  key: 'params' | 'strategyParams',
  catalog: Catalog,
): string {
  const names = workloads.flatMap(
    workload => listOf(workload, key, catalog)?.params.map(({ id }) => id) ?? [],
  )
  return [...new Set(names)].join(', ') || 'none'
}

/** A parameter as a field. */
export function specOf(param: ParamSpec): FieldSpec {
  const { title, kind, min, max, options } = param
  return {
    title,
    kind,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(options === undefined ? {} : { options: options.map(({ id }) => id) }),
  }
}

/** The value of a field; of several places the first one's. A parameter that is not set has its default. */
export function valueOfField(scenario: Scenario, field: Field, catalog: Catalog): unknown {
  const [place] = field.places
  if (place === undefined) return undefined
  const value = valueAt(scenario, place)
  if (value !== undefined) return value
  const workload = scenario.workloads[Number(place[1])]
  const key = place[2]
  if (workload === undefined || (key !== 'params' && key !== 'strategyParams')) return undefined
  return paramOf(workload, key, String(place[3]), catalog)?.default
}

export type SetField = { readonly ok: true; readonly scenario: Scenario } | Misread

/** A copy of the scenario with a value of the field's own kind. Another strategy drops the parameters of the old one. */
export function withField(scenario: Scenario, field: Field, value: unknown, catalog: Catalog): SetField {
  if (typeof value === 'number' && field.spec.kind !== 'limit' && field.spec.kind !== 'choice') {
    const checked = bounded(value, showValue(value, field.spec), field.spec)
    if (!checked.ok) return { ok: false, message: `${field.path}: ${checked.message}` }
  }
  let changed: unknown = scenario
  for (const place of field.places) {
    changed = withValueAt(changed, place, value)
    if (place.at(-1) !== 'strategy' || place.length !== 3) continue
    const params = catalog.strategies.find(({ id }) => id === value)?.params ?? []
    const before = scenario.workloads[Number(place[1])]?.strategyParams ?? {}
    const kept = Object.entries(before).filter(([id]) => params.some(param => param.id === id))
    changed = withValueAt(changed, [...place.slice(0, 2), 'strategyParams'], Object.fromEntries(kept))
  }
  return { ok: true, scenario: changed as Scenario }
}

/** Sets a field by its path to what a person typed, or to a value of its own kind. */
export function withPath(scenario: Scenario, path: string, typed: unknown, catalog: Catalog): SetField {
  const found = fieldAt(scenario, path, catalog)
  if (!found.ok) return found
  if (typeof typed !== 'string') return withField(scenario, found.field, typed, catalog)
  const read = readValue(typed, found.field.spec, catalog)
  if (!read.ok) return { ok: false, message: `${found.field.path}: ${read.message}` }
  return withField(scenario, found.field, read.value, catalog)
}
