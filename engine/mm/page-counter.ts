/** Protection of memory cgroups: mm/page_counter.c (mm/memcontrol.c before 6.11). Quantities are pages. */
import { SWAP_CLUSTER_MAX } from './vmscan-balance.ts'

/** One cgroup among its siblings. `protectedPages` is memory.min or memory.low as it was set. */
export interface ProtectionInput {
  readonly usagePages: number
  readonly protectedPages: number
}

/** What a parent has to give: its own effective protection, and its usage. */
export interface ProtectionParent {
  readonly effectivePages: number
  readonly usagePages: number
}

/**
 * Kernel: effective_protection(), mm/page_counter.c
 * What memory.min or memory.low is worth under a parent. If the siblings claim and use more than the parent affords, each
 * gets its share of it. With memory_recursiveprot what nobody claims is spread over the unprotected usage.
 */
export function effectiveProtection(
  own: ProtectionInput,
  parent: ProtectionParent,
  siblingsProtectedPages: number,
  recursiveProtection: boolean,
): number {
  const claimed = Math.min(own.usagePages, own.protectedPages)
  if (siblingsProtectedPages > parent.effectivePages)
    return Math.floor((claimed * parent.effectivePages) / siblingsProtectedPages)
  const unclaimed = parent.effectivePages - siblingsProtectedPages
  const others = parent.usagePages - siblingsProtectedPages
  if (!recursiveProtection || unclaimed <= 0 || others <= 0 || own.usagePages <= claimed) return claimed
  return claimed + Math.floor((unclaimed * (own.usagePages - claimed)) / others)
}

/**
 * Kernel: page_counter_calculate_protection(), mm/page_counter.c
 * Effective protection of all children of one parent. Children of the root cgroup get what they were set to: pass a parent
 * with `effectivePages` Infinity.
 */
export function calculateProtection(
  children: readonly ProtectionInput[],
  parent: ProtectionParent,
  recursiveProtection = true,
): readonly number[] {
  const claims = children.map(child => Math.min(child.usagePages, child.protectedPages))
  if (parent.effectivePages === Infinity) return children.map(child => child.protectedPages)
  const all = claims.reduce((sum, claim) => sum + claim, 0)
  return children.map(child => effectiveProtection(child, parent, all, recursiveProtection))
}

/**
 * Kernel: apply_proportional_protection(), mm/vmscan.c
 * Pages of a list that reclaim may consider, by how much of the cgroup's usage is protected. memory.low counts until reclaim
 * found nothing elsewhere (`lowReclaim`), memory.min always.
 */
export function applyProportionalProtection(
  listPages: number,
  usagePages: number,
  effective: { readonly minPages: number; readonly lowPages: number },
  lowReclaim: boolean,
): number {
  const { minPages, lowPages } = effective
  if (minPages === 0 && lowPages === 0) return listPages
  const protection = !lowReclaim && lowPages > minPages ? lowPages : minPages
  const usage = Math.max(usagePages, protection)
  const left = listPages - Math.floor((listPages * protection) / (usage + 1))
  return Math.max(left, SWAP_CLUSTER_MAX)
}

/**
 * Kernel: mem_cgroup_below_min(), mem_cgroup_below_low(), include/linux/memcontrol.h
 * Whether reclaim from outside skips the cgroup altogether.
 */
export function isSkippedByReclaim(
  usagePages: number,
  effective: { readonly minPages: number; readonly lowPages: number },
  lowReclaim: boolean,
): boolean {
  return effective.minPages >= usagePages || (!lowReclaim && effective.lowPages >= usagePages)
}
