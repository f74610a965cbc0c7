/** Limits of memory cgroups, version 2: mm/memcontrol.c. Quantities are pages; Infinity stands for `max`. */
import { SWAP_CLUSTER_MAX } from './vmscan-balance.ts'

export interface MemcgLimits {
  readonly maxPages: number
  readonly highPages: number
  readonly swapMaxPages: number
  readonly minPages: number
  readonly lowPages: number
}

export const NO_LIMITS: MemcgLimits = {
  maxPages: Infinity,
  highPages: Infinity,
  swapMaxPages: Infinity,
  minPages: 0,
  lowPages: 0,
}

/** A cgroup on the way from the charging one to the root, as a charge sees it. */
export interface MemcgUsage {
  readonly path: string
  readonly usagePages: number
  readonly limits: Pick<MemcgLimits, 'maxPages' | 'highPages'>
  /** What reclaim inside it, and below it, could free: cache, and anonymous pages as far as swap takes them. Locked pages are not. */
  readonly reclaimablePages: number
}

/** Kinds of memory, and whether memory.current counts them. */
export const CHARGED = {
  anon: true,
  /** To the cgroup that first touched the page, whoever locks or maps it later. */
  pageCache: true,
  shmem: true,
  pageTables: true,
  kernelStack: true,
  slab: true,
  /** The compressed pages of zswap; the swapped pages themselves count in memory.swap.current. */
  zswap: true,
  /** Counts with the mount option memory_hugetlb_accounting (6.7) alone; see hugetlb.<size>.max. */
  hugetlb: false,
  zeroPage: false,
  /** Pages swapped to zram belong to the device. */
  zram: false,
} as const
export type ChargedKind = keyof typeof CHARGED

/** Whether memory of this kind counts against memory.max. Being locked or pinned makes no difference. */
export function isCharged(kind: ChargedKind, memoryHugetlbAccounting: boolean): boolean {
  return kind === 'hugetlb' ? memoryHugetlbAccounting : CHARGED[kind]
}

export type ChargeOutcome =
  | {
      readonly kind: 'charged'
      readonly reclaim: readonly MemcgReclaim[]
      readonly overHigh: readonly string[]
    }
  /** A large folio that does not fit: the fault falls back to small pages, nobody is killed. */
  | { readonly kind: 'fallback'; readonly over: string }
  /** The OOM killer runs inside the cgroup `over`. */
  | { readonly kind: 'oom'; readonly over: string; readonly shortPages: number }

export interface MemcgReclaim {
  readonly path: string
  readonly pages: number
}

/** Charges of more pages than 2 to this power do not call the OOM killer. */
const PAGE_ALLOC_COSTLY_ORDER = 3

/**
 * Kernel: try_charge_memcg(), mm/memcontrol.c
 * Charges `asked` pages to `groups`, from the charging cgroup up to the root. Where memory.max is exceeded reclaim runs
 * inside that cgroup, 32 pages at a time; if that does not do, the OOM killer.
 * Simplified: without the stock of up to 64 pages that each CPU is charged for in advance.
 */
export function tryCharge(
  groups: readonly MemcgUsage[],
  asked: number,
  folioPages: number = 1,
): ChargeOutcome {
  const reclaim: MemcgReclaim[] = []
  let freed = 0
  for (const group of groups) {
    // What was reclaimed further down is no longer charged up here either.
    const over = group.usagePages - freed + asked - group.limits.maxPages
    if (over <= 0) continue
    const reclaimable = group.reclaimablePages - freed
    if (over > reclaimable) {
      return folioPages > 2 ** PAGE_ALLOC_COSTLY_ORDER
        ? { kind: 'fallback', over: group.path }
        : { kind: 'oom', over: group.path, shortPages: over - reclaimable }
    }
    const batch = Math.ceil(over / SWAP_CLUSTER_MAX) * SWAP_CLUSTER_MAX
    const pages = Math.min(batch, reclaimable)
    reclaim.push({ path: group.path, pages })
    freed += pages
  }
  const overHigh = groups.filter(group => group.usagePages + asked > group.limits.highPages)
  return { kind: 'charged', reclaim, overHigh: overHigh.map(group => group.path) }
}

/**
 * Kernel: mem_cgroup_get_max(), mm/memcontrol.c
 * What a cgroup may have in memory and swap together: totalpages of an OOM inside it.
 */
export function memCgroupGetMax(
  limits: Pick<MemcgLimits, 'maxPages' | 'swapMaxPages'>,
  swappiness: number,
  totalSwapPages: number,
): number {
  return limits.maxPages + (swappiness > 0 ? Math.min(limits.swapMaxPages, totalSwapPages) : 0)
}

const MEMCG_DELAY_PRECISION = 2 ** 20
const MEMCG_DELAY_SCALING = 2 ** 14
const MEMCG_CHARGE_BATCH = 64
const MAX_HIGH_DELAY_S = 2
const NS_PER_S = 1e9

/**
 * Kernel: mem_find_max_overage(), mm/memcontrol.c
 * By how much the cgroup most over its memory.high exceeds it: 0.25 for a quarter.
 */
export function memFindMaxOverage(
  groups: readonly { readonly usagePages: number; readonly highPages: number }[],
): number {
  const overages = groups.map(({ usagePages, highPages }) => {
    if (usagePages <= highPages) return 0
    const high = Math.max(highPages, 1)
    return Math.floor(((usagePages - high) * MEMCG_DELAY_PRECISION) / high) / MEMCG_DELAY_PRECISION
  })
  return Math.max(0, ...overages)
}

/**
 * Kernel: calculate_high_delay(), mm/memcontrol.c
 * How long a task sleeps, in ns, for having charged `nrPages` pages since its last return to user space: with the square of
 * the excess, 6.4 ms for 64 pages at 1 %.
 */
export function calculateHighDelayNs(overage: number, nrPages: number): number {
  const fixed = overage * MEMCG_DELAY_PRECISION
  const seconds = (fixed * fixed) / MEMCG_DELAY_PRECISION / MEMCG_DELAY_SCALING
  return ((seconds * nrPages) / MEMCG_CHARGE_BATCH) * NS_PER_S
}

/**
 * Kernel: mem_cgroup_handle_over_high(), mm/memcontrol.c
 * The sleep, in ns, on return to user space above memory.high: at most 2 s each time, and none below 10 ms. Reclaim is tried
 * first: as long as it frees what is over, the task does not sleep.
 * Simplified: not rounded to timer ticks.
 */
export function highDelayNs(
  groups: readonly { readonly usagePages: number; readonly highPages: number }[],
  nrPages: number,
): number {
  const delayNs = calculateHighDelayNs(memFindMaxOverage(groups), nrPages)
  const capped = Math.min(delayNs, MAX_HIGH_DELAY_S * NS_PER_S)
  return capped <= NS_PER_S / 100 ? 0 : capped
}

/** Slots that a cgroup's pages may still take: memory.swap.max of it and of all above it, and what swap has free. */
export function memcgFreeSwapPages(
  groups: readonly { readonly swapUsagePages: number; readonly swapMaxPages: number }[],
  freeSwapPages: number,
): number {
  const rooms = groups.map(({ swapUsagePages, swapMaxPages }) => swapMaxPages - swapUsagePages)
  return Math.max(0, Math.min(freeSwapPages, ...rooms))
}
