/** Frames and who maps them: mm/rmap.c, with the allocation and freeing of folios that go with it. */
import { HPAGE_PMD_NR, orderPages } from '../units.ts'
import type { Kernel } from './kernel.ts'
import {
  PG_ANON,
  PG_CACHE,
  PG_DIRTY,
  PG_DOUBLE_MAP,
  PG_HUGETLB,
  PG_MLOCKED,
  PG_SECRETMEM,
  PG_SHMEM,
  PG_SWAPCACHE,
  VM_LOCKED,
  VM_SPECIAL,
  folioStart,
  type AddressSpace,
  type FrameRun,
  type Vma,
} from './mm-types.ts'
import { mlockFolios, munlockFolios, queueMlock, queueMunlock } from './mlock-folio.ts'

/** What a new folio starts with. */
export interface NewFolio {
  readonly order: number
  readonly bits: number
  readonly mapcount?: number
  readonly pmdMapcount?: number
  readonly mlockCount?: number
}

/** Allocates `nr` frames as folios of one order; returns the first frame number. */
export function allocFolios(k: Kernel, nr: number, folio: NewFolio): number {
  const start = k.takePfns(nr, orderPages(folio.order))
  k.frames.insert({
    start,
    end: start + nr,
    order: folio.order,
    bits: folio.bits,
    mapcount: folio.mapcount ?? 0,
    pmdMapcount: folio.pmdMapcount ?? 0,
    mlockCount: folio.mlockCount ?? 0,
    pins: 0,
    slot: -1,
  })
  noteInBatches(k, start, nr, folio)
  return start
}

/** New folios go to the LRU lists, or in a locked area to the mlock batch, by way of the CPU's batches. */
function noteInBatches(k: Kernel, start: number, nr: number, folio: NewFolio): void {
  if (folio.bits & PG_HUGETLB) return
  const locked = (folio.bits & PG_MLOCKED) !== 0
  if (folio.order > 0) {
    if (locked) k.batches.flush(k)
    else k.batches.addLargeToLru()
  } else if (locked) k.batches.queueNew(k, nr)
  else k.batches.addLru(start, start + nr)
}

/** The frame run that holds `pfn`; a mapped frame without one is a broken invariant. */
export function frameAt(k: Kernel, pfn: number): FrameRun {
  const run = k.frames.at(pfn)
  if (run === undefined) throw new Error(`frame ${String(pfn)} is mapped but does not exist`)
  return run
}

/** Changes the frames [start, end) in place, run by run. */
export function changeFrames(k: Kernel, start: number, end: number, change: (run: FrameRun) => void): void {
  for (const run of k.frames.cut(start, end)) change(run)
  k.frames.heal(start, end)
}

/** The range of whole folios around [start, end). */
export function wholeFolios(k: Kernel, start: number, end: number): [number, number] {
  const first = frameAt(k, start)
  const from = folioStart(first, start)
  const last = first.end >= end ? first : frameAt(k, end - 1)
  return [from, folioStart(last, end - 1) + orderPages(last.order)]
}

/** Changes all pages of every folio that has a page in [start, end). */
export function changeFolios(k: Kernel, start: number, end: number, change: (run: FrameRun) => void): void {
  const [from, to] = wholeFolios(k, start, end)
  changeFrames(k, from, to, change)
}

/** Mappings and swap cache references that keep the frame's folio alive, not counting page caches and pins. */
export function folioMapcount(k: Kernel, pfn: number): number {
  const run = frameAt(k, pfn)
  if (run.order === 0) return run.mapcount
  const start = folioStart(run, pfn)
  const end = start + orderPages(run.order)
  let sum = run.pmdMapcount
  for (const part of k.frames.over(start, end))
    sum += part.mapcount * (Math.min(part.end, end) - Math.max(part.start, start))
  return sum
}

/** Whether at least `count` entries map the folio; stops counting there. */
export function isMappedBy(k: Kernel, pfn: number, count: number): boolean {
  const run = frameAt(k, pfn)
  const start = folioStart(run, pfn)
  const end = start + orderPages(run.order)
  let sum = run.pmdMapcount
  for (let at = start; at < end && sum < count;) {
    const part = frameAt(k, at)
    const until = Math.min(part.end, end)
    sum += part.mapcount * (until - at)
    at = until
  }
  return sum >= count
}

/** folio_ref_count() once all per-CPU batches are drained. */
export function folioRefCount(k: Kernel, pfn: number): number {
  const run = frameAt(k, pfn)
  let refs = folioMapcount(k, pfn) + run.pins
  if (run.bits & (PG_CACHE | PG_SWAPCACHE)) refs += orderPages(run.order)
  return refs
}

/** Which RSS counter a frame is counted in: mm_counter(). */
export function countRss(mm: AddressSpace, bits: number, pages: number): void {
  if (bits & PG_ANON) mm.rssAnon += pages
  else if (bits & PG_SHMEM) mm.rssShmem += pages
  else if (bits & PG_HUGETLB) mm.hugetlbPages += pages
  else mm.rssFile += pages
}

/** Whether mlock_vma_folio() would act for this area. */
export function isMlockable(vma: Vma): boolean {
  return (vma.flags & (VM_LOCKED | VM_SPECIAL)) === VM_LOCKED
}

/**
 * Kernel: folio_add_file_rmap_ptes(), mm/rmap.c
 * Maps frames of a page cache one by one; what that marks as mlocked depends on the release.
 */
export function addFileRmap(k: Kernel, vma: Vma, start: number, end: number): void {
  for (const run of k.frames.cut(start, end)) {
    run.mapcount++
    countRss(vma.mm, run.bits, run.end - run.start)
  }
  k.frames.heal(start, end)
  if (!k.behaviour.mlockCount) unmarkLarge(k, start, end)
  if (isMlockable(vma)) mlockNewlyMapped(k, start, end)
}

/** Until 5.17 a huge page loses its mark as soon as small entries map it. */
function unmarkLarge(k: Kernel, start: number, end: number): void {
  for (const part of foliosIn(k, start, end)) {
    if (part.order === 0) continue
    munlockFolios(k, part.start, part.end)
    changeFrames(k, part.start, part.end, run => (run.bits |= PG_DOUBLE_MAP))
  }
}

function mlockNewlyMapped(k: Kernel, start: number, end: number): void {
  const rule = k.behaviour.mlockFilePagesAtMap
  if (rule === 'never') return
  for (const part of foliosIn(k, start, end))
    if (part.order === 0) queueMlock(k, part.start, part.end)
    else if (rule === 'whole-folios' && part.whole) mlockLarge(k, part.start, part.end)
}

/** Large folios are never queued, and what is queued goes before them. */
function mlockLarge(k: Kernel, start: number, end: number): void {
  k.batches.flush(k)
  mlockFolios(k, start, end)
}

/** Folios of one order side by side. Large ones reach beyond the range they were looked up in unless they are `whole`. */
export interface FolioSpan {
  readonly start: number
  readonly end: number
  readonly order: number
  readonly whole: boolean
}

/** The folios that have pages in [start, end), in order. */
export function foliosIn(k: Kernel, start: number, end: number): FolioSpan[] {
  const found: FolioSpan[] = []
  for (let pfn = start; pfn < end;) {
    const run = frameAt(k, pfn)
    if (run.order === 0) {
      const to = Math.min(run.end, end)
      found.push({ start: pfn, end: to, order: 0, whole: true })
      pfn = to
      continue
    }
    const size = orderPages(run.order)
    const head = folioStart(run, pfn)
    const last = folioStart(run, Math.min(run.end, end))
    const to = run.start <= head && head >= start && last > head ? last : head + size
    found.push({ start: head, end: to, order: run.order, whole: head >= start && to <= end })
    pfn = to
  }
  return found
}

/** Frees whatever of [start, end) nothing refers to any more. Large folios go as a whole. */
export function freeUnused(k: Kernel, start: number, end: number): void {
  let position = start
  while (position < end) {
    const run = k.frames.next(position)
    if (run === undefined || run.start >= end) return
    if (run.start > position) position = run.start
    if (run.order === 0) {
      const to = Math.min(run.end, end)
      if (isUnused(run)) {
        k.frames.take(position, to)
        k.spend((run.bits & PG_ANON) !== 0 ? 'freePage' : 'freeCachePage', to - position)
      }
      position = to
      continue
    }
    const size = orderPages(run.order)
    const from = folioStart(run, position)
    // Runs of equal whole folios go at once; otherwise one folio at a time.
    const last = folioStart(run, Math.min(run.end, end))
    const to = run.start <= from && run.mapcount === 0 ? Math.max(last, from + size) : from + size
    if (k.frames.over(from, to).every(isUnused)) {
      const freed = k.frames.take(from, to)
      const toAllocator = size === HPAGE_PMD_NR && (run.bits & PG_HUGETLB) === 0
      for (const part of freed)
        k.spend(toAllocator ? 'freeHugePage' : 'freeFolio', (part.end - part.start) / size)
    }
    position = to
  }
}

function isUnused(run: FrameRun): boolean {
  return (
    run.mapcount === 0 &&
    run.pmdMapcount === 0 &&
    run.pins === 0 &&
    (run.bits & (PG_CACHE | PG_SWAPCACHE)) === 0
  )
}

/**
 * Kernel: folio_remove_rmap_ptes(), mm/rmap.c
 * Unmaps single pages. In a locked area that munlocks each folio touched, whole, as the kernel does.
 */
export function removeRmap(k: Kernel, vma: Vma, start: number, end: number, dirty: boolean): void {
  for (const run of k.frames.cut(start, end)) {
    run.mapcount--
    countRss(vma.mm, run.bits, run.start - run.end)
  }
  k.frames.heal(start, end)
  afterRemoval(k, vma, start, end, dirty, k.behaviour.mlockWholePteMappedFolio)
}

/**
 * Kernel: folio_remove_rmap_pmd(), mm/rmap.c
 * Unmaps whole folios that a PMD entry mapped.
 */
export function removePmdRmap(k: Kernel, vma: Vma, start: number, end: number, dirty: boolean): void {
  for (const run of k.frames.cut(start, end)) {
    run.pmdMapcount--
    countRss(vma.mm, run.bits, run.start - run.end)
  }
  k.frames.heal(start, end)
  afterRemoval(k, vma, start, end, dirty, true)
}

function afterRemoval(
  k: Kernel,
  vma: Vma,
  start: number,
  end: number,
  dirty: boolean,
  largeToo: boolean,
): void {
  if (dirty) markDirty(k, start, end)
  if (k.behaviour.mlockCount) {
    if (vma.flags & VM_LOCKED) munlockMapped(k, start, end, largeToo)
  } else clearMlockOfUnmapped(k, start, end)
  freeUnused(k, start, end)
}

function munlockMapped(k: Kernel, start: number, end: number, largeToo: boolean): void {
  for (const part of foliosIn(k, start, end)) {
    if (part.order === 0) queueMunlock(k, part.start, part.end)
    else if (largeToo) {
      k.batches.flush(k)
      munlockFolios(k, part.start, part.end)
    }
  }
}

/**
 * Kernel: clear_page_mlock(), mm/mlock.c (until 5.17)
 * The last mapping gone takes the mark along.
 */
function clearMlockOfUnmapped(k: Kernel, start: number, end: number): void {
  for (const run of k.frames.over(start, end)) {
    const from = Math.max(run.start, start)
    const to = Math.min(run.end, end)
    if (run.order === 0) {
      if (run.mapcount === 0) munlockFolios(k, from, to)
      continue
    }
    for (let folio = folioStart(run, from); folio < to; folio += orderPages(run.order))
      if (folioMapcount(k, folio) === 0) munlockFolios(k, folio, folio + orderPages(run.order))
  }
}

/** folio_mark_dirty() for page cache folios; anonymous memory keeps its dirtiness in the entries. */
export function markDirty(k: Kernel, start: number, end: number): void {
  const first = frameAt(k, start)
  if (first.end >= end && (first.bits & PG_DIRTY) !== 0) return
  changeFolios(k, start, end, run => {
    if (!(run.bits & (PG_ANON | PG_HUGETLB))) run.bits |= PG_DIRTY
  })
}

/** folio_evictable(): whether nothing but the mlock mark keeps the folio from reclaim. */
export function isEvictable(run: FrameRun): boolean {
  return (run.bits & PG_SECRETMEM) === 0
}
