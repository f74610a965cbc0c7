/** How much of a host may safely be held: locked, pinned, or otherwise out of reclaim's reach. */
import type { MachineMemory } from './machine.ts'
import type { Run } from './run.ts'

/** Page cache that a host needs to keep working: the larger of 256 MiB and 1 % of RAM. */
const CACHE_FLOOR_SHARE = 0.01
const CACHE_FLOOR_PAGES = 65_536

/** What may be held of a machine's memory, and the page cache that was left to it. */
export interface SafeLocked {
  readonly pages: number
  readonly cacheFloorPages: number
}

/**
 * `MemTotal - hugetlb pools - host reserve - high watermarks - page tables - page cache floor`, in pages (domain rule, not
 * the kernel's: nothing stops a task from locking more, until the OOM killer does).
 */
export function safeLockedPages(memory: MachineMemory, tablePages: number): SafeLocked {
  const { totalPages, poolPages, reservePages, marks } = memory
  const floor = Math.max(CACHE_FLOOR_PAGES, Math.floor(totalPages * CACHE_FLOOR_SHARE))
  const cacheFloorPages = Math.min(floor, totalPages / 8)
  const pages = totalPages - poolPages - reservePages - marks.highPages - tablePages - cacheFloorPages
  return { pages: Math.max(0, pages), cacheFloorPages }
}

/** The same for the host of a run, less the page tables of its tasks. */
export const safeLockedBudgetPages = ({ host }: Run): number =>
  safeLockedPages(host.memory, host.use.pageTables).pages
