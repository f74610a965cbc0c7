import { PROGRAM_FORMAT, type Program } from '../../engine/program.ts'
import { Issues, Place, shown, type Issue } from '../issues.ts'
import { parseStrictJson, type Json } from '../strict-json.ts'
import { checkNames } from './check-names.ts'
import {
  bool,
  count,
  integerWhere,
  isObject,
  matching,
  oneOf,
  optional,
  optionalOrNull,
  positiveCount,
  readFields,
  record,
  required,
  text,
  type Check,
  type Checked,
} from './fields.ts'
import { name, opFields } from './op-fields.ts'

export interface ReadLimits {
  readonly maxCharacters: number
  readonly maxDepth: number
  readonly maxOps: number
  /** Issues beyond this number are counted, not listed. */
  readonly maxIssues: number
}

const defaultLimits: ReadLimits = {
  maxCharacters: 32 * 1024 * 1024,
  maxDepth: 16,
  maxOps: 100_000,
  maxIssues: 100,
}

export type ReadResult =
  { readonly ok: true; readonly program: Program } | { readonly ok: false; readonly issues: Issue[] }

/**
 * Reads a program of the replay format (`docs/formats.md`) and checks all of it: keys, values, and the rules between
 * operations. Lists every mistake rather than the first. Whether the kernel asked for is known is for the caller.
 *
 * The program has what the text leaves out of `machine`, and the phase of an area stands at the operation that creates
 * it, wherever the text states it.
 */
export function readProgram(source: string, limits: Partial<ReadLimits> = {}): ReadResult {
  const bounds = { ...defaultLimits, ...limits }
  const issues = new Issues(bounds.maxIssues)
  const value = parseStrictJson(source, bounds, issues)
  const program = value === undefined ? undefined : readDocument(value, bounds.maxOps, issues)
  if (program === undefined || !issues.none) return { ok: false, issues: issues.list() }
  return { ok: true, program }
}

const thp = record({
  enabled: required(oneOf(['always', 'madvise', 'never'])),
  defrag: optional(oneOf(['always', 'defer', 'defer+madvise', 'madvise', 'never'])),
  shmem: optional(oneOf(['never', 'always', 'advise', 'within_size'])),
  zeroPage: optional(bool),
})

const mthpMode = optional(oneOf(['always', 'madvise', 'never', 'inherit']))
const mthp = record({
  '16k': mthpMode,
  '32k': mthpMode,
  '64k': mthpMode,
  '128k': mthpMode,
  '256k': mthpMode,
  '512k': mthpMode,
  '1024k': mthpMode,
})

const powerOfTwo = integerWhere(
  value => value >= 4096 && value <= 2 ** 30 && (value & (value - 1)) === 0,
  'a power of two from 4096 to 2^30',
)

const machineDefaults = { pageSize: 4096, ramBytes: 16 * 1024 ** 3, swapBytes: 0, faultAroundBytes: 65536 }
const machine: Check = (value, place, issues) => {
  const given = machineFields(value, place, issues)
  return given === undefined ? undefined : { ...machineDefaults, ...(given as Checked) }
}
const machineFields = record({
  kernel: required(
    matching(/^\d{1,4}\.\d{1,4}(\.\d{1,5})?([-+~][\w.+~-]{1,64})?$/, 'a release such as 6.18'),
  ),
  pageSize: optional(oneOf([4096])),
  ramBytes: optional(positiveCount),
  swapBytes: optional(count),
  faultAroundBytes: optional(powerOfTwo),
  thp: required(thp),
  mthp: optional(mthp),
  hugetlb: optional(record({ '2M': optional(count) })),
})

const rlimitMemlock: Check = (value, place, issues) =>
  value === 'unlimited' ? value : bytesOrUnlimited(value, place, issues)
const bytesOrUnlimited = integerWhere(value => value >= 0, 'an integer from 0 to 2^53-1, or "unlimited"')

const processFields = record({ rlimitMemlock: required(rlimitMemlock), capIpcLock: required(bool) })
const process: Check = (value, place, issues) => {
  const read = processFields(value, place, issues) as Checked | undefined
  if (read?.['rlimitMemlock'] === 'unlimited' && read['capIpcLock'] === false) {
    const message = 'rlimitMemlock is "unlimited"; allowed only with capIpcLock true'
    issues.add(place.at('rlimitMemlock'), 'unlimitedNeedsCap', message)
  }
  return read
}

const fileFields = record({
  kind: required(oneOf(['memfd', 'file', 'secretmem', 'hugetlb'])),
  bytes: required(count),
  open: optional(oneOf(['rw', 'r'])),
  filled: optionalOrNull(bool),
})
const file: Check = (value, place, issues) => {
  const read = fileFields(value, place, issues) as Checked | undefined
  if (read?.['kind'] === 'file' && read['filled'] === false)
    issues.add(place.at('filled'), 'alwaysFilled', 'filled is false; a file of kind file is always filled')
  return read
}

const files: Check = (value, place, issues) => {
  if (!isObject(value)) return record({})(value, place, issues)
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      name(key, place.at(key), issues)
      return [key, file(item, place.at(key), issues)]
    }),
  )
}

/** The operations are read apart, because their names depend on the files. */
const asIs: Check = value => value

const documentFields = {
  format: required(oneOf([PROGRAM_FORMAT])),
  name: required(
    matching(
      /^(?![.-])[^\s\p{C}/\\:*?"'<>|]{1,120}$/u,
      'a name of 1 to 120 characters that can be a file name: no space, no / \\ : * ? " \' < > |, no . or - in front',
    ),
  ),
  doc: optional(text),
  machine: required(machine),
  process: required(process),
  files: optional(files),
  ops: required(asIs),
}

function readDocument(value: Json, maxOps: number, issues: Issues): Program | undefined {
  if (!isObject(value)) {
    issues.add(Place.root, 'badValue', `the document is ${shown(value)}; allowed is an object`)
    return undefined
  }
  const document = readFields(value, documentFields, Place.root, issues)
  const declared = isObject(value['files'] ?? null) ? Object.keys(value['files'] as object) : []
  if ('ops' in document) document['ops'] = readOps(value['ops'] ?? null, maxOps, new Set(declared), issues)
  // Only a document without issues is given to anybody: see readProgram().
  return document as unknown as Program
}

function readOps(value: Json, maxOps: number, declared: ReadonlySet<string>, issues: Issues): Checked[] {
  const place = Place.root.at('ops')
  if (!Array.isArray(value) || value.length > maxOps) {
    const allowed = `a list of at most ${maxOps} operations`
    issues.add(place, 'badValue', `ops is ${shown(value)}; allowed is ${allowed}`)
    return []
  }
  const ops = value.map((op, index) => readOp(op, place.at(index), issues))
  return withPhases(ops, checkNames(ops, declared, place, issues))
}

function readOp(value: Json, place: Place, issues: Issues): Checked {
  if (!isObject(value)) {
    issues.add(place, 'badValue', `an operation is ${shown(value)}; allowed is an object`)
    return {}
  }
  const op = value['op']
  const fields = typeof op === 'string' ? opFields.get(op) : undefined
  if (fields !== undefined) return readFields(value, fields, place, issues)
  const found = op === undefined ? 'op is missing' : `op is ${shown(op)}`
  issues.add(place.at('op'), 'unknownOp', `${found}; allowed is one of ${[...opFields.keys()].join(', ')}`)
  return {}
}

/** States the phase of an area where the area is created. */
function withPhases(ops: Checked[], phases: ReadonlyMap<string, number>): Checked[] {
  const open = new Map(phases)
  return open.size === 0 ? ops : ops.map(op => withPhase(op, open))
}

function withPhase(op: Checked, open: Map<string, number>): Checked {
  const area = op['as'] ?? op['to']
  const phase = typeof area === 'string' ? open.get(area) : undefined
  if (phase === undefined) return op
  open.delete(String(area))
  return { ...op, phase }
}
