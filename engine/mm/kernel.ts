/**
 * One simulated machine: its memory, its tasks, how its kernel behaves, and the work it has done so far. Rules are
 * functions over a Kernel, in the files named after the kernel's own.
 */
import type { KernelBehaviour } from '../kernels/behaviour.ts'
import type { ShmemThpMode, ThpMode } from '../program.ts'
import { RunList } from '../runs.ts'
import { FolioBatches } from './mlock-folio.ts'
import type { LockMode, WorkKind } from '../work.ts'
import { WorkLog } from '../work.ts'
import {
  FRAME,
  SWAP,
  newAddressSpace,
  type AddressSpace,
  type AnonVma,
  type FrameRun,
  type PageCache,
  type SwapRun,
} from './mm-types.ts'

/** Swap slots that are handed out together. */
const SWAPFILE_CLUSTER = 512

/** How the host hands out huge pages, as in /sys/kernel/mm/transparent_hugepage. */
export interface ThpSettings {
  readonly enabled: ThpMode
  readonly shmem: ShmemThpMode
  readonly zeroPage: boolean
  /** Enabled sizes below 2 MiB, largest first. 'inherit' is resolved. */
  readonly mthp: readonly { readonly order: number; readonly mode: ThpMode }[]
}

export interface HostSettings {
  readonly ramPages: number
  readonly swapPages: number
  /** fault_around_bytes in pages; 1 switches it off. */
  readonly faultAroundPages: number
  readonly thp: ThpSettings
  readonly hugetlbPages: number
  /** The CPU has protection keys, so memory mapped for execution alone cannot be read. */
  readonly protectionKeys: boolean
  /** Block size of the file system; below a page, the last page of a file may be up to date in part only. */
  readonly fileBlockBytes: number
}

/** Buffers that a ring holds on to: folios and what they were charged. */
export interface RegisteredBuffer {
  /** Whole folios, one entry each run of frames. */
  readonly frames: readonly { readonly start: number; readonly end: number }[]
  readonly chargedPages: number
  readonly chargedToUser: boolean
  readonly chargedToMm: boolean
}

export interface Task {
  readonly name: string
  mm: AddressSpace
  /** Soft RLIMIT_MEMLOCK in bytes; Infinity is unlimited. */
  rlimitMemlockBytes: number
  capIpcLock: boolean
  minflt: number
  majflt: number
  buffer: RegisteredBuffer | null
}

/** The hugetlb pool of 2 MiB pages. */
export interface HugetlbPool {
  free: number
  reserved: number
}

export class Kernel {
  readonly behaviour: KernelBehaviour
  readonly host: HostSettings
  readonly frames = new RunList<FrameRun>(FRAME)
  readonly swap = new RunList<SwapRun>(SWAP)
  readonly tasks: Task[] = []
  readonly caches: PageCache[] = []
  readonly pool: HugetlbPool
  /** user->locked_vm in pages: io_uring buffers, secret memory of the 2026 scheme. */
  userLockedVm = 0
  readonly log = new WorkLog()
  /** swapin_readahead_hits, prev_offset and last_readahead_pages of the machine, as after boot. */
  swapReadAheadHits = 4
  swapClusterState = { slot: 0, window: 0 }
  readonly batches: FolioBatches
  #nextPfn = 512
  #nextCluster = SWAPFILE_CLUSTER
  readonly #slots = new Map<number, { next: number; end: number }>()
  #nextId = 1

  constructor(behaviour: KernelBehaviour, host: HostSettings) {
    this.behaviour = behaviour
    this.host = host
    this.batches = new FolioBatches(behaviour.folioBatchSize)
    this.pool = { free: host.hugetlbPages, reserved: 0 }
  }

  /** States work for the cost table; says nothing about time. */
  spend(kind: WorkKind, amount: number): void {
    this.log.spend(kind, amount)
  }

  /** The lock of the acting address space that everything up to the next call happens under. */
  holding(lock: LockMode): void {
    this.log.holding(lock)
  }

  /** Hands out `nr` frame numbers that start on a multiple of `align`. */
  takePfns(nr: number, align: number): number {
    const over = this.#nextPfn % align
    const start = over === 0 ? this.#nextPfn : this.#nextPfn + align - over
    this.#nextPfn = start + nr
    return start
  }

  /** Hands out `nr` consecutive swap slots. Each folio order fills clusters of its own. */
  takeSlots(nr: number, order: number): number {
    const cursor = this.#slots.get(order)
    if (cursor !== undefined && cursor.end - cursor.next >= nr) {
      const start = cursor.next
      cursor.next += nr
      return start
    }
    const start = this.#nextCluster
    this.#nextCluster = start + Math.ceil(nr / SWAPFILE_CLUSTER) * SWAPFILE_CLUSTER
    this.#slots.set(order, { next: start + nr, end: this.#nextCluster })
    return start
  }

  /** lru_add_drain(): batches are empty before and after every call. */
  drain(): void {
    this.batches.drain(this)
  }

  newMm(): AddressSpace {
    return newAddressSpace(this.#nextId++)
  }

  newAnonVma(): AnonVma {
    return { id: this.#nextId++ }
  }
}

/** The soft limit in pages: a limit of 1 to 4095 bytes is 0 pages, which is not the same as a limit of 0 bytes. */
export function memlockLimitPages(task: Task): number {
  return task.rlimitMemlockBytes === Infinity ? Infinity : Math.floor(task.rlimitMemlockBytes / 4096)
}

/**
 * Kernel: can_do_mlock(), mm/mlock.c
 * Looks at the bytes of the limit, so that 1 to 4095 bytes pass.
 */
export function canDoMlock(task: Task): boolean {
  return task.capIpcLock || task.rlimitMemlockBytes !== 0
}
