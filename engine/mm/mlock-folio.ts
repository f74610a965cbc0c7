/** The mlock mark of folios: the second half of mm/mlock.c, which rmap uses as well. */
import type { Kernel } from './kernel.ts'
import { PG_MLOCKED, PG_SECRETMEM, PG_UNEVICTABLE, type FrameRun } from './mm-types.ts'
import { orderPages } from '../units.ts'

/**
 * Kernel: mlock_folio(), mm/mlock.c
 * Marks the whole folios [start, end) and counts one more locker.
 */
export function mlockFolios(k: Kernel, start: number, end: number): void {
  for (const run of k.frames.cut(start, end)) {
    k.spend('mlockFolio', (run.end - run.start) / orderPages(run.order))
    const wasUnevictable = (run.bits & PG_UNEVICTABLE) !== 0
    run.bits |= PG_MLOCKED | PG_UNEVICTABLE
    if (k.behaviour.mlockCount) run.mlockCount = wasUnevictable ? run.mlockCount + 1 : 1
  }
  k.frames.heal(start, end)
}

/**
 * Kernel: munlock_folio(), mm/mlock.c
 * Takes one locker away from the whole folios [start, end); the mark goes with the last one counted, even if another
 * area still holds a part of the folio locked.
 */
export function munlockFolios(k: Kernel, start: number, end: number): void {
  for (const run of k.frames.cut(start, end)) munlockRun(k, run)
  k.frames.heal(start, end)
}

function munlockRun(k: Kernel, run: FrameRun): void {
  if (!(run.bits & (PG_MLOCKED | PG_UNEVICTABLE))) return
  k.spend('munlockFolio', (run.end - run.start) / orderPages(run.order))
  if (run.mlockCount > 0) run.mlockCount--
  if (run.mlockCount > 0) return
  run.bits &= ~PG_MLOCKED
  if (!(run.bits & PG_SECRETMEM)) run.bits &= ~PG_UNEVICTABLE
}
