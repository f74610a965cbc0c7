/**
 * Work: what the kernel did, in units that a cost table can price, and the lock it was done under. Rules state work;
 * nothing in the engine turns it into time except the cost table.
 */
export const WORK_KINDS = [
  /** Ways into the kernel and back by a system call. */
  'systemCall',
  /** Page fault exceptions: from user code into the handler and back. */
  'trap',
  /** Faults served, whether user code or a call ran into them: handle_mm_fault(). */
  'handleFault',
  /** Faults that gave up the lock when all was done, and went through the handler once more. */
  'retryFault',
  /** Accesses of user code that needed no fault, one each page. */
  'touchPage',
  /** Entries that get_user_pages looks at (populate, pin): a huge page is one. */
  'populateStep',
  'clearSmallPage',
  /** Pages of 4 KiB cleared as part of a larger page: huge, hugetlb, multi-size. */
  'clearLargePage',
  /** Pages of 4 KiB read and written elsewhere. */
  'copyPage',
  'mapZeroPage',
  'mapHugeZeroPage',
  /** New anonymous pages: allocated, charged, put on the LRU, entered. Clearing them is counted apart. */
  'mapAnonPage',
  'mapAnonFolio',
  'mapHugePage',
  /** Entries made for pages of a page cache, with their share of the reverse map. */
  'mapCachePage',
  /** Windows that fault-around looked through, whether it found something to map or not. */
  'faultAround',
  /** Cached pages in such a window that could not be mapped: mapped already, or not up to date. */
  'skipCachedPage',
  /** New pages of shared memory: allocated, charged, entered into the cache. Clearing them is counted apart. */
  'allocShmemPage',
  /** Pages that a shared memory file accounts one by one; a shared anonymous mapping was accounted when mapped. */
  'accountShmemPage',
  /** Write-protected entries replaced by one to a copy: old entry taken out, translation flushed. */
  'breakCow',
  /** Write-protected entries made writable in place. */
  'makeWritable',
  'dirtySharedPage',
  /** Faults on a page that a file on disk has in its cache: filemap_fault() and the file system around it. */
  'filemapFault',
  /** Calls of page_mkwrite: the file system hears of the first write to a page. */
  'pageMkwrite',
  /** Pages among those for which the file had no block yet, so that one is set aside. */
  'reserveBlock',
  /** Runs of blocks that fallocate gives to a file on disk, each with a change to the journal, and their blocks of 4 KiB. */
  'allocExtent',
  'allocBlock',
  'splitPmd',
  'splitFolio',
  'collapseFolio',
  'mlockFolio',
  'munlockFolio',
  'walkPage',
  'walkPmd',
  'changeVma',
  'findVma',
  /** Entries of anonymous pages taken out, and those of pages of a page cache, which hear whether they were written. */
  'zapPage',
  'zapCachePage',
  'zapPmd',
  'freePage',
  /** Pages that leave a page cache before they are free. */
  'freeCachePage',
  /** Larger folios that go back to the allocator as one, and huge pages that go back to their pool. */
  'freeFolio',
  /** Transparent huge pages that go back to the allocator. */
  'freeHugePage',
  'copyPte',
  'copyPmd',
  'protectPage',
  'movePte',
  'movePmd',
  'swapOutPage',
  'swapInPage',
  /** Pages added to the cache of a file on disk. What is read from the disk, and clearing holes, is counted apart. */
  'addFilePage',
  /** Pages that come from the disk. */
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
