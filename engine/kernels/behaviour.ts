/**
 * Everything in which releases of the kernel have differed, as one record. No rule asks for a release; it reads a field
 * here. The baseline is 3.7, `changes.ts` lists what changed since.
 */
import type { Advice } from '../op.ts'
import type { AddressSpace, VmFlags } from '../mm/mm-types.ts'
import { VM_LOCKED } from '../mm/mm-types.ts'
import type { LockMode } from '../work.ts'

export interface KernelBehaviour {
  /** Soft and hard RLIMIT_MEMLOCK of the first process, in bytes. */
  readonly defaultMemlockBytes: number

  // Locking
  /** mlock2, MLOCK_ONFAULT, MCL_ONFAULT. */
  readonly mlock2: boolean
  /** The limit test of mlock does not count pages of the range that are locked already. */
  readonly mlockCreditsOverlap: boolean
  /** mlock and its like compare pinned and locked memory together with the limit. */
  readonly limitCountsPinned: boolean
  /** mm_mpin() and mm_munpin(). */
  readonly mpin: boolean
  /** Moves `nrPages` between the counters when an area's lock or pin flags change. */
  readonly accountLock: (mm: AddressSpace, before: VmFlags, after: VmFlags, nrPages: number) => void
  /** folio->mlock_count: marks are set and counted by the walks and at map time. Before: only by populate and new pages. */
  readonly mlockCount: boolean
  /** Populate marks the pages it passes. */
  readonly populateMarks: boolean
  /** Which page cache folios a fault into a locked area marks. */
  readonly mlockFilePagesAtMap: 'never' | 'small' | 'whole-folios'
  readonly mlockShmemPmdAtMap: boolean
  /** A mlock walk marks a large folio mapped by small entries if it maps all of it. */
  readonly mlockWholePteMappedFolio: boolean
  readonly splitPmdKeepsMlock: boolean
  /** Whether a page swapped into a locked area is marked. */
  readonly swapInMarks: 'always' | 'never'
  readonly mprotectPopulates: boolean
  /** Populate of mmap, brk and mremap runs inside their write-locked section. */
  readonly populateUnderWriteLock: boolean
  readonly secretmem: 'none' | 'locked-at-mmap' | 'charged-at-touch'

  // Areas
  /** An area that has had anonymous pages may merge into a neighbour that has not. */
  readonly mergesIntoUnfaulted: boolean
  /** Flags that may differ between areas that merge. */
  readonly flagsIgnoredInMerge: VmFlags
  readonly mapStackIsNohugepage: boolean
  readonly droppable: boolean
  /** Removing write access from an untouched private area gives its commit charge back. */
  readonly mprotectDropsAccount: boolean
  /** Which private entries mprotect makes writable at once. */
  readonly mprotectUpgrades: 'never' | 'owned-dirty' | 'owned'
  readonly mprotectUpgradesShared: boolean

  // mremap
  readonly mremapDontunmap: 'none' | 'anonymous' | 'any'
  /** When a missing source is noticed: before anything is changed, or after the destination is unmapped. */
  readonly mremapLooksFirst: 'late' | 'first' | 'after-checks'
  readonly mremapMovesSeveral: boolean
  readonly failingMremapChangesNothing: boolean
  readonly mremapGrowthMerges: boolean
  readonly dontunmapUnlocks: 'whole-area' | 'moved-part'
  readonly dontunmapChargesTwice: boolean
  /** MREMAP_DONTUNMAP of a part leaves the rest of the old area charged though it is no longer locked. */
  readonly dontunmapDropsAccount: boolean

  // Advice
  readonly advices: ReadonlySet<Advice>
  readonly madviseLock: (advice: Advice) => LockMode
  readonly populateStopsAtHole: boolean
  readonly dontneedHugetlb: boolean
  /** MADV_COLD, PAGEOUT and FREE split every large folio mapped by small entries, not only those that are cut. */
  readonly adviceSplitsPteMapped: boolean
  readonly removeNeedsMayWriteOnly: boolean
  readonly collapseOfLessThanBlockIsFine: boolean
  /** Bits of VM_MAYBE_GUARD that guard regions set. */
  readonly guardFlag: VmFlags

  // Faults
  /** prctl(PR_SET_THP_DISABLE) with PR_THP_DISABLE_EXCEPT_ADVISED. */
  readonly thpDisableExceptAdvised: boolean
  readonly faultAround: boolean
  /** PageAnonExclusive: ownership of anonymous pages is remembered instead of counted. */
  readonly anonExclusive: boolean
  readonly reuseLargeFolio: 'never' | 'last-page' | 'unshared'
  readonly sharedWriteIsMajor: boolean
  readonly hugetlbFaultsCountInCalls: boolean
  readonly writeOverHugeZeroPageIsHuge: boolean
  /** A huge page put into a read-only area has a dirty entry. */
  readonly newHugePmdDirty: boolean
  readonly splitPmdKeepsDirty: boolean
  readonly splitDropsZeroPages: boolean
  /** Truncation splits a large folio into the largest pieces instead of single pages. */
  readonly splitsNonUniformly: boolean
  /** Writes into shared memory get folios between 8 KiB and 1 MiB (within_size). */
  readonly shmemWritesLargeFolios: boolean
  /** MADV_COLLAPSE takes blocks in which no entry is writable. */
  readonly collapsesReadOnly: boolean
  /** brk refuses to shrink a heap that is not mapped. */
  readonly brkShrinkNeedsMapping: boolean
  readonly mthp: boolean
  readonly shmemHugeNeedsSuitableVma: boolean
  /** A fault maps the whole folio of shared memory, or of a file, that it lands on. */
  readonly shmemFaultMapsFolio: boolean
  readonly fileFaultMapsFolio: boolean
  readonly freeEmptyTables: boolean
  readonly forkCopiesSharedHugetlb: boolean
  readonly swapInReadIsWritable: boolean
  /** A page that is read for the first time counts as a minor fault: the fault is retried under the mmap lock. */
  readonly fileFaultsUnderVmaLock: boolean
  /** Which page faults do with the lock of their area instead of the mmap lock. */
  readonly faultsUnderVmaLock: 'none' | 'anonymous' | 'cached-reads' | 'all'
  /** A read of anonymous memory that was never written needs the mmap lock all the same. */
  readonly readsNeedAnonVma: boolean
  /** A truncation that cuts a large folio marks all of it dirty. */
  readonly truncateDirtiesFolio: boolean
  /** Unmapping a dirty huge mapping of shared memory makes the page dirty. */
  readonly zapHugeKeepsDirty: boolean
  /** The overlap that mlock credits is computed without minding that the range may wrap. */
  readonly mlockCreditWraps: boolean
  /** Entries of a per-CPU folio batch (PAGEVEC_SIZE). */
  readonly folioBatchSize: number
  /** MREMAP_DONTUNMAP from the middle of an accounted area marks the area behind it as accounted. */
  readonly dontunmapAccountsNext: boolean
  /** mremap moves hugetlb mappings. */
  readonly mremapMovesHugetlb: boolean
  /** MREMAP_DONTUNMAP of a whole area makes the old one forget whose pages it held. */
  readonly dontunmapForgetsPages: boolean
  /** A mapping that cannot replace what is there fails with that call's own error instead of ENOMEM. */
  readonly mmapKeepsUnmapError: boolean
  /** mmap into a hole joins the area behind it where it cannot join both. */
  readonly mmapPrefersNext: boolean
  /** hugetlb pages given back by MADV_DONTNEED stay promised to the mapping. */
  readonly hugetlbKeepsReservation: boolean
  /** Pinning shared pages of a disk file is refused before anything is faulted in. */
  readonly pinChecksFileFirst: boolean
  /** MADV_COLLAPSE takes files of a disk file system. */
  readonly collapsesFiles: boolean
  /** How within_size compares a block with the file: by its start, by its end, or by the size rounded up. */
  readonly shmemWithinSize: 'block-start' | 'block-end' | 'rounded-up'
  /** Swap-in of shared entries reads the neighbours too. */
  readonly swapInReadsAhead: boolean
  /** Fast swap devices go through the swap cache; a page that leaves it counts as dirty. */
  readonly swapInThroughCache: boolean
  /** Swap-in from a fast device brings back large folios. */
  readonly swapInLargeFolios: boolean
  /** Unmapping leaves munlocks queued, so that a page locked again in the same call ends up unmarked. */
  readonly munlockQueueOutlivesUnmap: boolean
  readonly shmemSwapReadAhead: boolean

  // Pins
  /** Pages that the memory of a small ring takes from the user's limit. */
  readonly ringMemoryPages: number
  readonly pinsCountWithCapability: boolean

  // What /proc shows
  readonly printsLockOnFault: boolean
  readonly printsGuard: boolean
  /** smaps leaves out huge mappings of areas without any access right. */
  readonly smapsHidesInaccessiblePmd: boolean
}

/** mlock_fixup() of every release: the length is counted once, when VM_LOCKED comes or goes. */
export function accountLocked(mm: AddressSpace, before: VmFlags, after: VmFlags, nrPages: number): void {
  if (!(before & VM_LOCKED) && after & VM_LOCKED) mm.lockedVm += nrPages
  if (before & VM_LOCKED && !(after & VM_LOCKED)) mm.lockedVm -= nrPages
}

/** madvise_need_mmap_write(): advice that does not change areas gets by with the read lock. */
const READ_LOCKED: ReadonlySet<Advice> = new Set<Advice>([
  'remove',
  'willneed',
  'dontneed',
  'dontneed_locked',
  'cold',
  'pageout',
  'free',
  'collapse',
  'guard_install',
  'guard_remove',
])

/** The lock that an advice is carried out under: populate gives its read lock up while a fault waits for I/O. */
function madviseLock(advice: Advice): LockMode {
  if (advice === 'populate_read' || advice === 'populate_write') return 'mmap-read-droppable'
  return READ_LOCKED.has(advice) ? 'mmap-read' : 'mmap-write'
}

/** The kernel of 3.7, before mm_populate(). */
export const BASELINE: KernelBehaviour = {
  defaultMemlockBytes: 64 * 1024,
  mlock2: false,
  mlockCreditsOverlap: false,
  limitCountsPinned: false,
  mpin: false,
  accountLock: accountLocked,
  mlockCount: false,
  populateMarks: true,
  mlockFilePagesAtMap: 'never',
  mlockShmemPmdAtMap: false,
  mlockWholePteMappedFolio: false,
  splitPmdKeepsMlock: false,
  swapInMarks: 'never',
  mprotectPopulates: false,
  populateUnderWriteLock: true,
  secretmem: 'none',
  mergesIntoUnfaulted: false,
  flagsIgnoredInMerge: 0,
  mapStackIsNohugepage: false,
  droppable: false,
  mprotectDropsAccount: false,
  mprotectUpgrades: 'never',
  mprotectUpgradesShared: true,
  mremapDontunmap: 'none',
  mremapLooksFirst: 'late',
  mremapMovesSeveral: false,
  failingMremapChangesNothing: false,
  mremapGrowthMerges: false,
  dontunmapUnlocks: 'whole-area',
  dontunmapChargesTwice: false,
  dontunmapDropsAccount: false,
  advices: new Set<Advice>([
    'normal',
    'random',
    'sequential',
    'willneed',
    'dontneed',
    'remove',
    'dontfork',
    'dofork',
    'hugepage',
    'nohugepage',
  ]),
  madviseLock,
  populateStopsAtHole: false,
  dontneedHugetlb: false,
  adviceSplitsPteMapped: true,
  removeNeedsMayWriteOnly: false,
  collapseOfLessThanBlockIsFine: false,
  guardFlag: 0,
  thpDisableExceptAdvised: false,
  faultAround: false,
  anonExclusive: false,
  reuseLargeFolio: 'last-page',
  sharedWriteIsMajor: true,
  hugetlbFaultsCountInCalls: false,
  writeOverHugeZeroPageIsHuge: false,
  newHugePmdDirty: true,
  splitPmdKeepsDirty: false,
  splitDropsZeroPages: false,
  splitsNonUniformly: false,
  shmemWritesLargeFolios: false,
  collapsesReadOnly: false,
  brkShrinkNeedsMapping: false,
  mthp: false,
  shmemHugeNeedsSuitableVma: false,
  shmemFaultMapsFolio: false,
  fileFaultMapsFolio: false,
  freeEmptyTables: false,
  forkCopiesSharedHugetlb: true,
  swapInReadIsWritable: false,
  fileFaultsUnderVmaLock: false,
  faultsUnderVmaLock: 'none',
  readsNeedAnonVma: true,
  truncateDirtiesFolio: false,
  zapHugeKeepsDirty: false,
  mlockCreditWraps: true,
  folioBatchSize: 15,
  dontunmapAccountsNext: true,
  mremapMovesHugetlb: false,
  dontunmapForgetsPages: false,
  mmapKeepsUnmapError: false,
  mmapPrefersNext: false,
  hugetlbKeepsReservation: false,
  pinChecksFileFirst: false,
  collapsesFiles: false,
  shmemWithinSize: 'block-start',
  swapInReadsAhead: true,
  swapInThroughCache: false,
  swapInLargeFolios: false,
  munlockQueueOutlivesUnmap: false,
  shmemSwapReadAhead: true,
  ringMemoryPages: 0,
  pinsCountWithCapability: true,
  printsLockOnFault: false,
  printsGuard: false,
  smapsHidesInaccessiblePmd: false,
}
