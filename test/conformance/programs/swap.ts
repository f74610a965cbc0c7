/** Pages in swap, and what brings them back. */
import {
  by,
  dontunmap,
  exit,
  file,
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
import { munlock, munlockall, munmap, onfault, pin, program, read, unpin, write } from './build.ts'
import type { Line, Settings } from './build.ts'

const swap: Settings = { swap: '64M' }
const out = (where: string, pages: number | string): Line => [madvise(where, pages, 'pageout'), '']

/** Sixteen pages, all in swap. */
const swapped: Line[] = [mmap('a', 16), write('a', 16), out('a', 16)]

const back: readonly { id: string; says: string; lines: Line[] }[] = [
  { id: 'read', says: 'reading', lines: [[read('a', 8), '?']] },
  { id: 'write', says: 'writing', lines: [[write('a', 8), '?']] },
  {
    id: 'read-write',
    says: 'reading, then writing',
    lines: [
      [read('a', 8), '?'],
      [write('a', 8), '?'],
    ],
  },
  { id: 'mlock', says: 'mlock', lines: [[mlock('a', 8), '?']] },
  {
    id: 'mlock-read',
    says: 'mlock, then using',
    lines: [
      [mlock('a', 8), '?'],
      [write('a', 16), '?'],
    ],
  },
  {
    id: 'onfault',
    says: 'lock on fault',
    lines: [
      [onfault('a', 16), '?'],
      [read('a', 4), '?'],
      [write('a+4', 4), '?'],
    ],
  },
  { id: 'mlockall', says: 'mlockall', lines: [[mlockall('current'), '?']] },
  { id: 'populate-read', says: 'POPULATE_READ', lines: [[madvise('a', 8, 'populate_read'), '?']] },
  { id: 'populate-write', says: 'POPULATE_WRITE', lines: [[madvise('a', 8, 'populate_write'), '?']] },
  {
    id: 'willneed',
    says: 'WILLNEED',
    lines: [
      [madvise('a', 16, 'willneed'), '?'],
      [read('a', 8), '?'],
    ],
  },
  {
    id: 'dontneed',
    says: 'DONTNEED',
    lines: [
      [madvise('a', 8, 'dontneed'), '?'],
      [read('a', 8), '?'],
    ],
  },
  { id: 'free', says: 'MADV_FREE', lines: [[madvise('a', 8, 'free'), '?']] },
  { id: 'munmap', says: 'munmap', lines: [[munmap('a', 8), '?']] },
  {
    id: 'mprotect',
    says: 'mprotect and back',
    lines: [
      [mprotect('a', 16, 'r'), '?'],
      [read('a', 4), '?'],
      [mprotect('a', 16, 'rw'), '?'],
      [write('a', 8), '?'],
    ],
  },
  {
    id: 'mprotect-locked',
    says: 'mprotect of locked swapped memory',
    lines: [
      [onfault('a', 16), '?'],
      [mprotect('a', 16, 'r'), '?'],
      [mprotect('a', 16, 'rw'), '?'],
    ],
  },
  {
    id: 'move',
    says: 'a move',
    lines: [
      [move('a', 16, 16, 'b'), '?'],
      [read('b', 16), '?'],
    ],
  },
  {
    id: 'dontunmap',
    says: 'DONTUNMAP',
    lines: [
      [dontunmap('a', 16, 'b'), '?'],
      [write('b', 16), '?'],
    ],
  },
  {
    id: 'pageout-again',
    says: 'reading and PAGEOUT again',
    lines: [
      [read('a', 16), '?'],
      [madvise('a', 16, 'pageout'), '?'],
      [read('a', 2), '?'],
    ],
  },
  {
    id: 'pageout-dirty-again',
    says: 'writing and PAGEOUT again',
    lines: [
      [write('a', 16), '?'],
      [madvise('a', 16, 'pageout'), '?'],
      [write('a', 2), '?'],
    ],
  },
  { id: 'map-fixed', says: 'MAP_FIXED', lines: [[mmapAt('a+4', 4), '?']] },
  { id: 'collapse', says: 'COLLAPSE', lines: [[madvise('a', 16, 'collapse'), '?']] },
  { id: 'guard', says: 'guard pages', lines: [[madvise('a+4', 4, 'guard_install'), '?']] },
  { id: 'pin', says: 'a pin', lines: [[pin('a', 4), '?'], unpin()] },
]

const anon = back.flatMap(b => [
  program(
    `swap-in-by-${b.id}`,
    `Swapped private pages and ${b.says}.`,
    [...swapped, ...b.lines, [munlockall(), ''], [write('a', 2), '?']],
    swap,
  ),
  program(
    `swap-forked-in-by-${b.id}`,
    `Swapped private pages that a child shares, and ${b.says}; then the child reads and writes.`,
    [
      ...swapped,
      fork('p1'),
      ...b.lines,
      [by('p1', read('a', 4)), '?'],
      [by('p1', write('a+2', 4)), '?'],
      by('p1', exit()),
    ],
    swap,
  ),
])

const sharedKinds = [
  ['shared-anon', 'shared', {}],
  ['memfd', 'shared file=f', { files: { f: memfd(16) } }],
] as const
const shmem = sharedKinds.flatMap(([id, words, how]) =>
  back
    .filter(b => !['collapse', 'guard', 'pin'].includes(b.id))
    .map(b =>
      program(
        `swap-${id}-in-by-${b.id}`,
        `Swapped pages of ${id === 'memfd' ? 'a memfd' : 'shared memory'} and ${b.says}.`,
        [
          mmap('a', 16, words),
          write('a', 16),
          [madvise('a', 16, 'pageout'), ''],
          ...b.lines,
          [munlockall(), ''],
        ],
        { ...swap, ...how },
      ),
    ),
)

export const swaps = [
  ...anon,
  ...shmem,
  program(
    'swap-out',
    'PAGEOUT moves private pages into swap: VmSwap counts them, RSS no longer.',
    [
      mmap('a', 16),
      write('a', 8),
      read('a+8', 4),
      [madvise('a', 16, 'pageout'), 'swap=8 anon=0 swapped=8'],
      [munmap('a', 16), 'swap=0'],
    ],
    swap,
  ),
  program(
    'swap-onfault-does-not-bring-in',
    'Lock on fault leaves swapped pages in swap until they are touched.',
    [
      ...swapped,
      [onfault('a', 16), 'lck=16 lf=16 swap=16 anon=0 locked=0 mlocked=0'],
      [read('a', 4), '? anon=4'],
      [munlock('a', 16), 'mlocked=0'],
    ],
    swap,
  ),
  program(
    'swap-mlock',
    'mlock brings pages in and frees their slots; with a synchronous device each is a major fault.',
    [
      ...swapped,
      [
        mlock('a', 16),
        {
          '6.1': 'mlocked=16',
          '6.12': 'mlocked=0',
          '6.18': 'anon=16 swap=0 maj=16 min=0 mlocked=0',
          '7.2': 'mlocked=0',
        },
      ],
      [write('a', 16), '?'],
      [munlock('a', 16), 'mlocked=0'],
      [mlock('a', 16), 'mlocked=16'],
    ],
    swap,
  ),
  program(
    'swap-locked-is-refused',
    'PAGEOUT of locked memory is refused; of a mixed range up to the lock.',
    [
      mmap('a', 16),
      write('a', 16),
      mlock('a+8', 4),
      [madvise('a', 16, 'pageout'), 'EINVAL swap=8'],
      [madvise('a+8', 4, 'pageout'), 'EINVAL swap=8'],
      [madvise('a+12', 4, 'pageout'), 'swap=12'],
      munlock('a+8', 4),
      [madvise('a', 16, 'pageout'), 'swap=16'],
    ],
    swap,
  ),
  program(
    'swap-shared-pages-are-kept',
    'PAGEOUT skips private pages that another process maps too.',
    [
      mmap('a', 16),
      write('a', 16),
      fork('p1'),
      [madvise('a', 16, 'pageout'), ''],
      [write('a', 4), 'min=4'],
      [madvise('a', 16, 'pageout'), 'anon=12 swap=4'],
      by('p1', exit()),
      [madvise('a', 16, 'pageout'), 'anon=0 swap=16'],
      [read('a', 16), 'maj=16 anon=16 swap=0'],
    ],
    swap,
  ),
  program(
    'swap-child-locks',
    'Parent swapped out, child locks.',
    [
      ...swapped,
      fork('p1'),
      [by('p1', mlock('a', 16)), '?'],
      [read('a', 16), '?'],
      [by('p1', munlock('a', 8)), '?'],
      [write('a', 16), '?'],
    ],
    swap,
  ),
  program(
    'swap-other-locker',
    'PAGEOUT by one process of shared pages that another has locked.',
    [
      mmap('a', 8, 'shared'),
      write('a', 8),
      fork('p1'),
      by('p1', mlock('a', 8)),
      [madvise('a', 8, 'pageout'), ''],
      [by('p1', munlock('a', 8)), 'lck=0 mlocked=0'],
      [madvise('a', 8, 'pageout'), ''],
      [by('p1', read('a', 8)), 'min=0'],
    ],
    swap,
  ),
  program(
    'swap-other-locker-cow',
    'PAGEOUT of private pages shared with a locking child.',
    [
      mmap('a', 8),
      write('a', 8),
      fork('p1'),
      by('p1', onfault('a', 8)),
      [madvise('a', 8, 'pageout'), ''],
      [read('a', 8), 'min=0'],
      by('p1', exit()),
      [madvise('a', 8, 'pageout'), 'anon=0 swap=8'],
    ],
    swap,
  ),
  program(
    'swap-shared-read-ahead',
    'Eight swapped pages of shared memory: read ahead up to 6.12, each a major fault since 6.16.',
    [
      mmap('a', 8, 'shared'),
      write('a', 8),
      out('a', 8),
      [read('a', 8), { '6.12': 'maj=1 min=7', '6.18': 'maj=8 min=0', '7.2': 'maj=8 min=0' }],
    ],
    swap,
  ),
  program(
    'swap-shared-read-ahead-long',
    'The same with 40 pages, from the middle.',
    [
      mmap('a', 40, 'shared'),
      write('a', 40),
      out('a', 40),
      [read('a+13', 1), 'maj=1 shmem=1'],
      [read('a+13', 10), 'maj=9 shmem=10'],
      [read('a', 40), 'maj=30 shmem=40'],
    ],
    swap,
  ),
  program(
    'swap-write-after-read',
    'A write after swap-in by reading: a fault up to 6.1, none since.',
    [
      ...swapped,
      [read('a', 16), '?'],
      [
        write('a', 16),
        { '5.10': 'min=16', '6.1': 'min=16', '6.12': 'min=0', '6.18': 'min=0', '7.2': 'min=0' },
      ],
    ],
    swap,
  ),
  program(
    'swap-read-only',
    'Swapped pages of a read-only mapping.',
    [...swapped, mprotect('a', 16, 'r'), [read('a', 8), '?'], [mlock('a', 16), '?'], [munlock('a', 16), '?']],
    swap,
  ),
  program(
    'swap-future',
    'MCL_FUTURE concerns no swapped page; growth of a swapped mapping.',
    [
      ...swapped,
      mlockall('future'),
      [move('a', 16, 20, 'b'), 'swap=16 lck=0'],
      [mlockall('current', 'onfault'), '?'],
      [mlockall('current'), 'swap=0'],
    ],
    swap,
  ),
  program(
    'swap-huge',
    'A huge page in swap comes back in small pages.',
    [
      mmap('a', '2M'),
      write('a', '2M'),
      [madvise('a', '2M', 'pageout'), 'swap=512'],
      [read('a', 4), 'maj=4 anon=4 swap=508'],
      [mlock('a', '2M'), 'maj=508 lck=512 anon=512 swap=0 mlocked=4'],
    ],
    { ...swap, thp: 'always', cap: true },
  ),
  program(
    'swap-huge-part',
    'PAGEOUT of the unlocked half of a huge page splits it; the locked half stays.',
    [
      mmap('a', '2M'),
      write('a', '2M'),
      mlock('a', '1M'),
      [madvise('a+1M', '1M', 'pageout'), { '6.18': 'swap=256 anon=256 mlocked=256' }],
      [munlock('a', '1M'), 'vmas=1 lck=0 mlocked=0'],
    ],
    { ...swap, thp: 'always', cap: true },
  ),
  program(
    'swap-huge-part-unlocked',
    'PAGEOUT of a half of an unlocked huge page.',
    [
      mmap('a', '4M'),
      write('a', '4M'),
      [madvise('a', '1M', 'pageout'), 'anon=768 swap=256 huge=512'],
      [madvise('a+2M', 1, 'pageout'), 'anon=767 swap=257 huge=0'],
      [mlock('a', '4M'), 'maj=257 lck=1024 anon=1024 swap=0 mlocked=767'],
    ],
    { ...swap, thp: 'always', cap: true },
  ),
  program(
    'swap-huge-never-written',
    'PAGEOUT of a half of a huge page that holds only zeroes.',
    [
      mmap('a', '2M', 'populate'),
      [madvise('a', '1M', 'pageout'), 'anon=0 zero=512 huge=0'],
      [read('a', 8), 'min=0'],
      [write('a+1M', 8), 'min=8 anon=8 zero=504'],
      [mlock('a', '2M'), 'min=504 lck=512 anon=512 zero=0 mlocked=512'],
    ],
    { ...swap, thp: 'always', cap: true },
  ),
  program(
    'swap-pinned',
    'Pinned pages are not swapped.',
    [
      mmap('a', 8),
      write('a', 8),
      pin('a', 4),
      [madvise('a', 8, 'pageout'), 'swap=4 anon=4'],
      unpin(),
      [madvise('a', 8, 'pageout'), 'swap=8'],
    ],
    swap,
  ),
  program(
    'swap-zero-pages',
    'Zero pages are not swapped; written zeroes are.',
    [
      mmap('a', 8),
      read('a', 8),
      [madvise('a', 8, 'pageout'), 'swap=0'],
      [mmap('b', 8, 'populate'), ''],
      [madvise('b', 8, 'pageout'), 'anon=0 swap=8'],
      [read('b', 8), 'maj=8 anon=8 swap=0'],
    ],
    swap,
  ),
  program(
    'swap-lazily-freed',
    'PAGEOUT of lazily freed pages drops them.',
    [
      mmap('a', 8),
      write('a', 8),
      madvise('a', 8, 'free'),
      [madvise('a', 4, 'pageout'), 'anon=4 lazyfree=4'],
      [read('a', 8), 'min=4 zero=4'],
    ],
    swap,
  ),
  program(
    'swap-private-file',
    'PAGEOUT of a private file mapping swaps the copies.',
    [
      mmap('a', 8, 'file=f'),
      write('a', 4),
      read('a+4', 4),
      [madvise('a', 8, 'pageout'), 'anon=0 shmem=0 swap=4'],
      [mlock('a', 8), 'maj=8 lck=8 anon=8 swap=0 mlocked=4'],
    ],
    { ...swap, files: { f: memfd(8, 'filled') } },
  ),
  program(
    'swap-private-disk-file',
    'The same of a file on disk, its copies alone.',
    [
      mmap('a', 8, 'file=f'),
      write('a', 8),
      [madvise('a', 8, 'pageout'), 'swap=8 anon=0'],
      [onfault('a', 8), ''],
      [mlock('a', 8), 'anon=8'],
    ],
    { ...swap, files: { f: file(8) } },
  ),
  program(
    'swap-truncated-memfd',
    'Truncation drops swapped pages of a memfd.',
    [
      mmap('a', 8, 'shared file=f'),
      write('a', 8),
      out('a', 8),
      [ftruncate('f', 4), ''],
      [read('a', 8), 'SIGBUS touched=4'],
    ],
    { ...swap, files: { f: memfd(8) } },
  ),
  program(
    'swap-two-mappings-of-shared',
    'One of two mappings of shared memory pages out.',
    [
      mmap('a', 8, 'shared file=f'),
      mmap('b', 8, 'shared file=f'),
      write('a', 8),
      read('b', 4),
      [madvise('a', 8, 'pageout'), ''],
      [mlock('b', 8), 'lck=8 mlocked=8'],
      [read('a', 8), 'min=0'],
    ],
    { ...swap, files: { f: memfd(8) } },
  ),
  program(
    'swap-full',
    'PAGEOUT with less swap than pages.',
    [mmap('a', 512), write('a', 512), [madvise('a', 512, 'pageout'), 'anon=256 swap=256']],
    { swap: '1M' },
  ),
  program(
    'swap-mthp',
    'A 64 KiB folio in swap and back.',
    [
      mmap('a', 32),
      write('a', 32),
      [madvise('a', 32, 'pageout'), 'anon=0 swap=32'],
      [read('a', 1), 'maj=1 anon=16 swap=16'],
      [mlock('a', 32), 'maj=1 lck=32 anon=32 swap=0 mlocked=16'],
    ],
    { ...swap, mthp: { '64k': 'always' } },
  ),
  program(
    'swap-mthp-part',
    'PAGEOUT of a part of a 64 KiB folio.',
    [
      mmap('a', 32),
      write('a', 32),
      [madvise('a', 8, 'pageout'), 'anon=24 swap=8'],
      [mlock('a+16', 8), 'vmas=3 lck=8'],
      [madvise('a+24', 8, 'pageout'), 'anon=16 swap=16 mlocked=8'],
      [mlock('a', 32), 'maj=16 vmas=1 lck=32 anon=32 swap=0 mlocked=16'],
    ],
    { ...swap, mthp: { '64k': 'always' } },
  ),
]
