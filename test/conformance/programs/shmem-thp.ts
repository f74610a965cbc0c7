/** Huge pages of shared memory. */
import type { ShmemThpMode } from '../../../engine/program.ts'
import {
  by,
  dontunmap,
  exit,
  fork,
  ftruncate,
  madvise,
  memfd,
  mlock,
  mlockall,
  mmap,
  mmapAt,
  move,
  mprotect,
} from './build.ts'
import { munlock, munlockall, munmap, onfault, program, punchHole, read, thpDisable, write } from './build.ts'
import type { Line, Settings } from './build.ts'

const on = (shmem: ShmemThpMode, how: Settings = {}): Settings => ({ shmem, cap: true, ...how })
const always = on('always')

const modes = (['never', 'always', 'advise', 'within_size'] as const).flatMap(shmem =>
  [false, true].flatMap(advised =>
    (['shared-anon', 'memfd'] as const).map(kind =>
      program(
        `shmem-thp-${shmem.replace('_', '-')}-${kind}${advised ? '-advised' : ''}`,
        `shmem_enabled=${shmem}, ${kind}${advised ? ' with MADV_HUGEPAGE' : ''}: what writes, reads and mlock give.`,
        [
          mmap('a', '6M', kind === 'memfd' ? 'shared file=f' : 'shared'),
          ...(advised ? [madvise('a', '6M', 'hugepage')] : []),
          [write('a', 1), '?'],
          [read('a+2M', 1), '?'],
          [write('a+4M', 1), '?'],
          [mlock('a', '6M'), '?'],
          [munlock('a+5', 1), '?'],
          [mlock('a', '6M'), '?'],
        ],
        on(shmem, kind === 'memfd' ? { files: { f: memfd('5M') } } : {}),
      ),
    ),
  ),
)

/** The object's offset and the address must agree in their 2 MiB phase. */
const shapes: readonly { id: string; says: string; size: string | number; words: string; file: string }[] = [
  { id: 'aligned', says: 'aligned', size: '4M', words: 'shared file=f', file: '4M' },
  { id: 'phase', says: 'shifted in address', size: '4M', words: 'shared file=f phase=4K', file: '4M' },
  { id: 'offset', says: 'shifted in offset', size: '3M', words: 'shared file=f+1M', file: '4M' },
  {
    id: 'offset-and-phase',
    says: 'shifted in both alike',
    size: '3M',
    words: 'shared file=f+1M phase=1M',
    file: '4M',
  },
  { id: 'small', says: 'one page', size: 1, words: 'shared file=f', file: '4M' },
  { id: 'short-file', says: 'of a file shorter than 2 MiB', size: '2M', words: 'shared file=f', file: '1M' },
  { id: 'odd-file', says: 'of a file of 3 MiB', size: '4M', words: 'shared file=f', file: '3M' },
  { id: 'private', says: 'private', size: '4M', words: 'file=f', file: '4M' },
  { id: 'read-only', says: 'read-only', size: '4M', words: 'r shared file=f', file: '4M' },
]
const shaped = shapes.flatMap(shape =>
  (['always', 'within_size', 'advise'] as const).map(shmem =>
    program(
      `shmem-thp-${shmem.replace('_', '-')}-map-${shape.id}`,
      `A mapping that is ${shape.says} under ${shmem}: huge or small, and what mlock makes of it.`,
      [
        mmap('a', shape.size, shape.words),
        ...(shmem === 'advise' ? [madvise('a', shape.size, 'hugepage')] : []),
        [read('a+9', 1), '?'],
        [write('a', 1), '?'],
        [write('a+700', 1), '?'],
        [mlock('a', shape.size), '?'],
        [munlock('a', '1M'), '?'],
      ],
      on(shmem, { files: { f: memfd(shape.file) } }),
    ),
  ),
)

const changes: readonly { id: string; says: string; line: Line }[] = [
  { id: 'mprotect-half', says: 'mprotect of a half', line: mprotect('a', '1M', 'r') },
  { id: 'munlock-page', says: 'munlock of a page', line: munlock('a+3', 1) },
  { id: 'munmap-page', says: 'munmap of a page', line: munmap('a+3', 1) },
  { id: 'munmap-half', says: 'munmap of a half', line: munmap('a', '1M') },
  {
    id: 'dontneed-page',
    says: 'DONTNEED_LOCKED of a page',
    line: [madvise('a+3', 1, 'dontneed_locked'), '?'],
  },
  {
    id: 'dontneed-whole',
    says: 'DONTNEED_LOCKED of all of it',
    line: [madvise('a', '2M', 'dontneed_locked'), '?'],
  },
  { id: 'punch-page', says: 'a hole of a page', line: punchHole('f+3', 1) },
  { id: 'punch-half', says: 'a hole of a half', line: punchHole('f', '1M') },
  { id: 'punch-whole', says: 'a hole of all of it', line: punchHole('f', '2M') },
  { id: 'truncate-half', says: 'truncation to a half', line: ftruncate('f', '1M') },
  { id: 'move-unaligned', says: 'a move to an odd address', line: move('a', '2M', '2M', 'b phase=4K') },
  { id: 'move-aligned', says: 'an aligned move', line: move('a', '2M', '2M', 'b') },
  { id: 'fork', says: 'fork and a lock by the child', line: fork('p1') },
  { id: 'map-fixed', says: 'MAP_FIXED over a page', line: mmapAt('a+8', 1) },
  { id: 'dontunmap', says: 'DONTUNMAP', line: [dontunmap('a', '2M', 'b'), '?'] },
  { id: 'onfault-half', says: 'lock on fault over a half', line: onfault('a', '1M') },
]
const changed = changes.flatMap(c =>
  (['locked', 'onfault', 'unlocked'] as const).map(state =>
    program(
      `shmem-thp-${state}-${c.id}`,
      `A PMD-mapped huge page of a memfd, ${state}: ${c.says}.`,
      [
        mmap('a', '4M', 'shared file=f'),
        write('a', 1),
        write('a+2M', 1),
        ...(state === 'locked' ? [mlock('a', '4M')] : state === 'onfault' ? [onfault('a', '4M')] : []),
        c.line,
        [read('a', 8, 2), '?'],
        [write('a+100', 1), '?'],
        [mlock('a', '4M'), '?'],
        [munlock('a', '4M'), '?'],
      ],
      on('always', { files: { f: memfd('4M') } }),
    ),
  ),
)

export const shmemThp = [
  ...modes,
  ...shaped,
  ...changed,
  program(
    'shmem-thp-mlock-marks',
    'mlock of a PMD-mapped shared huge page: marked, except from 6.7 to 6.17.',
    [
      mmap('a', '4M', 'shared'),
      [
        mlock('a', '4M'),
        {
          '5.10': 'lck=1024 mlocked=1024',
          '6.1': 'lck=1024 mlocked=1024',
          '6.12': 'lck=1024 mlocked=0',
          '6.18': 'lck=1024 mlocked=1024 shmempmd=1024 min=2',
          '7.2': 'lck=1024 mlocked=1024',
        },
      ],
      [munlock('a', '4M'), 'mlocked=0'],
      [mlock('a', '4M'), 'lck=1024 mlocked=1024'],
      [mlock('a', '1M'), ''],
    ],
    always,
  ),
  program(
    'shmem-thp-mlock-present',
    'mlock over shared huge pages that are mapped already.',
    [
      mmap('a', '4M', 'shared'),
      write('a', 1),
      write('a+2M', 1),
      [mlock('a', '4M'), 'lck=1024 mlocked=1024'],
      [munlock('a+1M', '2M'), 'vmas=3 lck=512 shmem=0 shmempmd=0 mlocked=0'],
    ],
    always,
  ),
  program(
    'shmem-thp-partial-mlock',
    'mlock across the middle of shared huge pages.',
    [
      mmap('a', '4M', 'shared'),
      write('a', 1),
      write('a+2M', 1),
      [mlock('a+1M', '2M'), 'min=32 vmas=3 lck=512 shmem=512 shmempmd=0'],
      [munlock('a', '4M'), 'vmas=1 lck=0'],
      [mlock('a', '4M'), 'min=2 lck=1024 shmem=1024'],
      [munlock('a+5', 1), 'vmas=3 lck=1023'],
    ],
    always,
  ),
  program(
    'shmem-thp-two-processes',
    'Two processes lock one shared huge page, one in part.',
    [
      mmap('a', '2M', 'shared'),
      write('a', 1),
      fork('p1'),
      [mlock('a', '2M'), 'lck=512 mlocked=512'],
      [by('p1', mlock('a', '1M')), 'min=16 vmas=2 lck=256 shmem=256'],
      [munlock('a', '2M'), 'lck=0 mlocked=0'],
      [by('p1', mlock('a', '2M')), 'min=1 vmas=1 lck=512 shmem=512'],
      [by('p1', munlock('a', '2M')), 'lck=0'],
    ],
    always,
  ),
  program(
    'shmem-thp-child-maps-huge',
    'A child maps the whole huge page by one fault.',
    [
      mmap('a', '2M', 'shared'),
      write('a', 1),
      fork('p1'),
      [by('p1', read('a+7', 1)), 'min=1 shmem=512 shmempmd=512'],
      [by('p1', mlock('a', '2M')), 'lck=512 mlocked=512'],
      [munmap('a', '2M'), 'size=0 vmas=0 shmem=0 shmempmd=0'],
      [by('p1', exit()), ''],
    ],
    always,
  ),
  program(
    'shmem-thp-private-copy',
    'A private mapping of a huge memfd page copies 4 KiB pages.',
    [
      mmap('s', '2M', 'shared file=f'),
      write('s', 1),
      mmap('a', '2M', 'file=f'),
      [read('a', 1), 'min=1 shmem=1024 shmempmd=1024'],
      [write('a', 1), 'min=1 anon=1 shmem=512 shmempmd=512'],
      [mlock('a', '2M'), 'min=511 lck=512 anon=512 mlocked=512'],
      [madvise('a', '2M', 'populate_read'), ''],
    ],
    on('always', { files: { f: memfd('2M') }, thp: 'always' }),
  ),
  program(
    'shmem-thp-nohugepage',
    'NOHUGEPAGE keeps a mapping from allocating huge pages.',
    [
      mmap('a', '2M', 'shared'),
      madvise('a', '2M', 'nohugepage'),
      [write('a', 1), 'min=1 shmem=1'],
      [mlock('a', '2M'), 'min=511 lck=512 shmem=512 mlocked=512'],
    ],
    always,
  ),
  program(
    'shmem-thp-process-disabled',
    'PR_SET_THP_DISABLE and shared huge pages.',
    [
      thpDisable(true),
      mmap('a', '2M', 'shared'),
      [write('a', 1), 'min=1 shmem=1'],
      thpDisable(false),
      [mlock('a', '2M'), 'min=511 lck=512 shmem=512 mlocked=512'],
    ],
    always,
  ),
  program(
    'shmem-thp-small-page-in-the-way',
    'A small page of the object keeps its range small.',
    [
      mmap('a', '2M', 'shared'),
      madvise('a', '2M', 'nohugepage'),
      write('a+3', 1),
      madvise('a', '2M', 'hugepage'),
      [write('a', 1), 'min=1 shmem=2'],
      [mlock('a', '2M'), 'min=510 lck=512 shmem=512 mlocked=512'],
      [madvise('a', '2M', 'collapse'), 'shmempmd=512'],
    ],
    always,
  ),
  program(
    'shmem-thp-populate',
    'MAP_POPULATE, MADV_POPULATE and MCL_FUTURE with shared huge pages.',
    [
      [mmap('a', '3M', 'shared populate'), 'min=257 size=768 shmem=768 shmempmd=512'],
      mmap('b', '3M', 'shared phase=1M'),
      [madvise('b', '3M', 'populate_read'), 'min=768 shmem=1536'],
      [madvise('b', '3M', 'populate_write'), ''],
      mlockall('future'),
      [mmap('c', '4M', 'shared'), 'min=2 size=2560 vmas=3 lck=1024 shmem=2560 shmempmd=1536 mlocked=1024'],
      [mlockall('future', 'onfault'), ''],
      [mmap('d', '4M', 'shared'), 'size=3584 vmas=4 lck=2048 lf=1024'],
      [write('d+600', 1), 'min=1 shmem=3072 shmempmd=2048 mlocked=1536'],
      munlockall(),
    ],
    always,
  ),
  program(
    'shmem-thp-fallocated',
    'A memfd written elsewhere in small pages, mapped by another.',
    [
      mmap('a', '2M', 'shared file=f'),
      [read('a', 1), 'min=1 shmem=512 shmempmd=512'],
      [mlock('a', '2M'), 'lck=512 mlocked=512'],
      [write('a', '2M', 32), 'min=0'],
    ],
    on('always', { files: { f: memfd('2M', 'filled') } }),
  ),
  program(
    'shmem-thp-remove',
    'REMOVE of a part of a shared huge page.',
    [
      mmap('a', '2M', 'shared'),
      write('a', '2M'),
      [madvise('a', '1M', 'remove'), 'shmem=0 shmempmd=0'],
      [read('a', 1), 'min=1 shmem=1'],
      [write('a+1M', 1), 'min=1 shmem=2'],
      [mlock('a', '2M'), 'min=260 lck=512 shmem=512 mlocked=512'],
    ],
    always,
  ),
  program(
    'shmem-thp-duplicate',
    'A duplicate mapping of locked shared huge pages.',
    [
      mmap('a', '2M', 'shared locked'),
      [move('a', 0, '2M', 'b'), 'min=1 size=1024 vmas=2 lck=1024 shmem=1024 shmempmd=1024'],
      [munlock('a', '2M'), 'lck=512'],
      [munlock('b', 1), 'vmas=3 lck=511 shmem=512 shmempmd=512 mlocked=0'],
    ],
    always,
  ),
]
