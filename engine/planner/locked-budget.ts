import { linesOf, total, type LimitLine } from './limits/rule.ts'

/** What a host has and must keep, in bytes. */
export interface BudgetFacts {
  readonly memTotalBytes: number
  /** All pools of huge pages, used or not. */
  readonly hugetlbBytes: number
  /** For the host's own programs. */
  readonly hostReserveBytes: number
  /** Sum of the high watermarks of all zones. */
  readonly highWatermarksBytes: number
  /** SUnreclaim, KernelStack, per-CPU and module memory. */
  readonly kernelUnreclaimableBytes: number
  /** PageTables and SecPageTables. */
  readonly pageTablesBytes: number
  /** Page cache below which the host would thrash. */
  readonly pageCacheFloorBytes: number
}

export interface LockedBudget {
  readonly maxBytes: number
  readonly lines: readonly LimitLine[]
}

const SOURCE = 'planner rule, editable: what can be locked without pushing the host into reclaim'

/** The most that may be locked on a host, line by line; 0 where the host has nothing to give. */
export function lockedBudget(facts: BudgetFacts): LockedBudget {
  const lines = linesOf(SOURCE, [
    ['MemTotal', facts.memTotalBytes, 'of the host; struct pages are already missing'],
    ['huge page pools', -facts.hugetlbBytes, 'taken from MemTotal whether used or not'],
    ['host reserve', -facts.hostReserveBytes, 'for the host itself'],
    ['high watermarks', -facts.highWatermarksBytes, 'below them kswapd runs'],
    ['kernel, not reclaimable', -facts.kernelUnreclaimableBytes, 'SUnreclaim, KernelStack'],
    ['page tables', -facts.pageTablesBytes, 'of processes and of KVM'],
    ['page cache floor', -facts.pageCacheFloorBytes, 'programs and libraries must stay cached'],
  ])
  return { maxBytes: Math.max(0, total(lines)), lines }
}

export const BUDGET_VERDICTS = ['fits', 'tight', 'over'] as const
export type BudgetVerdict = (typeof BUDGET_VERDICTS)[number]

/** From this share of the budget a plan is tight. Assumed, editable. */
export const TIGHT_SHARE = 0.8

/** How so much locked memory sits in a budget: tight from 80 %, over beyond 100 %. */
export function budgetVerdict(
  lockedBytes: number,
  maxBytes: number,
  tightShare = TIGHT_SHARE,
): BudgetVerdict {
  if (lockedBytes > maxBytes) return 'over'
  return lockedBytes >= tightShare * maxBytes && lockedBytes > 0 ? 'tight' : 'fits'
}

/** Does the rest fit: swap does not help locked memory, but it helps what is not. */
export function unlockedFits(facts: {
  readonly unlockedPeakBytes: number
  readonly memTotalBytes: number
  readonly lockedBytes: number
  readonly hugetlbBytes: number
  readonly swapBytes: number
}): boolean {
  return (
    facts.unlockedPeakBytes <= facts.memTotalBytes - facts.lockedBytes - facts.hugetlbBytes + facts.swapBytes
  )
}
