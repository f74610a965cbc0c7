/**
 * The nouns of memory management: address spaces, areas, page table entries, frames, page caches. Records only; what
 * happens to them stands in the files of the kernel's names beside this one.
 *
 * Positions are page numbers: virtual page numbers in address spaces, page offsets in page caches, frame numbers for
 * physical memory, slot numbers for swap. Frame numbers are never used twice in one simulation.
 */
import { HPAGE_PMD_NR, orderPages } from '../units.ts'
import { RunList, SPAN, type Run, type RunKind } from '../runs.ts'

// vm_flags, in the kernel's spelling. The values are ours where the kernel's need more than 31 bits.
export const VM_READ = 0x1
export const VM_WRITE = 0x2
export const VM_EXEC = 0x4
export const VM_SHARED = 0x8
export const VM_MAYREAD = 0x10
export const VM_MAYWRITE = 0x20
export const VM_MAYEXEC = 0x40
export const VM_MAYSHARE = 0x80
export const VM_GROWSDOWN = 0x100
export const VM_DROPPABLE = 0x200
export const VM_PFNMAP = 0x400
export const VM_MAYBE_GUARD = 0x800
export const VM_PINNED = 0x1000
export const VM_LOCKED = 0x2000
export const VM_IO = 0x4000
export const VM_SEQ_READ = 0x8000
export const VM_RAND_READ = 0x10000
export const VM_DONTCOPY = 0x20000
export const VM_DONTEXPAND = 0x40000
export const VM_LOCKONFAULT = 0x80000
export const VM_ACCOUNT = 0x100000
export const VM_NORESERVE = 0x200000
export const VM_HUGETLB = 0x400000
export const VM_WIPEONFORK = 0x2000000
export const VM_DONTDUMP = 0x4000000
export const VM_MIXEDMAP = 0x10000000
export const VM_HUGEPAGE = 0x20000000
export const VM_NOHUGEPAGE = 0x40000000

export const VM_ACCESS_FLAGS = VM_READ | VM_WRITE | VM_EXEC
export const VM_SPECIAL = VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP
export const VM_LOCKED_MASK = VM_LOCKED | VM_LOCKONFAULT
/** A set of VM_ bits. */
export type VmFlags = number

// What a page table entry says. Exactly one of PRESENT, SWAP, GUARD, except that zero pages are PRESENT | ZERO.
export const PTE_PRESENT = 1
export const PTE_WRITE = 2
export const PTE_DIRTY = 4
/** Part of a PMD mapping: the run covers whole 2 MiB blocks. */
export const PTE_PMD = 8
export const PTE_ZERO = 16
export const PTE_SWAP = 32
export const PTE_GUARD = 64
/** A swap entry whose page belonged to this address space alone (pte_swp_exclusive). */
export const PTE_EXCLUSIVE = 128
/** In a page cache: allocated by fallocate and not yet cleared, so nothing but a fault on the page itself maps it. */
export const CACHE_FALLOCATED = 256

/** Page table entries of one state. `target` is the frame (or swap slot) of `start`, and goes up with it. */
export interface PteRun extends Run {
  target: number
  bits: number
}

export const PTE: RunKind<PteRun> = {
  part: (run, start, end) => ({
    start,
    end,
    target: run.bits & (PTE_ZERO | PTE_GUARD) ? 0 : run.target + (start - run.start),
    bits: run.bits,
  }),
  continues: (run, next) =>
    run.bits === next.bits &&
    (run.target + (run.end - run.start) === next.target || (run.bits & (PTE_ZERO | PTE_GUARD)) !== 0),
}

// What a frame is, and its page flags.
export const PG_ANON = 0x1
export const PG_SHMEM = 0x2
export const PG_FILE = 0x4
export const PG_HUGETLB = 0x8
export const PG_SECRETMEM = 0x10
/** In a page cache: mapped or not, the cache holds it. */
export const PG_CACHE = 0x20
export const PG_DIRTY = 0x40
/** Cleared by MADV_FREE: a clean page of this kind may be dropped. */
export const PG_SWAPBACKED = 0x80
export const PG_MLOCKED = 0x100
export const PG_UNEVICTABLE = 0x200
/** PageAnonExclusive: this one mapping owns the page. */
export const PG_ANON_EXCLUSIVE = 0x400
export const PG_SWAPCACHE = 0x800
/** Somebody stored into the page; without it the contents are all zero. Ours: the kernel compares contents. */
export const PG_STORED = 0x1000
/** Read ahead from swap and not yet asked for. */
export const PG_READAHEAD = 0x2000
/** A page of the swap cache that was mapped since it came back: the kernel knows it as anonymous. */
export const PG_WAS_MAPPED = 0x4000
/** PageDoubleMap of a page cache folio: small entries have mapped it, once and for all. */
export const PG_DOUBLE_MAP = 0x8000

/** The flags that belong to the folio rather than to its single pages. */
export const PG_FOLIO = PG_DIRTY | PG_SWAPBACKED | PG_MLOCKED | PG_UNEVICTABLE

/** Frames of one history. `order` is that of their folios, which are naturally aligned. */
export interface FrameRun extends Run {
  order: number
  bits: number
  /** Page table entries that map each page by itself. */
  mapcount: number
  /** PMD entries that map the whole folio (entire_mapcount). */
  pmdMapcount: number
  /** VM_LOCKED areas that hold the folio, as far as the kernel counts them (folio->mlock_count). */
  mlockCount: number
  /** Long-term pins on the folio. */
  pins: number
  /** Swap slot of `start` while in the swap cache, else -1. */
  slot: number
}

export const FRAME: RunKind<FrameRun> = {
  part: (run, start, end) => ({
    start,
    end,
    order: run.order,
    bits: run.bits,
    mapcount: run.mapcount,
    pmdMapcount: run.pmdMapcount,
    mlockCount: run.mlockCount,
    pins: run.pins,
    slot: run.slot < 0 ? -1 : run.slot + (start - run.start),
  }),
  continues: (run, next) =>
    run.bits === next.bits &&
    run.mapcount === next.mapcount &&
    run.order === next.order &&
    run.pmdMapcount === next.pmdMapcount &&
    run.mlockCount === next.mlockCount &&
    run.pins === next.pins &&
    (run.slot < 0 ? next.slot < 0 : run.slot + (run.end - run.start) === next.slot),
}

/** First frame of the folio that holds `pfn`. */
export function folioStart(run: FrameRun, pfn: number): number {
  return run.order === 0 ? pfn : pfn - (pfn % orderPages(run.order))
}

/** Swap slots of one state: `count` swap entries name each of them; `pfn` is the swap cache page, or -1. */
export interface SwapRun extends Run {
  count: number
  pfn: number
}

export const SWAP: RunKind<SwapRun> = {
  part: (run, start, end) => ({
    start,
    end,
    count: run.count,
    pfn: run.pfn < 0 ? -1 : run.pfn + (start - run.start),
  }),
  continues: (run, next) =>
    run.count === next.count && (run.pfn < 0 ? next.pfn < 0 : run.pfn + (run.end - run.start) === next.pfn),
}

/** struct anon_vma: an identity; areas that share one may hold each other's pages and so may merge. */
export interface AnonVma {
  readonly id: number
}

/** struct vm_area_struct. */
export interface Vma extends Run {
  flags: VmFlags
  readonly mm: AddressSpace
  /** The mapped page cache; null for private anonymous memory. */
  file: PageCache | null
  /** Page offset of `start` in the file, or in the anonymous numbering. */
  pgoff: number
  anonVma: AnonVma | null
  /** Length of anon_vma_chain: 1 until fork makes it longer. */
  anonChain: number
  /** Where swap-in last looked in this area, how far it read ahead, and how often that helped. */
  swapReadAhead: SwapReadAhead
  /** Reservation map of a private hugetlb mapping: huge pages promised here and not yet used. */
  resv: HugeReservation | null
}

/** vma->swap_readahead_info. */
export interface SwapReadAhead {
  readonly vpn: number
  readonly window: number
  readonly hits: number
}

/** Before the first swap-in: the kernel assumes four hits. */
export const NO_SWAP_READ_AHEAD: SwapReadAhead = { vpn: 0, window: 0, hits: 4 }

/** struct resv_map, as far as it decides who may take from the pool. Positions are file page offsets. */
export interface HugeReservation {
  reserved: RunList<Run>
}

export type CacheKind = 'shmem' | 'file' | 'hugetlb' | 'secretmem'

/** struct address_space with its inode: the pages of one file. */
export interface PageCache {
  readonly kind: CacheKind
  readonly name: string
  sizeBytes: number
  /** Offsets that have a page (PTE_PRESENT) or a swap entry (PTE_SWAP). */
  readonly pages: RunList<PteRun>
  /** Shared hugetlb reservations, by page offset. */
  readonly reserved: RunList<Run>
  /** Of a file on disk: where it has no data. */
  readonly hollow: RunList<HollowRun>
  /** The descriptor's mode; mappings of a read-only one cannot be written through. */
  writable: boolean
  /** Calls under way that hold on to the file. */
  holders: number
  /** Per-user charge of the 2026 secretmem scheme, returned when the file is closed. */
  chargedPages: number
}

/** Part of a file on disk without data: a hole, or blocks that fallocate gave it and nobody wrote. */
export interface HollowRun extends Run {
  allocated: boolean
}

export const HOLLOW: RunKind<HollowRun> = {
  part: (run, start, end) => ({ start, end, allocated: run.allocated }),
  continues: (run, next) => run.allocated === next.allocated,
}

/** struct mm_struct. */
export interface AddressSpace {
  readonly id: number
  readonly vmas: Vma[]
  readonly pages: RunList<PteRun>
  /** 2 MiB blocks (page number / 512) that have a page table of their own. */
  readonly tables: RunList<Run>
  totalVm: number
  lockedVm: number
  pinnedVm: number
  defFlags: VmFlags
  /** Heap, in bytes. */
  startBrk: number
  brk: number
  rssAnon: number
  rssFile: number
  rssShmem: number
  swapEntries: number
  hugetlbPages: number
  /** PR_SET_THP_DISABLE: 'advised' leaves advised areas alone. */
  thpDisabled: 'no' | 'all' | 'unadvised'
  users: number
}

/** Builds an empty address space. */
export function newAddressSpace(id: number): AddressSpace {
  return {
    id,
    vmas: [],
    pages: new RunList(PTE),
    tables: new RunList(SPAN),
    totalVm: 0,
    lockedVm: 0,
    pinnedVm: 0,
    defFlags: 0,
    startBrk: 0,
    brk: 0,
    rssAnon: 0,
    rssFile: 0,
    rssShmem: 0,
    swapEntries: 0,
    hugetlbPages: 0,
    thpDisabled: 'no',
    users: 1,
  }
}

/** Whether a run of entries maps memory that has frames (neither absent, swapped, guard nor zero page). */
export function mapsFrames(bits: number): boolean {
  return (bits & (PTE_PRESENT | PTE_ZERO)) === PTE_PRESENT
}

/** First page of the 2 MiB block that holds page `vpn`. */
export function blockStart(vpn: number): number {
  return vpn - (vpn % HPAGE_PMD_NR)
}
