import type { Op } from '../../engine/op.ts'
import type { FileSpec, Program } from '../../engine/program.ts'
import { readProgram } from '../../formats/replay/read-program.ts'
import { writeProgram } from '../../formats/replay/write-program.ts'

type Candidates = (program: Program) => Iterable<Program>

export interface ShrinkOptions {
  /** How many programs may be run, at most. */
  readonly tries?: number
}

/**
 * The smallest program found for which `differs` still holds: fewer operations, smaller numbers, plainer settings.
 * Only valid programs are tried. Every step makes the program smaller, so it ends; it may end at a local minimum.
 */
export async function shrink(
  program: Program,
  differs: (candidate: Program) => Promise<boolean> | boolean,
  { tries = 5000 }: ShrinkOptions = {},
): Promise<Program> {
  let left = tries
  const seen = new Set<string>()
  const holds = async (candidate: Program): Promise<boolean> => {
    const text = writeProgram(candidate)
    if (left <= 0 || seen.has(text) || !readProgram(text).ok) return false
    seen.add(text)
    left--
    return differs(candidate)
  }
  let smallest = program
  for (let before: Program | null = null; before !== smallest && left > 0;) {
    before = smallest
    for (const candidates of reductions) smallest = await exhaust(smallest, candidates, holds)
  }
  return smallest
}

/** Takes candidates of one kind until none of them holds any more. */
async function exhaust(
  program: Program,
  candidates: Candidates,
  holds: (candidate: Program) => Promise<boolean>,
): Promise<Program> {
  for (const candidate of candidates(program))
    if (await holds(candidate)) return exhaust(candidate, candidates, holds)
  return program
}

const reductions: readonly Candidates[] = [fewerOps, fewerNames, plainerSettings, smallerFiles, smallerOps]

/** Without a run of operations: half of them, a quarter, down to each alone. Later ones first: they matter less. */
function* fewerOps(program: Program): Iterable<Program> {
  const { ops } = program
  for (let size = ops.length >> 1; size >= 1; size >>= 1)
    for (let end = ops.length; end > 0; end -= size)
      yield { ...program, ops: ops.filter((_, index) => index < end - size || index >= end) }
}

/** Without all that is done to one area, by one process, or with one file. */
function* fewerNames(program: Program): Iterable<Program> {
  const names = new Set(program.ops.flatMap(namesOf))
  for (const name of names) yield { ...program, ops: program.ops.filter(op => !namesOf(op).includes(name)) }
}

function namesOf(op: Op): string[] {
  const keys = ['as', 'on', 'to', 'pid', 'child', 'file']
  return Object.entries(op).flatMap(([key, value]) =>
    keys.includes(key) && typeof value === 'string' ? [`${kindOf(key)} ${value}`] : [],
  )
}

const kindOf = (key: string): string =>
  key === 'file' ? key : ['pid', 'child'].includes(key) ? 'process' : 'area'

function* plainerSettings(program: Program): Iterable<Program> {
  const { doc: _doc, ...bare } = program
  if (program.doc !== undefined) yield bare
  const { mthp, hugetlb, ...machine } = program.machine
  const rest = { ...(mthp && { mthp }), ...(hugetlb && { hugetlb }) }
  if (mthp !== undefined) yield { ...program, machine: { ...machine, ...(hugetlb && { hugetlb }) } }
  if (hugetlb !== undefined) yield { ...program, machine: { ...machine, ...(mthp && { mthp }) } }
  if (machine.swapBytes > 0) yield { ...program, machine: { ...machine, ...rest, swapBytes: 0 } }
  if (Object.keys(machine.thp).length > 1 || machine.thp.enabled !== 'never') {
    yield { ...program, machine: { ...machine, ...rest, thp: { enabled: 'never' } } }
    yield { ...program, machine: { ...machine, ...rest, thp: { enabled: machine.thp.enabled } } }
  }
  if (!program.process.capIpcLock)
    yield { ...program, process: { rlimitMemlock: 'unlimited', capIpcLock: true } }
}

function* smallerFiles(program: Program): Iterable<Program> {
  const { files, ...rest } = program
  if (files === undefined) return
  const without = (name: string): Program => {
    const left = Object.fromEntries(Object.entries(files).filter(([key]) => key !== name))
    return Object.keys(left).length === 0 ? rest : { ...rest, files: left }
  }
  for (const [name, file] of Object.entries(files)) {
    yield without(name)
    for (const smaller of smallerFile(file)) yield { ...program, files: { ...files, [name]: smaller } }
  }
}

function* smallerFile(file: FileSpec): Iterable<FileSpec> {
  const { kind, bytes, ...options } = file
  if (Object.keys(options).length > 0) yield { kind, bytes }
  for (const smaller of smallerNumbers(bytes)) yield { ...file, bytes: Number(smaller) }
}

function* smallerOps(program: Program): Iterable<Program> {
  for (const [index, op] of program.ops.entries())
    for (const smaller of smallerOp(op)) yield { ...program, ops: program.ops.with(index, smaller) }
}

/** One field less, or one field smaller. What does not make an operation is turned down by the reader. */
function* smallerOp(op: Op): Iterable<Op> {
  for (const [key, value] of Object.entries(op) as [string, unknown][]) {
    const rest = Object.fromEntries(Object.entries(op).filter(([other]) => other !== key))
    if (key !== 'op') yield rest as unknown as Op
    for (const smaller of smallerValues(key, value)) yield { ...op, [key]: smaller }
  }
}

function* smallerValues(key: string, value: unknown): Iterable<unknown> {
  if (typeof value === 'number' || typeof value === 'bigint') yield* smallerNumbers(value)
  else if (Array.isArray(value)) for (const index of value.keys()) yield value.toSpliced(index, 1)
  else if (key === 'prot' && value !== 'rw') yield 'rw'
}

const PAGE = 4096n

/** Towards 0: the quick ways first, whole pages before odd bytes. */
function* smallerNumbers(value: number | bigint): Iterable<number | bigint> {
  const exact = BigInt(value)
  const size = exact < 0n ? -exact : exact
  const sign = exact < 0n ? -1n : 1n
  const half = (size / PAGE / 2n) * PAGE
  const tries = [0n, PAGE, half, (size / PAGE) * PAGE, size - PAGE, size / 2n, 1n]
  for (const smaller of tries) if (smaller >= 0n && smaller < size) yield Number(sign * smaller)
}
