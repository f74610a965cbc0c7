/** Axes: a field and the values it takes. `kernel=3.7,3.10`, `ram=64GiB..1TiB*2`, `workloads[0].params.x=0..1/0.1`. */
import type { Misread } from '../quantity.ts'
import type { Scenario } from '../scenario.ts'
import type { Catalog } from './catalog.ts'
import { fieldAt, type Field } from './paths.ts'
import { readValue } from './paths/value.ts'

/** More values than this on one axis are refused. */
const MOST_VALUES = 100_000

export interface Axis {
  readonly field: Field
  readonly values: readonly unknown[]
}

export type ReadAxis = { readonly ok: true; readonly axis: Axis } | Misread

/** Reads `path=values`: a list with commas, `from..to/step`, `from..to*factor`, or `from..to#points`. */
export function readAxis(scenario: Scenario, text: string, catalog: Catalog): ReadAxis {
  const at = text.indexOf('=')
  if (at < 0) return { ok: false, message: `${JSON.stringify(text.slice(0, 64))}: expected path=values` }
  const found = fieldAt(scenario, text.slice(0, at), catalog)
  if (!found.ok) return found
  const values = valuesOf(text.slice(at + 1), found.field, catalog)
  if ('message' in values) return { ok: false, message: `${found.field.path}: ${values.message}` }
  return { ok: true, axis: { field: found.field, values } }
}

/** The values of an axis as a person typed them. */
export function valuesOf(text: string, field: Field, catalog: Catalog): readonly unknown[] | Misread {
  const range = /^(.+?)\.\.(.+?)(?:([/*#])([^/*#]+))?$/.exec(text.trim())
  if (range !== null) return rangeOf(range.slice(1), field, catalog)
  const values: unknown[] = []
  for (const part of text.split(',').filter(piece => piece.trim() !== '')) {
    const read = readValue(part, field.spec, catalog)
    if (!read.ok) return read
    values.push(read.value)
  }
  return values.length === 0 ? { ok: false, message: 'expected values, found nothing' } : values
}

function rangeOf(parts: readonly (string | undefined)[], field: Field, catalog: Catalog): number[] | Misread {
  const [fromText = '', toText = '', way = '#', stepText = '11'] = parts
  const ends = [fromText, toText].map(text => readValue(text, field.spec, catalog))
  const bad = ends.find(end => !end.ok)
  if (bad !== undefined) return bad
  const [from, to] = ends.map(end => (end.ok ? Number(end.value) : NaN)) as [number, number]
  const step = way === '/' ? stepOf(stepText, field, catalog) : Number(stepText)
  const wrong = (message: string): Misread => ({ ok: false, message })
  if (!Number.isFinite(from) || !Number.isFinite(to)) return wrong('a range needs numbers')
  if (to < from) return wrong('a range goes from small to large')
  if (way === '*' && !(step > 1 && from > 0)) return wrong('a factor is above 1, its range begins above 0')
  if (way === '/' && !(step > 0)) return wrong('a step is above 0')
  if (way === '#' && !(Number.isInteger(step) && step >= 2)) return wrong('points are a whole number from 2')
  const steps =
    way === '*' ? Math.log(to / from) / Math.log(step) : way === '/' ? (to - from) / step : step - 1
  if (steps >= MOST_VALUES) return wrong(`at most ${MOST_VALUES} values on one axis`)
  const whole = ['bytes', 'count', 'limit'].includes(field.spec.kind) || field.spec.whole === true
  const values = Array.from({ length: Math.floor(steps + 1e-9) + 1 }, (_, i) => {
    const value = way === '*' ? from * step ** i : from + (way === '/' ? step : (to - from) / (step - 1)) * i
    return whole ? Math.round(value) : Number(value.toPrecision(12))
  })
  return [...new Set(values)]
}

/** A step is an amount of the field's kind, without its bounds. */
function stepOf(text: string, field: Field, catalog: Catalog): number {
  const { min: _min, max: _max, ...spec } = field.spec
  const read = readValue(text, spec, catalog)
  return read.ok ? Number(read.value) : NaN
}
