/** Life and death of page caches. */
import type { Kernel } from './kernel.ts'
import { HOLLOW, PG_CACHE, PTE, PTE_PRESENT, PTE_SWAP, type CacheKind, type PageCache } from './mm-types.ts'
import { RunList, SPAN } from '../runs.ts'
import { hugetlbHole } from './hugetlb-file.ts'
import { changeFrames, freeUnused } from './rmap.ts'
import { freeSwap } from './swap.ts'

/** Opens an empty file. A file without a name lives as long as it is mapped. */
export function newCache(k: Kernel, kind: CacheKind, name: string, sizeBytes: number): PageCache {
  const cache: PageCache = {
    kind,
    name,
    sizeBytes,
    pages: new RunList(PTE),
    reserved: new RunList(SPAN),
    hollow: new RunList(HOLLOW),
    writable: true,
    holders: 0,
    chargedPages: 0,
  }
  if (name !== '') k.caches.push(cache)
  return cache
}

/** Drops the pages [from, to) of the cache; pages that are still pinned live on without it. */
export function dropPages(k: Kernel, cache: PageCache, from: number, to: number): void {
  for (const run of cache.pages.take(from, to)) {
    const end = run.target + (run.end - run.start)
    if (run.bits & PTE_SWAP) freeSwap(k, run.target, end)
    else if (run.bits & PTE_PRESENT) {
      changeFrames(k, run.target, end, frame => (frame.bits &= ~PG_CACHE))
      freeUnused(k, run.target, end)
    }
  }
}

/** The last reference is gone: pages, reservations and charges go back. */
export function releaseCache(k: Kernel, cache: PageCache): void {
  if (cache.kind === 'hugetlb') hugetlbHole(k, cache, 0, Infinity)
  else dropPages(k, cache, 0, Infinity)
  k.userLockedVm -= cache.chargedPages
  cache.chargedPages = 0
}
