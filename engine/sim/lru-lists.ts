/**
 * The lists that reclaim works on, one pair (inactive, active) for anonymous and shared memory and one for files, for
 * a memory cgroup or for the machine.
 */
import type { LruCell } from './lru-cells.ts'

/** One pair of lists. Sizes are pages and follow from the populations; they are as of the last step. */
export interface LruPair {
  /** The inactive list, tail first. */
  readonly cells: LruCell[]
  inactivePages: number
  activePages: number
  /** What the statistics say: the inactive list is low, and gets the active one's pages. */
  isLow: boolean
  /**
   * Seconds that the folios that were last looked at had waited on the inactive list: the time they had to be touched
   * in, the eviction age. Infinity until something is reclaimed.
   */
  ageS: number
  /** Part of the inactive list that was looked at in the last step. */
  scannedPerStep: number
  /** Evictions and activations per second, in pages: the clock that refault distances are measured with. */
  agingPagesPerS: number
  /** Evictions per second, in pages. */
  evictingPagesPerS: number
  /** Refaults per second that went straight to the active list, in pages. */
  activatingPagesPerS: number
}

/** State of reclaim between steps. */
export interface LruLists {
  /**
   * Seconds between two flushes of the cgroup's statistics, by which alone reclaim knows whether the inactive list is
   * low (mem_cgroup_flush_stats_ratelimited(), mm/memcontrol.c: FLUSH_TIME). In between it goes on as it was: it
   * lets the active list grow, or empties it. `null`: flushed by {@link flushStats} alone.
   */
  statsFlushS: number | null
  /** Seconds since the lists were made. */
  clockS: number
  readonly anon: LruPair
  readonly file: LruPair
  /** Pages read from swap per major fault: 1 plus what read-ahead brings. */
  swapReadPages: number
  /**
   * Whether a page keeps its swap slot when a read brings it in, until it is written to. Devices in memory (zram)
   * free it at once.
   */
  keepsSlots: boolean
  /** How far round the inactive list this round is, 0 to 1, how many there were, and when this one began. */
  lap: number
  laps: number
  lapStartS: number
  /** Nothing but counters changes: a step of any length only lets them run on. */
  isSettled: boolean
  /** Length of the last step, and what it suggests for the next one. */
  nextStepS: number
  /** Whether there was free swap at the last step. */
  hasSwap: boolean
  /** Room at the last step, so that a change of it is noticed. */
  lastLimitPages: number
}

/** FLUSH_TIME, mm/memcontrol.c. */
const FLUSH_TIME_S = 2
const PAGES_PER_GIB = 1 << 18

const newPair = (): LruPair => ({
  cells: [],
  isLow: false,
  ...{ inactivePages: 0, activePages: 0, ageS: Infinity },
  ...{ scannedPerStep: 0, agingPagesPerS: 0, evictingPagesPerS: 0, activatingPagesPerS: 0 },
})

export const newLists = (): LruLists => ({
  clockS: 0,
  statsFlushS: FLUSH_TIME_S,
  anon: newPair(),
  file: newPair(),
  swapReadPages: 1,
  keepsSlots: false,
  ...{ lap: 0, laps: 0, lapStartS: 0 },
  isSettled: false,
  nextStepS: 0,
  hasSwap: true,
  lastLimitPages: Infinity,
})

/** What a change from outside does to the length of the next step. */
const SHORTER = 0.1

/** Call it after a change from outside: rates, locks, discarded pages, new populations. */
export function disturb(lists: LruLists): void {
  lists.isSettled = false
  lists.nextStepS *= SHORTER
  lists.lap = lists.laps = 0
}

/** Brings the statistics up to date, as reading memory.stat does. */
export function flushStats({ anon, file }: LruLists): void {
  anon.isLow = lowBy(anon) > 0
  file.isLow = lowBy(file) > 0
}

/** Pages that have to leave the active list until the inactive one is not low (inactive_is_low(), mm/vmscan.c). */
export function lowBy({ inactivePages, activePages }: LruPair): number {
  const gib = Math.floor((inactivePages + activePages) / PAGES_PER_GIB)
  const ratio = gib === 0 ? 1 : Math.floor(Math.sqrt(10 * gib))
  return Math.max(0, (activePages - inactivePages * ratio) / (1 + ratio))
}
