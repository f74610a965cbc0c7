/**
 * What changed in the kernel, one entry each, with the release that had it first. The interface shows `effect` and
 * `commit` as they stand.
 */
import type { Advice } from '../op.ts'
import { VM_LOCKED, VM_MAYBE_GUARD, VM_PINNED, type AddressSpace, type VmFlags } from '../mm/mm-types.ts'
import type { KernelBehaviour } from './behaviour.ts'

export interface KernelChange {
  readonly id: string
  /** First mainline release; null for what was never merged and is only ever added by name. */
  readonly since: string | null
  readonly commit?: string
  readonly subject?: string
  readonly effect: string
  readonly apply: (behaviour: KernelBehaviour) => KernelBehaviour
}

/** Sets plain fields. */
function set(fields: Partial<KernelBehaviour>): (b: KernelBehaviour) => KernelBehaviour {
  return b => ({ ...b, ...fields })
}

function withAdvice(...names: Advice[]): (b: KernelBehaviour) => KernelBehaviour {
  return b => ({ ...b, advices: new Set([...b.advices, ...names]) })
}

/** The eight transitions of the VM_PINNED proposal: a page counts once, as pinned if it is pinned, else as locked. */
function accountPinned(mm: AddressSpace, before: VmFlags, after: VmFlags, nrPages: number): void {
  const counted = (flags: VmFlags): 'pinned' | 'locked' | null =>
    flags & VM_PINNED ? 'pinned' : flags & VM_LOCKED ? 'locked' : null
  const was = counted(before)
  const is = counted(after)
  if (was === is) return
  if (was === 'pinned') mm.pinnedVm -= nrPages
  if (was === 'locked') mm.lockedVm -= nrPages
  if (is === 'pinned') mm.pinnedVm += nrPages
  if (is === 'locked') mm.lockedVm += nrPages
}

/** More kinds of faults follow the anonymous ones; without those, none do. */
function underVmaLock(
  b: KernelBehaviour,
  kinds: KernelBehaviour['faultsUnderVmaLock'],
): KernelBehaviour['faultsUnderVmaLock'] {
  return b.faultsUnderVmaLock === 'none' ? 'none' : kinds
}

export const CHANGES: readonly KernelChange[] = [
  {
    id: 'mm-populate',
    since: '3.9',
    commit: 'bebeb3d68b24',
    subject: 'mm: introduce mm_populate() for populating new vmas',
    effect: 'mmap, brk and mremap populate after the write lock is released, under the read lock.',
    apply: set({ populateUnderWriteLock: false }),
  },
  {
    id: 'fault-around',
    since: '3.15',
    commit: '8c6e50b0290c',
    subject: 'mm: introduce vm_ops->map_pages()',
    effect: 'A read fault on a file maps the cached pages of the 64 KiB around it.',
    apply: set({ faultAround: true }),
  },
  {
    id: 'mprotect-populates',
    since: '4.2',
    commit: '36f881883c57',
    subject: 'mm: fix mprotect() behaviour on VM_LOCKED VMAs',
    effect: 'A private locked area that becomes writable is populated inside mprotect.',
    apply: set({ mprotectPopulates: true }),
  },
  {
    id: 'mlock2',
    since: '4.4',
    commit: 'de60f5f10c58',
    subject: 'mm: introduce VM_LOCKONFAULT',
    effect: 'mlock2(MLOCK_ONFAULT) and mlockall(MCL_ONFAULT) lock pages when they are faulted in.',
    apply: set({ mlock2: true }),
  },
  {
    id: 'madv-free',
    since: '4.5',
    commit: '854e9ed09ded',
    subject: 'mm: support madvise(MADV_FREE)',
    effect: 'MADV_FREE gives anonymous pages up lazily.',
    apply: withAdvice('free'),
  },
  {
    id: 'mlock-counts-overlap-once',
    since: '4.9',
    commit: '0cf2f6f6dc60',
    subject: 'mm: mlock: check against vma for actual mlock() size',
    effect: 'Pages of the range that are already locked are not charged again.',
    apply: set({ mlockCreditsOverlap: true }),
  },
  {
    id: 'madv-wipeonfork',
    since: '4.14',
    commit: 'd2cd9ede6e19',
    subject: 'mm,fork: introduce MADV_WIPEONFORK',
    effect: 'MADV_WIPEONFORK and MADV_KEEPONFORK.',
    apply: withAdvice('wipeonfork', 'keeponfork'),
  },
  {
    id: 'madv-cold-pageout',
    since: '5.4',
    commit: '1a4e58cce84e',
    subject: 'mm: introduce MADV_PAGEOUT',
    effect: 'MADV_COLD and MADV_PAGEOUT.',
    apply: withAdvice('cold', 'pageout'),
  },
  {
    id: 'mremap-dontunmap',
    since: '5.7',
    commit: 'e346b3813067',
    subject: 'mm/mremap: add MREMAP_DONTUNMAP to mremap()',
    effect: 'mremap can leave the emptied source of private anonymous memory mapped.',
    apply: set({ mremapDontunmap: 'anonymous' }),
  },
  {
    id: 'mremap-dontunmap-shared',
    since: '5.13',
    commit: 'a4609387859f',
    subject: 'mm: extend MREMAP_DONTUNMAP to non-anonymous mappings',
    effect: 'MREMAP_DONTUNMAP takes shared and file mappings too.',
    apply: set({ mremapDontunmap: 'any' }),
  },
  {
    id: 'madv-populate',
    since: '5.14',
    commit: '4ca9b3859dac',
    subject: 'mm/madvise: introduce MADV_POPULATE_(READ|WRITE) to prefault page tables',
    effect: 'MADV_POPULATE_READ and MADV_POPULATE_WRITE fault memory in and report what cannot be had.',
    apply: withAdvice('populate_read', 'populate_write'),
  },
  {
    id: 'secretmem',
    since: '5.14',
    commit: '1507f51255c9',
    subject: 'mm: introduce memfd_secret system call to create "secret" memory areas',
    effect: 'memfd_secret: its mappings are always locked and charged at mmap.',
    apply: set({ secretmem: 'locked-at-mmap' }),
  },
  {
    id: 'mremap-dontunmap-forgets',
    since: '5.13',
    effect: 'MREMAP_DONTUNMAP of a whole area makes the old one forget whose pages it held.',
    apply: set({ dontunmapForgetsPages: true }),
  },
  {
    id: 'memlock-8m',
    since: '5.16',
    commit: '9dcc38e2813e',
    subject: 'Increase default MLOCK_LIMIT to 8 MiB',
    effect: 'The default RLIMIT_MEMLOCK is 8 MiB instead of 64 KiB.',
    apply: set({ defaultMemlockBytes: 8 * 1024 * 1024 }),
  },
  {
    id: 'mremap-hugetlb',
    since: '5.16',
    commit: '550a7d60bd5e',
    subject: 'mm, hugepages: add mremap() support for hugepage backed vma',
    effect: 'mremap moves hugetlb mappings.',
    apply: set({ mremapMovesHugetlb: true }),
  },
  {
    id: 'mremap-growth-merges',
    since: '6.0',
    commit: 'ca3d76b0aa80',
    subject: 'mm: add merging after mremap resize',
    effect: 'An area that grows in place merges with the one it meets.',
    apply: set({ mremapGrowthMerges: true }),
  },
  {
    id: 'madv-dontneed-locked',
    since: '5.18',
    commit: '9457056ac426',
    subject: 'mm: madvise: MADV_DONTNEED_LOCKED',
    effect: 'MADV_DONTNEED_LOCKED drops pages of locked areas.',
    apply: withAdvice('dontneed_locked'),
  },
  {
    id: 'dontneed-hugetlb',
    since: '5.18',
    commit: '90e7e7f5ef3f',
    subject: 'mm: enable MADV_DONTNEED for hugetlb mappings',
    effect: 'MADV_DONTNEED drops hugetlb pages.',
    apply: set({ dontneedHugetlb: true }),
  },
  {
    id: 'mlock-count',
    since: '5.18',
    commit: '07ca76067308',
    subject: 'mm/munlock: maintain page->mlock_count while unevictable',
    effect:
      'Folios count their lockers; the mlock walk and every mapping of a page into a locked area mark it.',
    apply: set({
      mlockCount: true,
      populateMarks: false,
      mlockFilePagesAtMap: 'small',
      mlockShmemPmdAtMap: true,
      swapInMarks: 'always',
    }),
  },
  {
    id: 'truncate-dirties-folio',
    since: '5.17',
    effect: 'A truncation that cuts a large folio of shared memory marks all of it dirty.',
    apply: set({ truncateDirtiesFolio: true }),
  },
  {
    id: 'mlock-credit-minds-wrapping',
    since: '5.19',
    effect: 'A range that wraps is no longer credited with more locked pages than there are.',
    apply: set({ mlockCreditWraps: false }),
  },
  {
    id: 'anon-exclusive',
    since: '5.19',
    commit: '6c287605fd56',
    subject: 'mm: remember exclusively mapped anonymous pages with PG_anon_exclusive',
    effect: 'Pages that one mapping owns are written again without a copy.',
    apply: set({ anonExclusive: true }),
  },
  {
    id: 'shared-write-minor',
    since: '6.0',
    commit: 'd92725256b4f',
    subject: 'mm: avoid unnecessary page fault retires on shared memory types',
    effect: 'The first write to a shared page is no longer counted as a major fault.',
    apply: set({ sharedWriteIsMajor: false }),
  },
  {
    id: 'lazy-hugetlb-fork',
    since: '6.0',
    commit: 'bcd51a3c679d',
    subject: 'hugetlb: lazy page table copies in fork()',
    effect: 'fork leaves shared hugetlb mappings to faults.',
    apply: set({ forkCopiesSharedHugetlb: false }),
  },
  {
    id: 'dontunmap-leaves-next-alone',
    since: '6.1',
    effect: 'MREMAP_DONTUNMAP no longer marks the area behind the old one as accounted.',
    apply: set({ dontunmapAccountsNext: false }),
  },
  {
    id: 'smaps-hides-inaccessible',
    since: '6.1',
    effect: 'smaps leaves out huge mappings of areas without any access right.',
    apply: set({ smapsHidesInaccessiblePmd: true }),
  },
  {
    id: 'zap-huge-keeps-dirty',
    since: '6.1',
    effect: 'Unmapping a dirty huge mapping of shared memory makes the page dirty.',
    apply: set({ zapHugeKeepsDirty: true }),
  },
  {
    id: 'brk-shrink-needs-mapping',
    since: '6.1',
    commit: '2e7ce7d354f2',
    subject: 'mm/mmap: change do_brk_flags() to expand existing VMA and add do_brk_munmap()',
    effect: 'brk refuses to shrink a heap that is not mapped.',
    apply: set({ brkShrinkNeedsMapping: true }),
  },
  {
    id: 'shmem-within-size-block-end',
    since: '6.1',
    effect: 'within_size allows a huge page of shared memory only if the whole block lies inside the file.',
    apply: set({ shmemWithinSize: 'block-end' }),
  },
  {
    id: 'mmap-prefers-next',
    since: '6.1',
    effect: 'mmap into a hole joins the area behind it where it cannot join both.',
    apply: set({ mmapPrefersNext: true }),
  },
  {
    id: 'mremap-looks-first',
    since: '6.0',
    effect: 'mremap looks for its source before it changes anything.',
    apply: set({ mremapLooksFirst: 'first' }),
  },
  {
    id: 'mprotect-upgrades-dirty',
    since: '6.0',
    commit: '64fe24a3e05e',
    subject: 'mm/mprotect: try avoiding write faults for exclusive anonymous pages when changing protection',
    effect: 'mprotect makes owned pages that are dirty writable at once.',
    apply: set({ mprotectUpgrades: 'owned-dirty' }),
  },
  {
    id: 'madv-collapse',
    since: '6.1',
    commit: '7d8faaf15545',
    subject: 'mm/madvise: introduce MADV_COLLAPSE sync hugepage collapse',
    effect: 'MADV_COLLAPSE makes huge pages on demand.',
    apply: withAdvice('collapse'),
  },
  {
    id: 'smaps-lf',
    since: '6.2',
    commit: '8614d6c5eda0',
    subject: 'mm: do not show fs mm pc for VM_LOCKONFAULT pages',
    effect: 'smaps shows lock-on-fault as lf instead of ??.',
    apply: set({ printsLockOnFault: true }),
  },
  {
    id: 'mprotect-upgrades-owned',
    since: '6.2',
    commit: '6a56ccbcf6c6',
    subject: 'mm/autonuma: use can_change_(pte|pmd)_writable() to replace savedwrite',
    effect: 'mprotect makes owned pages writable at once, clean and huge ones too.',
    apply: set({ mprotectUpgrades: 'owned' }),
  },
  {
    id: 'hugetlb-faults-counted',
    since: '6.6',
    commit: '4849807114b8',
    subject: 'mm/gup: retire follow_hugetlb_page()',
    effect: 'hugetlb faults inside mlock, mmap and madvise are counted.',
    apply: set({ hugetlbFaultsCountInCalls: true }),
  },
  {
    id: 'swap-in-writable',
    since: '6.11',
    commit: 'c18160dba5ff',
    subject: 'mm: swap: reuse exclusive folio directly instead of wp page faults',
    effect: 'A page swapped in by a read is mapped writable if this mapping owns it.',
    apply: set({ swapInReadIsWritable: true }),
  },
  {
    id: 'split-keeps-dirty',
    since: '6.3',
    commit: 'e833bc503405',
    subject: 'mm/thp: re-apply mkdirty for small pages after split',
    effect: 'Splitting a huge mapping keeps the dirty bits.',
    apply: set({ splitPmdKeepsDirty: true }),
  },
  {
    id: 'anonymous-faults-under-vma-lock',
    since: '6.4',
    commit: '0bff0aaea03e',
    subject: 'x86/mm: try VMA lock-based page fault handling first',
    effect:
      'Faults on anonymous memory take the lock of their area, so that a writer of the address space does not stop them.',
    apply: set({ faultsUnderVmaLock: 'anonymous' }),
  },
  {
    id: 'file-faults-under-vma-lock',
    since: '6.6',
    effect: 'Faults on cached file pages take the lock of the area instead of that of the address space.',
    apply: b => ({ ...b, fileFaultsUnderVmaLock: true, faultsUnderVmaLock: underVmaLock(b, 'cached-reads') }),
  },
  {
    id: 'smaps-shows-inaccessible',
    since: '6.6',
    effect: 'smaps shows huge mappings of areas without any access right again.',
    apply: set({ smapsHidesInaccessiblePmd: false }),
  },
  {
    id: 'all-faults-under-vma-lock',
    since: '6.7',
    effect: 'Every page fault takes the lock of its area, writes to files included.',
    apply: b => ({ ...b, faultsUnderVmaLock: underVmaLock(b, 'all') }),
  },
  {
    id: 'remove-needs-may-write',
    since: '6.7',
    commit: 'e8e17ee90eaf',
    subject: 'mm: drop the assumption that VM_SHARED always implies writable',
    effect: 'MADV_REMOVE works through read-only shared mappings of writable files.',
    apply: set({ removeNeedsMayWriteOnly: true }),
  },
  {
    id: 'mlock-large-folios',
    since: '6.7',
    commit: 'dc68badcede4',
    subject: 'mm: mlock: update mlock_pte_range to handle large folio',
    effect: 'One mlock call over a whole large folio marks it though it is mapped by small entries.',
    apply: set({ mlockWholePteMappedFolio: true, mlockShmemPmdAtMap: false }),
  },
  {
    id: 'map-stack-nohugepage',
    since: '6.7',
    commit: 'c4608d1bf7c6',
    subject: 'mm: mmap: map MAP_STACK to VM_NOHUGEPAGE',
    effect: 'MAP_STACK mappings get no huge pages.',
    apply: set({ mapStackIsNohugepage: true }),
  },
  {
    id: 'mprotect-drops-account',
    since: '6.7',
    commit: '9b9143298585',
    subject: 'mm/mprotect: allow unfaulted VMAs to be unaccounted on mprotect()',
    effect: 'Removing write access from an untouched private area gives its commit charge back.',
    apply: set({ mprotectDropsAccount: true }),
  },
  {
    id: 'mthp',
    since: '6.8',
    commit: '19eaf44954df',
    subject: 'mm: thp: support allocation of anonymous multi-size THP',
    effect: 'Anonymous faults can use folios between 16 KiB and 1 MiB.',
    apply: set({ mthp: true }),
  },
  {
    id: 'large-folio-never-reused',
    since: '6.8',
    effect: 'A page of a large folio that was shared is copied on write, the last one too.',
    apply: set({ reuseLargeFolio: 'never' }),
  },
  {
    id: 'populate-stops-at-hole',
    since: '6.9',
    commit: '631426ba1d45',
    subject: 'mm/madvise: make MADV_POPULATE_(READ|WRITE) handle VM_FAULT_RETRY properly',
    effect: 'MADV_POPULATE_* stops at the first hole instead of going on behind it.',
    apply: set({ populateStopsAtHole: true }),
  },
  {
    id: 'larger-folio-batches',
    since: '6.9',
    effect: 'Per-CPU batches hold 31 folios instead of 15.',
    apply: set({ folioBatchSize: 31 }),
  },
  {
    id: 'reads-need-no-anon-vma',
    since: '6.10',
    subject: 'mm: delay the check for a NULL anon_vma',
    effect:
      'Reads of anonymous memory that was never written take the lock of their area, not that of the address space.',
    apply: set({ readsNeedAnonVma: false }),
  },
  {
    id: 'advice-splits-cut-folios-only',
    since: '6.10',
    commit: '3931b871c493',
    subject: 'mm: madvise: avoid split during MADV_PAGEOUT and MADV_COLD',
    effect: 'MADV_COLD, PAGEOUT and FREE split only the large folios that the range cuts.',
    apply: set({ adviceSplitsPteMapped: false }),
  },
  {
    id: 'swap-in-unmarked',
    since: '6.11',
    commit: '9ae2feacedde',
    subject: 'mm: use folio_add_new_anon_rmap() if folio_test_anon(folio)==false',
    effect: 'Pages swapped into a locked area are not marked as mlocked until reclaim meets them.',
    apply: set({ swapInMarks: 'never' }),
  },
  {
    id: 'shmem-huge-suitable',
    since: '6.11',
    commit: 'e7a2ab7b3bb5',
    subject: 'mm: shmem: add mTHP support for anonymous shmem',
    effect: 'Huge pages of shared memory are allocated only where the mapping can map them as such.',
    apply: set({ shmemHugeNeedsSuitableVma: true }),
  },
  {
    id: 'shmem-fault-maps-folio',
    since: '6.11',
    commit: '43e027e41423',
    subject: 'mm: memory: extend finish_fault() to support large folio',
    effect: 'A fault maps the whole folio of shared memory.',
    apply: set({ shmemFaultMapsFolio: true }),
  },
  {
    id: 'map-droppable',
    since: '6.11',
    commit: '9651fcedf7b9',
    subject: 'mm: add MAP_DROPPABLE for designating always lazily freeable mappings',
    effect: 'MAP_DROPPABLE; such areas are never locked.',
    apply: set({ droppable: true }),
  },
  {
    id: 'split-drops-zero-pages',
    since: '6.12',
    commit: 'b1f202060afe',
    subject: 'mm: remap unused subpages to shared zeropage when splitting isolated thp',
    effect: 'Splitting a huge page replaces its all-zero pages by the zero page.',
    apply: set({ splitDropsZeroPages: true }),
  },
  {
    id: 'mmap-prefers-left',
    since: '6.12',
    effect: 'mmap into a hole joins the area before it where it cannot join both.',
    apply: set({ mmapPrefersNext: false }),
  },
  {
    id: 'mmap-keeps-unmap-error',
    since: '6.12',
    effect: 'A mapping that cannot replace part of a huge page fails with EINVAL instead of ENOMEM.',
    apply: set({ mmapKeepsUnmapError: true }),
  },
  {
    id: 'hugetlb-keeps-reservation',
    since: '6.12',
    effect: 'hugetlb pages given back by MADV_DONTNEED stay promised to the mapping.',
    apply: set({ hugetlbKeepsReservation: true }),
  },
  {
    id: 'pin-checks-file-first',
    since: '6.12',
    effect:
      'Pinning shared pages of a disk file is EFAULT before anything is faulted in, instead of EOPNOTSUPP after.',
    apply: set({ pinChecksFileFirst: true }),
  },
  {
    id: 'swap-in-large-folios',
    since: '6.12',
    commit: '242d12c98174',
    subject: 'mm: support large folios swap-in for sync io devices',
    effect: 'Swap-in from a fast device brings back large folios.',
    apply: set({ swapInLargeFolios: true }),
  },
  {
    id: 'guard-regions',
    since: '6.13',
    commit: '662df3e5c376',
    subject: 'mm: madvise: implement lightweight guard page mechanism',
    effect: 'MADV_GUARD_INSTALL and MADV_GUARD_REMOVE.',
    apply: withAdvice('guard_install', 'guard_remove'),
  },
  {
    id: 'write-over-huge-zero-page',
    since: '6.13',
    commit: '1ced09e0331f',
    subject: 'mm: allocate THP on hugezeropage wp-fault',
    effect: 'A write over the huge zero page gets a huge page instead of small ones.',
    apply: set({ writeOverHugeZeroPageIsHuge: true }),
  },
  {
    id: 'free-empty-tables',
    since: '6.14',
    commit: '6375e95f381e',
    subject: 'mm: pgtable: reclaim empty PTE page in madvise(MADV_DONTNEED)',
    effect: 'MADV_DONTNEED of whole 2 MiB blocks frees their page tables.',
    apply: set({ freeEmptyTables: true }),
  },
  {
    id: 'shmem-swap-in-alone',
    since: '6.14',
    commit: '1dd44c0af4fa',
    subject: 'mm: shmem: skip swapcache for swapin of synchronous swap device',
    effect: 'Shared memory comes back from a fast swap device page by page.',
    apply: set({ shmemSwapReadAhead: false }),
  },
  {
    id: 'shmem-writes-large-folios',
    since: '6.14',
    commit: 'acd7ccb284b8',
    subject: 'mm: shmem: add large folio support for tmpfs',
    effect: 'Writes into shared memory with within_size get the largest folios that fit the file.',
    apply: set({ shmemWritesLargeFolios: true }),
  },
  {
    id: 'split-non-uniformly',
    since: '6.15',
    commit: '58729c04cf10',
    subject: 'mm/huge_memory: add buddy allocator like (non-uniform) folio_split()',
    effect: 'Truncation splits large folios into the largest pieces that allow it.',
    apply: set({ splitsNonUniformly: true }),
  },
  {
    id: 'reuse-unshared-large-folios',
    since: '6.15',
    commit: '1da190f4d0a6',
    subject: 'mm: Copy-on-Write (COW) reuse support for PTE-mapped THP',
    effect: 'Pages of a large folio that nobody shares any more are written again without a copy.',
    apply: set({ reuseLargeFolio: 'unshared' }),
  },
  {
    id: 'merge-into-unfaulted',
    since: '6.16',
    commit: '879bca0a2c4f',
    subject: 'mm/vma: fix incorrectly disallowed anonymous VMA merges',
    effect: 'An area that has had anonymous pages merges into a neighbour that has not.',
    apply: set({ mergesIntoUnfaulted: true }),
  },
  {
    id: 'mremap-rewrite',
    since: '6.15',
    commit: 'd5c8aec0542e',
    subject: 'mm/mremap: initial refactor of move_vma()',
    effect:
      'MREMAP_DONTUNMAP of locked memory charges the moved length a second time, for ever, and unlocks the whole old area.',
    apply: set({ dontunmapChargesTwice: true, dontunmapUnlocks: 'whole-area' }),
  },
  {
    id: 'ring-memory-charged',
    since: '6.16',
    effect: "io_uring's ring memory counts against the user's limit.",
    apply: set({ ringMemoryPages: 2 }),
  },
  {
    id: 'dontneed-under-vma-lock',
    since: '6.17',
    effect: 'MADV_DONTNEED takes the lock of the area instead of that of the address space.',
    apply: b => ({
      ...b,
      madviseLock: advice =>
        advice === 'dontneed' || advice === 'dontneed_locked' ? 'vma-read' : b.madviseLock(advice),
    }),
  },
  {
    id: 'mremap-several-areas',
    since: '6.17',
    commit: 'd23cb648e365',
    subject: 'mm/mremap: permit mremap() move of multiple VMAs',
    effect: 'mremap moves several areas at once, and a call that fails changes nothing.',
    apply: set({
      mremapMovesSeveral: true,
      failingMremapChangesNothing: true,
      mremapLooksFirst: 'after-checks',
    }),
  },
  {
    id: 'collapse-read-only',
    since: '6.18',
    subject: 'mm: enable khugepaged anonymous collapse on non-writable regions',
    effect: 'MADV_COLLAPSE takes blocks in which no entry is writable.',
    apply: set({ collapsesReadOnly: true }),
  },
  {
    id: 'munlock-queue-outlives-unmap',
    since: '6.18',
    effect: 'A page unmapped and locked again in one call can end up unmarked.',
    apply: set({ munlockQueueOutlivesUnmap: true }),
  },
  {
    id: 'mlock-large-at-map',
    since: '6.18',
    commit: 'ab521b4142aa',
    subject: 'mm/rmap: improve mlock tracking for large folios',
    effect:
      'Large folios mapped whole into a locked area are marked at once, and splitting their mapping keeps the mark.',
    apply: set({ splitPmdKeepsMlock: true, mlockShmemPmdAtMap: true, mlockFilePagesAtMap: 'whole-folios' }),
  },
  {
    id: 'thp-disable-except-advised',
    since: '6.18',
    commit: '9dc21bbd62ed',
    subject: 'prctl: extend PR_SET_THP_DISABLE to optionally exclude VM_HUGEPAGE',
    effect: 'PR_SET_THP_DISABLE can leave advised areas alone.',
    apply: set({ thpDisableExceptAdvised: true }),
  },
  {
    id: 'file-fault-maps-folio',
    since: '6.18',
    commit: '19773df031bc',
    subject: 'mm/fault: try to map the entire file folio in finish_fault()',
    effect: 'A fault maps the whole folio of the page cache.',
    apply: set({ fileFaultMapsFolio: true }),
  },
  {
    id: 'smaps-gu',
    since: '6.19',
    commit: '5dba5cc2e0ff',
    subject: 'mm: introduce VM_MAYBE_GUARD and make visible in /proc/$pid/smaps',
    effect: 'smaps shows areas that may contain guard regions as gu.',
    apply: set({ printsGuard: true, guardFlag: VM_MAYBE_GUARD, flagsIgnoredInMerge: VM_MAYBE_GUARD }),
  },
  {
    id: 'dontunmap-corrected',
    since: '7.2',
    effect: 'MREMAP_DONTUNMAP leaves VmLck as it is and unlocks only the part that moved.',
    apply: set({ dontunmapChargesTwice: false, dontunmapUnlocks: 'moved-part' }),
  },
  {
    id: 'collapse-nothing-is-fine',
    since: '7.2',
    effect: 'MADV_COLLAPSE of a range that holds no 2 MiB block succeeds.',
    apply: set({ collapseOfLessThanBlockIsFine: true }),
  },
  {
    id: 'pins-uncounted-with-capability',
    since: '7.2',
    effect:
      'io_uring buffers of a process with CAP_IPC_LOCK are not in VmPin, and ring memory is free again.',
    apply: set({ pinsCountWithCapability: false, ringMemoryPages: 0 }),
  },
  {
    id: 'swap-in-through-cache',
    since: '7.2',
    effect:
      'Swap-in from a fast device goes through the swap cache page by page; a page that leaves it counts as dirty.',
    apply: set({ swapInThroughCache: true, swapInReadsAhead: false }),
  },
  {
    id: 'collapse-files',
    since: '7.2',
    effect: 'MADV_COLLAPSE takes files of a disk file system.',
    apply: set({ collapsesFiles: true }),
  },
  {
    id: 'shmem-within-size-rounded',
    since: '7.2',
    effect: 'within_size rounds the size of the file up to 2 MiB.',
    apply: set({ shmemWithinSize: 'rounded-up' }),
  },
  {
    id: 'dontunmap-moved-part',
    since: null,
    effect: 'Stable update: MREMAP_DONTUNMAP unlocks only the part that moved.',
    apply: set({ dontunmapUnlocks: 'moved-part' }),
  },
  {
    id: 'secretmem-per-user',
    since: null,
    effect: 'Stable updates of 2026: secret memory is charged per user when touched, and is not locked.',
    apply: set({ secretmem: 'charged-at-touch' }),
  },
  {
    id: 'vm-pinned',
    since: null,
    subject: 'mm: Introduce VM_PINNED and interfaces (RFC, 2014)',
    effect:
      'Pins are a property of areas; pinned and locked memory share one limit and no page counts twice.',
    apply: set({
      mpin: true,
      limitCountsPinned: true,
      mlockCreditsOverlap: false,
      accountLock: accountPinned,
    }),
  },
]
