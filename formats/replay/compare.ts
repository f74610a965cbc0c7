import { PROC_NUMBERS, VMA_NUMBERS } from '../../engine/program.ts'

/** The groups that are reported apart; every field belongs to one. */
export const GROUPS = ['result', 'faults', 'sys', 'proc', 'vma', 'pages', 'detail'] as const
export type Group = (typeof GROUPS)[number]

/** One observable that is not as expected. */
export interface Difference {
  /** Index of the operation. */
  readonly step: number
  /** Such as `minflt`, `proc.VmLck` or `vma.pgMlocked`. */
  readonly field: string
  /** The process, area and VMA, such as `p0/a[0,8192)`; empty where the field belongs to the whole step. */
  readonly path: string
  readonly expected: unknown
  /** `<missing>` where the document has nothing to compare. */
  readonly actual: unknown
}

export interface Tally {
  compared: number
  matched: number
}

export interface Comparison {
  /** Nothing differs. */
  readonly exact: boolean
  readonly differences: Difference[]
  readonly groups: Record<Group, Tally>
}

const MISSING = '<missing>'
/** The runtime page as long as nothing happened to it: not worth a comparison. */
const UNTOUCHED_RT: Loose = {
  start: 0,
  end: 4096,
  flags: 'rd ex ac',
  Rss: 4,
  Anonymous: 4,
  Private_Dirty: 4,
  pgPresent: 1,
}

/** A recording may have null anywhere, and another runner's document is not checked beforehand. */
type Loose = Record<string, unknown>
type Leaf = readonly [field: string, path: string, expected: unknown, actual: unknown]

/**
 * Compares two observables documents (`docs/formats.md`, "How recordings are compared"). Null in `expected` is
 * skipped, absent numbers are 0, numbers that are 0 on both sides do not count, VMAs are paired by their bounds.
 */
export function compareObserved(expected: unknown, actual: unknown): Comparison {
  const wanted = stepsOf(expected)
  const found = stepsOf(actual)
  const differences: Difference[] = []
  const groups = Object.fromEntries(GROUPS.map(group => [group, { compared: 0, matched: 0 }]))
  wanted.forEach((step, index) => {
    for (const [field, path, x, y] of leaves(step, objectOrNull(found[index]))) {
      if (x === null || isIdle(field, x, y)) continue
      const tally = groups[groupOf(field)]
      if (tally !== undefined) tally.compared++
      if (!same(field, x, y)) differences.push({ step: index, field, path, expected: x, actual: y })
      else if (tally !== undefined) tally.matched++
    }
  })
  if (found.length > wanted.length) differences.push(surplus(wanted.length, found.length))
  return { exact: differences.length === 0, differences, groups: groups as Record<Group, Tally> }
}

const surplus = (wanted: number, found: number): Difference => ({
  step: wanted,
  field: 'steps',
  path: '',
  expected: wanted,
  actual: found,
})

/** A counter that is 0 on both sides says nothing; a result of 0 does. */
const isIdle = (field: string, x: unknown, y: unknown): boolean =>
  x === 0 && y === 0 && field !== 'result' && field !== 'touched'

const vmaFields = ['bounds', 'flags', 'fileOffset']
const pageFields = VMA_NUMBERS.filter(
  key => !key.startsWith('pg') && !/_(Clean|Dirty)$/.test(key) && key !== 'fileOffset',
) as readonly string[]

/** Which group a field belongs to. */
export function groupOf(field: string): Group {
  if (field === 'result' || field === 'touched') return 'result'
  if (field === 'minflt' || field === 'majflt') return 'faults'
  if (field.startsWith('sys.')) return 'sys'
  if (field === 'procs' || field.startsWith('proc.')) return 'proc'
  const key = field.replace('vma.', '')
  if (field === 'areas' || vmaFields.includes(key)) return 'vma'
  return pageFields.includes(key) ? 'pages' : 'detail'
}

function* leaves(expected: Loose, actual: Loose | null): Generator<Leaf> {
  for (const key of ['result', 'touched'])
    if (key in expected || (actual !== null && key in actual))
      yield [key, '', numberOr(expected, key, MISSING), numberOr(actual, key, MISSING)]
  for (const key of ['minflt', 'majflt']) yield [key, '', numberOr(expected, key), numberOr(actual, key)]
  yield* systemLeaves(expected, actual)
  const processes = objectOrNull(expected['procs'])
  if (processes === null) return
  const others = objectOrNull(actual?.['procs']) ?? {}
  yield ['procs', '', Object.keys(processes).sort(), Object.keys(others).sort()]
  for (const pid of Object.keys(processes).sort()) {
    const process = objectOrNull(processes[pid])
    if (process !== null) yield* processLeaves(pid, process, objectOrNull(others[pid]))
  }
}

function* systemLeaves(expected: Loose, actual: Loose | null): Generator<Leaf> {
  const wanted = objectOrNull(expected['sys'])
  const found = actual === null ? null : (objectOrNull(actual['sys']) ?? {})
  for (const key of ['Mlocked', 'Unevictable'])
    yield [`sys.${key}`, '', wanted === null ? null : numberOr(wanted, key), numberOr(found, key)]
}

function* processLeaves(pid: string, expected: Loose, actual: Loose | null): Generator<Leaf> {
  for (const key of PROC_NUMBERS) yield [`proc.${key}`, pid, numberOr(expected, key), numberOr(actual, key)]
  const wanted = objectOrNull(expected['areas'])
  if (wanted === null) return
  const found = objectOrNull(actual?.['areas']) ?? {}
  const wantedNames = Object.keys(wanted).filter(area => wanted[area] === null || !isEmpty(wanted[area]))
  // An area that was not stable when it was recorded may be there or not.
  const foundNames = Object.keys(found).filter(area => !isEmpty(found[area]) || wanted[area] === null)
  yield ['areas', pid, wantedNames.sort(), foundNames.sort()]
  for (const area of wantedNames)
    if (Array.isArray(wanted[area])) yield* areaLeaves(pid, area, wanted[area], listOf(found[area]))
}

function* areaLeaves(pid: string, area: string, expected: unknown[], actual: unknown[]): Generator<Leaf> {
  if (area === '$rt' && isUntouchedRt(expected) && isUntouchedRt(actual)) return
  const wanted = expected.map(objectOrNull).filter(vma => vma !== null)
  const found = actual.map(objectOrNull).filter(vma => vma !== null)
  yield ['vma.bounds', `${pid}/${area}`, wanted.map(boundsOf), found.map(boundsOf)]
  const byBounds = new Map(found.map(vma => [String(boundsOf(vma)), vma]))
  for (const vma of wanted) {
    const path = `${pid}/${area}[${String(boundsOf(vma))})`
    yield* vmaLeaves(path, vma, byBounds.get(String(boundsOf(vma))) ?? null)
  }
}

function* vmaLeaves(path: string, expected: Loose, actual: Loose | null): Generator<Leaf> {
  yield [
    'vma.flags',
    path,
    numberOr(expected, 'flags', ''),
    actual === null ? MISSING : numberOr(actual, 'flags', ''),
  ]
  for (const key of VMA_NUMBERS) {
    const x = numberOr(expected, key)
    if (x !== 0 || actual !== null) yield [`vma.${key}`, path, x, numberOr(actual, key)]
  }
}

const boundsOf = (vma: Loose): unknown[] => [vma['start'] ?? null, vma['end'] ?? null]

function isUntouchedRt(vmas: unknown[]): boolean {
  const vma = vmas.length === 1 ? objectOrNull(vmas[0]) : null
  if (vma === null || Object.keys(vma).length !== Object.keys(UNTOUCHED_RT).length) return false
  return Object.keys(UNTOUCHED_RT).every(key => vma[key] === UNTOUCHED_RT[key])
}

function same(field: string, x: unknown, y: unknown): boolean {
  if (field === 'vma.flags' && typeof x === 'string' && typeof y === 'string')
    return sortedFlags(x) === sortedFlags(y)
  if (Array.isArray(x) && Array.isArray(y)) return JSON.stringify(x) === JSON.stringify(y)
  return x === y
}

const sortedFlags = (flags: string): string => flags.split(/\s+/).filter(Boolean).sort().join(' ')

/** The value of a key, what stands for an absent one, or `<missing>` where there is no object at all. */
function numberOr(object: Loose | null, key: string, absent: unknown = 0): unknown {
  if (object === null) return MISSING
  return key in object ? object[key] : absent
}

const objectOrNull = (value: unknown): Loose | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : null
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const isEmpty = (value: unknown): boolean => listOf(value).length === 0 && objectOrNull(value) === null

/** The steps of a document, or none where it is not one. */
function stepsOf(document: unknown): Loose[] {
  return listOf(objectOrNull(document)?.['steps']).map(step => objectOrNull(step) ?? {})
}
