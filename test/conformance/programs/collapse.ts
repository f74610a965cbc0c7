/** MADV_COLLAPSE. */
import {
  by,
  exit,
  file,
  fork,
  madvise,
  memfd,
  mlock,
  mmap,
  mmapAt,
  mprotect,
  munlock,
  munmap,
  onfault,
  pin,
} from './build.ts'
import { program, read, thpDisable, unpin, write } from './build.ts'
import type { Line, Settings } from './build.ts'

const big: Settings = { cap: true }

const contents: readonly { id: string; says: string; lines: Line[] }[] = [
  { id: 'empty', says: 'empty', lines: [] },
  { id: 'one-page', says: 'one page written', lines: [write('a', 1)] },
  { id: 'one-late-page', says: 'its last page written', lines: [write('a+511', 1)] },
  { id: 'full', says: 'fully written', lines: [write('a', '2M')] },
  { id: 'zero-pages', says: 'read only, all zero pages', lines: [read('a', '2M')] },
  { id: 'mixed', says: 'zero pages, written pages and holes', lines: [read('a', 20), write('a+10', 20)] },
  {
    id: 'read-only-now',
    says: 'written, then made read-only',
    lines: [write('a', 40), mprotect('a', '4M', 'r')],
  },
  { id: 'prot-none', says: 'written, then PROT_NONE', lines: [write('a', 40), mprotect('a', '4M', 'none')] },
  {
    id: 'lazily-freed',
    says: 'written and lazily freed',
    lines: [write('a', '2M'), madvise('a', 100, 'free')],
  },
  { id: 'nohugepage', says: 'advised against', lines: [write('a', 100), madvise('a', '4M', 'nohugepage')] },
  { id: 'forked', says: 'shared with a child', lines: [write('a', '2M'), fork('p1')] },
  {
    id: 'forked-part',
    says: 'shared with a child and half rewritten',
    lines: [write('a', '2M'), fork('p1'), write('a', '1M')],
  },
  {
    id: 'guarded',
    says: 'with a guard page',
    lines: [write('a', 40), [madvise('a+50', 1, 'guard_install'), '?']],
  },
]
const locks: readonly { id: string; says: string; lines: Line[] }[] = [
  { id: 'unlocked', says: 'Unlocked', lines: [] },
  { id: 'onfault', says: 'Lock-on-fault', lines: [onfault('a', '4M')] },
]

const matrix = contents.flatMap(c =>
  locks.map(lock =>
    program(
      `collapse-${c.id}-${lock.id}`,
      `${lock.says} memory, ${c.says}, is collapsed; then used and locked.`,
      [
        mmap('a', '4M'),
        ...c.lines,
        ...lock.lines.map((line): Line => line),
        [madvise('a', '2M', 'collapse'), '?'],
        [read('a+100', 1), '?'],
        [write('a+200', 1), '?'],
        [mlock('a', '2M'), '?'],
        [munlock('a', '2M'), '?'],
      ],
      big,
    ),
  ),
)

/** Ranges against VMAs of [0, 6M), shifted or not. */
const ranges = [
  ['0', '2M'],
  ['0', '4K'],
  ['0', '1M'],
  ['1M', '1M'],
  ['1M', '2M'],
  ['1M', '3M'],
  ['1M', '4M'],
  ['4K', '2M'],
  ['0', '6M'],
  ['0', '5M'],
  ['3M', '3M'],
  ['2044K', '8K'],
  ['5M', '2M'],
] as const
const ranged = ['0', '1M'].flatMap(phase =>
  ranges.map(([from, size]) =>
    program(
      `collapse-range-${from}-${size}-phase-${phase}`.toLowerCase(),
      `COLLAPSE of ${size} at ${from} in 6 MiB that begin at phase ${phase}.`,
      [
        mmap('a', '6M', phase === '0' ? '' : `phase=${phase}`),
        write('a', '6M', 16),
        [madvise(`a+${from}`, size, 'collapse'), '?'],
        [mlock('a', '6M'), '?'],
      ],
      big,
    ),
  ),
)

const kinds: readonly { id: string; words: string; how: Settings }[] = [
  { id: 'shared-anon', words: 'shared', how: {} },
  { id: 'memfd', words: 'shared file=f', how: { files: { f: memfd('4M') } } },
  { id: 'memfd-filled', words: 'shared file=f', how: { files: { f: memfd('4M', 'filled') } } },
  { id: 'memfd-private', words: 'file=f', how: { files: { f: memfd('4M', 'filled') } } },
  { id: 'file-shared', words: 'shared file=f', how: { files: { f: file('4M') } } },
  { id: 'file-read-only', words: 'r shared file=f', how: { files: { f: file('4M', 'r') } } },
  { id: 'file-exec', words: 'rx file=f', how: { files: { f: file('4M', 'r') } } },
  { id: 'file-private', words: 'file=f', how: { files: { f: file('4M') } } },
  { id: 'noreserve', words: 'noreserve', how: {} },
  { id: 'growsdown', words: 'growsdown', how: {} },
  { id: 'stack', words: 'stack', how: {} },
  { id: 'droppable', words: 'droppable', how: {} },
  { id: 'hugetlb', words: 'hugetlb', how: { hugetlb: 4 } },
]
const byKind = kinds.map(k =>
  program(
    `collapse-of-${k.id}`,
    `COLLAPSE of a ${k.id.replaceAll('-', ' ')} mapping.`,
    [
      [mmap('a', '4M', k.words), '?'],
      [read('a', 40), '?'],
      [write('a+20', 40), '?'],
      [madvise('a', '2M', 'collapse'), '?'],
      [read('a+300', 4), '?'],
      [mlock('a', '4M'), '?'],
    ],
    { ...big, ...k.how },
  ),
)

export const collapse = [
  ...matrix,
  ...ranged,
  ...byKind,
  program(
    'collapse-locked',
    'Locked small pages become one marked huge page.',
    [
      mmap('a', '2M', 'locked'),
      [madvise('a', '2M', 'collapse'), { '5.10': 'EINVAL', '6.18': 'huge=512 mlocked=512 lck=512' }],
      [munlock('a+3', 1), 'vmas=3 lck=511 huge=0 mlocked=0'],
    ],
    big,
  ),
  program(
    'collapse-onfault-becomes-resident',
    'A lock-on-fault range with ten pages becomes 2 MiB resident and marked.',
    [
      mmap('a', '2M'),
      onfault('a', '2M'),
      [write('a', 10), 'anon=10 mlocked=10'],
      [madvise('a', '2M', 'collapse'), 'anon=512 mlocked=512 huge=512'],
    ],
    big,
  ),
  program(
    'collapse-errors',
    'COLLAPSE wants a VMA that holds an aligned 2 MiB block.',
    [
      mmap('a', '2M', 'phase=4K'),
      write('a', 8),
      [madvise('a', '2M', 'collapse'), 'EINVAL'],
      mmap('b', '1M'),
      [madvise('b', '1M', 'collapse'), 'EINVAL'],
      [madvise('b+1B', '1M', 'collapse'), 'EINVAL'],
      [madvise('b', 0, 'collapse'), ''],
      [madvise('b+2M', '2M', 'collapse'), 'ENOMEM'],
    ],
    big,
  ),
  program(
    'collapse-inside-one-block',
    'A range inside one block: EINVAL up to 6.18 unless it begins where the block does, nothing on 7.2.',
    [
      mmap('a', '4M'),
      write('a', 8),
      [madvise('a', '1M', 'collapse'), { '6.1': '', '6.12': '', '6.18': '', '7.2': '' }],
      [madvise('a+1', '1M', 'collapse'), { '6.1': 'EINVAL', '6.12': 'EINVAL', '6.18': 'EINVAL', '7.2': '' }],
      [madvise('a+1M', '2M', 'collapse'), ''],
      [madvise('a', '4M', 'collapse'), 'EINVAL anon=512 huge=512'],
    ],
    big,
  ),
  program(
    'collapse-over-two-vmas',
    'A range over two VMAs.',
    [
      mmap('a', '4M'),
      write('a', 8),
      mprotect('a+2M', '2M', 'r'),
      [madvise('a', '4M', 'collapse'), 'EINVAL anon=512 huge=512'],
      mprotect('a+1M', 4, 'r'),
      [madvise('a', '4M', 'collapse'), 'EINVAL'],
      munmap('a+2M', 1),
      [madvise('a', '4M', 'collapse'), 'EINVAL'],
    ],
    big,
  ),
  program(
    'collapse-pinned',
    'A long-term pinned page makes COLLAPSE fail.',
    [
      mmap('a', '2M'),
      write('a', 8),
      pin('a', 2),
      [madvise('a', '2M', 'collapse'), 'EAGAIN'],
      unpin(),
      [madvise('a', '2M', 'collapse'), 'huge=512'],
    ],
    big,
  ),
  program(
    'collapse-twice',
    'COLLAPSE of a huge page is nothing; of a split one it maps it huge again.',
    [
      mmap('a', '2M'),
      write('a', '2M'),
      [madvise('a', '2M', 'collapse'), 'huge=512'],
      [madvise('a', '2M', 'collapse'), 'huge=512'],
      mprotect('a', '1M', 'r'),
      mprotect('a', '1M', 'rw'),
      [madvise('a', '2M', 'collapse'), 'huge=512'],
      [mlock('a', '1M'), 'vmas=2 lck=256 huge=0'],
      [madvise('a', '2M', 'collapse'), 'EINVAL'],
    ],
    big,
  ),
  program(
    'collapse-after-partial-lock',
    'A PTE-mapped huge page, locked in halves, collapsed.',
    [
      mmap('a', '2M'),
      write('a', '2M'),
      madvise('a', '2M', 'collapse'),
      mlock('a', '1M'),
      mlock('a+1M', '1M'),
      [madvise('a', '2M', 'collapse'), 'huge=512 mlocked=512'],
      [munlock('a', 1), 'vmas=2 lck=511 huge=0 mlocked=0'],
    ],
    big,
  ),
  program(
    'collapse-with-thp-disabled',
    'COLLAPSE and PR_SET_THP_DISABLE.',
    [
      thpDisable(true),
      mmap('a', '2M'),
      write('a', 8),
      [madvise('a', '2M', 'collapse'), 'EINVAL'],
      thpDisable(false),
      [madvise('a', '2M', 'collapse'), 'huge=512'],
    ],
    big,
  ),
  program(
    'collapse-in-a-child',
    'A child collapses inherited pages.',
    [
      mmap('a', '2M'),
      write('a', 64),
      mlock('a', '2M'),
      fork('p1'),
      [by('p1', madvise('a', '2M', 'collapse')), 'huge=512'],
      [write('a', 4), 'min=4'],
      by('p1', exit()),
      [madvise('a', '2M', 'collapse'), 'huge=512'],
    ],
    big,
  ),
  program(
    'collapse-several-blocks',
    'Several blocks in one call, a hole in the middle of them.',
    [
      mmap('a', '6M'),
      write('a', '6M', 8),
      [madvise('a', '6M', 'collapse'), 'huge=1536'],
      mmap('b', '6M'),
      write('b', '6M', 8),
      mmapAt('b+3M', 1, 'r'),
      [madvise('b', '6M', 'collapse'), 'EINVAL anon=2175 huge=2048'],
    ],
    big,
  ),
]
