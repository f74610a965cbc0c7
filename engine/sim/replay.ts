/** Runs programs of the replay format on a simulated kernel and reports what it would print after every operation. */
import type { Errno, FatalSignal, Refusal } from '../errno.ts'
import { behaviourOf, kernelNamed, type KernelProfile } from '../kernels/releases.ts'
import { newCache } from '../mm/cache.ts'
import { fillFile, forgetPartialPage } from '../mm/filemap.ts'
import { exit, fork } from '../mm/fork.ts'
import { registerBuffer, unregisterBuffers } from '../mm/io-uring.ts'
import { Kernel, type HostSettings, type Task } from '../mm/kernel.ts'
import { madvise } from '../mm/madvise.ts'
import { accessPages } from '../mm/access.ts'
import { mlock2, mlockall, doMlock, munlock, munlockall } from '../mm/mlock.ts'
import { brk, doMmap, munmap } from '../mm/mmap.ts'
import * as map from '../mm/mmap.ts'
import { mpin, munpin } from '../mm/mpin.ts'
import {
  PG_ANON,
  PG_ANON_EXCLUSIVE,
  PG_STORED,
  PG_SWAPBACKED,
  PTE_DIRTY,
  PTE_PRESENT,
  NO_SWAP_READ_AHEAD,
  VM_ACCOUNT,
  VM_EXEC,
  VM_LOCKED,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_READ,
  VM_WRITE,
  type PageCache,
  type Vma,
} from '../mm/mm-types.ts'
import { mprotect } from '../mm/mprotect.ts'
import { MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE, mremap } from '../mm/mremap.ts'
import { setPtes } from '../mm/pgtable.ts'
import { remapFilePages } from '../mm/remap-file-pages.ts'
import { allocFolios } from '../mm/rmap.ts'
import { fillShmem } from '../mm/shmem.ts'
import { observeProcess, observeSystem, type AreaWindow } from '../mm/task-mmu.ts'
import { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, fallocate, ftruncate } from '../mm/truncate.ts'
import type { FlagList, MmapFlag, MmapOp, MremapOp, Op, Prot, U64 } from '../op.ts'
import { OBSERVED_FORMAT, type Machine, type Observed, type ObservedStep, type Program } from '../program.ts'
import { PAGE_SIZE } from '../units.ts'
import type { Phase } from '../work.ts'

const PROT_BITS: Record<Prot, number> = {
  none: 0,
  r: VM_READ,
  w: VM_WRITE,
  rw: VM_READ | VM_WRITE,
  x: VM_EXEC,
  rx: VM_READ | VM_EXEC,
  rwx: VM_READ | VM_WRITE | VM_EXEC,
}

const MAP_BITS: Record<MmapFlag, number> = {
  private: map.MAP_PRIVATE,
  shared: map.MAP_SHARED,
  populate: map.MAP_POPULATE,
  nonblock: map.MAP_NONBLOCK,
  locked: map.MAP_LOCKED,
  noreserve: map.MAP_NORESERVE,
  hugetlb: map.MAP_HUGETLB,
  growsdown: map.MAP_GROWSDOWN,
  stack: map.MAP_STACK,
  droppable: map.MAP_DROPPABLE,
}

const MLOCK2_BITS = { onfault: 1 } as const
const MLOCKALL_BITS = { current: 1, future: 2, onfault: 4 } as const
const MREMAP_BITS = { maymove: MREMAP_MAYMOVE, dontunmap: MREMAP_DONTUNMAP } as const
const FALLOCATE_BITS = { keep_size: FALLOC_FL_KEEP_SIZE, punch_hole: FALLOC_FL_PUNCH_HOLE } as const
const REMAP_BITS = { nonblock: map.MAP_NONBLOCK } as const

function bitsOf<Name extends string>(
  flags: FlagList<Name> | undefined,
  bits: Readonly<Record<Name, number>>,
): number {
  let sum = 0
  for (const flag of flags ?? []) sum |= typeof flag === 'number' ? flag | 0 : bits[flag]
  return sum
}

const AREA_BASE = 0x200000000000
const AREA_STEP = 0x40000000
const RUNTIME_BASE = 0x100000000000
const HEAP_BASE = 0x80000000
/** The heap's origin is aligned up from where the break began, which leaves room below. */
const HEAP_SLACK = 2 ** 20
const GIB = 2 ** 30

/** What one operation came to. */
export interface Outcome {
  readonly result: 0 | Errno | FatalSignal
  /** Accesses of a touch that completed. */
  readonly touched: number | null
  readonly minflt: number
  readonly majflt: number
  readonly refusal: Refusal | null
  readonly phases: readonly Phase[]
}

export interface ReplayOptions {
  /** Replaces the kernel that the program names. */
  readonly profile?: KernelProfile
}

/** Settings of a program's machine, as the kernel reads them. */
export function hostSettings(machine: Machine): HostSettings {
  const mthp = Object.entries(machine.mthp ?? {}).flatMap(([size, mode]) => {
    const order = Math.log2(Number(size.slice(0, -1)) / 4)
    const resolved = mode === 'inherit' ? machine.thp.enabled : mode
    return resolved === 'never' ? [] : [{ order, mode: resolved }]
  })
  return {
    ramPages: Math.floor(machine.ramBytes / PAGE_SIZE),
    swapPages: Math.floor(machine.swapBytes / PAGE_SIZE),
    faultAroundPages: Math.max(1, machine.faultAroundBytes / PAGE_SIZE),
    thp: {
      enabled: machine.thp.enabled,
      shmem: machine.thp.shmem ?? 'never',
      zeroPage: machine.thp.zeroPage ?? true,
      mthp: mthp.sort((a, b) => b.order - a.order),
    },
    hugetlbPages: machine.hugetlb?.['2M'] ?? 0,
    protectionKeys: kernelNamed(machine.kernel)?.measuredWithProtectionKeys ?? false,
    fileBlockBytes: kernelNamed(machine.kernel)?.measuredFileBlockBytes ?? PAGE_SIZE,
  }
}

/** The kernel a program asks for; throws if nobody checked that it is on offer. */
export function profileOf(program: Program): KernelProfile {
  const kernel = kernelNamed(program.machine.kernel)
  if (kernel === undefined) throw new Error(`kernel ${program.machine.kernel} is not on offer`)
  return kernel
}

/** A program being run: apply its operations one by one, look at the state in between. */
export class Replay {
  readonly kernel: Kernel
  readonly #areas = new Map<string, AreaWindow>()
  readonly #files = new Map<string, PageCache>()
  readonly #step: number
  #made = 0

  constructor(program: Program, options: ReplayOptions = {}) {
    const profile = options.profile ?? profileOf(program)
    this.kernel = new Kernel(behaviourOf(profile), hostSettings(program.machine))
    this.#step = windowBytes(program)
    this.#openFiles(program)
    this.#startProcess(program)
    this.kernel.log.take()
  }

  #openFiles(program: Program): void {
    const k = this.kernel
    for (const [name, spec] of Object.entries(program.files ?? {})) {
      const kind = spec.kind === 'memfd' ? 'shmem' : spec.kind
      const cache = newCache(k, kind, name, spec.bytes)
      if (kind === 'file') {
        fillFile(k, cache, 0, Math.ceil(spec.bytes / PAGE_SIZE))
        forgetPartialPage(k, cache)
      }
      if (kind === 'shmem' && spec.filled === true) fillShmem(k, cache)
      cache.writable = spec.open !== 'r'
      this.#files.set(name, cache)
    }
  }

  /** A process starts with one resident page, its runtime page, and an empty heap. */
  #startProcess(program: Program): void {
    const k = this.kernel
    const mm = k.newMm()
    const page = RUNTIME_BASE / PAGE_SIZE
    const flags = VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_ACCOUNT
    const vma: Vma = {
      start: page,
      end: page + 1,
      flags,
      mm,
      file: null,
      pgoff: page,
      anonVma: k.newAnonVma(),
      anonChain: 1,
      resv: null,
      swapReadAhead: NO_SWAP_READ_AHEAD,
    }
    mm.vmas.push(vma)
    mm.totalVm = 1
    const pfn = allocFolios(k, 1, {
      order: 0,
      bits: PG_ANON | PG_ANON_EXCLUSIVE | PG_SWAPBACKED | PG_STORED,
      mapcount: 1,
    })
    setPtes(mm, page, page + 1, pfn, PTE_PRESENT | PTE_DIRTY)
    mm.rssAnon = 1
    mm.startBrk = HEAP_BASE - HEAP_SLACK
    mm.brk = HEAP_BASE
    k.tasks.push({
      name: 'p0',
      mm,
      rlimitMemlockBytes:
        program.process.rlimitMemlock === 'unlimited' ? Infinity : program.process.rlimitMemlock,
      capIpcLock: program.process.capIpcLock,
      minflt: 0,
      majflt: 0,
      buffer: null,
    })
    this.#areas.set('$rt', { name: '$rt', origin: page, low: page, high: page + 1 })
    const heap = HEAP_BASE / PAGE_SIZE
    this.#areas.set('$heap', { name: '$heap', origin: heap, low: heap, high: heap + GIB / PAGE_SIZE })
  }

  /** Byte address of a place in an area. */
  #address(area: string, offset: U64 = 0): number {
    const window = this.#areas.get(area)
    if (window === undefined) throw new Error(`area ${area} does not exist`)
    return window.origin * PAGE_SIZE + Number(offset)
  }

  #newArea(name: string, phase = 0): void {
    if (this.#areas.has(name)) return
    const base = AREA_BASE + this.#made++ * this.#step
    const origin = (base + this.#step / 2 + phase) / PAGE_SIZE
    const half = this.#step / 2 / PAGE_SIZE
    this.#areas.set(name, { name, origin, low: origin - half, high: origin + half })
  }

  #task(name: string): Task {
    const task = this.kernel.tasks.find(t => t.name === name)
    if (task === undefined) throw new Error(`process ${name} does not exist`)
    return task
  }

  /** Carries out one operation. */
  apply(op: Op): Outcome {
    const task = this.#task(op.pid ?? 'p0')
    const { minflt, majflt } = task
    this.kernel.drain()
    let touched: number | null = null
    let answer: Refusal | FatalSignal | null
    if (op.op === 'touch') {
      const done = this.#touch(task, op)
      touched = done.touched
      answer = done.signal
    } else {
      this.kernel.spend('systemCall', 1)
      answer = this.#call(task, op)
    }
    this.kernel.drain()
    const refusal = answer === null || typeof answer === 'string' ? null : answer
    const gone = op.op === 'exit'
    return {
      result: answer === null ? 0 : typeof answer === 'string' ? answer : answer.errno,
      touched,
      minflt: gone ? 0 : task.minflt - minflt,
      majflt: gone ? 0 : task.majflt - majflt,
      refusal,
      phases: this.kernel.log.take(),
    }
  }

  #call(task: Task, op: Exclude<Op, { op: 'touch' }>): Refusal | null {
    const k = this.kernel
    switch (op.op) {
      case 'mmap':
        return this.#mmap(task, op)
      case 'munmap':
        return munmap(k, task, this.#address(op.on, op.offset), op.length)
      case 'mprotect':
        return mprotect(k, task, this.#address(op.on, op.offset), op.length, PROT_BITS[op.prot])
      case 'mlock':
        return doMlock(k, task, this.#address(op.on, op.offset), op.length, VM_LOCKED)
      case 'mlock2':
        return mlock2(k, task, this.#address(op.on, op.offset), op.length, bitsOf(op.flags, MLOCK2_BITS))
      case 'munlock':
        return munlock(k, task, this.#address(op.on, op.offset), op.length)
      case 'mlockall':
        return mlockall(k, task, bitsOf(op.flags, MLOCKALL_BITS))
      case 'munlockall':
        return munlockall(k, task)
      case 'madvise':
        return madvise(k, task, this.#address(op.on, op.offset), op.length, op.advice)
      case 'mremap':
        return this.#mremap(task, op)
      case 'remap_file_pages':
        return remapFilePages(
          k,
          task,
          this.#address(op.on, op.offset),
          op.length,
          op.pgoff,
          bitsOf(op.flags, REMAP_BITS),
        )
      case 'fallocate':
        return fallocate(k, this.#file(op.file), bitsOf(op.mode, FALLOCATE_BITS), op.offset ?? 0, op.length)
      case 'ftruncate':
        return ftruncate(k, this.#file(op.file), op.length)
      case 'brk':
        return brk(k, task, task.mm.brk + op.delta)
      case 'fork':
        fork(k, task, op.child)
        return null
      case 'exit':
        exit(k, task)
        return null
      case 'setrlimit':
        task.rlimitMemlockBytes = Number(op.memlock)
        return null
      case 'thpDisable':
        return this.#thpDisable(task, Boolean(op.value), Boolean(op.exceptAdvised))
      case 'pin':
        return registerBuffer(k, task, this.#address(op.on, op.offset), op.length)
      case 'unpin':
        return unregisterBuffers(k, task)
      case 'mpin':
        return mpin(k, task, this.#address(op.on, op.offset), op.length)
      case 'munpin':
        return munpin(k, task, this.#address(op.on, op.offset), op.length)
    }
  }

  #thpDisable(task: Task, value: boolean, exceptAdvised: boolean): Refusal | null {
    if (exceptAdvised && (!value || !this.kernel.behaviour.thpDisableExceptAdvised))
      return { errno: 'EINVAL', rule: 'prctl(PR_SET_THP_DISABLE) flags' }
    task.mm.thpDisabled = !value ? 'no' : exceptAdvised ? 'unadvised' : 'all'
    return null
  }

  #file(name: string): PageCache {
    const file = this.#files.get(name)
    if (file === undefined) throw new Error(`file ${name} does not exist`)
    return file
  }

  #mmap(task: Task, op: MmapOp): Refusal | null {
    if (op.as !== undefined) this.#newArea(op.as, op.phase)
    let flags = bitsOf(op.flags, MAP_BITS)
    if (!(flags & map.MAP_SHARED) && op.flags?.includes('droppable') !== true) flags |= map.MAP_PRIVATE
    const addr = op.as === undefined ? this.#address(op.on ?? '', op.offset) : this.#address(op.as)
    const file = op.file === undefined ? null : this.#file(op.file)
    return doMmap(this.kernel, task, {
      addr,
      length: op.length,
      prot: PROT_BITS[op.prot ?? 'rw'],
      flags,
      file,
      fileOffset: op.fileOffset ?? 0,
    })
  }

  #mremap(task: Task, op: MremapOp): Refusal | null {
    const addr = this.#address(op.on, op.offset)
    let flags = bitsOf(op.flags, MREMAP_BITS)
    let newAddr = addr
    if (op.to !== undefined) {
      this.#newArea(op.to, op.phase)
      flags |= MREMAP_MAYMOVE | MREMAP_FIXED
      newAddr = this.#address(op.to, op.toOffset)
    }
    return mremap(this.kernel, task, {
      addr,
      oldLength: op.oldLength,
      newLength: op.newLength,
      flags,
      newAddr,
    })
  }

  #touch(task: Task, op: Extract<Op, { op: 'touch' }>): { touched: number; signal: FatalSignal | null } {
    const first = this.#address(op.on, op.offset)
    const stride = op.stride ?? PAGE_SIZE
    const accesses = Math.max(1, Math.ceil(Number(op.length) / stride))
    return accessPages(this.kernel, task, { first, stride, accesses, write: op.access === 'write' })
  }

  /** The areas so far, in the order in which they came. */
  get windows(): readonly AreaWindow[] {
    return [...this.#areas.values()]
  }

  /** What /proc shows now. */
  observe(): Pick<ObservedStep, 'sys' | 'procs'> {
    const procs: ObservedStep['procs'] = {}
    const windows = [...this.#areas.values()]
    for (const task of this.kernel.tasks) procs[task.name] = observeProcess(this.kernel, task.mm, windows)
    return { sys: observeSystem(this.kernel), procs }
  }
}

/** Bytes of address space for each area: as much as keeps the largest of the program's mappings apart. */
function windowBytes(program: Program): number {
  let largest = 0
  for (const op of program.ops) {
    const length = op.op === 'mmap' ? Number(op.length) : op.op === 'mremap' ? Number(op.newLength) : 0
    if (length < 2 ** 46 && length > largest) largest = length
  }
  let step = AREA_STEP
  while (step < 4 * largest) step *= 2
  return step
}

/** Runs a whole program and reports every step. */
export function replay(program: Program, options: ReplayOptions = {}): Observed {
  const run = new Replay(program, options)
  const steps = program.ops.map((op): ObservedStep => {
    const outcome = run.apply(op)
    const { sys, procs } = run.observe()
    return {
      op: op.op,
      pid: op.pid ?? 'p0',
      result: outcome.result,
      ...(outcome.touched === null ? {} : { touched: outcome.touched }),
      minflt: outcome.minflt,
      majflt: outcome.majflt,
      sys,
      procs,
    }
  })
  return { format: OBSERVED_FORMAT, program: program.name, kernel: program.machine.kernel, steps }
}
