/** Values by path, as `compare` in a plan file has them, written into a plan. */
import type { PlanDocument } from '../../app/contract.ts'
import { valueAt, withValue, type Path } from './document.ts'

export type WrittenSet = Readonly<Record<string, unknown>>

/** The plan with the values in it; `[*]` stands for every item of a list. */
export function withSet(document: PlanDocument, set: WrittenSet): PlanDocument {
  return Object.entries(set).reduce(
    (changed, [path, value]) =>
      placesOf(changed, stepsOf(path)).reduce((all, place) => withValue(all, place, value), changed),
    document,
  )
}

/** `workloads[0].params.ram`: keys and indices. */
const stepsOf = (path: string): Path =>
  [...path.matchAll(/([A-Za-z_0-9-]+)|\[(\d+|\*)\]/g)].map(([, key, index]) =>
    key !== undefined ? key : index === '*' ? '*' : Number(index),
  )

function placesOf(document: PlanDocument, steps: Path): readonly Path[] {
  const every = steps.indexOf('*')
  if (every < 0) return [steps]
  const list = valueAt(document, steps.slice(0, every))
  return Array.isArray(list) ? list.map((_, i) => steps.with(every, i)) : []
}
