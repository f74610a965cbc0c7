import { describe, expect, it } from 'vitest'
import { CHANGES } from '../../../engine/kernels/changes.ts'
import {
  KERNELS,
  changesOf,
  type KernelProfile,
  type OfferedKernel,
} from '../../../engine/kernels/releases.ts'
import type { Op } from '../../../engine/op.ts'
import type { Phase } from '../../../engine/work.ts'
import {
  brk,
  by,
  dontunmap,
  exit,
  file,
  fork,
  madvise,
  memfd,
  mlock,
  mlock2,
  mlockall,
  mmap,
  mmapAt,
  move,
  mprotect,
  mremap,
  munlock,
  munmap,
  onfault,
  pin,
  punchHole,
  read,
  remapFilePages,
  secretmem,
  thpDisable,
  write,
} from '../../conformance/programs/build.ts'
import { Model, type Settings } from '../../support/model.ts'

/** What was seen, and what it must be before and from a release on. */
interface Fact {
  readonly fact: string
  readonly ops: readonly Op[]
  readonly how?: Settings
  readonly see: (model: Model) => unknown
  /** What is seen, by the release that showed it first; the oldest kernel is `0`. */
  readonly since: Readonly<Record<string, unknown>>
  /** Kernels on offer that differ from their release, because of an update or a distribution. */
  readonly but?: Readonly<Record<string, unknown>>
}

const result = (model: Model) => model.last.result
const minor = (model: Model) => model.last.minflt
const major = (model: Model) => model.last.majflt
const lck = (model: Model) => model.lockedVm
const mlocked = (model: Model) => model.mlocked
const areas = (model: Model) => model.vmas('a').length
const shows =
  (flag: string, area = 'a') =>
  (model: Model) =>
    model.flags(area).some(flags => flags.split(' ').includes(flag))
const huge = (model: Model) => model.sum('a', 'AnonHugePages') / 2048
const locks = (model: Model) =>
  [...new Set(model.last.phases.map(({ lock }: Phase) => lock))].filter(lock => lock !== 'none')

const always: Settings = { thp: 'always', cap: true }
/** Small entries map the huge page afterwards. */
const splitPmd = [madvise('a+8', 1, 'dontfork'), madvise('a+8', 1, 'dofork')]

const facts: Readonly<Record<string, readonly Fact[]>> = {
  'limits and calls': [
    {
      fact: 'the limit counts pages of the range that are locked already once',
      ops: [mmap('a', 16), mlock('a', 16), mlock('a', 16)],
      how: { limit: 16 },
      see: result,
      since: { '0': 'ENOMEM', '4.9': 0 },
    },
    {
      fact: 'mlock2 exists',
      ops: [mmap('a', 4), onfault('a', 4)],
      see: result,
      since: { '0': 'ENOSYS', '4.4': 0 },
    },
    {
      fact: 'mlock2 refuses unknown flags before anything else',
      ops: [mmap('a', 4), mlock2('a', 4, 2)],
      how: { limit: 0 },
      see: result,
      since: { '0': 'ENOSYS', '4.4': 'EINVAL' },
    },
    {
      fact: 'mlockall takes MCL_ONFAULT',
      ops: [mmap('a', 4), mlockall('current', 'onfault')],
      see: result,
      since: { '0': 'EINVAL', '4.4': 0 },
    },
    {
      fact: 'mlockall with MCL_FUTURE takes MCL_ONFAULT',
      ops: [mlockall('future', 'onfault'), mmap('a', 4)],
      see: lck,
      since: { '0': 0, '4.4': 4 },
    },
    {
      fact: 'the default limit is 8 MiB instead of 64 KiB',
      ops: [mmap('a', 1)],
      see: model => model.replay.kernel.behaviour.defaultMemlockBytes,
      since: { '0': 65536, '5.16': 8 << 20 },
      but: { rhel9: 8 << 20 },
    },
    {
      fact: 'MAP_DROPPABLE exists',
      ops: [mmap('a', 4, 'droppable')],
      see: result,
      since: { '0': 'EINVAL', '6.11': 0 },
    },
    {
      fact: 'brk refuses to shrink a heap that was unmapped',
      ops: [brk(4), munmap('$heap', 4), brk(-4)],
      see: result,
      since: { '0': 0, '6.1': 'ENOMEM' },
    },
    {
      fact: 'a range that wraps is credited with locked pages it does not have',
      ops: [mmap('a', 3), mlockall('current'), mlock('a+2', -1)],
      see: result,
      since: { '0': 'ENOMEM', '4.9': 'EINVAL', '5.19': 'ENOMEM' },
    },
  ],
  'locks held': [
    {
      fact: 'mmap with MAP_POPULATE populates under the write lock, then under the read lock',
      ops: [mmap('a', 16, 'populate')],
      see: locks,
      since: { '0': ['mmap-write'], '3.9': ['mmap-write', 'mmap-read-droppable'] },
    },
    {
      fact: 'so does mmap under MCL_FUTURE',
      ops: [mlockall('future'), mmap('a', 16)],
      see: locks,
      since: { '0': ['mmap-write'], '3.9': ['mmap-write', 'mmap-read-droppable'] },
    },
    {
      fact: 'mlock has populated under the read lock all along',
      ops: [mmap('a', 16), mlock('a', 16)],
      see: locks,
      since: { '0': ['mmap-write', 'mmap-read-droppable'] },
    },
    {
      fact: 'mprotect populates locked memory that becomes writable, still under the write lock',
      ops: [mmap('a', 16, 'r'), mlock('a', 16), mprotect('a', 16, 'rw')],
      see: model => [minor(model), ...locks(model)],
      since: { '0': [0, 'mmap-write'], '4.2': [16, 'mmap-write'] },
    },
    {
      fact: 'MADV_DONTNEED takes the lock of the area instead of that of the address space',
      ops: [mmap('a', 16), write('a', 16), madvise('a', 16, 'dontneed')],
      see: locks,
      since: { '0': ['mmap-read'], '6.17': ['vma-read'] },
    },
    {
      fact: 'faults on anonymous memory take the lock of their area, but the first one of an area',
      ops: [mmap('a', 16), write('a', 1), write('a', 16)],
      see: locks,
      since: { '0': ['mmap-read'], '6.4': ['vma-read'] },
    },
    {
      fact: 'the first fault of an area without anon_vma takes the mmap lock',
      ops: [mmap('a', 16), write('a', 1)],
      see: locks,
      since: { '0': ['mmap-read'] },
    },
    {
      fact: 'reads of anonymous memory that was never written follow later',
      ops: [mmap('a', 16), read('a', 16)],
      see: locks,
      since: { '0': ['mmap-read'], '6.10': ['vma-read'] },
    },
    {
      fact: 'reads of files follow, and writes to them last',
      ops: [mmap('a', 16, 'shared'), write('a', 16)],
      see: locks,
      since: { '0': ['mmap-read'], '6.7': ['vma-read'] },
    },
  ],
  advice: [
    ...(
      [
        ['free', '4.5'],
        ['wipeonfork', '4.14'],
        ['keeponfork', '4.14'],
        ['cold', '5.4'],
        ['pageout', '5.4'],
        ['populate_read', '5.14'],
        ['populate_write', '5.14'],
        ['guard_install', '6.13'],
        ['guard_remove', '6.13'],
      ] as const
    ).map(([advice, since]): Fact => ({
      fact: `MADV_${advice.toUpperCase()} exists`,
      ops: [mmap('a', 4), madvise('a', 4, advice)],
      see: result,
      since: { '0': 'EINVAL', [since]: 0 },
      ...(['cold', 'pageout'].includes(advice) ? { but: { rhel8: 0 } } : {}),
    })),
    {
      fact: 'MADV_DONTNEED_LOCKED drops locked pages',
      ops: [mmap('a', 4), mlock('a', 4), madvise('a', 4, 'dontneed_locked')],
      see: model => [result(model), model.sum('a', 'pgPresent'), lck(model)],
      since: { '0': ['EINVAL', 4, 4], '5.18': [0, 0, 4] },
      but: { rhel9: [0, 0, 4] },
    },
    {
      fact: 'MADV_COLLAPSE makes a huge page',
      ops: [mmap('a', '2M'), write('a', 8), madvise('a', '2M', 'collapse')],
      see: model => [result(model), huge(model)],
      since: { '0': ['EINVAL', 0], '6.1': [0, 1] },
      but: { rhel9: [0, 1] },
    },
    {
      fact: 'MADV_COLLAPSE of less than a block, not at its start, is no mistake',
      ops: [mmap('a', '4M'), write('a', 8), madvise('a+1', 8, 'collapse')],
      see: result,
      since: { '0': 'EINVAL', '7.2': 0 },
    },
    {
      fact: 'MADV_DONTNEED drops hugetlb pages',
      ops: [mmap('a', '2M', 'hugetlb'), write('a', 1), madvise('a', '2M', 'dontneed')],
      how: { hugetlb: 4 },
      see: result,
      since: { '0': 'EINVAL', '5.18': 0 },
    },
    {
      fact: 'MADV_POPULATE stops at a hole',
      ops: [mmap('a', 8), munmap('a+2', 2), madvise('a', 8, 'populate_write')],
      see: model => [result(model), model.sum('a', 'pgPresent')],
      since: { '0': ['EINVAL', 0], '5.14': ['ENOMEM', 6], '6.9': ['ENOMEM', 2] },
    },
    {
      fact: 'MADV_DONTNEED of a whole block frees its page table, so that the next touch gets a huge page',
      ops: [
        mmap('a', '2M'),
        madvise('a', '2M', 'nohugepage'),
        write('a', '2M'),
        madvise('a', '2M', 'dontneed'),
        madvise('a', '2M', 'hugepage'),
        write('a', 1),
      ],
      how: always,
      see: huge,
      since: { '0': 0, '6.14': 1 },
    },
    {
      fact: '`gu` shows guard regions',
      ops: [mmap('a', 4), madvise('a+1', 1, 'guard_install')],
      see: shows('gu'),
      since: { '0': false, '6.19': true },
      but: { '6.18': true },
    },
    {
      fact: 'MADV_COLD of a whole huge page that small entries map leaves it whole',
      ops: [mmap('a', '2M'), write('a', 1), ...splitPmd, madvise('a', '2M', 'cold')],
      how: always,
      see: model => model.sum('a', 'pgLarge'),
      since: { '0': 512, '5.4': 0, '6.10': 512 },
      but: { rhel8: 0 },
    },
    {
      fact: 'MADV_COLLAPSE takes memory that is read-only',
      ops: [mmap('a', '2M'), write('a', 40), mprotect('a', '2M', 'r'), madvise('a', '2M', 'collapse')],
      how: { cap: true },
      see: result,
      since: { '0': 'EINVAL', '6.18': 0 },
    },
    {
      fact: 'MADV_COLLAPSE takes files of a disk file system',
      ops: [mmap('a', '2M', 'r shared file=f'), read('a', 16), madvise('a', '2M', 'collapse')],
      how: { cap: true, files: { f: file('2M') } },
      see: result,
      since: { '0': 'EINVAL', '7.2': 0 },
    },
  ],
  'marks of small pages': [
    {
      fact: 'mlock marks what is present although it then fails at a hole',
      ops: [mmap('a', 8), write('a', 2), munmap('a+4', 1), mlock('a', 8)],
      see: model => [result(model), lck(model), mlocked(model)],
      since: { '0': ['ENOMEM', 4, 0], '5.18': ['ENOMEM', 4, 2] },
      but: { rhel9: ['ENOMEM', 4, 2] },
    },
    {
      fact: 'pages of shared memory faulted in under lock-on-fault are marked',
      ops: [mmap('a', 4, 'shared'), onfault('a', 4), write('a', 4)],
      see: mlocked,
      since: { '0': 0, '5.18': 4 },
      but: { '3.7': 0, rhel9: 4 },
    },
    {
      fact: 'lock-on-fault marks pages that fork has write-protected',
      ops: [mmap('a', 4), write('a', 4), fork('p1'), onfault('a', 4)],
      see: mlocked,
      since: { '0': 0, '5.18': 4 },
      but: { rhel9: 4 },
    },
    {
      fact: 'lock-on-fault of PROT_NONE is fine',
      ops: [mmap('a', 4, 'none'), onfault('a', 4)],
      see: result,
      since: { '0': 'ENOSYS', '4.4': 'ENOMEM', '5.18': 0 },
      but: { rhel9: 0 },
    },
    {
      fact: 'copy-on-write takes the mark of a page that another process has locked',
      ops: [mmap('a', 4), mlock('a', 4), fork('p1'), by('p1', mlock('a', 4)), by('p1', munlock('a', 4))],
      see: mlocked,
      since: { '0': 0, '5.18': 4 },
      but: { rhel9: 4 },
    },
    {
      fact: 'the first write to a shared page is a major fault',
      ops: [mmap('a', 4, 'shared'), write('a', 4)],
      see: model => [minor(model), major(model)],
      since: { '0': [0, 4], '6.0': [4, 0] },
    },
    {
      fact: 'mprotect back to writable makes owned pages writable at once',
      ops: [mmap('a', 4), write('a', 4), mprotect('a', 4, 'r'), mprotect('a', 4, 'rw'), write('a', 4)],
      see: minor,
      since: { '0': 4, '6.0': 0 },
    },
    {
      fact: 'a read fault maps the cached pages around it',
      ops: [mmap('a', 32, 'shared r file=f'), read('a', 1)],
      how: { files: { f: memfd(32, 'filled') } },
      see: model => model.sum('a', 'pgPresent'),
      since: { '0': 1, '3.15': 16 },
    },
    {
      fact: 'smaps shows lock-on-fault as `lf`',
      ops: [mmap('a', 4), onfault('a', 4)],
      see: shows('lf'),
      since: { '0': false, '6.2': true },
      but: { rhel9: true },
    },
    {
      fact: 'a page unmapped and locked again in one call can end up unmarked',
      ops: [mmap('a', 2, 'shared'), mlock('a', 2), remapFilePages('a+1', 1, 1)],
      see: mlocked,
      since: { '0': 2, '6.18': 1 },
    },
    {
      // With batches of 15 the first pages would reach their list before the last are unmapped, and stay marked.
      fact: 'of 16 pages remapped over themselves in one call, those that waited in one batch end up unmarked',
      ops: [mmap('a', 16, 'shared locked'), remapFilePages('a', 16, 0)],
      how: { cap: true },
      see: mlocked,
      since: { '0': 16, '6.18': 1 },
    },
  ],
  swap: [
    {
      fact: 'pages swapped in by mlock are marked',
      ops: [mmap('a', 4), write('a', 4), madvise('a', 4, 'pageout'), mlock('a', 4)],
      how: { swap: '64M' },
      see: model => [model.sum('a', 'pgSwapped'), mlocked(model)],
      // Without MADV_PAGEOUT nothing is swapped out, and all is marked.
      since: { '0': [0, 4], '6.11': [0, 0] },
    },
    {
      fact: 'pages swapped in by a touch of locked memory are marked',
      ops: [mmap('a', 4), write('a', 4), madvise('a', 4, 'pageout'), onfault('a', 4), read('a', 4)],
      how: { swap: '64M' },
      see: mlocked,
      since: { '0': 0, '4.4': 4, '5.4': 0, '5.18': 4, '6.11': 0 },
      but: { rhel8: 0, rhel9: 4 },
    },
    {
      fact: 'a write after swap-in by reading takes a fault',
      ops: [mmap('a', 4), write('a', 4), madvise('a', 4, 'pageout'), read('a', 4), write('a', 4)],
      how: { swap: '64M' },
      see: minor,
      since: { '0': 0, '5.4': 4, '6.11': 0 },
      but: { rhel8: 4 },
    },
    {
      fact: 'shared memory comes back from swap page by page',
      ops: [mmap('a', 8, 'shared'), write('a', 8), madvise('a', 8, 'pageout'), read('a', 8)],
      how: { swap: '64M' },
      see: model => [minor(model), major(model)],
      since: { '0': [0, 0], '5.4': [7, 1], '6.14': [0, 8] },
      but: { rhel8: [7, 1] },
    },
    {
      fact: 'folios of 64 KiB come back from swap as such',
      ops: [mmap('a', 16), write('a', 16), madvise('a', 16, 'pageout'), read('a', 1)],
      how: { swap: '64M', mthp: { '64k': 'always' } },
      see: model => model.sum('a', 'pgLarge'),
      since: { '0': 0, '6.12': 16 },
    },
    {
      fact: 'a page swapped in by a read counts as dirty',
      ops: [mmap('a', 1), write('a', 1), madvise('a', 1, 'pageout'), read('a', 1)],
      how: { swap: '64M' },
      see: model => model.sum('a', 'Private_Dirty'),
      since: { '0': 4, '5.4': 0, '7.2': 4 },
      but: { rhel8: 0 },
    },
  ],
  areas: [
    {
      fact: 'an area that has had pages merges into a neighbour that has not',
      ops: [mmap('a', 8), mlock('a+2', 4), write('a+2', 4), munlock('a+2', 4)],
      see: areas,
      since: { '0': 3, '6.16': 1 },
    },
    {
      fact: 'MAP_STACK means no huge pages',
      ops: [mmap('a', 4, 'stack')],
      see: shows('nh'),
      since: { '0': false, '6.7': true },
    },
    {
      fact: 'mprotect to read-only gives the charge of an untouched area back',
      ops: [mmap('a', 4), mprotect('a', 4, 'r')],
      see: shows('ac'),
      since: { '0': true, '6.7': false },
    },
    {
      fact: 'MADV_REMOVE works through a read-only mapping of a writable file',
      ops: [mmap('a', 4, 'shared r file=f'), madvise('a', 4, 'remove')],
      how: { files: { f: memfd(4, 'filled') } },
      see: result,
      since: { '0': 'EACCES', '6.7': 0 },
      but: { '6.1': 0, debian12: 0 },
    },
    {
      fact: 'a mapping into a hole that fits both neighbours, which do not fit each other, joins one of them',
      ops: [mmap('a', 2), write('a', 2), mmapAt('a+4', 2), write('a+4', 2), mmapAt('a+2', 2)],
      see: model => model.vmas('a').map(({ end }) => end / 4096),
      since: { '0': [4, 6], '6.1': [2, 6], '6.12': [4, 6] },
    },
    {
      fact: 'a mapping over a part of a huge page of the pool',
      ops: [mmap('a', '2M', 'hugetlb'), mmapAt('a+1', 1)],
      how: { hugetlb: 4 },
      see: result,
      since: { '0': 'ENOMEM', '6.12': 'EINVAL' },
    },
  ],
  mremap: [
    {
      fact: 'MREMAP_DONTUNMAP of private memory',
      ops: [mmap('a', 4), dontunmap('a', 4, 'b')],
      see: result,
      since: { '0': 'EINVAL', '5.7': 0 },
    },
    {
      fact: 'MREMAP_DONTUNMAP of shared memory',
      ops: [mmap('a', 4, 'shared'), dontunmap('a', 4, 'b')],
      see: result,
      since: { '0': 'EINVAL', '5.13': 0 },
    },
    {
      fact: 'MREMAP_DONTUNMAP of locked memory charges twice',
      ops: [mmap('a', 16), mlock('a', 16), dontunmap('a', 16, 'b'), munmap('a', 16), munmap('b', 16)],
      see: lck,
      since: { '0': 0, '6.15': 16, '7.2': 0 },
    },
    {
      fact: 'MREMAP_DONTUNMAP of a part unlocks all of the old area',
      ops: [mmap('a', 16), mlock('a', 16), dontunmap('a+4', 4, 'b')],
      see: model => model.vmas('a').filter(({ flags }) => flags.includes(' lo')).length,
      since: { '0': 1, '5.7': 0, '7.2': 2 },
      but: { '6.1': 2, debian12: 2, '6.12': 2, debian13: 2 },
    },
    {
      fact: 'mremap moves several areas at once',
      ops: [mmap('a', 8), mlock('a', 4), move('a', 8, 8, 'b')],
      see: model => [result(model), model.flags('b').map(flags => flags.includes(' lo'))],
      since: { '0': ['EFAULT', []], '6.17': [0, [true, false]] },
    },
    {
      fact: 'an mremap that fails has already unmapped its destination',
      ops: [mmap('b', 8), mmap('a', 8), mlock('a', 4), move('a', 8, 9, 'b')],
      see: model => [result(model), model.vmas('b').length],
      since: { '0': ['EFAULT', 0], '6.17': ['EFAULT', 1] },
    },
    {
      fact: 'mremap notices that nothing is mapped before it unmaps the destination',
      ops: [mmap('b', 4), mmap('a', 4), munmap('a', 4), move('a', 4, 4, 'b')],
      see: model => [result(model), model.vmas('b').length],
      since: { '0': ['EFAULT', 0], '6.0': ['EFAULT', 1] },
    },
    {
      fact: 'an area that grows in place merges with the one it meets',
      ops: [mmap('a', 8), munmap('a+2', 2), mremap('a', 2, 4)],
      see: areas,
      since: { '0': 2, '6.0': 1 },
    },
    {
      fact: 'mremap moves hugetlb mappings',
      ops: [mmap('a', '2M', 'hugetlb'), move('a', '2M', '2M', 'b')],
      how: { hugetlb: 4 },
      see: result,
      since: { '0': 'EINVAL', '5.16': 0 },
    },
    {
      fact: 'MREMAP_DONTUNMAP of a whole area makes the old one forget whose pages it held',
      ops: [
        mmap('a', 2),
        write('a', 2),
        mmapAt('a+4', 2),
        write('a+4', 2),
        dontunmap('a', 2, 'b'),
        mmapAt('a+2', 2),
      ],
      see: areas,
      since: { '0': 2, '5.13': 1 },
    },
    {
      fact: 'MREMAP_DONTUNMAP inside an area marks the next one as accounted',
      ops: [mmap('a', 4), mmap('b', 1, 'r'), dontunmap('a+1', 2, 'c')],
      see: shows('ac', 'b'),
      since: { '0': false, '5.7': true, '6.1': false },
    },
  ],
  'large folios': [
    {
      fact: 'one mlock call over a whole huge page that small entries map marks it',
      ops: [mmap('a', '2M'), write('a', 1), ...splitPmd, mlock('a', '2M')],
      how: always,
      see: mlocked,
      since: { '0': 0, '6.7': 512 },
    },
    {
      fact: 'splitting the mapping of a marked huge page keeps the mark',
      ops: [mmap('a', '2M'), mlock('a', '2M'), mprotect('a', '1M', 'r')],
      how: always,
      see: mlocked,
      since: { '0': 0, '6.18': 512 },
    },
    {
      fact: 'a huge page of shared memory is marked when it is mapped',
      ops: [mmap('a', '2M', 'shared'), mlock('a', '2M')],
      how: { shmem: 'always', cap: true },
      see: mlocked,
      since: { '0': 512, '6.7': 0, '6.18': 512 },
    },
    {
      fact: 'a write over the huge zero page gets a huge page',
      ops: [mmap('a', '2M'), read('a', 1), write('a', '2M')],
      how: always,
      see: model => [minor(model), huge(model)],
      since: { '0': [512, 0], '6.13': [1, 1] },
    },
    {
      fact: 'anonymous memory gets folios of 64 KiB',
      ops: [mmap('a', 32), write('a', 32)],
      how: { mthp: { '64k': 'always' } },
      see: minor,
      since: { '0': 32, '6.8': 2 },
    },
    {
      fact: 'PR_SET_THP_DISABLE can spare advised areas',
      ops: [mmap('a', '2M'), thpDisable(true, true)],
      see: result,
      since: { '0': 'EINVAL', '6.18': 0 },
    },
    {
      fact: 'mprotect back to writable spares the pages of a huge page their faults',
      ops: [
        mmap('a', '2M'),
        write('a', '2M'),
        mprotect('a', '1M', 'r'),
        mprotect('a', '1M', 'rw'),
        write('a', '1M'),
      ],
      how: always,
      see: minor,
      since: { '0': 256, '6.2': 0 },
    },
    {
      fact: 'mprotect back to writable makes owned pages writable at once, clean ones too',
      ops: [
        mmap('a', 4),
        write('a', 4),
        madvise('a', 4, 'free'),
        mprotect('a', 4, 'r'),
        mprotect('a', 4, 'rw'),
        write('a', 4),
      ],
      see: minor,
      // Without MADV_FREE they stay dirty.
      since: { '0': 4, '6.2': 0 },
    },
    {
      fact: 'splitting a huge page drops its pages that are all zero',
      ops: [mmap('a', '2M'), write('a', 1), madvise('a', 1, 'pageout')],
      how: always,
      see: model => model.sum('a', 'pgZero'),
      since: { '0': 0, '6.12': 511 },
    },
    {
      fact: 'pages of a huge page that fork had shared, written by the process that is left',
      ops: [mmap('a', '2M'), write('a', 1), fork('p1'), write('a', 1), by('p1', exit()), write('a', '2M')],
      how: always,
      see: model => model.sum('a', 'pgLarge'),
      since: { '0': 1, '6.8': 0, '6.15': 511 },
    },
    {
      fact: 'a truncation that cuts a huge page of shared memory leaves it dirty',
      ops: [mmap('a', '2M', 'shared file=f'), read('a', 1), punchHole('f', 1), read('a+1', 1)],
      how: { shmem: 'always', cap: true, files: { f: memfd('2M') } },
      see: model => model.sum('a', 'Private_Dirty') > 0,
      since: { '0': false, '5.17': true },
    },
    {
      fact: 'what a hole leaves of a huge page of shared memory',
      ops: [mmap('a', '2M', 'shared file=f'), write('a', 1), punchHole('f', '1M'), read('a+1M', 1)],
      how: { shmem: 'always', cap: true, files: { f: memfd('2M') } },
      see: model => model.sum('a', 'pgLarge') > 0,
      since: { '0': false, '6.15': true },
    },
    {
      fact: 'shared memory gets huge pages where the mapping is not aligned',
      ops: [mmap('a', '2M', 'shared populate phase=4K')],
      how: { shmem: 'always', cap: true },
      see: model => model.sum('a', 'pgLarge'),
      since: { '0': 512, '6.11': 0 },
    },
    {
      fact: 'a fault maps the whole folio of shared memory',
      ops: [mmap('a', 32, 'shared file=f'), write('a', 1)],
      how: { shmem: 'within_size', files: { f: memfd(32, 'filled') } },
      see: model => model.sum('a', 'pgPresent'),
      // Folios of that size are there since 6.14.
      since: { '0': 1, '6.14': 32 },
    },
    {
      fact: 'writes into shared memory get large folios where they fit the file',
      ops: [mmap('a', 32, 'shared r file=f'), read('a', 1)],
      how: { shmem: 'within_size', files: { f: memfd(32, 'filled') } },
      see: model => model.sum('a', 'pgLarge') > 0,
      since: { '0': false, '6.14': true },
    },
    {
      fact: 'a read fault maps the whole folio of the page cache',
      ops: [mmap('a', 32, 'shared r file=f'), read('a', 1)],
      how: { shmem: 'within_size', files: { f: memfd(32, 'filled') } },
      see: model => model.sum('a', 'pgPresent'),
      since: { '0': 1, '3.15': 16, '6.18': 32 },
    },
    {
      fact: 'within_size allows a huge page in the last block of a file',
      ops: [mmap('a', '4100K', 'shared file=f'), write('a+4M', 1)],
      how: { shmem: 'within_size', cap: true, files: { f: memfd('4100K') } },
      see: model => model.sum('a', 'pgLarge') > 0,
      since: { '0': true, '6.1': false },
    },
    {
      fact: 'within_size rounds the size of a file up to 2 MiB',
      ops: [mmap('a', '2M', 'shared file=f'), write('a', 1)],
      how: { shmem: 'within_size', cap: true, files: { f: memfd('1M') } },
      see: model => model.sum('a', 'pgPresent'),
      since: { '0': 1, '7.2': 512 },
    },
    {
      fact: 'smaps counts huge mappings of areas without any access right',
      ops: [mmap('a', '2M'), write('a', 1), mprotect('a', '2M', 'none')],
      how: always,
      see: model => model.sum('a', 'Rss'),
      since: { '0': 2048, '6.1': 0, '6.6': 2048 },
    },
    {
      fact: 'unmapping a dirty huge mapping of shared memory makes the page dirty',
      ops: [
        mmap('a', '2M', 'shared'),
        read('a', 1),
        write('a', 1),
        madvise('a', '2M', 'dontneed'),
        read('a', 1),
      ],
      how: { shmem: 'always', cap: true },
      see: model => model.sum('a', 'Private_Dirty') > 0,
      since: { '0': false, '6.1': true },
    },
  ],
  'hugetlb, secret memory, pins': [
    {
      fact: 'hugetlb faults inside a call are counted',
      ops: [mmap('a', '4M', 'hugetlb'), mlock('a', '4M')],
      how: { hugetlb: 4, cap: true },
      see: minor,
      since: { '0': 0, '6.6': 2 },
    },
    {
      fact: 'fork copies the entries of shared hugetlb mappings',
      ops: [mmap('a', '2M', 'hugetlb shared'), write('a', 1), fork('p1')],
      how: { hugetlb: 4 },
      see: model => model.process('p1').HugetlbPages / 2048,
      since: { '0': 1, '6.0': 0 },
    },
    {
      fact: 'secret memory is locked and charged at mmap, after the updates of 2026 neither',
      ops: [mmap('a', 4, 'shared file=f')],
      how: { files: { f: secretmem(4) } },
      see: model => [lck(model), shows('lo')(model)],
      since: { '0': [0, false], '5.14': [4, true] },
      but: {
        '6.1': [0, false],
        '6.12': [0, false],
        '7.2': [0, false],
        debian12: [0, false],
        debian13: [0, false],
      },
    },
    {
      fact: 'io_uring buffers of a process with CAP_IPC_LOCK are in VmPin',
      ops: [mmap('a', 4), pin('a', 4)],
      how: { cap: true },
      see: model => model.pinnedVm,
      since: { '0': 4, '7.2': 0 },
    },
    {
      fact: "io_uring's ring memory takes 2 pages of the limit",
      ops: [mmap('a', 64), pin('a', 64)],
      how: { limit: 64 },
      see: result,
      since: { '0': 0, '6.16': 'ENOMEM', '7.2': 0 },
    },
    {
      fact: 'hugetlb pages given back by MADV_DONTNEED stay promised to the mapping',
      ops: [
        mmap('a', '2M', 'hugetlb'),
        write('a', 1),
        madvise('a', '2M', 'dontneed'),
        mmap('b', '2M', 'hugetlb'),
      ],
      how: { hugetlb: 1 },
      see: result,
      since: { '0': 'ENOMEM', '5.18': 0, '6.12': 'ENOMEM' },
    },
    {
      fact: 'io_uring refuses shared pages of a disk file before it faults them in',
      ops: [mmap('a', 4, 'shared file=f'), pin('a', 4)],
      how: { files: { f: file(4) } },
      see: model => [result(model), model.sum('a', 'pgPresent')],
      since: { '0': ['EOPNOTSUPP', 4], '6.12': ['EFAULT', 0] },
    },
  ],
}

function valueOf(release: string): number {
  const [major = 0, minor = 0] = release.split('.').map(Number)
  return major * 1000 + minor
}

function expected({ since, but }: Fact, { name, release }: OfferedKernel): unknown {
  if (but !== undefined && name in but) return but[name]
  const dates = Object.keys(since).filter(date => valueOf(date) <= valueOf(release))
  return since[dates.toSorted((a, b) => valueOf(a) - valueOf(b)).at(-1)!]
}

for (const [about, list] of Object.entries(facts)) {
  describe(about, () => {
    it.each(list)('$fact', fact => {
      for (const kernel of KERNELS)
        expect(fact.see(new Model(fact.ops, fact.how, kernel)), kernel.name).toEqual(expected(fact, kernel))
    })
  })
}

/** Changes that a fact above does not show, and why. */
const shownElsewhere: Readonly<Record<string, string>> = {
  'file-faults-under-vma-lock': 'the file systems of these programs have blocks of 4 KiB',
  'split-keeps-dirty':
    'no release upgrades dirty pages only (6.0, 6.1) and keeps them dirty (6.3); see below',
}

describe('every change', () => {
  const all = Object.values(facts).flat()
  const seen = (fact: Fact, profile: KernelProfile) =>
    JSON.stringify(fact.see(new Model(fact.ops, fact.how, profile)))

  it.each(CHANGES.filter(({ id, since }) => since !== null && !(id in shownElsewhere)))(
    'shows in a fact: $id',
    ({ id }) => {
      const shows = KERNELS.some(
        kernel =>
          changesOf(kernel).some(change => change.id === id) &&
          all.some(
            fact => seen(fact, kernel) !== seen(fact, { ...kernel, minus: [...(kernel.minus ?? []), id] }),
          ),
      )
      expect(shows).toBe(true)
    },
  )
})

it('splitting the mapping of a huge page keeps its entries dirty since 6.3, so that mprotect can upgrade them', () => {
  const ops = [
    mmap('a', '2M'),
    write('a', '2M'),
    mprotect('a', '1M', 'r'),
    mprotect('a', '1M', 'rw'),
    write('a', '1M'),
  ]
  const before: KernelProfile = { release: '6.1' }
  expect(minor(new Model(ops, always, before))).toBe(256)
  expect(minor(new Model(ops, always, { ...before, plus: ['split-keeps-dirty'] }))).toBe(0)
})
