/** Changes to a plan as its file has it: each gives a new document and leaves the old one alone. */
import type { PlanDocument } from '../../app/contract.ts'

export type Path = readonly (string | number)[]

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What is written at a path; undefined where nothing is. */
export function valueAt(document: PlanDocument, path: Path): unknown {
  let at: unknown = document
  for (const key of path) {
    if (Array.isArray(at)) at = (at as unknown[])[Number(key)]
    else if (isRecord(at)) at = at[key]
    else return undefined
  }
  return at
}

/** Writes a value; undefined takes the key out, so that its default holds. Objects on the way are made. */
export function withValue(document: PlanDocument, path: Path, value: unknown): PlanDocument {
  return put(document, path, value) as PlanDocument
}

function put(at: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value
  if (typeof key === 'number') {
    const list: unknown[] = Array.isArray(at) ? [...(at as unknown[])] : []
    if (rest.length === 0 && value === undefined) list.splice(key, 1)
    else list[key] = put(list[key], rest, value)
    return list
  }
  const record = isRecord(at) ? { ...at } : {}
  const inner = put(record[key], rest, value)
  if (inner === undefined || (rest.length > 0 && isEmpty(inner))) Reflect.deleteProperty(record, key)
  else record[key] = inner
  return record
}

const isEmpty = (value: unknown): boolean => isRecord(value) && Object.keys(value).length === 0

/** The way in which mistakes name a place: `$.workloads[0].params.ram`. */
export const pathText = (path: Path): string =>
  `$${path.map(key => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')}`

export const workloadsOf = (document: PlanDocument): readonly Record<string, unknown>[] => {
  const list = document['workloads']
  return Array.isArray(list) ? (list as unknown[]).filter(isRecord) : []
}

/** A name that no workload has yet: guest, guest-2, guest-3. */
export function freeName(document: PlanDocument, wanted: string): string {
  const taken = new Set(workloadsOf(document).map(({ name }) => name))
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wanted : `${wanted}-${n}`
    if (!taken.has(name)) return name
  }
}
