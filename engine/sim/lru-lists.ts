/**
 * The lists that reclaim works on, one pair (inactive, active) for anonymous and shared memory and one for files, for
 * a memory cgroup or for the machine.
 */

/** One pair of lists. Sizes are pages and follow from the populations; they are as of the last step. */
export interface LruPair {
  inactivePages: number
  activePages: number
  /**
   * Seconds that a folio waits on the inactive list between two looks: the time it has to be touched in. The
   * eviction age of the model. Infinity while nothing is reclaimed.
   */
  ageS: number
  /** Evictions and activations per second, in pages: the clock that refault distances are measured with. */
  agingPagesPerS: number
  /** Evictions per second, in pages. */
  evictingPagesPerS: number
  /** Refaults per second that went straight to the active list, in pages. */
  activatingPagesPerS: number
}

/** State of reclaim between steps. */
export interface LruLists {
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
  ...{ inactivePages: 0, activePages: 0, ageS: Infinity },
  ...{ agingPagesPerS: 0, evictingPagesPerS: 0, activatingPagesPerS: 0 },
})

export const newLists = (): LruLists => ({
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
