/** A process that carries out a whole program at once, with the clock read around its timed steps. */
import { readFileSync } from 'node:fs'
import type { CalibrationProgram } from '../../engine/sim/calibration/programs.ts'
import type { Op } from '../../engine/op.ts'
import { Areas } from '../areas.ts'
import { ProgramFiles } from '../files.ts'
import { errnoName } from '../libc.ts'
import { CannotRun } from '../refusal.ts'
import { startProcess } from '../start-process.ts'
import { systemCall } from '../steps.ts'
import {
  MAP_ANONYMOUS,
  MAP_FIXED_NOREPLACE,
  MAP_POPULATE,
  MAP_PRIVATE,
  PROT_BITS,
  SIGCHLD,
  SYS,
} from '../system-calls.ts'
import { RUNTIME_BASE, type Tracee } from '../tracee.ts'
import { BATCH_CODE, ENTRY, ENTRY_BYTES, RESULT_WORD } from './batch-code.ts'

const CLOCK_GETTIME = 228
const WAIT4 = 61
const CLOCK_MONOTONIC = 1n
/** Time of this thread on a processor: others that run in between are not in it. */
const CLOCK_THREAD_CPUTIME = 3n
const TIMESPEC_BYTES = 16
const PAGE = 4096n
/** Away from all areas and from the runtime page. */
const CODE_AT = BigInt(RUNTIME_BASE) + 0x20_0000n
const LIST_AT = CODE_AT + 0x20_0000n

/** What one step took, in nanoseconds: on the processor, and on the wall clock. */
export interface StepTime {
  readonly cpuNs: number
  readonly wallNs: number
}

/** One time through the program. */
export interface Cycle {
  readonly steps: readonly StepTime[]
  readonly minflt: number
}

/** Where the result of an operation is. */
interface PlacedOp {
  readonly op: Op['op']
  readonly entry: number
  readonly mustReturn: bigint | undefined
}

type Entry = readonly [what: number, ...args: bigint[]]

export interface BatchOptions {
  readonly directory?: string | undefined
  readonly capIpcLock: boolean
  /** Transparent huge pages of private memory are forbidden to the process. */
  readonly banHugePages: boolean
}

export class BatchProcess {
  readonly #tracee: Tracee
  readonly #files: ProgramFiles
  readonly #entries: readonly Entry[]
  readonly #ops: readonly PlacedOp[]
  readonly #stamps: number
  readonly #stampsAt: bigint

  /** Throws CannotRun where a process cannot be started or a file not be made. */
  constructor({ program, timed }: Pick<CalibrationProgram, 'program' | 'timed'>, options: BatchOptions) {
    const { directory, capIpcLock, banHugePages } = options
    this.#files = new ProgramFiles(program.files ?? {}, directory)
    try {
      const spec = { rlimitMemlock: 'unlimited', capIpcLock } as const
      const { tracee, heapBase } = startProcess(spec, this.#files.fds, banHugePages)
      this.#tracee = tracee
      tracee.leaveChildrenAlone()
      const where = { areas: new Areas(program.ops, heapBase), files: this.#files }
      const entries: Entry[] = []
      const ops: PlacedOp[] = []
      const most = program.ops.length * 2 + timed.length * 4 + 1
      this.#stampsAt = LIST_AT + BigInt(most * ENTRY_BYTES)
      let stamps = 0
      const stamp = (clock: bigint): void => {
        entries.push([CLOCK_GETTIME, clock, this.#stampsAt + BigInt(stamps++ * TIMESPEC_BYTES)])
      }
      program.ops.forEach((op, i) => {
        for (const { from } of timed)
          if (from === i) {
            stamp(CLOCK_MONOTONIC)
            stamp(CLOCK_THREAD_CPUTIME)
          }
        const made = entriesOf(op, where)
        ops.push({ op: op.op, entry: entries.length, mustReturn: made.mustReturn })
        entries.push(...made.entries)
        for (const { to } of timed)
          if (to === i + 1) {
            stamp(CLOCK_THREAD_CPUTIME)
            stamp(CLOCK_MONOTONIC)
          }
      })
      entries.push([ENTRY.stop])
      this.#entries = entries
      this.#ops = ops
      this.#stamps = stamps
      this.#prepare(most * ENTRY_BYTES + stamps * TIMESPEC_BYTES)
    } catch (error) {
      this.#files.close()
      throw error
    }
  }

  /** Once through all of it. Throws CannotRun with what the kernel refused. */
  cycle(): Cycle {
    const before = this.#minflt()
    const signal = this.#tracee.runCode(CODE_AT, LIST_AT)
    const minflt = this.#minflt() - before
    if (signal !== null) throw new CannotRun('program', `The program ended with ${signal}.`)
    this.#check()
    const times = new BigInt64Array(this.#stamps * 2)
    this.#tracee.read(this.#stampsAt, times)
    const at = (i: number): number => Number(times[2 * i] ?? 0n) * 1e9 + Number(times[2 * i + 1] ?? 0n)
    const steps = Array.from({ length: this.#stamps / 4 }, (_, i) => ({
      wallNs: at(4 * i + 3) - at(4 * i),
      cpuNs: at(4 * i + 2) - at(4 * i + 1),
    }))
    return { steps, minflt }
  }

  close(): void {
    this.#tracee.kill()
    this.#files.close()
  }

  /** Code and list, in memory that is there before the clock is read. */
  #prepare(listBytes: number): void {
    const map = (at: bigint, bytes: number): void => {
      const length = (BigInt(bytes) + PAGE - 1n) & ~(PAGE - 1n)
      const flags = BigInt(MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_POPULATE)
      this.#tracee.mustCall('mmap', SYS.mmap, at, length, BigInt(PROT_BITS.rw), flags, -1n, 0n)
    }
    try {
      map(CODE_AT, BATCH_CODE.length)
      this.#tracee.write(CODE_AT, BATCH_CODE)
      this.#tracee.mustCall('mprotect', SYS.mprotect, CODE_AT, PAGE, BigInt(PROT_BITS.rx))
      map(LIST_AT, listBytes)
      const list = new BigInt64Array((this.#entries.length * ENTRY_BYTES) / 8)
      this.#entries.forEach(([what, ...args], i) => {
        list[i * 8] = BigInt(what)
        args.forEach((arg, j) => (list[i * 8 + 1 + j] = BigInt.asIntN(64, arg)))
      })
      this.#tracee.write(LIST_AT, new Uint8Array(list.buffer))
    } catch (error) {
      this.#tracee.kill()
      throw error
    }
  }

  /** Whether every call did what it was to do. */
  #check(): void {
    const list = new BigInt64Array((this.#entries.length * ENTRY_BYTES) / 8)
    this.#tracee.read(LIST_AT, list)
    for (const { op, entry, mustReturn } of this.#ops) {
      const [what = 0] = this.#entries[entry] ?? []
      if (what < 0 || what === WAIT4) continue
      const result = list[entry * 8 + RESULT_WORD] ?? 0n
      if (result < 0n && result >= -4095n)
        throw new CannotRun('program', `${op} is answered by ${errnoName(Number(-result))}.`)
      if (mustReturn !== undefined && result !== mustReturn)
        throw new CannotRun('system', `${op} returned another address than it was told.`)
    }
  }

  #minflt(): number {
    const text = readFileSync(`/proc/${this.#tracee.pid}/stat`, 'latin1')
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ', 10)[7])
  }
}

function entriesOf(
  op: Op,
  where: Parameters<typeof systemCall>[1],
): { readonly entries: readonly Entry[]; readonly mustReturn?: bigint | undefined } {
  if (op.op === 'touch') {
    const from = where.areas.address(op.on, op.offset)
    const entry: Entry = [ENTRY[op.access], from, from + BigInt(op.length), BigInt(op.stride ?? 4096)]
    return { entries: [entry] }
  }
  if (op.op === 'fork') return { entries: [[SYS.clone, BigInt(SIGCHLD)], [ENTRY.endChild]] }
  // Children leave no status behind: the call comes back, with ECHILD, when the last of them has ended.
  if (op.op === 'exit') return { entries: [[WAIT4, -1n, 0n, 0n, 0n]] }
  const found = systemCall(op, where)
  if (found === undefined) throw new CannotRun('program', `${op.op} is not timed.`)
  return { entries: [found.call], mustReturn: found.mustReturn }
}
