/**
 * Work: what the kernel did, in units that a cost table can price, and the lock it was done under. Rules state work;
 * nothing in the engine turns it into time except the cost table.
 */
export const WORK_KINDS = [
  /** Entries into the page fault handler from user space. */
  'trap',
  /** Steps of get_user_pages over a page (populate, pin). */
  'populateStep',
  'clearSmallPage',
  /** Pages of 4 KiB cleared as part of a larger folio. */
  'clearLargePage',
  /** 4 KiB units cleared for hugetlb pages. */
  'clearHugetlbPage',
  'copyPage',
  'mapZeroPage',
  'mapHugeZeroPage',
  'mapAnonPage',
  'mapAnonFolio',
  'mapHugePage',
  'mapCachePage',
  'faultAround',
  'allocShmemPage',
  'makeWritable',
  'dirtySharedPage',
  'splitPmd',
  'splitFolio',
  'collapseFolio',
  'mlockFolio',
  'munlockFolio',
  'walkPage',
  'walkPmd',
  'changeVma',
  'findVma',
  'zapPage',
  'zapPmd',
  'freePage',
  'copyPte',
  'copyPmd',
  'protectPage',
  'movePte',
  'movePmd',
  'swapOutPage',
  'swapInPage',
  'readFilePage',
  'pinPage',
  'unpinPage',
  'hugetlbFault',
] as const
export type WorkKind = (typeof WORK_KINDS)[number]

/**
 * Locks of an address space. `read-droppable` is the read lock of populate, given up while a fault waits for I/O;
 * `write-downgraded` is what munmap keeps while it frees pages.
 */
export const LOCK_MODES = [
  'none',
  'mmap-read',
  'mmap-read-droppable',
  'mmap-write',
  'mmap-write-downgraded',
  'vma-read',
] as const
export type LockMode = (typeof LOCK_MODES)[number]

/** A stretch of work under one lock. */
export interface Phase {
  readonly lock: LockMode
  readonly work: readonly { readonly kind: WorkKind; readonly amount: number }[]
}

interface OpenPhase {
  readonly lock: LockMode
  readonly work: { kind: WorkKind; amount: number }[]
}

/** Collects the work of one operation, phase by phase. */
export class WorkLog {
  #phases: OpenPhase[] = []
  #lock: LockMode = 'none'
  #open: OpenPhase | null = null

  holding(lock: LockMode): void {
    if (lock === this.#lock) return
    this.#lock = lock
    this.#open = null
  }

  spend(kind: WorkKind, amount: number): void {
    if (amount === 0) return
    let open = this.#open
    if (open === null) {
      open = { lock: this.#lock, work: [] }
      this.#open = open
      this.#phases.push(open)
    }
    for (const entry of open.work) {
      if (entry.kind === kind) {
        entry.amount += amount
        return
      }
    }
    open.work.push({ kind, amount })
  }

  /** Returns what was collected since the last call and starts afresh, with no lock held. */
  take(): readonly Phase[] {
    const phases = this.#phases
    this.#phases = []
    this.#open = null
    this.#lock = 'none'
    return phases
  }
}
