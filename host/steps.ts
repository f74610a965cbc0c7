/** What each op of a program makes the kernel do. */
import type { Access, Op, U64 } from '../engine/op.ts'
import type { Areas } from './areas.ts'
import { HEAP_AREA } from './areas.ts'
import type { ProgramFiles } from './files.ts'
import { errnoName } from './libc.ts'
import { pinBuffer, unpinBuffer } from './pin.ts'
import type { LiveProcess } from './process.ts'
import { CannotRun } from './refusal.ts'
import { setMemlockLimit } from './start-process.ts'
import {
  ADVICE_NUMBERS,
  FALLOCATE_BITS,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_PRIVATE,
  MAP_SHARED,
  MLOCK2_BITS,
  MLOCKALL_BITS,
  MMAP_BITS,
  MREMAP_BITS,
  MREMAP_FIXED,
  PR_SET_THP_DISABLE,
  PROT_BITS,
  REMAP_BITS,
  SYS,
  THP_DISABLE_EXCEPT_ADVISED,
} from './system-calls.ts'
import { Tracee, type Returned, type StopSignal } from './tracee.ts'
import { forgetTranslations } from './translations.ts'

/** Where ops find what they name. */
export interface Surroundings {
  readonly areas: Areas
  readonly files: Pick<ProgramFiles, 'fd'>
  /** Whether the program can get huge pages, whose accesses are counted with more care. */
  readonly hugePages: boolean
  /** Adds a forked process. */
  readonly add: (name: string, process: LiveProcess) => void
}

export interface StepResult {
  /** 0, an errno, SIGSEGV or SIGBUS. */
  readonly result: 0 | string
  /** touch only: accesses that completed. */
  readonly touched?: number
  /** Faults of our own making inside the step, which are not the program's. */
  readonly ownFaults?: { readonly minflt: number; readonly majflt: number }
}

type CallArguments = readonly [number: number, ...args: bigint[]]
export type Call = { readonly call: CallArguments; readonly mustReturn?: bigint }

/** Runs one op in `process` and says how it ended. */
export function runStep(op: Op, process: LiveProcess, where: Surroundings): StepResult {
  const { tracee } = process
  switch (op.op) {
    case 'touch':
      return touch(op, process, where)
    case 'fork': {
      const child = tracee.fork()
      if (!(child instanceof Tracee)) return { result: errnoName(child) }
      where.add(op.child, process.forked(child))
      return { result: 0 }
    }
    case 'exit':
      process.exit()
      return { result: 0 }
    case 'setrlimit':
      setMemlockLimit(tracee.pid, BigInt(op.memlock))
      return { result: 0 }
    case 'brk':
      return brk(op.delta, process, where.areas)
    case 'pin':
      return pinBuffer(process, where.areas.address(op.on, op.offset), BigInt(op.length))
    case 'unpin':
      return unpinBuffer(process)
    default: {
      const found = systemCall(op, where)
      if (found === undefined)
        throw new CannotRun(
          'program',
          `${op.op} was proposed for Linux and never merged: no kernel can run it.`,
        )
      return outcome(op.op, tracee.call(...found.call), found.mustReturn)
    }
  }
}

/** The system call behind an op that is nothing but one system call; undefined for what is none. */
export function systemCall(
  op: Op,
  { areas, files }: Pick<Surroundings, 'areas' | 'files'>,
): Call | undefined {
  switch (op.op) {
    case 'mmap':
      return mmap(op, areas, files)
    case 'mremap':
      return mremap(op, areas)
    case 'munmap':
    case 'mlock':
    case 'munlock':
      return { call: [SYS[op.op], ...range(op, areas)] }
    case 'mprotect':
      return { call: [SYS.mprotect, ...range(op, areas), BigInt(PROT_BITS[op.prot])] }
    case 'mlock2':
      return { call: [SYS.mlock2, ...range(op, areas), bits(op.flags, MLOCK2_BITS)] }
    case 'madvise':
      return { call: [SYS.madvise, ...range(op, areas), BigInt(ADVICE_NUMBERS[op.advice])] }
    case 'remap_file_pages': {
      const rest = [0n, BigInt(op.pgoff), bits(op.flags, REMAP_BITS)]
      return { call: [SYS.remap_file_pages, ...range(op, areas), ...rest] }
    }
    case 'mlockall':
      return { call: [SYS.mlockall, bits(op.flags, MLOCKALL_BITS)] }
    case 'munlockall':
      return { call: [SYS.munlockall] }
    case 'fallocate': {
      const mode = bits(op.mode, FALLOCATE_BITS)
      return { call: [SYS.fallocate, files.fd(op.file), mode, BigInt(op.offset ?? 0), BigInt(op.length)] }
    }
    case 'ftruncate':
      return { call: [SYS.ftruncate, files.fd(op.file), BigInt(op.length)] }
    case 'thpDisable': {
      const flags = op.exceptAdvised ? THP_DISABLE_EXCEPT_ADVISED : 0
      return { call: [SYS.prctl, BigInt(PR_SET_THP_DISABLE), BigInt(op.value), BigInt(flags), 0n, 0n] }
    }
    default:
      return undefined
  }
}

interface Range {
  readonly on: string
  readonly offset?: U64
  readonly length: U64
}

const range = ({ on, offset, length }: Range, areas: Areas): [bigint, bigint] => [
  areas.address(on, offset),
  BigInt(length),
]

function mmap(op: Extract<Op, { op: 'mmap' }>, areas: Areas, files: Surroundings['files']): Call {
  const area = op.as ?? op.on
  if (area === undefined) throw new CannotRun('program', 'mmap names no area.')
  const address = areas.address(area, op.as === undefined ? op.offset : 0)
  let flags = Number(bits(op.flags, MMAP_BITS)) | (op.as === undefined ? MAP_FIXED : MAP_FIXED_NOREPLACE)
  if ((flags & MAP_SHARED) === 0 && !op.flags?.includes('droppable')) flags |= MAP_PRIVATE
  if (op.file === undefined) flags |= MAP_ANONYMOUS
  const fd = op.file === undefined ? -1n : files.fd(op.file)
  const prot = PROT_BITS[op.prot ?? 'rw']
  const offset = BigInt(op.fileOffset ?? 0)
  return {
    call: [SYS.mmap, address, BigInt(op.length), BigInt(prot), BigInt(flags), fd, offset],
    mustReturn: address,
  }
}

function mremap(op: Extract<Op, { op: 'mremap' }>, areas: Areas): Call {
  const from = areas.address(op.on, op.offset)
  const to = op.to === undefined ? null : areas.address(op.to, op.toOffset)
  const fixed = to === null ? 0 : MREMAP_FIXED | MREMAP_BITS.maymove
  const flags = bits(op.flags, MREMAP_BITS) | BigInt(fixed)
  return {
    call: [SYS.mremap, from, BigInt(op.oldLength), BigInt(op.newLength), flags, to ?? 0n],
    mustReturn: to ?? from,
  }
}

function touch(op: Extract<Op, { op: 'touch' }>, process: LiveProcess, where: Surroundings): StepResult {
  const from = where.areas.address(op.on, op.offset)
  const to = from + BigInt(op.length)
  const stride = BigInt(op.stride ?? 4096)
  if (where.hugePages) return touchByBlocks(process, op.access, { from, to, stride })
  const { touched, signal } = process.tracee.touch(op.access, from, to, stride)
  return { result: signal ?? 0, touched }
}

interface Accesses {
  readonly from: bigint
  readonly to: bigint
  readonly stride: bigint
}

const HUGE_PAGE = 0x20_0000n

/**
 * In each 2 MiB the first access by itself, then the others, with translations forgotten before each: see
 * {@link forgetTranslations}.
 */
function touchByBlocks(process: LiveProcess, access: Access, { from, to, stride }: Accesses): StepResult {
  const own = { minflt: 0, majflt: 0 }
  let touched = 0
  let at = from
  const piece = (end: bigint): StopSignal | null => {
    addFaults(own, process, () => {
      forgetTranslations(process)
    })
    const done = process.tracee.touch(access, at, end, stride)
    touched += done.touched
    at += BigInt(done.touched) * stride
    return done.signal
  }
  do {
    const blockEnd = (at / HUGE_PAGE + 1n) * HUGE_PAGE
    const end = blockEnd < to ? blockEnd : to
    const signal = piece(at + 1n) ?? (at < end ? piece(end) : null)
    if (signal !== null) return { result: signal, touched, ownFaults: own }
  } while (at < to)
  return { result: 0, touched, ownFaults: own }
}

function addFaults(sum: { minflt: number; majflt: number }, process: LiveProcess, work: () => void): void {
  const before = process.faults()
  work()
  const after = process.faults()
  sum.minflt += after.minflt - before.minflt
  sum.majflt += after.majflt - before.majflt
}

/** brk returns the break, moved or not. */
function brk(delta: number, process: LiveProcess, areas: Areas): StepResult {
  const wanted = areas.address(HEAP_AREA, process.heapBytes + delta)
  if (process.tracee.call(SYS.brk, wanted).value !== wanted) return { result: 'ENOMEM' }
  process.heapBytes += delta
  return { result: 0 }
}

/** The result of a call; one that returns an address has to return the one it was told. */
export function outcome(
  name: string,
  { value, signal }: Returned,
  mustReturn: bigint | undefined,
): StepResult {
  if (signal !== null) return { result: signal }
  if (value < 0n && value >= -4095n) return { result: errnoName(Number(-value)) }
  if (mustReturn === undefined || value === mustReturn) return { result: 0 }
  throw new CannotRun(
    'system',
    `${name} returned 0x${value.toString(16)} and not 0x${mustReturn.toString(16)}.`,
  )
}

/** Names of flags and raw numbers, as the bits of one word. */
function bits<Name extends string>(
  flags: readonly (Name | number)[] | undefined,
  table: Readonly<Record<Name, number>>,
): bigint {
  return (flags ?? []).reduce(
    (word, flag) => word | BigInt(typeof flag === 'number' ? flag : table[flag]),
    0n,
  )
}
