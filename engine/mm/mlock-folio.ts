/** The mlock mark of folios: the second half of mm/mlock.c, which rmap uses as well. */
import type { Kernel } from './kernel.ts'
import { PG_MLOCKED, PG_SECRETMEM, PG_UNEVICTABLE, type FrameRun } from './mm-types.ts'
import { orderPages } from '../units.ts'

/**
 * Kernel: mlock_folio(), mm/mlock.c
 * Marks the whole folios [start, end) and counts one more locker.
 */
export function mlockFolios(k: Kernel, first: number, end: number): void {
  const queued = k.munlockQueue.length > 0 && frameOrder(k, first) === 0
  const start = queued ? unmarkQueued(k, first, end) : first
  if (start >= end) return
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

/** Entries of a folio batch: PAGEVEC_SIZE. */
const BATCH = 31

function frameOrder(k: Kernel, pfn: number): number {
  return k.frames.at(pfn)?.order ?? 0
}

/**
 * Kernel: munlock_folio(), mm/mlock.c
 * Small pages wait in a batch of 31 until it is full or the call is over. Only what still waits matters.
 */
export function queueMunlock(k: Kernel, start: number, end: number): void {
  if (!k.behaviour.munlockQueueOutlivesUnmap) return
  const nr = end - start
  const total = k.queuedForMlock + nr
  if (total < BATCH) {
    k.munlockQueue.push({ start, end })
    k.queuedForMlock = total
    return
  }
  k.munlockQueue.length = 0
  k.queuedForMlock = total % BATCH
  if (k.queuedForMlock > 0) k.munlockQueue.push({ start: end - k.queuedForMlock, end })
}

/**
 * Locking a page again while its munlock waits in the same batch: the batch is carried out in order, finds the page
 * unlocked last, and leaves it unmarked. Returns the first page behind the batch.
 */
function unmarkQueued(k: Kernel, start: number, end: number): number {
  const room = Math.min(end - start, BATCH - k.queuedForMlock)
  k.queuedForMlock += end - start
  const waiting = k.munlockQueue.some((run) => run.start < start + room && start < run.end)
  if (k.queuedForMlock >= BATCH) {
    k.munlockQueue.length = 0
    k.queuedForMlock = 0
  }
  return waiting ? start + room : start
}
