/** Shared file pages and their dirtiness: mm/memory.c. */
import { type Kernel } from './kernel.ts'
import { pgoffOf } from './memory-around.ts'
import { mapsFrames, PG_DIRTY, PTE_PRESENT, type PageCache, type Vma } from './mm-types.ts'
import { markDirty } from './rmap.ts'

/** Pages of [vpn, end) whose first shared write makes them dirty (or calls page_mkwrite). */
export function cleanPages(k: Kernel, vma: Vma, vpn: number, end: number): number {
  const file = vma.file
  if (file === null || file.kind === 'secretmem') return 0
  if (file.kind === 'file') return end - vpn
  let clean = 0
  for (const run of file.pages.over(pgoffOf(vma, vpn), pgoffOf(vma, end))) {
    const from = Math.max(run.start, pgoffOf(vma, vpn))
    const to = Math.min(run.end, pgoffOf(vma, end))
    if (!(run.bits & PTE_PRESENT)) clean += to - from
    else {
      const pfn = run.target + (from - run.start)
      for (const frame of k.frames.over(pfn, pfn + (to - from)))
        if (!(frame.bits & PG_DIRTY))
          clean += Math.min(frame.end, pfn + (to - from)) - Math.max(frame.start, pfn)
    }
  }
  return clean
}

/**
 * Kernel: fault_dirty_shared_page(), mm/memory.c
 */
export function faultDirtySharedPage(k: Kernel, vma: Vma, start: number, end: number): void {
  for (const run of vma.mm.pages.over(start, end)) {
    if (!mapsFrames(run.bits)) continue
    const from = run.target + (Math.max(run.start, start) - run.start)
    const to = run.target + (Math.min(run.end, end) - run.start)
    markDirty(k, from, to)
    k.spend('dirtySharedPage', to - from)
  }
  if (vma.file?.kind === 'file') doPageMkwrite(k, vma.file, pgoffOf(vma, start), pgoffOf(vma, end))
}

/**
 * Kernel: do_page_mkwrite(), mm/memory.c
 * The file system is told of the first write to each page; where the file has no block it sets one aside.
 */
function doPageMkwrite(k: Kernel, file: PageCache, from: number, to: number): void {
  k.spend('pageMkwrite', to - from)
  for (const run of file.hollow.take(from, to))
    if (!run.allocated) k.spend('reserveBlock', run.end - run.start)
}
