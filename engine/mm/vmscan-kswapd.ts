/** When reclaim runs and for how much: kswapd and direct reclaim, mm/vmscan.c, mm/page_alloc.c. Quantities are pages. */
import type { Watermarks } from './page-alloc.ts'
import { SWAP_CLUSTER_MAX } from './vmscan-balance.ts'

/** Rounds without progress after which kswapd gives up, and an allocation calls the OOM killer. */
export const MAX_RECLAIM_RETRIES = 16

/** What an allocation of user memory has to do, by what would be left free. */
export type AllocationPath = 'free' | 'wakes-kswapd' | 'direct-reclaim'

/**
 * Kernel: get_page_from_freelist(), __alloc_pages_slowpath(), mm/page_alloc.c
 * Above the low watermark memory is simply taken. Below it kswapd is woken; down to the min watermark the caller still
 * takes memory, below it the caller reclaims by itself.
 */
export function allocationPath(freePages: number, asked: number, marks: Watermarks): AllocationPath {
  const left = freePages - asked
  if (left >= marks.lowPages) return 'free'
  return left >= marks.minPages ? 'wakes-kswapd' : 'direct-reclaim'
}

/**
 * Kernel: pgdat_balanced(), mm/vmscan.c
 * kswapd sleeps once this many pages are free.
 */
export function pgdatBalanced(freePages: number, marks: Watermarks): boolean {
  return freePages >= marks.highPages
}

export interface KswapdState {
  readonly awake: boolean
  /** Rounds in a row that reclaimed nothing: kswapd_failures. */
  readonly failures: number
}

/**
 * Kernel: wakeup_kswapd(), mm/vmscan.c
 * kswapd after an allocation left `freePages`. One that has failed too often stays asleep until direct reclaim succeeds.
 */
export function wakeupKswapd(state: KswapdState, freePages: number, marks: Watermarks): KswapdState {
  if (state.awake || freePages >= marks.lowPages || state.failures >= MAX_RECLAIM_RETRIES) return state
  return { ...state, awake: true }
}

/**
 * Kernel: balance_pgdat(), mm/vmscan.c
 * kswapd after a round that reclaimed `reclaimed` pages and left `freePages`.
 */
export function balancePgdat(
  state: KswapdState,
  reclaimed: number,
  freePages: number,
  marks: Watermarks,
): KswapdState {
  const failures = reclaimed > 0 ? 0 : state.failures + 1
  return { awake: !pgdatBalanced(freePages, marks) && failures < MAX_RECLAIM_RETRIES, failures }
}

/**
 * Kernel: kswapd_shrink_node(), mm/vmscan.c
 * Pages that one round of kswapd wants: the high watermark again, zone by zone.
 */
export function kswapdShrinkNode(zoneMarks: readonly Watermarks[]): number {
  return zoneMarks.reduce((sum, mark) => sum + Math.max(mark.highPages, SWAP_CLUSTER_MAX), 0)
}

/** Pages that kswapd has to free before it sleeps; 0 if it need not run. */
export function kswapdGoal(state: KswapdState, freePages: number, marks: Watermarks): number {
  return state.awake ? Math.max(0, marks.highPages - freePages) : 0
}

/**
 * Kernel: try_to_free_pages(), mm/vmscan.c
 * Pages that a caller reclaims by itself: 32 at a time, as often as it takes until the min watermark is kept.
 */
export function directReclaimGoal(freePages: number, asked: number, marks: Watermarks): number {
  const short = marks.minPages - (freePages - asked)
  return short <= 0 ? 0 : Math.ceil(short / SWAP_CLUSTER_MAX) * SWAP_CLUSTER_MAX
}

/**
 * Kernel: should_reclaim_retry(), mm/page_alloc.c
 * Whether an allocation tries again: not after 16 rounds without progress, and not if even reclaiming everything that
 * is left would not do.
 */
export function shouldReclaimRetry(
  roundsWithoutProgress: number,
  reclaimablePages: number,
  freePages: number,
  marks: Watermarks,
): boolean {
  if (roundsWithoutProgress >= MAX_RECLAIM_RETRIES) return false
  return reclaimablePages + freePages >= marks.minPages
}
