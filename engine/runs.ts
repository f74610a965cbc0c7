/**
 * Sorted lists of runs: how everything that exists once per page is kept. A run is a half-open range of positions
 * (page numbers, frame numbers, file offsets, swap slots) with one common state, so cost grows with the number of
 * different states and never with the number of pages.
 */
export interface Run {
  start: number
  end: number
}

/** How one kind of run is copied and joined. */
export interface RunKind<R extends Run> {
  /** The part of `run` between two positions inside it, as a new run. */
  part(run: R, start: number, end: number): R
  /** Whether `next`, which begins where `run` ends, continues its state. */
  continues(run: R, next: R): boolean
}

/** Disjoint runs in order of position. Positions between runs are empty. */
export class RunList<R extends Run> {
  readonly items: R[] = []
  readonly #kind: RunKind<R>
  #hint = 0

  constructor(kind: RunKind<R>) {
    this.#kind = kind
  }

  /** Index of the first run that ends after `position`; `items.length` if there is none. */
  indexAfter(position: number): number {
    const items = this.items
    const n = items.length
    const hint = this.#hint
    if (hint < n && (items[hint] as R).end > position) {
      if (hint === 0 || (items[hint - 1] as R).end <= position) return hint
    } else if (hint + 1 < n && (items[hint + 1] as R).end > position) {
      return (this.#hint = hint + 1)
    }
    let low = 0
    let high = n
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((items[middle] as R).end > position) high = middle
      else low = middle + 1
    }
    this.#hint = low
    return low
  }

  /** The run that covers `position`. */
  at(position: number): R | undefined {
    const run = this.items[this.indexAfter(position)]
    return run !== undefined && run.start <= position ? run : undefined
  }

  /** The first run that ends after `position`: the one covering it, or the next one. */
  next(position: number): R | undefined {
    return this.items[this.indexAfter(position)]
  }

  /** The runs that touch [start, end), uncut. */
  over(start: number, end: number): R[] {
    const found: R[] = []
    for (let i = this.indexAfter(start); i < this.items.length; i++) {
      const run = this.items[i] as R
      if (run.start >= end) break
      found.push(run)
    }
    return found
  }

  /** Whether any run touches [start, end). */
  any(start: number, end: number): boolean {
    const run = this.next(start)
    return run !== undefined && run.start < end
  }

  /** Whether [start, end) is covered without a hole. */
  covers(start: number, end: number): boolean {
    let position = start
    for (let i = this.indexAfter(start); i < this.items.length; i++) {
      const run = this.items[i] as R
      if (run.start > position) return false
      position = run.end
      if (position >= end) return true
    }
    return position >= end
  }

  /** Positions in [start, end) that runs cover. */
  covered(start: number, end: number): number {
    let sum = 0
    for (let i = this.indexAfter(start); i < this.items.length; i++) {
      const run = this.items[i] as R
      if (run.start >= end) break
      sum += Math.min(run.end, end) - Math.max(run.start, start)
    }
    return sum
  }

  #cutAt(position: number): number {
    const i = this.indexAfter(position)
    const run = this.items[i]
    if (run === undefined || run.start >= position) return i
    const rest = this.#kind.part(run, position, run.end)
    run.end = position
    this.items.splice(i + 1, 0, rest)
    return i + 1
  }

  /**
   * Cuts at both ends and returns the runs inside [start, end). They may be changed in place, after which
   * {@link heal} joins what has become equal.
   */
  cut(start: number, end: number): R[] {
    if (start >= end) return []
    const from = this.#cutAt(start)
    const to = this.#cutAt(end)
    if (to === from + 1) return [this.items[from] as R]
    return this.items.slice(from, to)
  }

  /** Joins neighbours of equal state in and around [start, end). */
  heal(start: number, end: number): void {
    const items = this.items
    let i = this.indexAfter(start)
    if (i > 0) i--
    let write = i
    let read = i + 1
    for (; read < items.length; read++) {
      const last = items[write] as R
      const run = items[read] as R
      if (last.start > end) break
      if (last.end === run.start && this.#kind.continues(last, run)) last.end = run.end
      else {
        write++
        if (write !== read) items[write] = run
      }
    }
    if (write + 1 < read) items.splice(write + 1, read - write - 1)
  }

  /** Empties [start, end); returns what was there. */
  take(start: number, end: number): R[] {
    if (start >= end) return []
    const from = this.#cutAt(start)
    const to = this.#cutAt(end)
    return to > from ? this.items.splice(from, to - from) : []
  }

  /** Adds a run where nothing is, joining it with equal neighbours. */
  insert(run: R): void {
    const items = this.items
    const last = items[items.length - 1]
    let i = last === undefined || last.end <= run.start ? items.length : this.indexAfter(run.start)
    const before = items[i - 1]
    if (before !== undefined && before.end === run.start && this.#kind.continues(before, run)) {
      before.end = run.end
      i--
    } else if (i === items.length) items.push(run)
    else items.splice(i, 0, run)
    const grown = items[i] as R
    const after = items[i + 1]
    if (after !== undefined && after.start === grown.end && this.#kind.continues(grown, after)) {
      grown.end = after.end
      items.splice(i + 1, 1)
    }
    this.#hint = i
  }

  /** Replaces whatever [run.start, run.end) holds. */
  put(run: R): void {
    this.take(run.start, run.end)
    this.insert(run)
  }
}

/** A run without state: a set of positions. */
export const SPAN: RunKind<Run> = {
  part: (_run, start, end) => ({ start, end }),
  continues: () => true,
}
