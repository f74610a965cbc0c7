/** ftruncate and fallocate: mm/truncate.c and the file systems' part. */
import { refuse, type Refusal } from '../errno.ts'
import type { U64 } from '../op.ts'
import { HPAGE_PMD_SIZE, PAGE_SIZE, orderPages } from '../units.ts'
import { dropPages } from './cache.ts'
import { splitFolioAt } from './huge-memory.ts'
import type { Kernel } from './kernel.ts'
import { zapPageRange } from './memory-zap.ts'
import { CACHE_FALLOCATED, PTE_PRESENT, type PageCache } from './mm-types.ts'
import { frameAt, markDirty } from './rmap.ts'
import { shmemAlloc } from './shmem.ts'
import { hugetlbAllocate, hugetlbHole } from './hugetlb-file.ts'

/** An extent is no longer than a group of blocks, 128 MiB with blocks of 4 KiB (ext4). */
const EXTENT_PAGES = 32768

export const FALLOC_FL_KEEP_SIZE = 1
export const FALLOC_FL_PUNCH_HOLE = 2

/**
 * Kernel: unmap_mapping_range(), mm/memory.c
 * Takes file pages [from, to) out of every mapping; with `evenCows` their private copies too.
 */
export function unmapMappingRange(
  k: Kernel,
  cache: PageCache,
  from: number,
  to: number,
  evenCows: boolean,
): void {
  for (const task of k.tasks) {
    for (const vma of task.mm.vmas) {
      if (vma.file !== cache) continue
      const start = Math.max(vma.start, vma.start + (from - vma.pgoff))
      const end = Math.min(vma.end, vma.start + (to - vma.pgoff))
      if (start < end) zapPageRange(k, vma, start, end, evenCows ? {} : { cacheOnly: true, keepGuards: true })
    }
  }
}

/** ftruncate(2). */
export function ftruncate(k: Kernel, cache: PageCache, length: U64): Refusal | null {
  const size = Number(length)
  if (size < 0) return refuse('EINVAL', 'negative length')
  if (!cache.writable) return refuse('EINVAL', 'file is open read-only')
  if (cache.kind === 'secretmem' && cache.sizeBytes > 0)
    return refuse('EINVAL', 'the size of secret memory is set once')
  if (cache.kind === 'hugetlb' && size % HPAGE_PMD_SIZE !== 0)
    return refuse('EINVAL', 'size is not a multiple of 2 MiB')
  const before = cache.sizeBytes
  cache.sizeBytes = size
  if (cache.kind === 'file') resizeHollow(cache, before, size)
  if (size < before) {
    const from = Math.ceil(size / PAGE_SIZE)
    unmapMappingRange(k, cache, from, Infinity, true)
    if (cache.kind === 'hugetlb') hugetlbHole(k, cache, from, Infinity)
    else {
      clearPartial(k, cache, size, Infinity)
      dropCached(k, cache, size, Infinity)
    }
  }
  return null
}

/** A file that grows has a hole at its end. */
function resizeHollow(cache: PageCache, before: number, size: number): void {
  const from = Math.ceil(before / PAGE_SIZE)
  const to = Math.ceil(size / PAGE_SIZE)
  if (to > from) cache.hollow.put({ start: from, end: to, allocated: false })
  else cache.hollow.take(to, Infinity)
}

/**
 * Kernel: truncate_inode_partial_folio(), mm/truncate.c
 * Drops whole pages. A large folio that the range cuts is marked dirty and split where the range begins and ends.
 */
function dropCached(k: Kernel, cache: PageCache, fromBytes: number, toBytes: number): void {
  const from = fromBytes / PAGE_SIZE
  const to = toBytes / PAGE_SIZE
  for (const at of [Math.floor(from), Math.floor(to)]) {
    const folio = folioAt(k, cache, at)
    if (folio === null || folio.start >= to || (folio.start >= from && folio.end <= to)) continue
    if (k.behaviour.truncateDirtiesFolio) markDirty(k, folio.pfn, folio.pfn + 1)
    const first = Math.max(folio.start, Math.floor(from))
    if (!splitFolioAt(k, folio.pfn + (first - folio.start))) continue
    const last = folio.pfn + (Math.floor(to) - folio.start)
    if (to < folio.end && frameAt(k, last).order > 0) splitFolioAt(k, last)
  }
  dropPages(k, cache, Math.ceil(from), Math.floor(to))
}

/** The large folio that the cache holds at `pgoff`, by page offsets, and its first frame. */
function folioAt(
  k: Kernel,
  cache: PageCache,
  pgoff: number,
): { start: number; end: number; pfn: number } | null {
  const run = pgoff === Infinity ? undefined : cache.pages.at(pgoff)
  if (run === undefined || !(run.bits & PTE_PRESENT)) return null
  const pfn = run.target + (pgoff - run.start)
  const size = orderPages(frameAt(k, pfn).order)
  const start = pgoff - (pfn % size)
  return size === 1 ? null : { start, end: start + size, pfn: pfn - (pfn % size) }
}

/** Clears the rest of pages that are cut: they stay, dirty. */
function clearPartial(k: Kernel, cache: PageCache, fromBytes: number, toBytes: number): void {
  for (const bytes of [fromBytes, toBytes]) {
    if (bytes === Infinity || bytes % PAGE_SIZE === 0) continue
    const run = cache.pages.at(Math.floor(bytes / PAGE_SIZE))
    if (run === undefined || !(run.bits & PTE_PRESENT)) continue
    const pfn = run.target + (Math.floor(bytes / PAGE_SIZE) - run.start)
    markDirty(k, pfn, pfn + 1)
  }
}

/** fallocate(2): allocation, or punching a hole. */
export function fallocate(
  k: Kernel,
  cache: PageCache,
  mode: number,
  offset: U64,
  length: U64,
): Refusal | null {
  const from = Number(offset)
  const bytes = Number(length)
  if (from < 0 || bytes <= 0) return refuse('EINVAL', 'offset or length')
  const punch = (mode & FALLOC_FL_PUNCH_HOLE) !== 0
  if ((mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) !== 0)
    return refuse('EOPNOTSUPP', 'fallocate mode')
  if (punch && !(mode & FALLOC_FL_KEEP_SIZE)) return refuse('EOPNOTSUPP', 'a hole keeps the size')
  if (!cache.writable) return refuse('EBADF', 'file is open read-only')
  if (cache.kind === 'secretmem') return refuse('EOPNOTSUPP', 'secret memory')
  if (punch) punchHole(k, cache, from, from + bytes)
  else if (!allocate(k, cache, from, from + bytes, (mode & FALLOC_FL_KEEP_SIZE) !== 0))
    return refuse('ENOSPC', 'hugetlb pool')
  return null
}

/** Drops the whole pages inside the range and clears the ends, which stay mapped. */
export function punchHole(k: Kernel, cache: PageCache, from: number, to: number): void {
  const step = cache.kind === 'hugetlb' ? HPAGE_PMD_SIZE : PAGE_SIZE
  const start = (Math.ceil(from / step) * step) / PAGE_SIZE
  const end = (Math.floor(to / step) * step) / PAGE_SIZE
  if (cache.kind !== 'hugetlb') clearPartial(k, cache, from, Math.min(to, cache.sizeBytes))
  if (start >= end) return
  unmapMappingRange(k, cache, start, end, false)
  if (cache.kind === 'hugetlb') hugetlbHole(k, cache, start, end)
  else dropCached(k, cache, from, to)
  if (cache.kind === 'file') cache.hollow.put({ start, end, allocated: false })
}

/** Fills holes of the range; false if the hugetlb pool has no page left for that. */
function allocate(k: Kernel, cache: PageCache, from: number, to: number, keepSize: boolean): boolean {
  if (cache.kind === 'hugetlb' && !hugetlbAllocate(k, cache, from, to)) return false
  if (cache.kind === 'shmem') {
    const end = Math.ceil(to / PAGE_SIZE)
    for (let at = Math.floor(from / PAGE_SIZE); at < end;) {
      const page = cache.pages.at(at)
      if (page === undefined) at = shmemAlloc(k, cache, at, end, null, CACHE_FALLOCATED)
      else at = page.end
    }
    dirtyAll(k, cache, Math.floor(from / PAGE_SIZE), end)
  }
  if (cache.kind === 'file') allocateBlocks(k, cache, Math.floor(from / PAGE_SIZE), Math.ceil(to / PAGE_SIZE))
  if (!keepSize && to > cache.sizeBytes) cache.sizeBytes = to
  return true
}

/** Gives holes of a file on disk blocks, which read as zeroes. */
function allocateBlocks(k: Kernel, cache: PageCache, from: number, to: number): void {
  const end = Math.ceil(cache.sizeBytes / PAGE_SIZE)
  if (to > end) cache.hollow.put({ start: Math.max(from, end), end: to, allocated: false })
  for (const run of cache.hollow.take(from, to)) {
    if (!run.allocated) {
      k.spend('allocExtent', Math.ceil((run.end - run.start) / EXTENT_PAGES))
      k.spend('allocBlock', run.end - run.start)
    }
    cache.hollow.put({ start: run.start, end: run.end, allocated: true })
  }
}

function dirtyAll(k: Kernel, cache: PageCache, from: number, to: number): void {
  for (const run of cache.pages.over(from, to)) {
    if (!(run.bits & PTE_PRESENT)) continue
    const a = run.target + (Math.max(run.start, from) - run.start)
    const b = run.target + (Math.min(run.end, to) - run.start)
    markDirty(k, a, b)
  }
}
