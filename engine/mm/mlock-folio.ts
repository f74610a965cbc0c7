/** The mlock mark of folios: the second half of mm/mlock.c, which rmap uses as well. */
import { orderPages } from '../units.ts'
import type { Kernel } from './kernel.ts'
import { PG_MLOCKED, PG_SECRETMEM, PG_UNEVICTABLE, type FrameRun } from './mm-types.ts'

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

interface Queued {
  readonly start: number
  readonly end: number
  readonly lock: boolean
}

/**
 * The batches of the CPU that runs the call: small pages on their way to the LRU lists, and those whose lockers are yet
 * to be counted. They are empty before and after every call. What makes them matter: a page whose lock is counted
 * before it is on a list is not counted at all, and a lock queued behind an unlock of the same page is lost.
 */
export class FolioBatches {
  /** PAGEVEC_SIZE. */
  readonly #size: number
  #lruAdd: { start: number; end: number }[] = []
  #lruAddCount = 0
  #mlock: Queued[] = []
  #mlockCount = 0

  constructor(size: number) {
    this.#size = size
  }

  /**
   * Kernel: folio_add_lru(), mm/swap.c
   */
  addLru(start: number, end: number): void {
    const total = this.#lruAddCount + (end - start)
    this.#lruAddCount = total % this.#size
    if (total >= this.#size) this.#lruAdd.length = 0
    if (this.#lruAddCount > 0) this.#lruAdd.push({ start: Math.max(start, end - this.#lruAddCount), end })
  }

  /** A large folio empties the list it is added to. */
  addLargeToLru(): void {
    this.#lruAdd.length = 0
    this.#lruAddCount = 0
  }

  /** Queues locks or unlocks of small pages; whenever the batch is full it is carried out. */
  queue(k: Kernel, first: number, end: number, lock: boolean): void {
    let start = first
    while (start < end) {
      const until = Math.min(end, start + this.#size - this.#mlockCount)
      if (lock) setMlocked(k, start, until)
      this.#mlock.push({ start, end: until, lock })
      this.#mlockCount += until - start
      if (this.#mlockCount === this.#size) this.flush(k)
      start = until
    }
  }

  /**
   * Kernel: mlock_new_folio(), mm/mlock.c
   * New anonymous pages of a locked area go through the same batch; they are counted already.
   */
  queueNew(k: Kernel, nr: number): void {
    const total = this.#mlockCount + nr
    if (total >= this.#size) this.flush(k)
    this.#mlockCount = total % this.#size
  }

  /** mlock_folio_batch(): carries out what is queued, in order. */
  flush(k: Kernel): void {
    this.#mlockCount = 0
    const queued = this.#mlock
    if (queued.length === 0) return
    this.#mlock = []
    for (const entry of queued) {
      if (entry.lock) this.#countLock(k, entry.start, entry.end)
      else munlockQueued(k, entry.start, entry.end)
    }
  }

  #countLock(k: Kernel, start: number, end: number): void {
    for (let from = start; from < end;) {
      const waiting = this.#lruAdd.find(run => run.end > from && run.start < end)
      const until = waiting === undefined ? end : Math.max(from, waiting.start)
      if (from < until) countMlock(k, from, until)
      if (waiting === undefined) return
      const stop = Math.min(waiting.end, end)
      countNone(k, Math.max(from, waiting.start), stop)
      from = stop
    }
  }

  /**
   * Kernel: lru_add_drain(), mm/swap.c
   */
  drain(k: Kernel): void {
    this.addLargeToLru()
    this.flush(k)
  }
}

function setMlocked(k: Kernel, start: number, end: number): void {
  for (const run of k.frames.cut(start, end)) {
    k.spend('mlockFolio', run.end - run.start)
    run.bits |= PG_MLOCKED
  }
  k.frames.heal(start, end)
}

/** __mlock_folio(): a page whose mark an unlock took away meanwhile is left alone. */
function countMlock(k: Kernel, start: number, end: number): void {
  for (const run of k.frames.cut(start, end)) {
    if (!(run.bits & PG_MLOCKED)) continue
    run.mlockCount = run.bits & PG_UNEVICTABLE ? run.mlockCount + 1 : 1
    run.bits |= PG_UNEVICTABLE
  }
  k.frames.heal(start, end)
}

/** A page that is not on a list yet gets there later, marked, with a count of 0. */
function countNone(k: Kernel, start: number, end: number): void {
  for (const run of k.frames.cut(start, end)) if (run.bits & PG_MLOCKED) run.bits |= PG_UNEVICTABLE
  k.frames.heal(start, end)
}

/** __munlock_folio() of pages that may have been freed meanwhile. */
function munlockQueued(k: Kernel, start: number, end: number): void {
  if (k.frames.any(start, end)) munlockFolios(k, start, end)
}

/** Ranges beyond this are handled at once: exactness inside batches is for programs, not for terabytes. */
const QUEUE_LIMIT = 65536

/** Locks small pages that a fault maps, through the batch. */
export function queueMlock(k: Kernel, start: number, end: number): void {
  if (!k.behaviour.mlockCount || end - start > QUEUE_LIMIT) mlockFolios(k, start, end)
  else k.batches.queue(k, start, end, true)
}

/** Unlocks small pages that are unmapped: through the batch where it outlives the unmapping. */
export function queueMunlock(k: Kernel, start: number, end: number): void {
  if (!k.behaviour.munlockQueueOutlivesUnmap || end - start > QUEUE_LIMIT) munlockFolios(k, start, end)
  else k.batches.queue(k, start, end, false)
}
