/**
 * The lists that reclaim works on, one pair (inactive, active) for anonymous and shared memory and one for files, for
 * a memory cgroup or for the machine.
 */
import { STAGES } from './population.ts'

/** One pair of lists. Sizes are pages and follow from the populations; they are as of the last step. */
export interface LruPair {
  /** Pages in each part of the inactive list, head first. */
  readonly stagePages: Float64Array
  /** When the folios of each part were put at its head: the clock of the lists, seconds. */
  readonly stageBirthS: Float64Array
  inactivePages: number
  activePages: number
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
  /** Nothing but counters changes: a step of any length only lets them run on. */
  isSettled: boolean
  /** Length of the last step, and what it suggests for the next one. */
  nextStepS: number
  /** Room at the last step, so that a change of it is noticed. */
  lastLimitPages: number
}

const newPair = (): LruPair => ({
  stagePages: new Float64Array(STAGES),
  stageBirthS: new Float64Array(STAGES),
  ...{ inactivePages: 0, activePages: 0, ageS: Infinity },
  ...{ scannedPerStep: 0, agingPagesPerS: 0, evictingPagesPerS: 0, activatingPagesPerS: 0 },
})

export const newLists = (): LruLists => ({
  clockS: 0,
  anon: newPair(),
  file: newPair(),
  swapReadPages: 1,
  keepsSlots: false,
  isSettled: false,
  nextStepS: 0,
  lastLimitPages: Infinity,
})

/** Call it after a change from outside: rates, locks, discarded pages, new populations. */
export function disturb(lists: LruLists): void {
  lists.isSettled = false
  lists.nextStepS = 0
}
