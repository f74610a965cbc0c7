/** How much of a file a fault reads that finds nothing cached: do_sync_mmap_readahead() of mm/filemap.c. */
import { VM_RAND_READ } from './mm-types.ts'

/** Pages of read-ahead unless a device asks for more (VM_READAHEAD_PAGES, include/linux/mm.h; read_ahead_kb 128). */
export const VM_READAHEAD_PAGES = 32

/**
 * Kernel: do_sync_mmap_readahead(), mm/filemap.c
 * Pages that a major fault reads: `raPages` around it, half of them before it; one alone after MADV_RANDOM.
 * Simplified: a file of which many faults miss keeps its read-around. mmap_miss, which would end it after 100 misses,
 * goes down again with each page that fault-around maps when the fault is tried again: 100 to 1000 misses on end were
 * measured on 6.18.44 without an end to it.
 */
export function doSyncMmapReadahead(vmFlags: number, raPages: number = VM_READAHEAD_PAGES): number {
  return vmFlags & VM_RAND_READ ? 1 : raPages
}
