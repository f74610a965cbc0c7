/** Identical instances of a workload that started together: one exemplar, one lock schedule, populations of them all. */
import type { TaskEvent, WorkloadSpec } from '../scenario.ts'
import type { AreaState } from './areas.ts'
import type { Exemplar } from './exemplar.ts'
import { noRates, type FaultRates } from './fault-notes.ts'
import { newLists, type LruLists } from './lru-lists.ts'
import { mlockedPages, memoryPages, residentPages, swapSlotPages, swappedPages } from './population.ts'
import { HPAGE_PMD_NR } from '../units.ts'
import { NO_COUNTERS, type MutableCounters, type ThreadPlan } from './segment.ts'
import type { Process } from './threads.ts'
import type { UnmarkedNotes } from './unmarked.ts'
import type { UnmarkedLocked } from '../mm/vmscan-locked.ts'

export type GroupState = 'waiting' | 'starting' | 'running' | 'failed' | 'killed' | 'stopped'

/** What the run has noted about a group so far; sums are over all its instances. */
export interface GroupNotes {
  readyAtS: number | null
  populateNs: number
  longestWriteHoldNs: number
  longestStallNs: number
  /** Since it was ready. */
  accesses: number
  wantedAccesses: number
  minorFaults: number
  majorFaults: number
  faultNs: number
  minorNs: number
  majorNs: number
  majorP99Ns: number
  stallNs: number
  killed: number
  failed: number
}

export interface TaskGroup {
  readonly spec: WorkloadSpec
  /** Index of the workload in the scenario. */
  readonly workload: number
  /** Index of its first instance. */
  readonly first: number
  instances: number
  readonly startS: number
  readonly exemplar: Exemplar
  readonly plans: readonly ThreadPlan[]
  readonly workerThreads: number
  /** What happens to it later, by time since its start. */
  readonly events: readonly TaskEvent[]
  state: GroupState
  process: Process | null
  /** Of one instance, as its operations left them; memory that comes and goes is in the populations. */
  readonly counters: MutableCounters
  areas: AreaState[]
  /** Reclaim inside its memory cgroups, which are all alike; null without a limit. */
  readonly lists: LruLists | null
  progressShare: number
  /** Accesses bring nothing in any more, until somebody disturbs it. */
  isQuiet: boolean
  /** Accesses that have not been taken into account yet, in seconds; see relaxed.ts. */
  pendingS: number
  /** Seconds since its accesses last changed. */
  steadyS: number
  /** Its memory cgroup had no room for what it wanted in the last step. */
  isStarved: boolean
  /** Share of what its accesses wanted to bring in that its cgroup had no room for. */
  waitingShare: number
  nextEvent: number
  /** Its memory as last counted: until the host measures again, and as long as it is quiet. */
  sums: GroupSums | null
  /** Locked memory that reclaim keeps meeting, of one instance; null until the host is first short of memory. */
  unmarked: readonly UnmarkedLocked[] | null
  readonly scans: UnmarkedNotes
  rates: FaultRates
  readonly notes: GroupNotes
}

export interface GroupSpec {
  readonly spec: WorkloadSpec
  readonly workload: number
  readonly first: number
  readonly instances: number
  readonly startS: number
  readonly exemplar: Exemplar
  readonly plans: readonly ThreadPlan[]
  readonly workerThreads: number
  /** What happens to it later, by time since its start. */
  readonly events: readonly TaskEvent[]
}

export function newGroup(spec: GroupSpec): TaskGroup {
  const limited = spec.spec.memcg.maxBytes !== null || spec.spec.memcg.highBytes !== null
  return {
    ...spec,
    state: 'waiting',
    process: null,
    counters: { ...NO_COUNTERS },
    areas: [],
    lists: limited ? newLists() : null,
    progressShare: 1,
    isQuiet: false,
    ...{ pendingS: 0, steadyS: 0 },
    isStarved: false,
    waitingShare: 0,
    nextEvent: 0,
    sums: null,
    unmarked: null,
    rates: noRates(),
    scans: { scannedPages: 0, foliosSplit: 0, heldByPinsPages: 0 },
    notes: {
      readyAtS: null,
      ...{ populateNs: 0, longestWriteHoldNs: 0, longestStallNs: 0, accesses: 0, wantedAccesses: 0 },
      ...{ minorFaults: 0, majorFaults: 0, faultNs: 0, minorNs: 0, majorNs: 0, majorP99Ns: 0, stallNs: 0 },
      ...{ killed: 0, failed: 0 },
    },
  }
}

export const isAlive = (group: TaskGroup): boolean =>
  (group.state === 'starting' || group.state === 'running') && group.instances > 0

/** Memory of a whole group, in pages. */
export interface GroupMemory {
  anon: number
  file: number
  shmem: number
  swapped: number
  locked: number
  anonHuge: number
}

/** What a group adds to the host's books, in pages; files are counted with the host. */
export interface GroupSums {
  readonly memory: GroupMemory
  readonly evictableAnon: number
  readonly swapSlots: number
  readonly mlocked: number
  /** Locked or pinned, marked or not: reclaim cannot have it. */
  readonly held: number
  /** Not in memory, and accesses might bring it in. */
  readonly away: number
  /** Allocated and not mapped (fallocate). */
  readonly allocated: number
  /** Pages in memory, mapped or not. */
  readonly used: Readonly<Record<'anon' | 'shmem', number>>
  readonly swapIn: number
  readonly swapOut: number
}

/** Sums over the populations; a shared file counts for each instance that maps it. */
export function memoryOf(group: TaskGroup): GroupMemory {
  return sumsOf(group).memory
}

/** Counts a group afresh unless it was counted since the host last measured. */
export function sumsOf(group: TaskGroup): GroupSums {
  if (group.sums !== null) return group.sums
  const memory: GroupMemory = { anon: 0, file: 0, shmem: 0, swapped: 0, locked: 0, anonHuge: 0 }
  const sums = {
    memory,
    evictableAnon: 0,
    swapSlots: 0,
    mlocked: 0,
    held: 0,
    away: 0,
    allocated: 0,
    used: { anon: 0, shmem: 0 },
    swapIn: 0,
    swapOut: 0,
  }
  for (const area of group.areas) {
    const factor = area.isShared ? group.instances : 1
    let there = 0
    for (const piece of area.pieces)
      for (const { population: p } of piece.members) {
        const resident = residentPages(p) * factor
        memory[p.kind] += resident
        memory.swapped += swappedPages(p) * factor
        memory.locked += mlockedPages(p) * factor
        sums.away += (p.absent + p.out) * p.folioPages
        if (p.kind === 'anon' && p.folioPages >= HPAGE_PMD_NR) memory.anonHuge += resident
        if (p.kind === 'file' || area.isShared) continue
        const pages = memoryPages(p)
        there += pages + p.out * p.folioPages
        sums.used[p.kind] += pages
        sums.swapSlots += swapSlotPages(p)
        sums.mlocked += mlockedPages(p) * piece.marked
        sums.held += p.isPinned ? resident : mlockedPages(p)
        if (p.lock === 'none' && !p.isPinned) sums.evictableAnon += pages
        sums.swapIn += p.swapInPages
        sums.swapOut += p.swapOutPages
      }
    if (!area.isShared) sums.allocated += Math.max(0, area.allocatedPages - there)
  }
  return (group.sums = sums)
}
