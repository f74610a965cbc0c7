/** A compressed block device in memory: drivers/block/zram/zram_drv.c. Quantities are pages, expectations. */
import { PAGE_SIZE } from '../units.ts'

export interface ZramProfile {
  /** disksize: slots that it offers as swap. */
  readonly slots: number
  /** mem_limit of the compressed pages; 0 for none. */
  readonly memLimitPages: number
  /** Uncompressed by compressed size of the pages that compress at all. */
  readonly ratio: number
  /** Share of pages that hold one value throughout: they take no memory beside their entry in the table. */
  readonly sameFilledShare: number
  /** Share of pages that do not compress and are kept as they are. */
  readonly incompressibleShare: number
}

export interface ZramState {
  readonly profile: ZramProfile
  /** Pages stored: orig_data_size of mm_stat. */
  readonly storedPages: number
}

/** What became of pages that were stored or loaded. */
export interface CompressedMove<State> {
  readonly state: State
  /** Pages that were taken in (or given back). */
  readonly stored: number
  /** Change of the memory that the host loses to it; negative when memory comes back. */
  readonly ramPagesTaken: number
  /** Pages refused: they go to the next swap area, or stay in memory. */
  readonly spilled: number
}

/** Bytes of the table entry that each slot has from the start, used or not (64-bit, no memory tracking). */
const TABLE_ENTRY_BYTES = 16
/**
 * Memory that zsmalloc takes by compressed bytes.
 * Estimate: classes of sizes and partly filled blocks are taken to cost 4 %, more after many frees; not measured here, and
 * less certain than the ratio is anyway.
 */
export const ALLOCATOR_OVERHEAD = 1.04

export function newZram(profile: ZramProfile): ZramState {
  return { profile, storedPages: 0 }
}

/**
 * Kernel: zram_meta_alloc(), drivers/block/zram/zram_drv.c
 * Memory that the table takes as long as the device exists.
 */
export function zramTablePages(slots: number): number {
  return Math.ceil((slots * TABLE_ENTRY_BYTES) / PAGE_SIZE)
}

/**
 * Memory of the compressed pages: mem_used_total of mm_stat, in pages.
 * Estimate: with the allocator's overhead as above; the ratio is the caller's.
 */
export function zramPoolPages(profile: ZramProfile, storedPages: number): number {
  return storedPages * poolPagesPerPage(profile)
}

/** All memory that the device takes from the host: pool and table. */
export function zramRamPages(state: ZramState): number {
  return zramPoolPages(state.profile, state.storedPages) + zramTablePages(state.profile.slots)
}

/**
 * Kernel: zram_write_page(), drivers/block/zram/zram_drv.c
 * Stores pages while there are slots and the pool is within its limit; a write beyond it fails, and the page stays in
 * memory.
 */
export function zramStore(state: ZramState, pages: number): CompressedMove<ZramState> {
  const { profile } = state
  const perPage = poolPagesPerPage(profile)
  const limited = profile.memLimitPages > 0 && perPage > 0
  const mostByLimit = limited ? Math.floor(profile.memLimitPages / perPage) : Infinity
  const room = Math.max(0, Math.min(profile.slots, mostByLimit) - state.storedPages)
  const stored = Math.min(pages, room)
  return {
    state: { profile, storedPages: state.storedPages + stored },
    stored,
    ramPagesTaken: stored * perPage,
    spilled: pages - stored,
  }
}

/**
 * Kernel: zram_slot_free_notify(), drivers/block/zram/zram_drv.c
 * Pages read back, or dropped: swap frees the slot, and with it the compressed copy.
 */
export function zramLoad(state: ZramState, pages: number): CompressedMove<ZramState> {
  const stored = Math.min(pages, state.storedPages)
  return {
    state: { profile: state.profile, storedPages: state.storedPages - stored },
    stored,
    ramPagesTaken: -stored * poolPagesPerPage(state.profile),
    spilled: 0,
  }
}

function poolPagesPerPage(profile: ZramProfile): number {
  const { sameFilledShare, incompressibleShare, ratio } = profile
  const compressible = Math.max(0, 1 - sameFilledShare - incompressibleShare)
  return incompressibleShare + (compressible / ratio) * ALLOCATOR_OVERHEAD
}
