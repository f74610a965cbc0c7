/** What a task's operations come to, before anybody else is there: stretches of work, in order, thread by thread. */
import type { LockMode, WorkKind } from '../work.ts'
import type { OnRefusal } from '../scenario.ts'
import type { Errno, Refusal } from '../errno.ts'

/** Counters of one task after an operation. Pages, except for the fault counts. */
export interface TaskCounters {
  readonly totalVm: number
  readonly lockedVm: number
  readonly pinnedVm: number
  readonly rssAnon: number
  readonly rssFile: number
  readonly rssShmem: number
  /** 4 KiB units of huge pages of the pools. */
  readonly hugetlb: number
  /** 4 KiB units promised by the pools, used or not. */
  readonly hugetlbReserved: number
  /** Resident pages in areas that are locked. */
  readonly lockedResident: number
  /** Pages of page tables. */
  readonly pageTables: number
  /** Pages of tmpfs and memfd files that belong to the task. */
  readonly shmemPages: number
  /** Pages that count to Committed_AS. */
  readonly committed: number
  readonly anonHuge: number
  readonly minorFaults: number
  readonly majorFaults: number
}

export const NO_COUNTERS: TaskCounters = {
  totalVm: 0,
  lockedVm: 0,
  pinnedVm: 0,
  rssAnon: 0,
  rssFile: 0,
  rssShmem: 0,
  hugetlb: 0,
  hugetlbReserved: 0,
  lockedResident: 0,
  pageTables: 0,
  shmemPages: 0,
  committed: 0,
  anonHuge: 0,
  minorFaults: 0,
  majorFaults: 0,
}

/** Pages of a file that a segment needs in the page cache. */
export interface FilePages {
  readonly file: string
  readonly pages: number
}

/** Adds `factor` times `delta` to `target`. */
export function addCounters(target: MutableCounters, delta: TaskCounters, factor: number): void {
  for (const name of COUNTERS) target[name] += delta[name] * factor
}

/** What `after` has more than `before`. */
export function counterDelta(before: TaskCounters, after: TaskCounters): TaskCounters {
  const delta: MutableCounters = { ...NO_COUNTERS }
  for (const name of COUNTERS) delta[name] = after[name] - before[name]
  return delta
}

export type CounterName = keyof TaskCounters
export type MutableCounters = { -readonly [name in CounterName]: number }
export const COUNTERS = Object.keys(NO_COUNTERS) as readonly CounterName[]

/** A stretch of work under one state of the mmap lock. */
export interface Segment {
  readonly lock: LockMode
  /** Taken and given back with every fault, so that a writer gets in between. */
  readonly divisible: boolean
  /** Time for one thread that is alone on the machine. */
  readonly cpuNs: number
  /** Traffic to memory: cleared and copied bytes. */
  readonly memoryBytes: number
  readonly threads: number
  readonly kinds: ReadonlyMap<WorkKind, number>
  /** What it adds to the counters of its task, in proportion to its progress; null adds nothing. */
  readonly delta: TaskCounters | null
  readonly filePages: readonly FilePages[]
  /** Pages of memory that each area gains (anonymous, shared, file pages mapped), by index of the area. */
  readonly areaPages: readonly number[]
  /** The longest single hold inside a divisible segment: one fault. */
  readonly stepNs: number
}

/** A refusal of a call, or the signal that ended a touch. */
export type RefusedBy = Omit<Refusal, 'errno'> & { readonly errno: 'SIGBUS' | 'SIGSEGV' | Errno }

/** One thing a thread does. */
export type Action =
  | {
      readonly do: 'work'
      readonly label: string
      /** Index of the operation among those of its task; the segments of one operation share it. */
      readonly op: number
      readonly segment: Segment
      /** With the first segment of an operation: what changes at once (address space, locks, promises). */
      readonly entry: TaskCounters | null
      /** With the first segment: pages of each area that are locked from now on. */
      readonly lockedPages: readonly number[] | null
      readonly onRefusal: OnRefusal
    }
  | {
      readonly do: 'refused'
      readonly label: string
      readonly op: number
      readonly refusal: RefusedBy
      readonly onRefusal: OnRefusal
    }
  | { readonly do: 'sleep'; readonly seconds: number }
  /** Waits until a period has passed since the operations before it began. */
  | { readonly do: 'until'; readonly periodS: number }
  | { readonly do: 'ready' }

export interface ThreadPlan {
  readonly name: string
  readonly actions: readonly Action[]
}
