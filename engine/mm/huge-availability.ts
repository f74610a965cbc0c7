/** How much memory can be had as large folios: mm/vmstat.c, mm/huge_memory.c, mm/compaction.c, mm/khugepaged.c. */
import { HPAGE_PMD_NR, HPAGE_PMD_ORDER, HPAGE_PMD_SIZE, orderPages } from '../units.ts'

/** /sys/kernel/mm/transparent_hugepage/defrag */
export const DEFRAG_MODES = ['always', 'defer', 'defer+madvise', 'madvise', 'never'] as const
export type DefragMode = (typeof DEFRAG_MODES)[number]

/** What a fault does when no large folio is free. */
export type HugeEffort = 'compacts' | 'wakes-kcompactd' | 'gives-up'

/**
 * Kernel: vma_thp_gfp_mask(), mm/huge_memory.c
 * Whether a fault compacts memory by itself, has it done later, or takes small pages at once.
 */
export function hugeEffort(defrag: DefragMode, madvised: boolean): HugeEffort {
  if (defrag === 'always') return 'compacts'
  if (defrag === 'never') return 'gives-up'
  if (madvised && defrag !== 'defer') return 'compacts'
  return defrag === 'madvise' ? 'gives-up' : 'wakes-kcompactd'
}

/**
 * Kernel: unusable_free_index(), mm/vmstat.c
 * Share of free memory that lies in blocks too small for `order`, from the free blocks of each order as /proc/buddyinfo
 * lists them. 0: all of it can be had; 1: none.
 */
export function unusableFreeIndex(blocksByOrder: readonly number[], order: number): number {
  const pages = (from: number): number =>
    blocksByOrder.reduce((sum, blocks, at) => sum + (at >= from ? blocks * 2 ** at : 0), 0)
  const free = pages(0)
  return free === 0 ? 1 : 1 - pages(order) / free
}

export interface FreeMemory {
  readonly freePages: number
  /** Share of free memory in blocks smaller than 2 MiB: unusableFreeIndex() for order 9. About 0 after boot. */
  readonly fragmentedShare: number
  /** Share of fragmented memory whose neighbours are movable, so that compaction can join it. Locked pages are movable,
   *  pinned ones, hugetlb of other sizes and kernel memory are not. */
  readonly compactableShare: number
}

export interface HugeAvailability {
  /** Pages of 4 KiB that faults get as folios of this order at once. */
  readonly readyPages: number
  /** What they get besides if they compact by themselves, at the price of the copies in `copiedPages`. */
  readonly compactedPages: number
  /** What kcompactd or khugepaged can still make. */
  readonly laterPages: number
  /** Pages that compaction copies to get `compactedPages`. */
  readonly copiedPages: number
}

/**
 * Free memory by how it can be had as folios of `order`.
 * Estimate: fragmented memory is taken to be spread evenly over the orders 0 to 8, as on hosts that have run for days;
 * give counts of /proc/buddyinfo to unusableFreeIndex() for the real value. Compaction is taken to copy one page for
 * each that it frees up (half-filled blocks). Exact without fragmentation; otherwise not compared with a kernel.
 */
export function hugeAvailability(memory: FreeMemory, order: number, effort: HugeEffort): HugeAvailability {
  const { freePages, fragmentedShare, compactableShare } = memory
  const largeEnough = Math.max(0, HPAGE_PMD_ORDER - order) / HPAGE_PMD_ORDER
  const ready = freePages * (1 - fragmentedShare + fragmentedShare * largeEnough)
  const joinable = wholeFolios((freePages - ready) * compactableShare, order)
  const compactedPages = effort === 'compacts' ? joinable : 0
  return {
    readyPages: wholeFolios(ready, order),
    compactedPages,
    laterPages: effort === 'wakes-kcompactd' ? joinable : 0,
    copiedPages: compactedPages,
  }
}

function wholeFolios(pages: number, order: number): number {
  return Math.floor(pages / orderPages(order)) * orderPages(order)
}

export interface KhugepagedSettings {
  /** pages_to_scan, 4096 by default. */
  readonly pagesToScan: number
  /** scan_sleep_millisecs, 10000 by default; after a failed allocation it sleeps alloc_sleep_millisecs (60000). */
  readonly scanSleepMillisecs: number
  readonly allocSleepMillisecs: number
}

export const KHUGEPAGED_DEFAULTS: KhugepagedSettings = {
  pagesToScan: 8 * HPAGE_PMD_NR,
  scanSleepMillisecs: 10_000,
  allocSleepMillisecs: 60_000,
}

export interface KhugepagedWork {
  /** Share of the scanned blocks that can be collapsed. */
  readonly collapsibleShare: number
  /** Time to scan a block of 2 MiB, and to collapse one. */
  readonly scanBlockNs: number
  readonly collapseBlockNs: number
  /** Share of the collapses for which no huge page is free: the pass ends there, with the long sleep. */
  readonly allocFailShare: number
}

/**
 * Kernel: khugepaged_do_scan(), mm/khugepaged.c
 * Bytes that khugepaged collapses per second: 8 blocks of 2 MiB every 10 s by default, 1.6 MiB/s.
 * Estimate: blocks that can be collapsed are spread evenly over what is scanned; every block counts 512 pages of the
 * pass, as up to 6.18. Exact where all can be collapsed and memory is not short.
 */
export function khugepagedBytesPerS(settings: KhugepagedSettings, work: KhugepagedWork): number {
  const blocks = Math.max(1, Math.ceil(settings.pagesToScan / HPAGE_PMD_NR))
  const tried = blocks * work.collapsibleShare
  const failing = 1 - (1 - work.allocFailShare) ** tried
  const sleepMs = settings.scanSleepMillisecs + failing * settings.allocSleepMillisecs
  const collapsed = tried * (1 - work.allocFailShare)
  const passS = sleepMs / 1e3 + (blocks * work.scanBlockNs + collapsed * work.collapseBlockNs) / 1e9
  return (collapsed * HPAGE_PMD_SIZE) / passS
}
