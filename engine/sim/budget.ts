/** How much of a host may safely be held: locked, pinned, or otherwise out of reclaim's reach. */
import type { Run } from './run.ts'

/** Page cache that a host needs to keep working: the larger of 256 MiB and 1 % of RAM. */
const CACHE_FLOOR_SHARE = 0.01
const CACHE_FLOOR_PAGES = 65_536

/**
 * `MemTotal - hugetlb pools - host reserve - high watermarks - page tables - page cache floor`, in pages (domain rule, not
 * the kernel's: nothing stops a task from locking more, until the OOM killer does).
 */
export function safeLockedBudgetPages(run: Run): number {
  const { totalPages, poolPages, reservePages, marks } = run.host.memory
  const tables = run.host.use.pageTables
  const floor = Math.max(CACHE_FLOOR_PAGES, Math.floor(totalPages * CACHE_FLOOR_SHARE))
  return Math.max(
    0,
    totalPages - poolPages - reservePages - marks.highPages - tables - Math.min(floor, totalPages / 8),
  )
}
