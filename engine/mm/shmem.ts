/** Shared memory and memfd: mm/shmem.c. */
import { HPAGE_PMD_NR, HPAGE_PMD_ORDER, PAGE_SIZE, alignDown, alignUp, orderPages } from '../units.ts'
import { cachePages, markUpToDate } from './filemap.ts'
import { thpVmaSuitable, vmaThpDisabled } from './huge-memory.ts'
import type { Kernel, Task } from './kernel.ts'
import { type FaultError } from './memory.ts'
import {
  CACHE_FALLOCATED,
  PG_CACHE,
  PG_SHMEM,
  PG_STORED,
  PG_SWAPBACKED,
  PTE_PRESENT,
  PTE_SWAP,
  VM_HUGEPAGE,
  type PageCache,
  type Vma,
} from './mm-types.ts'
import { allocFolios, frameAt, markDirty } from './rmap.ts'
import { shmemSwapin } from './swap.ts'

const SHMEM_BITS = PG_SHMEM | PG_CACHE | PG_SWAPBACKED

/**
 * Kernel: shmem_fault(), mm/shmem.c
 * Brings a page into the cache: from swap, or cleared into a hole.
 */
export function shmemFault(
  k: Kernel,
  task: Task,
  vma: Vma,
  cache: PageCache,
  pgoff: number,
  end: number,
): FaultError | null {
  const page = cache.pages.at(pgoff)
  if (page === undefined) {
    shmemAlloc(k, cache, pgoff, end, vma, 0)
    return null
  }
  if (page.bits & PTE_SWAP) shmemSwapin(k, task, cache, pgoff)
  else if (page.bits & CACHE_FALLOCATED) {
    const pfn = page.target + (pgoff - page.start)
    const size = orderPages(frameAt(k, pfn).order)
    if (size > 1) {
      markUpToDate(cache, pgoff - (pfn % size), size)
      k.spend('clearLargePage', size)
    } else {
      const until = Math.max(pgoff + 1, Math.min(end, page.end))
      k.spend('clearSmallPage', until - pgoff)
      markUpToDate(cache, pgoff, until - pgoff)
    }
  }
  return null
}

/**
 * Kernel: shmem_alloc_and_add_folio(), mm/shmem.c
 * Fills the hole at `pgoff`, up to `end` if it is filled with small pages, with one PMD-sized folio if settings, file
 * and mapping allow that. `vma` is null for writes and fallocate.
 */
export function shmemAlloc(
  k: Kernel,
  cache: PageCache,
  pgoff: number,
  end: number,
  vma: Vma | null,
  extraBits: number,
): number {
  const head = alignDown(pgoff, HPAGE_PMD_NR)
  if (shmemHugeAllowed(k, cache, head, pgoff, vma, end) && !cache.pages.any(head, head + HPAGE_PMD_NR)) {
    const pfn = allocFolios(k, HPAGE_PMD_NR, { order: HPAGE_PMD_ORDER, bits: SHMEM_BITS })
    cache.pages.insert({ start: head, end: head + HPAGE_PMD_NR, target: pfn, bits: PTE_PRESENT | extraBits })
    spendNewShmem(k, cache, HPAGE_PMD_NR, HPAGE_PMD_NR, extraBits)
    return head + HPAGE_PMD_NR
  }
  const order = vma === null ? writeOrder(k, cache, pgoff, end) : 0
  if (order > 0) {
    const size = orderPages(order)
    const pfn = allocFolios(k, size, { order, bits: SHMEM_BITS })
    const start = alignDown(pgoff, size)
    cache.pages.insert({ start, end: start + size, target: pfn, bits: PTE_PRESENT | extraBits })
    spendNewShmem(k, cache, size, size, extraBits)
    return start + size
  }
  const hole = cache.pages.next(pgoff)?.start ?? end
  let until = Math.min(end, hole)
  if (vma !== null && k.host.thp.shmem !== 'never') until = Math.min(until, head + HPAGE_PMD_NR)
  if (vma === null && mayWriteLarge(k)) until = Math.min(until, pgoff + 1)
  const pfn = allocFolios(k, until - pgoff, { order: 0, bits: SHMEM_BITS })
  cache.pages.insert({ start: pgoff, end: until, target: pfn, bits: PTE_PRESENT | extraBits })
  spendNewShmem(k, cache, until - pgoff, 1, extraBits)
  return until
}

/** fallocate leaves new pages uncleared. What backs a shared anonymous mapping was accounted as a whole. */
function spendNewShmem(
  k: Kernel,
  cache: PageCache,
  pages: number,
  folioPages: number,
  extraBits: number,
): void {
  k.spend('allocShmemPage', pages / folioPages)
  if (cache.name !== '') k.spend('accountShmemPage', pages)
  if (!(extraBits & CACHE_FALLOCATED)) k.spend(folioPages > 1 ? 'clearLargePage' : 'clearSmallPage', pages)
}

/**
 * Kernel: shmem_allowable_huge_orders(), mm/shmem.c
 * Whether a PMD-sized folio may be allocated at the aligned offset `head`.
 */
function shmemHugeAllowed(
  k: Kernel,
  cache: PageCache,
  head: number,
  pgoff: number,
  vma: Vma | null,
  end: number,
): boolean {
  const mode = k.host.thp.shmem
  if (mode === 'never') return false
  if (vma !== null) {
    if (vmaThpDisabled(vma)) return false
    const block = vma.start + (head - vma.pgoff)
    if (k.behaviour.shmemHugeNeedsSuitableVma && !thpVmaSuitable(vma, block)) return false
  }
  if (mode === 'always') return true
  if (
    mode === 'within_size' &&
    isWithinSize(k, Math.max(cachePages(cache), vma === null ? end : 0), head, pgoff, vma === null)
  )
    return true
  return vma !== null && (vma.flags & VM_HUGEPAGE) !== 0
}

/** Whether the block at `head` counts as inside a file of `pages`, for a fault at `pgoff`. */
function isWithinSize(k: Kernel, pages: number, head: number, pgoff: number, writing: boolean): boolean {
  switch (k.behaviour.shmemWithinSize) {
    case 'block-start':
      return pages >= HPAGE_PMD_NR && pages >= alignUp(pgoff, HPAGE_PMD_NR)
    case 'block-end':
      return pages >= head + HPAGE_PMD_NR
    case 'rounded-up':
      return alignUp(pages, writing ? 1 : HPAGE_PMD_NR) >= head + HPAGE_PMD_NR
  }
}

function mayWriteLarge(k: Kernel): boolean {
  const mode = k.host.thp.shmem
  return k.behaviour.shmemWritesLargeFolios && (mode === 'within_size' || mode === 'always')
}

/** The largest folio that a write may get inside the size of the file: shmem_huge_global_enabled() with within_size. */
function writeOrder(k: Kernel, cache: PageCache, pgoff: number, end: number): number {
  if (!mayWriteLarge(k)) return 0
  const pages = k.host.thp.shmem === 'always' ? Infinity : Math.max(cachePages(cache), end)
  for (let order = HPAGE_PMD_ORDER - 1; order > 0; order--) {
    const size = orderPages(order)
    const start = alignDown(pgoff, size)
    if (start + size <= pages && !cache.pages.any(start, start + size)) return order
  }
  return 0
}

/** Writes a memfd full, page by page, as a program that fills it would. */
export function fillShmem(k: Kernel, cache: PageCache): void {
  const size = Math.ceil(cache.sizeBytes / PAGE_SIZE)
  for (let pgoff = 0; pgoff < size;) pgoff = shmemAlloc(k, cache, pgoff, size, null, 0)
  for (const run of cache.pages.items) {
    const end = run.target + (run.end - run.start)
    markDirty(k, run.target, end)
    for (const frame of k.frames.over(run.target, end)) frame.bits |= PG_STORED
  }
}
