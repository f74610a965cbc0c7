/** madvise on unlocked, locked and lock-on-fault memory. */
import { ADVICES } from '../../../engine/op.ts'
import {
  file,
  fork,
  by,
  madvise,
  memfd,
  mlock,
  mmap,
  munlock,
  munmap,
  onfault,
  program,
  read,
  write,
} from './build.ts'
import type { Line, Settings } from './build.ts'

const states: readonly { id: string; says: string; lines: (where: string) => Line[] }[] = [
  { id: 'unlocked', says: 'unlocked', lines: () => [] },
  { id: 'lo', says: 'locked', lines: where => [mlock(where, 8)] },
  { id: 'lo-lf', says: 'lock-on-fault', lines: where => [onfault(where, 8)] },
]

const subjects: readonly { id: string; says: string; words: string; how: Settings; fill: Line[] }[] = [
  { id: 'anon', says: 'anonymous memory', words: '', how: {}, fill: [write('a', 4), read('a+4', 2)] },
  {
    id: 'shmem',
    says: 'a shared memfd',
    words: 'shared file=f',
    how: { files: { f: memfd(8) } },
    fill: [write('a', 5)],
  },
  {
    id: 'file',
    says: 'a shared file',
    words: 'shared file=f',
    how: { files: { f: file(8) } },
    fill: [write('a', 2), read('a+4', 1)],
  },
  {
    id: 'cow',
    says: 'a private file',
    words: 'file=f',
    how: { files: { f: file(8) } },
    fill: [write('a', 3), read('a+4', 1)],
  },
]

/** PAGEOUT writes dirty file pages back through the disk: not part of what a program can repeat. */
const skipped = (subject: string, advice: string) => advice === 'pageout' && subject === 'file'

const matrix = subjects.flatMap(subject =>
  states.flatMap(state =>
    ADVICES.filter(advice => !skipped(subject.id, advice)).map(advice =>
      program(
        `madvise-${subject.id}-${state.id}-${advice.replaceAll('_', '-')}`,
        `madvise(${advice.toUpperCase()}) of ${state.says} ${subject.says}; then reading, writing and locking it.`,
        [
          mmap('a', 8, subject.words),
          ...subject.fill,
          ...state.lines('a'),
          [madvise('a+1', 4, advice), '?'],
          [read('a', 8), '?'],
          [write('a+2', 2), '?'],
          [mlock('a', 8), '?'],
          munlock('a', 8),
        ],
        subject.how,
      ),
    ),
  ),
)

const ranged = (
  [
    'dontneed',
    'free',
    'cold',
    'pageout',
    'dontneed_locked',
    'guard_install',
    'willneed',
    'populate_read',
    'populate_write',
    'wipeonfork',
  ] as const
).flatMap(advice => {
  const name = advice.replaceAll('_', '-')
  const says = advice.toUpperCase()
  return [
    program(
      `madvise-unlocked-then-locked-${name}`,
      `${says} of [unlocked][locked]: what is before the locked VMA is done.`,
      [mmap('a', 8), write('a', 6), mlock('a+4', 4), [madvise('a', 8, advice), '?'], [write('a', 8), '?']],
    ),
    program(`madvise-locked-then-unlocked-${name}`, `${says} of [locked][unlocked]: the first VMA decides.`, [
      mmap('a', 8),
      write('a', 6),
      mlock('a', 4),
      [madvise('a', 8, advice), '?'],
      [write('a', 8), '?'],
    ]),
    program(`madvise-over-a-hole-${name}`, `${says} over a hole is ENOMEM: what is done on either side.`, [
      mmap('a', 9),
      write('a', 9),
      munmap('a+3', 2),
      [madvise('a', 9, advice), '?'],
      [read('a', 3), '?'],
      [write('a+5', 4), '?'],
      [madvise('a+3', 6, advice), '?'],
      [madvise('a+5', 8, advice), '?'],
      [madvise('a+3', 1, advice), '?'],
    ]),
    program(`madvise-none-in-the-middle-${name}`, `${says} over [rw][none][rw].`, [
      mmap('a', 3),
      mmap('b', 9, 'none'),
      write('a', 3),
      [madvise('a', 3, advice), '?'],
      [madvise('b', 9, advice), '?'],
    ]),
  ]
})

export const advice = [
  ...matrix,
  ...ranged,
  program('madvise-dontneed-locked-then-mlock', 'After DONTNEED_LOCKED only a new mlock brings pages back.', [
    mmap('a', 8, 'locked'),
    [madvise('a+2', 4, 'dontneed_locked'), 'lck=8 anon=4 mlocked=4'],
    [read('a+2', 1), 'zero=1 min=1 anon=4'],
    [write('a+3', 1), 'anon=5 mlocked=5'],
    [mlock('a', 8), 'anon=8 mlocked=8 min=3'],
  ]),
  program('madvise-dontneed-part-of-two-vmas', 'DONTNEED stops at the locked VMA in the middle.', [
    mmap('a', 12),
    write('a', 12),
    mlock('a+4', 4),
    [madvise('a', 12, 'dontneed'), 'EINVAL anon=8'],
    [madvise('a+8', 4, 'dontneed'), 'anon=4'],
    [madvise('a+4', 4, 'dontneed'), 'EINVAL anon=4'],
    [madvise('a', 12, 'dontneed_locked'), 'anon=0 lck=4'],
  ]),
  program('madvise-free-then-write', 'A lazily freed page that is written again is ordinary.', [
    mmap('a', 8),
    write('a', 8),
    [madvise('a', 8, 'free'), 'lazyfree=8 anon=8'],
    [write('a', 4), 'lazyfree=4 min=0'],
    [mlock('a', 8), 'lck=8 mlocked=8'],
    [madvise('a', 8, 'free'), 'EINVAL'],
    munlock('a', 8),
    [madvise('a', 8, 'free'), 'lazyfree=8'],
  ]),
  program('madvise-free-under-lock-on-fault', 'Lock on fault over lazily freed pages.', [
    mmap('a', 8),
    write('a', 8),
    madvise('a', 4, 'free'),
    [onfault('a', 8), 'lck=8 lf=8 mlocked=8'],
    [write('a', 2), 'min=0 lazyfree=2'],
    munlock('a', 8),
  ]),
  program('madvise-free-read', 'A lazily freed page that is read keeps its content.', [
    mmap('a', 4),
    write('a', 4),
    madvise('a', 4, 'free'),
    [read('a', 4), 'min=0 anon=4'],
    madvise('a', 4, 'dontneed'),
    [read('a', 4), 'min=4 zero=4'],
  ]),
  program('madvise-dontneed-shared-forked', 'DONTNEED by the child leaves the parent its pages.', [
    mmap('a', 8),
    write('a', 8),
    fork('p1'),
    [by('p1', madvise('a', 4, 'dontneed')), 'anon=4 p0.anon=8'],
    [by('p1', write('a', 8)), 'min=8'],
    [write('a', 8), 'min=8'],
  ]),
  program('madvise-remove-shared', 'REMOVE of shared memory frees its pages for every mapping.', [
    mmap('a', 8, 'shared'),
    write('a', 8),
    fork('p1'),
    [by('p1', read('a', 8)), 'min=1 shmem=8'],
    [madvise('a+2', 4, 'remove'), 'shmem=4'],
    [by('p1', read('a', 8)), 'min=4 shmem=8'],
  ]),
  program(
    'madvise-remove-errors',
    'REMOVE wants a shared writable file mapping and no lock.',
    [
      mmap('p', 4),
      [madvise('p', 4, 'remove'), 'EINVAL'],
      mmap('r', 4, 'r shared file=f'),
      [madvise('r', 4, 'remove'), ''],
      mmap('q', 4, 'file=f'),
      [madvise('q', 4, 'remove'), 'EACCES'],
      mmap('s', 4, 'shared file=f'),
      [madvise('s', 4, 'remove'), ''],
      mlock('s+1', 1),
      [madvise('s', 4, 'remove'), 'EINVAL'],
      mmap('d', 4, 'shared file=d'),
      [madvise('d', 4, 'remove'), ''],
    ],
    { files: { f: memfd(8, 'filled'), d: file(4) } },
  ),
  program(
    'madvise-willneed',
    'WILLNEED maps nothing.',
    [
      mmap('a', 8, 'shared file=f'),
      [madvise('a', 8, 'willneed'), 'present=0'],
      mmap('b', 8),
      [madvise('b', 8, 'willneed'), ''],
      mmap('c', 8, 'shared file=d'),
      [madvise('c', 8, 'willneed'), 'present=0'],
    ],
    { files: { f: memfd(8, 'filled'), d: file(8) } },
  ),
  program(
    'madvise-random-and-sequential',
    'Read-ahead advice is kept in the VMA and separates it from its neighbours.',
    [
      mmap('a', 9),
      [madvise('a', 3, 'random'), 'vmas=2'],
      [madvise('a+3', 3, 'sequential'), 'vmas=3'],
      [madvise('a', 9, 'sequential'), 'vmas=1'],
      [madvise('a', 9, 'normal'), 'vmas=1'],
    ],
  ),
  program(
    'madvise-fork-advice',
    'DONTFORK and WIPEONFORK are flags; WIPEONFORK wants private anonymous memory.',
    [
      mmap('a', 9),
      write('a', 9),
      [madvise('a', 3, 'dontfork'), 'vmas=2'],
      [madvise('a+3', 3, 'wipeonfork'), 'vmas=3'],
      mmap('s', 4, 'shared'),
      [madvise('s', 4, 'wipeonfork'), 'EINVAL'],
      fork('p1'),
      [by('p1', read('a+3', 3)), 'zero=3'],
      [by('p1', read('a', 1)), 'SIGSEGV'],
      [madvise('a', 3, 'dofork'), ''],
      [madvise('a+3', 3, 'keeponfork'), 'vmas=2'],
      fork('p2'),
      [by('p2', read('a', 9)), 'min=0'],
    ],
  ),
  program('madvise-hugepage-flags', 'HUGEPAGE and NOHUGEPAGE replace each other.', [
    mmap('a', 9),
    [madvise('a', 3, 'hugepage'), 'vmas=2'],
    [madvise('a+3', 3, 'nohugepage'), 'vmas=3'],
    [madvise('a', 9, 'nohugepage'), 'vmas=1'],
    mlock('a', 3),
    [madvise('a', 9, 'hugepage'), 'vmas=2 lck=3'],
  ]),
]
