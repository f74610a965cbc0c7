/** Several lockers of the same pages: marks, mlock_count and the proportional Locked of smaps. */
import {
  by,
  exit,
  file,
  fork,
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

/** Around the sizes of the per-CPU batches. */
const sizes = [1, 15, 16, 31, 32, 64] as const

const subjects: readonly { id: string; says: string; words: string; how?: (pages: number) => Settings }[] = [
  { id: 'shared', says: 'shared memory', words: 'shared' },
  {
    id: 'memfd',
    says: 'a filled memfd',
    words: 'shared file=f',
    how: n => ({ files: { f: memfd(n, 'filled') } }),
  },
  { id: 'file', says: 'a file', words: 'shared file=f', how: n => ({ files: { f: file(n) } }) },
]

const counted = subjects.flatMap(s =>
  sizes.map(n =>
    program(
      `lockers-two-${s.id}-${n}`,
      `Two processes lock ${n} pages of ${s.says}, one unlocks: how many stay marked.`,
      [
        mmap('a', n, s.words),
        [mlock('a', n), `lck=${n} mlocked=${n}`],
        fork('p1'),
        [by('p1', mlock('a', n)), `lck=${n} mlocked=${n}`],
        [munlock('a', n), `lck=0 mlocked=${n}`],
        [by('p1', munlock('a', n)), 'mlocked=0'],
      ],
      s.how?.(n),
    ),
  ),
)

const cow = sizes.map(n =>
  program(
    `lockers-two-cow-${n}`,
    `Parent and child lock the same ${n} private pages, read-only: marks after each unlock.`,
    [
      mmap('a', n),
      write('a', n),
      fork('p1'),
      onfault('a', n),
      by('p1', onfault('a', n)),
      [munlock('a', n), '?'],
      [by('p1', munlock('a', n)), 'mlocked=0'],
    ],
  ),
)

const populatedFirst = [16, 31, 32, 64].map(n =>
  program(`lockers-two-present-${n}`, `Two processes lock ${n} shared pages that both have mapped already.`, [
    mmap('a', n, 'shared'),
    write('a', n),
    fork('p1'),
    by('p1', read('a', n)),
    [mlock('a', n), `mlocked=${n}`],
    [by('p1', mlock('a', n)), `mlocked=${n}`],
    [munlock('a', n), '?'],
    [by('p1', munlock('a', n)), '?'],
  ]),
)

const ways: readonly { id: string; says: string; line: Line[] }[] = [
  { id: 'munlock', says: 'munlock', line: [munlock('a', 8)] },
  { id: 'munmap', says: 'munmap', line: [munmap('a', 8)] },
  { id: 'exit', says: 'exit', line: [exit()] },
  { id: 'dontneed-locked', says: 'DONTNEED_LOCKED', line: [[madvise('a', 8, 'dontneed_locked'), '?']] },
  { id: 'part', says: 'munlock of half of it', line: [munlock('a', 4)] },
]

const leaving = ways.flatMap(way =>
  [mlock, onfault].map(lock =>
    program(
      `lockers-${lock === mlock ? 'lo' : 'lf'}-leave-by-${way.id}`,
      `Two lockers of shared pages, the first leaves by ${way.says}, then the second unlocks.`,
      [
        mmap('a', 8, 'shared'),
        write('a', 8),
        fork('p1'),
        by('p1', read('a', 8)),
        lock('a', 8),
        by('p1', lock('a', 8)),
        ...way.line,
        [by('p1', munlock('a', 8)), '?'],
      ],
    ),
  ),
)

export const lockers = [
  ...counted,
  ...cow,
  ...populatedFirst,
  ...leaving,
  program(
    'lockers-two-mappings-of-one-process',
    'One process that maps and locks pages twice: Locked halves per VMA, Mlocked counts once.',
    [
      mmap('a', 8, 'shared file=f'),
      mmap('b', 8, 'shared file=f'),
      [mlock('a', 8), 'mlocked=8 locked=8'],
      [mlock('b', 8), 'mlocked=8 lck=16 locked=8 shmem=16'],
      [munlock('a', 8), 'lck=8'],
      [munmap('b', 8), 'mlocked=0'],
    ],
    { files: { f: memfd(8, 'filled') } },
  ),
  program('lockers-pss-of-three', 'Three mappers: a third of the pages in each Locked.', [
    mmap('a', 12, 'shared'),
    mlock('a', 12),
    fork('p1'),
    [by('p1', mlock('a', 12)), 'locked=6 p0.locked=6'],
    by('p1', fork('p2')),
    [by('p2', read('a', 12)), 'p0.locked=3.75 p1.locked=3.75 locked=0'],
    [by('p2', exit()), 'p0.locked=6'],
  ]),
  program(
    'lockers-pss-of-private-pages',
    'Private pages shared by fork count by halves too, until they are copied.',
    [
      mmap('a', 8, 'locked'),
      [fork('p1'), 'locked=4'],
      [by('p1', write('a', 4)), 'p0.locked=6'],
      [by('p1', mlock('a', 8)), 'locked=8 p0.locked=8'],
    ],
  ),
  program('lockers-different-parts', 'Two processes lock overlapping parts.', [
    mmap('a', 12, 'shared populate'),
    fork('p1'),
    mlock('a', 8),
    [by('p1', mlock('a+4', 8)), 'mlocked=12'],
    [munlock('a', 8), 'mlocked=8'],
    [by('p1', munlock('a+6', 6)), 'mlocked=2'],
  ]),
  program(
    'lockers-reader-is-no-locker',
    'Another process that maps the pages without a lock does not keep them marked.',
    [
      mmap('a', 8, 'shared locked'),
      fork('p1'),
      [by('p1', read('a', 8)), 'mlocked=8'],
      [munlock('a', 8), 'mlocked=0'],
      [mlock('a', 8), 'mlocked=8'],
      [munmap('a', 8), 'mlocked=0 p1.shmem=8'],
    ],
  ),
  program(
    'lockers-late-mapper-under-lock-on-fault',
    'Each lock-on-fault mapping counts when it maps the page.',
    [
      mmap('a', 8, 'shared'),
      onfault('a', 8),
      fork('p1'),
      by('p1', onfault('a', 8)),
      [write('a', 4), 'min=4 shmem=4 mlocked=4'],
      [by('p1', write('a+2', 4)), 'min=4 shmem=4 mlocked=6'],
      [munlock('a', 8), 'lck=0 lf=0 mlocked=4'],
      [by('p1', munlock('a', 8)), 'lck=0 lf=0 mlocked=0'],
    ],
  ),
]
