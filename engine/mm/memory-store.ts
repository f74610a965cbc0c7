/** What a store changes: the hardware's dirty bits and the contents of pages. */
import { alignUp, HPAGE_PMD_NR } from '../units.ts'
import { type Kernel } from './kernel.ts'
import { blockStart, mapsFrames, PG_STORED, PTE_DIRTY, PTE_PMD, PTE_WRITE, type Vma } from './mm-types.ts'
import { changeFrames, frameAt } from './rmap.ts'

/** A store to pages that allow it: the hardware sets the dirty bits, the pages are no longer all zero. */
export function storeTo(k: Kernel, vma: Vma, start: number, end: number): void {
  for (const run of vma.mm.pages.over(start, end)) {
    if (!mapsFrames(run.bits)) continue
    const from = run.target + (Math.max(run.start, start) - run.start)
    const to = run.target + (Math.min(run.end, end) - run.start)
    markStored(k, from, to)
  }
}

function markStored(k: Kernel, from: number, to: number): void {
  const frame = frameAt(k, from)
  if (frame.end >= to && (frame.bits & PG_STORED) !== 0) return
  changeFrames(k, from, to, part => (part.bits |= PG_STORED))
}

/** Sets the dirty bit of writable entries, as a store does. */
export function dirtyPtes(vma: Vma, start: number, end: number): void {
  const pages = vma.mm.pages
  const only = pages.at(start)
  if (only !== undefined && only.end >= end && only.bits & PTE_DIRTY) return
  let from = start
  let to = end
  for (const run of pages.over(start, end)) {
    if (!(run.bits & PTE_PMD)) continue
    if (run.start < from) from = Math.max(run.start, blockStart(from))
    if (run.end > to) to = Math.min(run.end, alignUp(to, HPAGE_PMD_NR))
  }
  for (const run of pages.cut(from, to)) if (run.bits & PTE_WRITE) run.bits |= PTE_DIRTY
  pages.heal(from, to)
}
