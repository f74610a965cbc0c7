/**
 * Reclaim page by page, as the kernel's classic lists do it (mm/vmscan.c, mm/workingset.c): a slow second opinion on
 * populations. Anonymous pages under one limit, swap that answers at once.
 */
const SWAP_CLUSTER_MAX = 32
const DEF_PRIORITY = 12

const OUT = 0
const INACTIVE = 1
const ACTIVE = 2
const UNEVICTABLE = 3

/** A queue of page numbers: in at the head, out at the tail. */
class Queue {
  readonly #next: Int32Array
  readonly #previous: Int32Array
  readonly #end: number
  length = 0

  constructor(pages: number) {
    this.#end = pages
    this.#next = new Int32Array(pages + 1).fill(pages)
    this.#previous = new Int32Array(pages + 1).fill(pages)
  }

  add(page: number): void {
    const first = this.#next[this.#end] ?? 0
    this.#next[page] = first
    this.#previous[page] = this.#end
    this.#previous[first] = page
    this.#next[this.#end] = page
    this.length++
  }

  take(): number {
    const page = this.#previous[this.#end] ?? 0
    const before = this.#previous[page] ?? 0
    this.#previous[this.#end] = before
    this.#next[before] = this.#end
    this.length--
    return page
  }
}

export class LruPages {
  readonly #limit: number
  readonly #inactive: Queue
  readonly #active: Queue
  readonly #state: Uint8Array
  readonly #young: Uint8Array
  readonly #referenced: Uint8Array
  readonly #onFault: Uint8Array
  /** Age of the lists when the page was evicted; negative if it never was. */
  readonly #shadow: Float64Array
  #age = 0
  #activations = 0
  /** What reclaim believes: the cgroup's statistics as of the last flush, and the activations the last call saw. */
  #stats = { inactive: 0, active: 0, activations: 0 }
  #activationsSeen = 0
  locked = 0
  minorFaults = 0
  majorFaults = 0
  out = 0

  constructor(pages: number, limitPages: number) {
    this.#limit = limitPages
    this.#inactive = new Queue(pages)
    this.#active = new Queue(pages)
    this.#state = new Uint8Array(pages)
    this.#young = new Uint8Array(pages)
    this.#referenced = new Uint8Array(pages)
    this.#onFault = new Uint8Array(pages)
    this.#shadow = new Float64Array(pages).fill(-1)
  }

  get resident(): number {
    return this.#inactive.length + this.#active.length + this.locked
  }

  get active(): number {
    return this.#active.length
  }

  /** MLOCK_ONFAULT before anything was touched. */
  lockOnFault(from: number, to: number): void {
    this.#onFault.fill(1, from, to)
  }

  /** Brings the statistics up to date, as a read of memory.stat or the periodic flush does. */
  flushStats(): void {
    this.#stats = {
      inactive: this.#inactive.length,
      active: this.#active.length,
      activations: this.#activations,
    }
  }

  touch(page: number): void {
    if (this.#state[page] === OUT) this.#fault(page)
    this.#young[page] = 1
  }

  #fault(page: number): void {
    while (this.resident >= this.#limit) this.#reclaim()
    const shadow = this.#shadow[page] ?? -1
    this.#referenced[page] = 0
    if (shadow < 0) this.minorFaults++
    else {
      this.majorFaults++
      this.out--
    }
    if (this.#onFault[page] === 1) {
      this.#state[page] = UNEVICTABLE
      this.locked++
    } else if (shadow >= 0 && this.#age - shadow <= this.#active.length) {
      this.#activations++
      this.#activate(page)
    } else {
      this.#state[page] = INACTIVE
      this.#inactive.add(page)
    }
  }

  #activate(page: number): void {
    this.#age++
    this.#state[page] = ACTIVE
    this.#active.add(page)
  }

  /** One call of try_to_free_mem_cgroup_pages(). */
  #reclaim(): void {
    let got = 0
    for (let priority = DEF_PRIORITY; priority >= 0 && got < SWAP_CLUSTER_MAX; priority--)
      got += this.#shrink(priority)
    this.#activationsSeen = this.#stats.activations
  }

  #shrink(priority: number): number {
    const deactivates = this.#activationsSeen !== this.#stats.activations || this.#isInactiveLow()
    let [inactive, active] = [this.#inactive.length >> priority, this.#active.length >> priority]
    let got = 0
    while (inactive > 0) {
      const some = Math.min(inactive, SWAP_CLUSTER_MAX)
      inactive -= some
      got += this.#shrinkInactive(some)
      const others = Math.min(active, SWAP_CLUSTER_MAX)
      active -= others
      if (deactivates) this.#shrinkActive(others)
      if (got >= SWAP_CLUSTER_MAX) break
    }
    if (this.#isInactiveLow()) this.#shrinkActive(SWAP_CLUSTER_MAX)
    return got
  }

  #isInactiveLow(): boolean {
    return this.#stats.inactive < this.#stats.active // lists below 1 GiB
  }

  #shrinkActive(pages: number): void {
    for (let i = 0; i < pages && this.#active.length > 0; i++) {
      const page = this.#active.take()
      this.#young[page] = 0
      this.#state[page] = INACTIVE
      this.#inactive.add(page)
    }
  }

  /** folio_check_references() of each of them. */
  #shrinkInactive(pages: number): number {
    const kept: number[] = []
    const activated: number[] = []
    let got = 0
    for (let i = 0; i < pages && this.#inactive.length > 0; i++) {
      const page = this.#inactive.take()
      if (this.#young[page] === 1) {
        this.#young[page] = 0
        if (this.#referenced[page] === 1) activated.push(page)
        else kept.push(page)
        this.#referenced[page] = 1
      } else {
        this.#state[page] = OUT
        this.#shadow[page] = this.#age++
        this.out++
        got++
      }
    }
    for (const page of kept) this.#inactive.add(page)
    for (const page of activated) this.#activate(page)
    return got
  }
}
