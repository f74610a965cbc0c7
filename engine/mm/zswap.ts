/** A compressed cache in front of swap: mm/zswap.c. Quantities are pages, expectations. */
import type { CompressedMove } from './zram.ts'

export interface ZswapProfile {
  /** MemTotal, of which the limit is a share. */
  readonly totalRamPages: number
  /** max_pool_percent, 20 by default. */
  readonly maxPoolPercent: number
  /** accept_threshold_percent, 90 by default. */
  readonly acceptThresholdPercent: number
  /** Uncompressed by pool size, what the allocator wastes included. */
  readonly ratio: number
  /** Share of pages that do not compress: refused, they go to the backing swap. */
  readonly incompressibleShare: number
}

export interface ZswapState {
  readonly profile: ZswapProfile
  /** Pages held: Zswapped of /proc/meminfo. Each of them has a slot in the backing swap all the same. */
  readonly storedPages: number
  /** The pool has been full and has not yet fallen below the accept threshold. */
  readonly reachedFull: boolean
}

/** A move, and what was written to the backing swap to make room. */
export interface ZswapMove extends CompressedMove<ZswapState> {
  /** Pages that left the pool for the device: they were stored before. */
  readonly writtenBack: number
}

export function newZswap(profile: ZswapProfile): ZswapState {
  return { profile, storedPages: 0, reachedFull: false }
}

/**
 * Kernel: zswap_max_pages(), mm/zswap.c
 * Memory that the pool may take.
 */
export function zswapMaxPages(profile: ZswapProfile): number {
  return Math.floor((profile.totalRamPages * profile.maxPoolPercent) / 100)
}

/**
 * Kernel: zswap_accept_thr_pages(), mm/zswap.c
 * What a pool that was full has to shrink to before it takes pages again.
 */
export function zswapAcceptThrPages(profile: ZswapProfile): number {
  return Math.floor((zswapMaxPages(profile) * profile.acceptThresholdPercent) / 100)
}

/**
 * Kernel: zswap_total_pages(), mm/zswap.c
 * Memory that the pool takes: Zswap of /proc/meminfo, in pages.
 */
export function zswapTotalPages(state: ZswapState): number {
  return state.storedPages / state.profile.ratio
}

/**
 * Kernel: zswap_check_limits(), mm/zswap.c
 * Whether the pool refuses pages: from the limit on, until it is back at the accept threshold.
 */
export function zswapCheckLimits(state: ZswapState): ZswapState {
  const total = zswapTotalPages(state)
  if (total >= zswapMaxPages(state.profile)) return { ...state, reachedFull: true }
  if (state.reachedFull && total <= zswapAcceptThrPages(state.profile))
    return { ...state, reachedFull: false }
  return state
}

/**
 * Kernel: zswap_store(), mm/zswap.c
 * Takes pages until the pool is full; what it refuses goes to the backing swap at once, newer pages behind older ones.
 */
export function zswapStore(before: ZswapState, pages: number): ZswapMove {
  const state = zswapCheckLimits(before)
  const { profile } = state
  const offered = pages * (1 - profile.incompressibleShare)
  const room = state.reachedFull ? 0 : Math.max(0, zswapMaxPages(profile) * profile.ratio - state.storedPages)
  const stored = Math.min(offered, room)
  const after = zswapCheckLimits({ ...state, storedPages: state.storedPages + stored })
  return {
    state: after,
    stored,
    ramPagesTaken: stored / profile.ratio,
    spilled: pages - stored,
    writtenBack: 0,
  }
}

/**
 * Kernel: shrink_worker(), mm/zswap.c
 * Writes the oldest pages of a pool that was full to the backing swap until the accept threshold is reached, at most
 * `mostPages` of them, which is what the device manages in the time given.
 */
export function zswapShrink(state: ZswapState, mostPages: number): ZswapMove {
  const { profile } = state
  const over = state.reachedFull ? state.storedPages - zswapAcceptThrPages(profile) * profile.ratio : 0
  const writtenBack = Math.min(Math.max(0, over), mostPages)
  const after = zswapCheckLimits({ ...state, storedPages: state.storedPages - writtenBack })
  return { state: after, stored: 0, ramPagesTaken: -writtenBack / profile.ratio, spilled: 0, writtenBack }
}

/**
 * Kernel: zswap_load(), mm/zswap.c
 * Pages swapped in, or dropped: their compressed copies go.
 */
export function zswapLoad(state: ZswapState, pages: number): ZswapMove {
  const stored = Math.min(pages, state.storedPages)
  const after = zswapCheckLimits({ ...state, storedPages: state.storedPages - stored })
  return {
    state: after,
    stored,
    ramPagesTaken: -stored / state.profile.ratio,
    spilled: 0,
    writtenBack: 0,
  }
}
