/** Huge pages of 2 MiB: faults, partial locks, splits, copy-on-write. */
import {
  brk,
  by,
  dontunmap,
  exit,
  file,
  fork,
  madvise,
  mlock,
  mlockall,
  mmap,
  mmapAt,
  move,
  mprotect,
  mremap,
} from './build.ts'
import { munlock, munlockall, munmap, onfault, program, read, thpDisable, write } from './build.ts'
import type { Line, Settings } from './build.ts'

const always: Settings = { thp: 'always', cap: true }
const madvised: Settings = { thp: 'madvise', cap: true }

const splitting: readonly { id: string; says: string; line: Line }[] = [
  { id: 'mprotect-half', says: 'mprotect of a half', line: mprotect('a', '1M', 'r') },
  { id: 'mprotect-page', says: 'mprotect of one page', line: mprotect('a+100', 1, 'r') },
  { id: 'mprotect-whole', says: 'mprotect of all of it', line: mprotect('a', '2M', 'r') },
  { id: 'mprotect-both', says: 'mprotect across both', line: mprotect('a+1M', '2M', 'r') },
  { id: 'advice-half', says: 'advice to a half', line: madvise('a', '1M', 'random') },
  { id: 'dontfork-page', says: 'DONTFORK of one page', line: madvise('a+7', 1, 'dontfork') },
  { id: 'munmap-page', says: 'munmap of one page', line: munmap('a+9', 1) },
  { id: 'munmap-half', says: 'munmap of a half', line: munmap('a', '1M') },
  { id: 'munmap-both', says: 'munmap across both', line: munmap('a+1M', '2M') },
  {
    id: 'dontneed-page',
    says: 'DONTNEED_LOCKED of one page',
    line: [madvise('a+3', 1, 'dontneed_locked'), '?'],
  },
  {
    id: 'dontneed-half',
    says: 'DONTNEED_LOCKED of a half',
    line: [madvise('a', '1M', 'dontneed_locked'), '?'],
  },
  {
    id: 'dontneed-whole',
    says: 'DONTNEED_LOCKED of all of it',
    line: [madvise('a', '2M', 'dontneed_locked'), '?'],
  },
  { id: 'munlock-page', says: 'munlock of one page', line: munlock('a+5', 1) },
  { id: 'munlock-half', says: 'munlock of a half', line: munlock('a+1M', '1M') },
  { id: 'munlock-both', says: 'munlock across both', line: munlock('a+1M', '2M') },
  { id: 'onfault-half', says: 'lock on fault over a half', line: onfault('a', '1M') },
  { id: 'relock-half', says: 'mlock of a half', line: mlock('a', '1M') },
  { id: 'map-fixed-page', says: 'MAP_FIXED over one page', line: mmapAt('a+20', 1) },
  { id: 'move-aligned', says: 'a move to an aligned place', line: move('a', '2M', '2M', 'b') },
  { id: 'move-unaligned', says: 'a move to an unaligned place', line: move('a', '2M', '2M', 'b phase=4K') },
  { id: 'move-half', says: 'a move of a half', line: move('a+1M', '1M', '1M', 'b') },
  { id: 'dontunmap', says: 'DONTUNMAP', line: dontunmap('a', '2M', 'b') },
  { id: 'dontunmap-half', says: 'DONTUNMAP of a half', line: dontunmap('a', '1M', 'b') },
  { id: 'shrink', says: 'shrinking', line: mremap('a', '4M', '3M') },
  { id: 'fork-write', says: 'fork and a write', line: fork('p1') },
  { id: 'nohugepage-half', says: 'NOHUGEPAGE of a half', line: madvise('a', '1M', 'nohugepage') },
  { id: 'collapse', says: 'COLLAPSE', line: [madvise('a', '4M', 'collapse'), '?'] },
]
const states: readonly { id: string; says: string; lines: Line[] }[] = [
  { id: 'locked', says: 'locked', lines: [mlock('a', '4M')] },
  { id: 'onfault', says: 'lock-on-fault', lines: [onfault('a', '4M')] },
  { id: 'half', says: 'half locked', lines: [mlock('a', '1M')] },
  { id: 'unlocked', says: 'unlocked', lines: [] },
]

const split = states.flatMap(state =>
  splitting.map(s =>
    program(
      `thp-${state.id}-${s.id}`,
      `Two ${state.says} huge pages, ${s.says}: what stays marked, mapped huge and resident.`,
      [
        mmap('a', '4M'),
        write('a', '4M', '2M'),
        ...state.lines,
        s.line,
        [write('a+1M', 4, 2), '?'],
        [munlock('a+2M', 1), '?'],
        [mlock('a', '4M'), '?'],
        [munlock('a', '4M'), '?'],
      ],
      always,
    ),
  ),
)

/** Where in two huge pages a lock begins and how long it is, in pages. */
const parts = [
  [0, 1],
  [0, 511],
  [0, 512],
  [0, 513],
  [1, 511],
  [1, 512],
  [256, 512],
  [256, 768],
  [511, 2],
  [512, 512],
  [100, 700],
  [0, 1023],
] as const

const partial = [mlock, onfault].flatMap(lock =>
  parts.map(([from, pages]) =>
    program(
      `thp-partial-${lock === mlock ? 'mlock' : 'onfault'}-${from}-${pages}`,
      `${lock === mlock ? 'mlock' : 'mlock2(ONFAULT)'} of pages ${from} to ${from + pages - 1} of two huge pages, then of all, then munlock in parts.`,
      [
        mmap('a', '4M'),
        write('a', '4M', '2M'),
        lock(`a+${from}`, pages),
        lock('a', '4M'),
        munlock(`a+${from}`, pages),
        lock(`a+${from}`, pages),
        munlock('a', '4M'),
        lock('a', '4M'),
        munlock('a+3', 1),
      ],
      always,
    ),
  ),
)

/** Areas that are not made of whole 2 MiB ranges. */
const shapes: readonly { id: string; says: string; size: string | number; words: string }[] = [
  { id: 'exact', says: 'exactly 2 MiB', size: '2M', words: '' },
  { id: 'short', says: 'one page short of 2 MiB', size: 511, words: '' },
  { id: 'long', says: 'one page more than 2 MiB', size: 513, words: '' },
  { id: 'phase-4k', says: 'two ranges and shifted by a page', size: '4M', words: 'phase=4K' },
  { id: 'phase-1m', says: '3 MiB and shifted by 1 MiB', size: '3M', words: 'phase=1M' },
  { id: 'readonly', says: 'read-only', size: '2M', words: 'r' },
  { id: 'noreserve', says: 'MAP_NORESERVE', size: '2M', words: 'noreserve' },
  { id: 'stack', says: 'MAP_STACK', size: '2M', words: 'stack' },
  { id: 'growsdown', says: 'MAP_GROWSDOWN', size: '2M', words: 'growsdown' },
  { id: 'droppable', says: 'MAP_DROPPABLE', size: '2M', words: 'droppable' },
]
const uses: readonly { id: string; says: string; lines: (size: string | number) => Line[] }[] = [
  {
    id: 'write',
    says: 'written',
    lines: size => [
      [write('a', 1), '?'],
      [write('a', size, 64), '?'],
    ],
  },
  {
    id: 'read',
    says: 'read, then written',
    lines: size => [
      [read('a', size, 128), '?'],
      [write('a', size, 64), '?'],
    ],
  },
  {
    id: 'mlock',
    says: 'locked',
    lines: size => [
      [mlock('a', size), '?'],
      [write('a', 1), '?'],
    ],
  },
  {
    id: 'onfault',
    says: 'locked on fault and touched',
    lines: size => [
      [onfault('a', size), '?'],
      [write('a+5', 1), '?'],
      [read('a+300', 1), '?'],
    ],
  },
]
const shaped = shapes.flatMap(shape =>
  uses.map(use =>
    program(
      `thp-shape-${shape.id}-${use.id}`,
      `An area that is ${shape.says} is ${use.says} with huge pages on.`,
      [[mmap('a', shape.size, shape.words), '?'], ...use.lines(shape.size), [munlockall(), '']],
      always,
    ),
  ),
)

const enabled = (['always', 'madvise', 'never'] as const).flatMap(thp =>
  (['', 'hugepage', 'nohugepage'] as const).flatMap(advice =>
    [false, true].map(off =>
      program(
        `thp-enabled-${thp}-${advice || 'no-advice'}${off ? '-process-off' : ''}`,
        `enabled=${thp}, ${advice || 'no'} advice${off ? ', PR_SET_THP_DISABLE' : ''}: what a first write and a first read give.`,
        [
          ...(off ? [thpDisable(true)] : []),
          mmap('a', '4M'),
          ...(advice ? [madvise('a', '4M', advice)] : []),
          write('a', 1),
          read('a+2M', 1),
          write('a+2M', 1),
          [madvise('a', '2M', 'collapse'), '?'],
          mlock('a', '4M'),
        ],
        { thp, cap: true },
      ),
    ),
  ),
)

const defrags = (['always', 'defer', 'defer+madvise', 'madvise', 'never'] as const).map(defrag =>
  program(
    `thp-defrag-${defrag.replace('+', '-')}`,
    `With free memory defrag=${defrag} gives a huge page like any other value.`,
    [mmap('a', '2M'), [write('a', 1), 'min=1 anon=512 huge=512']],
    { ...always, defrag },
  ),
)

const zero: Line[][] = [
  [write('a', 1)],
  [write('a', 16)],
  [mlock('a', '2M')],
  [mlock('a', '1M')],
  [mlock('a+1M', 1)],
  [onfault('a', '2M'), write('a', 1)],
  [onfault('a', '1M'), write('a', 1)],
  [mprotect('a', '1M', 'r'), write('a+1M', 1)],
  [munmap('a', 1), write('a+1', 1)],
  [madvise('a', 1, 'dontneed'), write('a', 1)],
  [fork('p1'), write('a', 1), by('p1', write('a', 1))],
  [madvise('a', '2M', 'populate_write')],
  [madvise('a', 4, 'populate_write')],
  [madvise('a', '2M', 'populate_read')],
  [move('a', '2M', '2M', 'b phase=4K'), write('b', 1)],
  [move('a', '2M', '2M', 'b'), write('b', 1)],
  [munlock('a', '2M'), [madvise('a', '2M', 'free'), '?'], write('a', 1)],
  [[madvise('a', '2M', 'collapse'), '?']],
]
const zeroNames = [
  'write',
  'write-16',
  'mlock',
  'mlock-half',
  'mlock-page',
  'onfault-write',
  'onfault-half-write',
  'mprotect-half',
  'munmap-page',
  'dontneed-page',
  'fork',
  'populate-write',
  'populate-write-4',
  'populate-read',
  'move-unaligned',
  'move-aligned',
  'free',
  'collapse',
]
const zeroPage = zero.map((lines, i) =>
  program(
    `thp-zero-${zeroNames[i]!}`,
    `A range read first holds the huge zero page; then ${zeroNames[i]!.replaceAll('-', ' ')}.`,
    [
      mmap('a', '4M'),
      [read('a', 1), 'min=1 present=512 zero=512 anon=0 rss=0'],
      ...lines.map((line): Line => (Array.isArray(line) ? line : [line as never, '?'])),
      [read('a+5', 1), '?'],
      [write('a+600', 1), '?'],
      [mlockall('current'), '?'],
    ],
    always,
  ),
)

export const thp = [
  ...split,
  ...partial,
  ...shaped,
  ...enabled,
  ...defrags,
  ...zeroPage,
  program(
    'thp-mlock-4m',
    'mlock of 4 MiB is two faults and two marked huge pages.',
    [
      mmap('a', '4M'),
      [mlock('a', '4M'), 'min=2 anon=1024 mlocked=1024 huge=1024 lck=1024'],
      [munlock('a', '4M'), 'mlocked=0 huge=1024'],
    ],
    always,
  ),
  program(
    'thp-measurements',
    'Two huge pages under locks of every extent, step by step.',
    [
      mmap('a', '4M'),
      write('a', '4M', '2M'),
      [mlock('a', '4M'), 'mlocked=1024 huge=1024 lck=1024 locked=1024'],
      [munlock('a', '4M'), 'mlocked=0 huge=1024'],
      [mlock('a+1M', '2M'), 'mlocked=0 huge=0 lck=512 locked=512'],
      [munlock('a+1M', '2M'), 'mlocked=0 lck=0'],
      [
        mlock('a', '2M'),
        {
          '5.10': 'lck=512',
          '6.1': 'mlocked=0',
          '6.12': 'mlocked=512',
          '6.18': 'mlocked=512 lck=512 huge=0',
          '7.2': 'mlocked=512',
        },
      ],
    ],
    always,
  ),
  program(
    'thp-locked-in-pieces',
    'A huge page locked in pieces is never marked, though wholly locked.',
    [
      mmap('a', '4M'),
      write('a', '4M', '2M'),
      [mlock('a', '2M'), 'mlocked=512 huge=1024'],
      [mlock('a+2M', 1), 'mlocked=512 huge=512'],
      [mlock('a+2M', '1M'), 'mlocked=512'],
      [mlock('a+2M', '2M'), 'mlocked=512 lck=1024 locked=1024'],
      [munlock('a+3', 1), 'mlocked=0 lck=1023'],
      [mlock('a+3', 1), 'mlocked=0 lck=1024'],
      munlock('a', '4M'),
      [mlock('a', '4M'), { '6.12': 'mlocked=1024', '6.18': 'mlocked=1024 huge=0' }],
    ],
    always,
  ),
  program(
    'thp-spanning-two-vmas',
    'A huge page that spans two VMAs is not marked even by one call over both.',
    [
      mmap('a', '2M'),
      write('a', 1),
      mprotect('a', '1M', 'r'),
      [mlock('a', '2M'), 'mlocked=0 lck=512 locked=512'],
      [mprotect('a', '1M', 'rw'), 'vmas=1 mlocked=0'],
      munlock('a', '2M'),
      [mlock('a', '2M'), { '6.1': 'mlocked=0', '6.12': 'mlocked=512', '6.18': 'mlocked=512' }],
    ],
    always,
  ),
  program(
    'thp-fork-write',
    'A byte written after fork splits the mapping and copies one page.',
    [
      mmap('a', '2M'),
      mlock('a', '2M'),
      fork('p1'),
      [write('a', 1), { '6.18': 'min=1 mlocked=1 huge=0' }],
      [write('a', '2M'), 'min=511 mlocked=512'],
      [by('p1', write('a', '2M')), 'min=1'],
      [mlock('a', '2M'), ''],
    ],
    always,
  ),
  program(
    'thp-fork-write-after-exit',
    'Once the child is gone the parent reuses (6.16) or copies its pages.',
    [
      mmap('a', '2M'),
      write('a', 1),
      fork('p1'),
      [write('a', 1), 'min=1 huge=0'],
      by('p1', exit()),
      [write('a', '2M'), 'min=511'],
      [mlock('a', '2M'), 'lck=512 mlocked=1'],
    ],
    always,
  ),
  program(
    'thp-fork-exit-write',
    'The child leaves first: the parent writes a huge page nobody else has.',
    [
      mmap('a', '2M'),
      write('a', 1),
      fork('p1'),
      by('p1', exit()),
      [write('a', 1), 'min=1'],
      [write('a', '2M'), 'min=0'],
    ],
    always,
  ),
  program(
    'thp-fork-child-writes-all',
    'The child writes all of an inherited huge page.',
    [
      mmap('a', '2M'),
      mlock('a', '2M'),
      fork('p1'),
      [by('p1', write('a', '2M', 8)), 'min=64 huge=0'],
      [by('p1', mlock('a', '2M')), 'min=448 lck=512'],
      [write('a', 1), 'min=1'],
      by('p1', exit()),
      [write('a', '2M'), 'min=0'],
    ],
    always,
  ),
  program(
    'thp-fork-lock-on-fault',
    'Lock on fault in the child over a shared huge page.',
    [
      mmap('a', '2M'),
      mlock('a', '2M'),
      fork('p1'),
      [by('p1', onfault('a', '2M')), 'lck=512 lf=512'],
      [munlock('a', '2M'), 'lck=0'],
      [by('p1', write('a+9', 1)), 'min=1 huge=0 mlocked=1'],
      [by('p1', munlock('a', '2M')), 'lck=0 lf=0 mlocked=0'],
    ],
    always,
  ),
  program(
    'thp-fork-part-unmapped',
    'The parent unmaps a part of a huge page it shares.',
    [
      mmap('a', '2M'),
      mlock('a', '2M'),
      fork('p1'),
      [munmap('a', '1M'), 'size=256 lck=256 anon=256 huge=0 mlocked=0'],
      [by('p1', mlock('a', '2M')), 'min=512 lck=512 huge=0 mlocked=512'],
      [munmap('a+1M', '1M'), 'size=0 vmas=0 lck=0 anon=0'],
      [by('p1', exit()), 'mlocked=0'],
    ],
    always,
  ),
  program(
    'thp-zero-page-off',
    'With use_zero_page=0 a read allocates a real huge page.',
    [
      mmap('a', '2M'),
      [read('a', 1), 'min=1 anon=512 zero=0 huge=512'],
      [mlock('a', '2M'), 'mlocked=512 min=0'],
    ],
    { ...always, zeroPage: false },
  ),
  program(
    'thp-under-future',
    'Under MCL_FUTURE a mapping is filled with marked huge pages.',
    [
      mlockall('future'),
      [mmap('a', '4M'), 'min=2 mlocked=1024 huge=1024'],
      [mmap('b', '3M', 'phase=1M'), 'anon=1792'],
    ],
    always,
  ),
  program(
    'thp-future-onfault',
    'Under lock on fault one touched page costs 2 MiB.',
    [
      mlockall('future', 'onfault'),
      mmap('a', '4M'),
      [write('a+700', 1), 'min=1 mlocked=512 anon=512'],
      [read('a', 1), 'zero=512 mlocked=512'],
    ],
    always,
  ),
  program(
    'thp-lock-boundary-rules-out',
    'Where a lock boundary cuts a range, faults give small pages.',
    [
      mmap('a', '4M'),
      onfault('a', '1M'),
      [write('a', 1), 'anon=1 mlocked=1'],
      [write('a+1M', 1), 'anon=2 mlocked=1'],
      [write('a+2M', 1), 'anon=514 huge=512'],
    ],
    always,
  ),
  program(
    'thp-small-page-first',
    'A small page in the range keeps it small.',
    [
      mmap('a', '2M'),
      madvise('a', '2M', 'nohugepage'),
      write('a', 1),
      madvise('a', '2M', 'hugepage'),
      [write('a+1', 1), 'anon=2 huge=0'],
      [mlock('a', '2M'), 'anon=512 huge=0 min=510 mlocked=512'],
    ],
    always,
  ),
  program(
    'thp-emptied-range',
    'After a huge range was emptied the next touch may get a huge page again.',
    [
      mmap('a', '2M'),
      madvise('a', '2M', 'nohugepage'),
      write('a', '2M'),
      madvise('a', '2M', 'hugepage'),
      madvise('a', '2M', 'dontneed'),
      [
        write('a', 1),
        { '5.10': 'anon=1', '6.1': 'anon=1', '6.12': 'anon=1', '6.18': 'anon=512', '7.2': 'anon=512' },
      ],
    ],
    always,
  ),
  program(
    'thp-emptied-in-parts',
    'A range emptied in parts.',
    [
      mmap('a', '2M'),
      madvise('a', '2M', 'nohugepage'),
      write('a', 8),
      madvise('a', '2M', 'hugepage'),
      madvise('a', 4, 'dontneed'),
      madvise('a+4', 4, 'dontneed'),
      [write('a', 1), 'min=1 anon=1'],
      madvise('a', '2M', 'dontneed_locked'),
      [write('a', 1), 'min=1 anon=512 huge=512'],
    ],
    always,
  ),
  program(
    'thp-dontneed-huge-range',
    'DONTNEED of a whole huge page frees it at once.',
    [
      mmap('a', '4M'),
      write('a', '4M', '2M'),
      [madvise('a', '2M', 'dontneed'), 'anon=512'],
      [read('a', 1), 'zero=512'],
      [madvise('a+1M', '1M', 'dontneed'), 'zero=256'],
      [write('a+1M', 1), 'min=1 anon=513'],
    ],
    always,
  ),
  program(
    'thp-free',
    'MADV_FREE of a huge page, whole and in part.',
    [
      mmap('a', '4M'),
      write('a', '4M'),
      [madvise('a', '2M', 'free'), 'lazyfree=512'],
      [madvise('a+2M', '1M', 'free'), 'huge=512 lazyfree=768'],
      [write('a', 1), 'min=0 lazyfree=256'],
      [mlock('a', '4M'), 'lck=1024 lazyfree=0 mlocked=1024'],
    ],
    always,
  ),
  program(
    'thp-free-populated-only',
    'MADV_FREE of a part of a huge page that was never written.',
    [
      mmap('a', '2M', 'populate'),
      [madvise('a', '1M', 'free'), 'anon=0 zero=512 huge=0'],
      [write('a+1M', 4), 'min=4 anon=4 zero=508'],
      [mlock('a', '2M'), 'min=508 lck=512 anon=512 zero=0 mlocked=512'],
    ],
    always,
  ),
  program(
    'thp-pageout-without-swap',
    'PAGEOUT of a part without swap.',
    [
      mmap('a', '2M', 'populate'),
      [madvise('a', '1M', 'pageout'), 'anon=0 zero=512 huge=0'],
      [write('a', '2M', 8), 'min=64 anon=64 zero=448'],
      [mlock('a', '2M'), 'min=448 lck=512 anon=512 zero=0 mlocked=512'],
    ],
    always,
  ),
  program(
    'thp-cold',
    'COLD of a part.',
    [
      mmap('a', '2M'),
      write('a', '2M'),
      [madvise('a', '1M', 'cold'), 'huge=0'],
      [madvise('a', '2M', 'cold'), ''],
      [mlock('a', '2M'), 'lck=512 mlocked=512'],
    ],
    always,
  ),
  program(
    'thp-move-misaligned-locked',
    'A locked huge page moved to a misaligned address stays mlocked, no longer mapped huge.',
    [
      mmap('a', '2M', 'locked'),
      [
        move('a', '2M', '2M', 'b phase=4K'),
        {
          '5.10': 'mlocked=0',
          '6.1': 'mlocked=0',
          '6.12': 'mlocked=0',
          '6.18': 'mlocked=512 huge=0 min=0',
          '7.2': 'mlocked=512',
        },
      ],
      [move('b', '2M', '2M', 'c'), ''],
      [munlock('c', 1), 'vmas=2 lck=511 mlocked=0'],
    ],
    always,
  ),
  program(
    'thp-mremap-grow',
    'A locked mapping that grows is filled with huge pages where they fit.',
    [
      mmap('a', '1M', 'locked'),
      [mremap('a', '1M', '2M'), 'anon=512 huge=0'],
      [mremap('a', '2M', '5M'), 'min=257 size=1280 lck=1280 anon=1280 huge=512 mlocked=1280'],
    ],
    always,
  ),
  program(
    'thp-mprotect-readonly-dirty',
    'A huge page written, then made read-only, in Private_Dirty.',
    [
      mmap('a', '2M'),
      write('a', 1),
      [mprotect('a', '2M', 'r'), ''],
      [mlock('a', '2M'), 'lck=512 mlocked=512'],
      [mprotect('a', '2M', 'rw'), ''],
      [write('a', 3), 'min=0'],
    ],
    always,
  ),
  program(
    'thp-mprotect-locked-readonly-and-back',
    'A PTE-mapped huge page through read-only and back, locked.',
    [
      mmap('a', '2M', 'locked'),
      mprotect('a', '1M', 'r'),
      [mprotect('a', '1M', 'rw'), 'vmas=1'],
      [write('a', '2M'), 'min=0'],
    ],
    always,
  ),
  program(
    'thp-mprotect-unlocked-readonly-and-back',
    'The same unlocked.',
    [
      mmap('a', '2M', 'populate'),
      mprotect('a', '1M', 'r'),
      [mprotect('a', '1M', 'rw'), 'vmas=1'],
      [write('a', '2M'), 'min=0'],
    ],
    always,
  ),
  program(
    'thp-read-only-file-is-small',
    'A private file mapping gets no huge pages.',
    [mmap('a', '2M', 'file=f'), [write('a', 1), 'anon=1'], [read('a+64', 1), 'min=1 file=16']],
    { ...always, files: { f: file('2M') } },
  ),
  program(
    'thp-heap',
    'The heap gets huge pages where whole ranges are in it.',
    [brk('5M'), [write('$heap', '5M', '1M'), 'min=3 anon=1025 huge=1024'], mlock('$heap', '5M'), brk('-1M')],
    always,
  ),
  program(
    'thp-disable-except-advised',
    'PR_SET_THP_DISABLE except for advised memory.',
    [
      [
        thpDisable(true, true),
        { '5.10': 'EINVAL', '6.1': 'EINVAL', '6.12': 'EINVAL', '6.18': '', '7.2': '' },
      ],
      mmap('a', '2M'),
      [write('a', 1), 'min=1 anon=1'],
      mmap('b', '2M'),
      madvise('b', '2M', 'hugepage'),
      [write('b', 1), 'min=1 anon=513 huge=512'],
      [thpDisable(false), ''],
      mmap('c', '2M'),
      [write('c', 1), 'min=1 anon=1025 huge=1024'],
    ],
    always,
  ),
  program(
    'thp-disable-inherited',
    'The setting is inherited by a child.',
    [
      thpDisable(true),
      mmap('a', '2M'),
      fork('p1'),
      [by('p1', write('a', 1)), 'anon=1'],
      thpDisable(false),
      [write('a', 1), 'anon=512'],
      [by('p1', mmap('b', '2M', 'populate')), 'huge=0'],
    ],
    always,
  ),
  program(
    'thp-madvised-part',
    'Advice to a half splits the VMA, so no range fits.',
    [
      mmap('a', '2M'),
      madvise('a', '1M', 'hugepage'),
      [write('a', 1), 'anon=1'],
      madvise('a', '2M', 'hugepage'),
      [write('a+1', 1), 'anon=2'],
      mmap('b', '4M'),
      madvise('b+1M', '3M', 'hugepage'),
      [write('b', '4M', '1M'), 'min=3 anon=516 huge=512'],
    ],
    madvised,
  ),
  program(
    'thp-munmap-half-of-locked',
    'munmap of one page of a locked huge page unmarks the folio.',
    [
      mmap('a', '4M', 'locked'),
      [munmap('a', 1), 'mlocked=512 huge=512 anon=1023 lck=1023'],
      [mlock('a+1', 511), 'mlocked=512'],
      [munlock('a+1', 511), ''],
      [mlock('a+1', 511), 'vmas=1 lck=1023'],
    ],
    always,
  ),
  program(
    'thp-relock-after-dontneed',
    'A page dropped from a locked huge page comes back small.',
    [
      mmap('a', '2M', 'locked'),
      [madvise('a', 1, 'dontneed_locked'), 'mlocked=0 anon=511'],
      [mlock('a', '2M'), 'anon=512 min=1 mlocked=1'],
      [munlock('a', '2M'), ''],
      [mlock('a', '2M'), 'mlocked=1'],
    ],
    always,
  ),
  program(
    'thp-locked-then-advice',
    'Advice to a locked huge page.',
    [
      mmap('a', '4M', 'locked'),
      [madvise('a', '4M', 'nohugepage'), 'huge=1024 mlocked=1024'],
      [madvise('a', '4M', 'dontneed_locked'), 'anon=0'],
      [mlock('a', '4M'), 'huge=0 min=1024 mlocked=1024'],
    ],
    always,
  ),
]
