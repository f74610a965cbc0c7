/** Pages of hugetlb files: fs/hugetlbfs/inode.c. */
import { HPAGE_PMD_NR } from '../units.ts'
import type { Kernel } from './kernel.ts'
import { PG_CACHE, type PageCache } from './mm-types.ts'
import { changeFrames, frameAt, freeUnused } from './rmap.ts'

/** Drops the pages and promises of [from, to): remove_inode_hugepages(). */
export function hugetlbHole(k: Kernel, cache: PageCache, from: number, to: number): void {
  for (const run of cache.pages.take(from, to)) {
    const end = run.target + (run.end - run.start)
    for (let pfn = run.target; pfn < end; pfn += HPAGE_PMD_NR) {
      changeFrames(k, pfn, pfn + HPAGE_PMD_NR, (frame) => (frame.bits &= ~PG_CACHE))
      const frame = frameAt(k, pfn)
      if (frame.pmdMapcount > 0 || frame.pins > 0) continue
      freeUnused(k, pfn, pfn + HPAGE_PMD_NR)
      k.pool.free++
    }
  }
  if (to !== Infinity) return
  for (const run of cache.reserved.take(from, to)) k.pool.reserved -= (run.end - run.start) / HPAGE_PMD_NR
}
