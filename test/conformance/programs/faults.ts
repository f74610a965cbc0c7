/** What faults, how often, and what is mapped ahead. */
import {
  by,
  exit,
  file,
  fork,
  ftruncate,
  madvise,
  memfd,
  mlock,
  mmap,
  mprotect,
  munlock,
  munmap,
  onfault,
} from './build.ts'
import { mmapAt, program, read, write } from './build.ts'
import type { Settings } from './build.ts'

const disk = (pages: number): Settings => ({ files: { f: file(pages) } })
const mem = (pages: number): Settings => ({ files: { f: memfd(pages, 'filled') } })

const sources: readonly { id: string; says: string; words: string; how: (pages: number) => Settings }[] = [
  { id: 'file-shared', says: 'a shared file', words: 'shared file=f', how: disk },
  { id: 'file-private', says: 'a private file', words: 'file=f', how: disk },
  { id: 'memfd-shared', says: 'a filled memfd', words: 'shared file=f', how: mem },
  { id: 'memfd-private', says: 'a private mapping of a filled memfd', words: 'file=f', how: mem },
]

/** A window begins at a multiple of 16 pages of address, or where the VMA does, and is 16 pages long if the VMA goes on. */
const windows = sources.flatMap(s => [
  program(
    `around-${s.id}-first-page`,
    `Reading one page of ${s.says} maps its window of 16.`,
    [
      mmap('a', 64, s.words),
      [read('a', 1), 'min=1 present=16'],
      [read('a', 16), 'min=0'],
      [read('a+16', 1), 'min=1 present=32'],
      [read('a', 64), 'min=2 present=64'],
    ],
    s.how(64),
  ),
  program(
    `around-${s.id}-inside`,
    `The window of ${s.says} is aligned: page 21 maps 16 to 31.`,
    [
      mmap('a', 64, s.words),
      [read('a+21', 1), 'min=1 present=16'],
      [read('a+16', 16), 'min=0'],
      [read('a+32', 1), 'min=1'],
      [read('a+15', 1), 'min=1'],
    ],
    s.how(64),
  ),
  program(
    `around-${s.id}-phase`,
    `A window of ${s.says} that the VMA cuts at the front is 16 pages long all the same.`,
    [mmap('a', 40, `${s.words} phase=20K`), [read('a', 1), 'min=1 present=16'], [read('a', 40), '?']],
    s.how(40),
  ),
  program(
    `around-${s.id}-clipped`,
    `The window of ${s.says} is cut by the ends of the VMA.`,
    [
      mmap('a', 24, s.words),
      munmap('a', 3),
      mprotect('a+10', 2, 'none'),
      [read('a+5', 1), 'min=1 present=7'],
      [read('a+12', 1), 'min=1 present=19'],
      [read('a+20', 1), 'min=0'],
    ],
    s.how(24),
  ),
  program(
    `around-${s.id}-write`,
    `A write to ${s.says} maps one page.`,
    [
      mmap('a', 32, s.words),
      [write('a+3', 1), { '6.18': 'min=1 maj=0 present=1' }],
      [read('a', 32), '?'],
      [write('a', 32), '?'],
      [write('a', 32), 'min=0 maj=0'],
    ],
    s.how(32),
  ),
  program(
    `around-${s.id}-locked-on-fault`,
    `What is mapped ahead in a lock-on-fault mapping of ${s.says} is marked as well.`,
    [
      mmap('a', 48, s.words),
      onfault('a', 48),
      [
        read('a+17', 1),
        {
          '5.10': 'min=1 mlocked=0 present=16',
          '6.1': 'min=1 mlocked=16',
          '6.18': 'min=1 mlocked=16 present=16',
        },
      ],
      [munlock('a', 24), { '6.18': 'mlocked=8' }],
      [mlock('a', 48), '?'],
    ],
    s.how(48),
  ),
  program(
    `around-${s.id}-end-of-file`,
    `The window ends with ${s.says}.`,
    [mmap('a', 32, s.words), [read('a', 1), 'min=1 present=10'], [read('a', 32), 'SIGBUS touched=10']],
    s.how(10),
  ),
  program(
    `around-${s.id}-random`,
    `MADV_RANDOM on ${s.says} and the window.`,
    [
      mmap('a', 32, s.words),
      madvise('a', 32, 'random'),
      [read('a', 1), '?'],
      madvise('a', 32, 'sequential'),
      [read('a+16', 1), '?'],
    ],
    s.how(32),
  ),
  program(
    `around-${s.id}-some-present`,
    `A window of ${s.says} with pages that are already there.`,
    [
      mmap('a', 32, s.words),
      [write('a+4', 2), '?'],
      [read('a+9', 1), 'min=1'],
      [madvise('a+2', 4, 'dontneed'), ''],
      [read('a+3', 1), 'min=1'],
      [read('a', 16), 'min=0'],
    ],
    s.how(32),
  ),
  program(
    `around-${s.id}-mlock`,
    `mlock of ${s.says}: faults by window if it reads, by page if it copies.`,
    [mmap('a', 64, s.words), [mlock('a', 64), '?'], [mlock('a', 64), 'min=0'], [write('a', 64), '?']],
    s.how(64),
  ),
  program(
    `around-${s.id}-mlock-part`,
    `mlock of a part of ${s.says}.`,
    [mmap('a', 64, s.words), [mlock('a+6', 20), '?'], [read('a', 64), '?'], [munlock('a', 64), 'mlocked=0']],
    s.how(64),
  ),
  program(
    `around-${s.id}-stride`,
    `Reading ${s.says} with a stride.`,
    [
      mmap('a', 128, s.words),
      [read('a', 128, 16), 'touched=8 min=8 present=128'],
      [write('a', 128, 32), '?'],
    ],
    s.how(128),
  ),
])

export const faults = [
  ...windows,
  program(
    'fault-anonymous',
    'Anonymous memory: one minor fault per page, for the zero page and again for the write.',
    [
      mmap('a', 64),
      [read('a', 64), 'min=64 maj=0 zero=64'],
      [write('a', 64), 'min=64 anon=64'],
      [write('a', 64), 'min=0'],
      [read('a', 64), 'min=0'],
      mmap('b', 64),
      [write('b', 64), 'min=64'],
    ],
  ),
  program('fault-shared', 'Shared memory: one fault per page, none for a write after a read.', [
    mmap('a', 32, 'shared'),
    [read('a', 32), 'min=32 shmem=32'],
    [write('a', 32), 'min=0'],
    mmap('b', 32, 'shared'),
    [
      write('b', 32),
      {
        '5.10': 'min=0 maj=32',
        '6.1': 'min=32 maj=0',
        '6.12': 'min=32',
        '6.18': 'min=32 maj=0',
        '7.2': 'min=32',
      },
    ],
  ]),
  program('fault-shared-second-process', 'Another process faults shared pages in by windows.', [
    mmap('a', 64, 'shared'),
    write('a', 64),
    fork('p1'),
    [by('p1', read('a', 64)), 'min=4'],
    by('p1', exit()),
    fork('p2'),
    [by('p2', write('a', 64)), 'min=64 shmem=64'],
  ]),
  program('fault-shared-holes-in-a-window', 'Only pages that exist are mapped ahead.', [
    mmap('a', 32, 'shared'),
    write('a', 32, 3),
    fork('p1'),
    [by('p1', read('a', 1)), 'min=1'],
    [by('p1', read('a', 16)), 'min=10 shmem=16'],
    [by('p1', mlock('a', 32)), 'min=11 lck=32 shmem=32 mlocked=32'],
  ]),
  program(
    'fault-file-write-notify',
    'Write after read of a shared file faults once per page.',
    [
      mmap('a', 32, 'shared file=f'),
      [read('a', 32), 'min=2'],
      [
        write('a', 32),
        {
          '5.10': 'min=0 maj=32',
          '6.1': 'min=32',
          '6.12': 'min=32',
          '6.18': 'min=32 maj=0',
          '7.2': 'min=32',
        },
      ],
      [write('a', 32), 'min=0'],
    ],
    disk(32),
  ),
  program(
    'fault-file-mlock-then-write',
    'Locked shared file pages fault once more for the first write; POPULATE_WRITE avoids it.',
    [
      mmap('a', 32, 'shared file=f'),
      [mlock('a', 32), 'min=2 dirty=0'],
      [write('a', 16), { '6.18': 'min=16 dirty=16' }],
      [madvise('a', 32, 'populate_write'), { '6.18': 'min=16 dirty=32' }],
      [write('a', 32), 'min=0'],
    ],
    disk(32),
  ),
  program(
    'fault-file-private-copies',
    'A private file: read by window, then one fault per page written.',
    [
      mmap('a', 32, 'file=f'),
      [read('a', 32), 'min=2 file=32'],
      [write('a', 16), 'min=16 anon=16 file=16'],
      [mlock('a', 32), 'min=16 anon=32'],
    ],
    disk(32),
  ),
  program('fault-cow-each-side', 'After fork each side pays for its first write, the last owner too.', [
    mmap('a', 16),
    write('a', 16),
    fork('p1'),
    [by('p1', read('a', 16)), 'min=0'],
    [by('p1', write('a', 16)), 'min=16'],
    [write('a', 16), 'min=16'],
    [write('a', 16), 'min=0'],
  ]),
  program(
    'fault-memfd-private-hole',
    'A private mapping of a memfd hole allocates in the memfd even for a read.',
    [
      mmap('a', 8, 'file=f'),
      [read('a', 4), 'min=4'],
      [write('a+4', 4), 'min=4 anon=4'],
      mmap('b', 8, 'shared file=f'),
      [read('b', 8), 'min=1'],
    ],
    { files: { f: memfd(8) } },
  ),
  program(
    'fault-two-mappings-of-a-memfd',
    'Pages written through one mapping are mapped ahead by windows through another.',
    [
      mmap('a', 32, 'shared file=f'),
      write('a', 32),
      mmap('b', 32, 'r shared file=f'),
      [read('b', 32), 'min=2'],
      mmap('c', 32, 'file=f'),
      [write('c', 32), 'min=32 anon=32'],
    ],
    { files: { f: memfd(32) } },
  ),
  program(
    'fault-file-read-after-write-elsewhere',
    'Pages written through one mapping are dirty in another.',
    [
      mmap('a', 16, 'shared file=f'),
      mmap('b', 16, 'r shared file=f'),
      write('a', 4),
      [read('b', 16), 'min=1'],
      [mlock('b', 16), ''],
      [munmap('a', 16), ''],
    ],
    disk(16),
  ),
  program(
    'fault-page-table-boundary',
    'A window is cut at the end of a page table.',
    [
      mmap('a', 48, 'shared file=f phase=1992K'),
      [read('a+13', 1), 'min=1 file=14'],
      [read('a+14', 1), 'min=1 file=30'],
      [read('a', 48), 'min=2 file=48'],
    ],
    disk(48),
  ),
  program(
    'fault-after-truncate',
    'After a file was cut and extended again, its tail is new pages.',
    [
      mmap('a', 16, 'shared file=f'),
      [read('a', 16), 'min=1'],
      [ftruncate('f', 4), 'present=4'],
      [ftruncate('f', 16), ''],
      [read('a', 16), 'min=12 shmem=16'],
      [write('a+8', 1), 'min=0'],
    ],
    mem(16),
  ),
  program(
    'fault-window-in-a-small-vma',
    'A VMA inside one window maps what it holds.',
    [
      mmap('a', 64, 'shared file=f'),
      munmap('a', 20),
      munmap('a+26', 38),
      [read('a+22', 1), 'min=1 present=6'],
    ],
    disk(64),
  ),
  program(
    'fault-map-fixed-inside',
    'A mapping inside a window cuts it; behind it a window begins anew.',
    [
      mmap('a', 32, 'shared file=f'),
      mmapAt('a+8', 1),
      [read('a+4', 1), 'min=1 present=8'],
      [read('a+10', 1), 'min=1 present=24'],
      [mlock('a', 32), 'min=2 lck=32 anon=1 file=31 mlocked=32'],
    ],
    disk(32),
  ),
]
