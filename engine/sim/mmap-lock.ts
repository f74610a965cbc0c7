/**
 * The mmap lock of one address space: a fair reader-writer semaphore (kernel/locking/rwsem.c). One writer or any
 * number of readers; who arrives after a waiting writer waits behind it.
 *
 * Page faults take it once for each page. A thread that does nothing but fault is therefore no holder: it needs the
 * lock to be free for readers to get on, and lets any writer in between two faults.
 */
import type { LockMode } from '../work.ts'

export type Wanted = 'read' | 'write' | 'nothing'

/** What a phase needs of the mmap lock. Per-VMA locks of faults never meet a holder of the whole. */
export function wantedOf(lock: LockMode): Wanted {
  switch (lock) {
    case 'none':
    case 'vma-read':
      return 'nothing'
    case 'mmap-write':
      return 'write'
    case 'mmap-read':
    case 'mmap-read-droppable':
    case 'mmap-write-downgraded':
      return 'read'
  }
}

/** `T` is whoever can hold it. */
export class MmapLock<T> {
  #writer: T | null = null
  readonly #readers = new Set<T>()
  readonly #queue: { readonly who: T; readonly wanted: 'read' | 'write' }[] = []

  /** Whether `who` holds it now; if not, it stands in the queue. */
  acquire(who: T, wanted: 'read' | 'write'): boolean {
    if (this.#writer === who || this.#readers.has(who)) return true
    const at = this.#queue.findIndex(entry => entry.who === who)
    const first = at === 0 || (at < 0 && this.#queue.length === 0)
    if (first && this.#free(wanted)) {
      if (at === 0) this.#queue.shift()
      if (wanted === 'write') this.#writer = who
      else this.#readers.add(who)
      return true
    }
    if (at < 0) this.#queue.push({ who, wanted })
    return false
  }

  #free(wanted: 'read' | 'write'): boolean {
    return this.#writer === null && (wanted === 'read' || this.#readers.size === 0)
  }

  release(who: T): void {
    if (this.#writer === who) this.#writer = null
    this.#readers.delete(who)
    const at = this.#queue.findIndex(entry => entry.who === who)
    if (at >= 0) this.#queue.splice(at, 1)
  }

  /** From now on it reads only, and lets other readers in (munmap). */
  downgrade(who: T): void {
    if (this.#writer !== who) return
    this.#writer = null
    this.#readers.add(who)
  }

  /** Whom a fault would have to wait for; null if it gets through. */
  blocksFault(who: T): T | null {
    if (this.#writer !== null && this.#writer !== who) return this.#writer
    const first = this.#queue[0]
    if (first !== undefined && first.who !== who && this.#readers.size > 0) return this.holder(who)
    return null
  }

  /** Somebody who holds it and is not `who`. */
  holder(who: T): T | null {
    if (this.#writer !== null && this.#writer !== who) return this.#writer
    for (const reader of this.#readers) if (reader !== who) return reader
    return null
  }

  get mode(): 'free' | 'read' | 'write' {
    return this.#writer !== null ? 'write' : this.#readers.size > 0 ? 'read' : 'free'
  }

  get waiting(): number {
    return this.#queue.length
  }
}
