/** What /proc/meminfo says is available: mm/show_mem.c (mm/page_alloc.c before 6.6). Quantities are pages. */

/** Counters that MemAvailable is made of. */
export interface AvailableInput {
  readonly freePages: number
  readonly activeFilePages: number
  readonly inactiveFilePages: number
  /** SReclaimable and other kernel memory that shrinkers can give back: KReclaimable. */
  readonly reclaimableKernelPages: number
  /** calculateTotalreservePages() */
  readonly totalreservePages: number
  /** Low watermarks of all zones added up. */
  readonly lowWatermarkPages: number
}

/**
 * Kernel: si_mem_available(), mm/show_mem.c
 * MemAvailable: what can be had without swapping. Half of the page cache, at most the low watermark, is left out,
 * because it is assumed to be needed; so is as much of the reclaimable kernel memory.
 */
export function siMemAvailable(input: AvailableInput): number {
  const usable = (pages: number): number => pages - Math.min(Math.floor(pages / 2), input.lowWatermarkPages)
  const available =
    input.freePages -
    input.totalreservePages +
    usable(input.activeFilePages + input.inactiveFilePages) +
    usable(input.reclaimableKernelPages)
  return Math.max(0, available)
}
