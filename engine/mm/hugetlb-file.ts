/** Pages of hugetlb files: fs/hugetlbfs/inode.c. */
import { HPAGE_PMD_NR, HPAGE_PMD_ORDER, HPAGE_PMD_SIZE } from '../units.ts'
import type { Kernel } from './kernel.ts'
import { PG_CACHE, PG_HUGETLB, PTE_PRESENT, type PageCache } from './mm-types.ts'
import { allocFolios, changeFrames, frameAt, freeUnused } from './rmap.ts'

/** Drops the pages and promises of [from, to): remove_inode_hugepages(). */
export function hugetlbHole(k: Kernel, cache: PageCache, from: number, to: number): void {
  for (const run of cache.pages.take(from, to)) {
    const end = run.target + (run.end - run.start)
    for (let pfn = run.target; pfn < end; pfn += HPAGE_PMD_NR) {
      changeFrames(k, pfn, pfn + HPAGE_PMD_NR, frame => (frame.bits &= ~PG_CACHE))
      const frame = frameAt(k, pfn)
      if (frame.pmdMapcount > 0 || frame.pins > 0) continue
      freeUnused(k, pfn, pfn + HPAGE_PMD_NR)
      k.pool.free++
    }
  }
  if (to !== Infinity) return
  for (const run of cache.reserved.take(from, to)) k.pool.reserved -= (run.end - run.start) / HPAGE_PMD_NR
}

/**
 * Kernel: hugetlbfs_fallocate(), fs/hugetlbfs/inode.c
 * Puts pages into the holes of a range of bytes; false where the pool is empty, with what came before kept.
 */
export function hugetlbAllocate(k: Kernel, cache: PageCache, from: number, to: number): boolean {
  const first = Math.floor(from / HPAGE_PMD_SIZE) * HPAGE_PMD_NR
  const last = Math.ceil(to / HPAGE_PMD_SIZE) * HPAGE_PMD_NR
  for (let at = first; at < last; at += HPAGE_PMD_NR) {
    if (cache.pages.at(at) !== undefined) continue
    const promised = cache.reserved.at(at) !== undefined
    if (!promised && k.pool.free - k.pool.reserved < 1) return false
    if (promised) {
      cache.reserved.take(at, at + HPAGE_PMD_NR)
      k.pool.reserved--
    }
    k.pool.free--
    const pfn = allocFolios(k, HPAGE_PMD_NR, { order: HPAGE_PMD_ORDER, bits: PG_HUGETLB | PG_CACHE })
    cache.pages.insert({ start: at, end: at + HPAGE_PMD_NR, target: pfn, bits: PTE_PRESENT })
    k.spend('clearLargePage', HPAGE_PMD_NR)
  }
  return true
}
