/** Which neighbours become one VMA. */
import {
  brk,
  by,
  exit,
  file,
  fork,
  madvise,
  memfd,
  mlock,
  mlockall,
  mmap,
  mmapAt,
  mprotect,
  munlock,
  munlockall,
} from './build.ts'
import { munmap, onfault, program, read, write } from './build.ts'
import type { Line } from './build.ts'

/** Neighbours [0,4) and [4,8) that differ in who was written before their flags become equal. */
const written: readonly { id: string; says: string; lines: Line[] }[] = [
  { id: 'neither', says: 'neither has pages', lines: [] },
  { id: 'left', says: 'the left one was written', lines: [write('a', 1)] },
  { id: 'right', says: 'the right one was written', lines: [write('a+4', 1)] },
  { id: 'both', says: 'both were written apart', lines: [write('a', 1), write('a+4', 1)] },
  { id: 'before', says: 'both were written before the split', lines: [] },
]
const splits: readonly { id: string; says: string; split: Line; join: Line }[] = [
  {
    id: 'lock-right-unlock',
    says: 'lock and unlock of the right one',
    split: onfault('a+4', 4),
    join: munlock('a+4', 4),
  },
  {
    id: 'lock-left-unlock',
    says: 'lock and unlock of the left one',
    split: onfault('a', 4),
    join: munlock('a', 4),
  },
  {
    id: 'lock-right-then-left',
    says: 'locking the right one, then the left',
    split: onfault('a+4', 4),
    join: onfault('a', 4),
  },
  {
    id: 'advice-right',
    says: 'advice to the right one, taken back',
    split: madvise('a+4', 4, 'random'),
    join: madvise('a+4', 4, 'normal'),
  },
]

const pairs = splits.flatMap(s =>
  written.map(w =>
    program(`merge-${s.id}-written-${w.id}`, `Two halves by ${s.says}; ${w.says}.`, [
      mmap('a', 8),
      ...(w.id === 'before' ? [write('a', 8)] : []),
      s.split,
      ...w.lines,
      s.join,
      [mlock('a', 8), ''],
      munlock('a', 8),
    ]),
  ),
)

const mapped = [
  '',
  'shared',
  'r',
  'file=f+2',
  'shared file=f+2',
  'noreserve',
  'locked',
  'growsdown',
  'stack',
  'droppable',
].map(words =>
  program(
    `merge-map-beside-${words.replaceAll(/[ =+]/g, '-') || 'rw'}`,
    `mmap with "${words}" beside equal and unequal mappings.`,
    [
      [mmap('a', 2, words.replace('+2', '')), '?'],
      [mmapAt('a+2', 2, words), '?'],
      [mmapAt('a+4', 2, words), '?'],
      [mmapAt('a-2', 2, ''), '?'],
      [mmapAt('a+6', 2, ''), '?'],
      [mlock('a', 4), '?'],
      [munlock('a', 4), '?'],
    ],
    { files: { f: file(8) } },
  ),
)

export const merges = [
  ...pairs,
  ...mapped,
  program(
    'merge-lock-the-middle',
    'Lock the middle, write it, unlock it: three VMAs on kernels before 6.16, one since.',
    [
      mmap('a', 12),
      mlock('a+4', 4),
      [
        munlock('a+4', 4),
        { '5.10': 'vmas=3', '6.1': 'vmas=3', '6.12': 'vmas=3', '6.18': 'vmas=1', '7.2': 'vmas=1' },
      ],
      [write('a', 12), 'min=8 anon=12'],
      [mlock('a', 12), 'lck=12 mlocked=12'],
    ],
  ),
  program('merge-lock-the-middle-empty', 'Without pages the middle merges again everywhere.', [
    mmap('a', 12),
    onfault('a+4', 4),
    [
      munlock('a+4', 4),
      { '5.10': 'vmas=1', '6.1': 'vmas=1', '6.12': 'vmas=1', '6.18': 'vmas=1', '7.2': 'vmas=1' },
    ],
  ]),
  program(
    'merge-neighbours-written-middle-empty',
    'The changed VMA empty, its neighbours written: merges everywhere.',
    [
      mmap('a', 12),
      onfault('a+4', 4),
      write('a', 4),
      [munlock('a+4', 4), 'vmas=1 lck=0 lf=0'],
      write('a+8', 4),
      [mlock('a+4', 4), 'min=4 vmas=3 lck=4 anon=12 mlocked=4'],
    ],
  ),
  program(
    'merge-one-region-written-once',
    'Parts of a region that was written before it was split merge again.',
    [
      mmap('a', 12),
      write('a', 12),
      [mlock('a+4', 4), 'vmas=3'],
      [munlock('a+4', 4), 'vmas=1'],
      [mprotect('a+2', 3, 'r'), 'vmas=3'],
      [mprotect('a', 12, 'rw'), 'vmas=1'],
      [madvise('a+6', 2, 'dontfork'), 'vmas=3'],
      [madvise('a+6', 2, 'dofork'), 'vmas=1'],
    ],
  ),
  program('merge-written-apart', 'Two neighbours written apart do not merge even with equal flags.', [
    mmap('a', 4),
    write('a', 4),
    mmapAt('a+8', 4),
    write('a+8', 4),
    [mmapAt('a+4', 4), 'size=12'],
    [mlock('a', 12), 'min=4 lck=12 anon=12 mlocked=12'],
    [munlock('a', 12), 'lck=0 mlocked=0'],
  ]),
  program('merge-lock-states', 'Locked and lock-on-fault neighbours stay apart until both bits match.', [
    mmap('a', 8),
    mlock('a', 4),
    [onfault('a+4', 4), 'vmas=2'],
    [onfault('a', 4), 'vmas=1 lf=8'],
    [mlock('a+2', 2), 'vmas=3'],
    [mlockall('current', 'onfault'), 'vmas=1'],
    [munlockall(), 'vmas=1'],
  ]),
  program('merge-hole-mapped-again', 'A hole mapped again is a third VMA until it is locked.', [
    mmap('a', 12, 'locked'),
    munmap('a+4', 4),
    [mmapAt('a+4', 4), 'vmas=3 lck=8'],
    [mlock('a+4', 4), 'min=4 vmas=1 lck=12 anon=12 mlocked=12'],
    [mlock('a', 12), ''],
  ]),
  program('merge-map-locked-beside-locked', 'MAP_LOCKED beside a locked mapping.', [
    mmap('a', 4, 'locked'),
    [mmapAt('a+4', 4, 'locked'), 'min=4 size=8 lck=8 anon=8 mlocked=8'],
    [mmapAt('a+8', 4), 'lck=8'],
    [mmapAt('a-4', 4, 'locked'), 'min=4 size=16 lck=12 anon=12 mlocked=12'],
  ]),
  program(
    'merge-file-offsets',
    'File mappings merge when offsets are contiguous.',
    [
      mmap('a', 4, 'shared file=f'),
      [mmapAt('a+4', 4, 'shared file=f+4'), 'vmas=1'],
      [mmapAt('a+8', 4, 'shared file=f+12'), 'vmas=2'],
      [mmapAt('a+12', 4, 'file=f+16'), 'vmas=3'],
      [mmapAt('a-4', 4, 'shared file=g'), 'vmas=4'],
    ],
    { files: { f: file(32), g: file(8) } },
  ),
  program('merge-shared-anonymous', 'Shared anonymous mappings are objects of their own and never merge.', [
    mmap('a', 4, 'shared'),
    [mmapAt('a+4', 4, 'shared'), 'vmas=2'],
    [mlock('a', 8), 'vmas=2'],
    [munmap('a+2', 1), 'vmas=3'],
  ]),
  program(
    'merge-memfd-split-and-join',
    'Parts of a memfd mapping merge whatever was touched.',
    [
      mmap('a', 12, 'shared file=f'),
      write('a', 5),
      mlock('a+4', 4),
      [write('a+8', 2), 'vmas=3'],
      [munlock('a+4', 4), 'vmas=1'],
    ],
    { files: { f: memfd(12) } },
  ),
  program(
    'merge-private-file-copies',
    'Private file mappings need compatible copies too.',
    [
      mmap('a', 12, 'file=f'),
      onfault('a+4', 4),
      write('a+4', 1),
      [munlock('a+4', 4), { '6.12': 'vmas=3', '6.18': 'vmas=1' }],
      [write('a', 12), 'min=11 anon=12'],
      [mlock('a', 12), 'lck=12 mlocked=12'],
    ],
    { files: { f: file(12) } },
  ),
  program(
    'merge-after-fork',
    'After fork the written VMA of the parent still merges with its empty neighbour; halves the child wrote apart do not.',
    [
      mmap('a', 8),
      onfault('a+4', 4),
      write('a+4', 1),
      fork('p1'),
      [munlock('a+4', 4), 'vmas=1 lck=0 lf=0 mlocked=0'],
      [by('p1', mlock('a', 8)), 'min=8 lck=8 anon=8 mlocked=8'],
      [by('p1', munlock('a', 8)), 'lck=0 mlocked=0'],
      [by('p1', mprotect('a+2', 2, 'r')), 'vmas=3'],
      [by('p1', mprotect('a+2', 2, 'rw')), 'vmas=2'],
      by('p1', exit()),
      [mprotect('a+2', 2, 'r'), 'vmas=3'],
      [mprotect('a+2', 2, 'rw'), 'vmas=1'],
    ],
  ),
  program(
    'merge-after-fork-written-before',
    'Halves of a region written before fork merge in parent and child alike.',
    [
      mmap('a', 8),
      write('a', 8),
      fork('p1'),
      [mlock('a+4', 4), 'vmas=2'],
      [munlock('a+4', 4), 'vmas=1 lck=0 mlocked=0'],
      [by('p1', mlock('a+4', 4)), 'vmas=2'],
      [by('p1', munlock('a+4', 4)), 'vmas=1 lck=0 mlocked=0'],
      [by('p1', mlock('a', 8)), 'min=4 lck=8 mlocked=8'],
    ],
  ),
  program(
    'merge-extends-into-new-mapping',
    'A new anonymous mapping beside a written one becomes part of it.',
    [
      mmap('a', 4),
      write('a', 4),
      [mmapAt('a+4', 4), 'vmas=1'],
      [mmapAt('a-4', 4), 'vmas=1'],
      [write('a-4', 12), 'min=8 anon=12'],
      [mmapAt('a+8', 4, 'r'), 'vmas=2'],
      [mprotect('a+8', 4, 'rw'), 'vmas=1'],
    ],
  ),
  program(
    'merge-mprotect-middle-written-late',
    'A middle part made read-only, left, and made writable again.',
    [
      mmap('a', 12),
      mprotect('a+4', 4, 'none'),
      write('a', 4),
      write('a+8', 4),
      [mprotect('a+4', 4, 'rw'), 'vmas=2'],
      [write('a+4', 4), 'min=4 anon=12'],
      [mprotect('a', 12, 'r'), ''],
      [mprotect('a', 12, 'rw'), ''],
    ],
  ),
  program('merge-lock-across-three', 'One lock over three VMAs with equal flags but different pasts.', [
    mmap('a', 12),
    onfault('a+4', 4),
    write('a', 2),
    read('a+5', 1),
    write('a+9', 2),
    [onfault('a', 12), 'vmas=2 lck=12 lf=12 mlocked=4'],
    [write('a+5', 1), 'min=1 anon=5 zero=0 mlocked=5'],
    [munlock('a+1', 9), 'vmas=4 lck=3 lf=3 mlocked=2'],
    [munlock('a', 12), 'vmas=2 lck=0 lf=0 mlocked=0'],
  ]),
  program('merge-heap', 'Heap growth merges with the heap while flags match.', [
    brk(4),
    [mlock('$heap', 4), 'lck=4'],
    brk(4),
    [mlock('$heap+4', 4), 'min=4 vmas=1 lck=8 anon=8 mlocked=8'],
  ]),
  program('merge-growsdown', 'A grows-down mapping is no neighbour for an ordinary one.', [
    mmap('a', 4, 'growsdown'),
    [mmapAt('a+4', 4), 'vmas=2'],
    [mmapAt('a+8', 4, 'growsdown'), 'size=12 vmas=3'],
  ]),
]
