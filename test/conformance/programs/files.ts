/** Files and memfds: truncation, holes in them, descriptors opened for reading. */
import {
  by,
  exit,
  fallocate,
  file,
  fork,
  ftruncate,
  madvise,
  memfd,
  mlock,
  mmap,
  mmapAt,
  mprotect,
  munlock,
} from './build.ts'
import { munmap, onfault, program, punchHole, read, write } from './build.ts'
import type { Line, Settings } from './build.ts'

const subjects: readonly { id: string; says: string; words: string; how: Settings }[] = [
  { id: 'memfd', says: 'a shared memfd', words: 'shared file=f', how: { files: { f: memfd(16, 'filled') } } },
  { id: 'file', says: 'a shared file', words: 'shared file=f', how: { files: { f: file(16) } } },
  {
    id: 'memfd-private',
    says: 'a private memfd',
    words: 'file=f',
    how: { files: { f: memfd(16, 'filled') } },
  },
  { id: 'file-private', says: 'a private file', words: 'file=f', how: { files: { f: file(16) } } },
]
const events: readonly { id: string; says: string; lines: Line[] }[] = [
  { id: 'truncate', says: 'truncated', lines: [ftruncate('f', 6)] },
  { id: 'truncate-odd', says: 'truncated inside a page', lines: [ftruncate('f', '20000B')] },
  { id: 'truncate-0', says: 'truncated to nothing', lines: [ftruncate('f', 0)] },
  {
    id: 'truncate-and-extend',
    says: 'truncated and extended',
    lines: [ftruncate('f', 6), ftruncate('f', 16)],
  },
  { id: 'extend', says: 'extended', lines: [ftruncate('f', 24)] },
  { id: 'punch', says: 'punched', lines: [[punchHole('f+4', 4), '']] },
  { id: 'punch-odd', says: 'punched inside pages', lines: [[punchHole('f+1000B', '20000B'), '']] },
  { id: 'punch-past-end', says: 'punched past its end', lines: [[punchHole('f+12', 10), '']] },
  { id: 'allocate', says: 'allocated beyond its end', lines: [[fallocate('f+16', 8), '']] },
  {
    id: 'allocate-keep-size',
    says: 'allocated beyond its end, size kept',
    lines: [[fallocate('f+16', 8, 'keep_size'), '']],
  },
]
const states: readonly { id: string; says: string; lines: Line[] }[] = [
  { id: 'lo', says: 'locked', lines: [[mlock('a', 20), '?']] },
  { id: 'lf', says: 'lock-on-fault', lines: [[onfault('a', 20), '?']] },
  { id: 'plain', says: 'unlocked', lines: [] },
]

/** Pages of a disk file beyond its old end, or in a hole, would have to be read: not what a program can repeat. */
const cached = (subject: string, event: string) =>
  subject.startsWith('memfd') || ['truncate', 'truncate-odd', 'truncate-0'].includes(event)

const matrix = subjects.flatMap(s =>
  events
    .filter(e => cached(s.id, e.id))
    .flatMap(e =>
      states.map(state =>
        program(
          `files-${s.id}-${state.id}-${e.id}`,
          `${s.says}, mapped and ${state.says}, is ${e.says}.`,
          [
            mmap('a', 20, s.words),
            [read('a', 2), '?'],
            [write('a+3', 4), '?'],
            ...state.lines,
            ...e.lines,
            [read('a', 8), '?'],
            [write('a+4', 14), '?'],
            [mlock('a', 20), '?'],
            [munlock('a', 20), '?'],
          ],
          s.how,
        ),
      ),
    ),
)

export const files = [
  ...matrix,
  program(
    'files-truncate-drops-locked-pages',
    'Truncation drops locked pages without unlocking; nothing repopulates.',
    [
      mmap('a', 16, 'shared file=f'),
      mlock('a', 16),
      [ftruncate('f', 4), 'lck=16 mlocked=4 lo=16'],
      [read('a+4', 1), 'SIGBUS'],
      [ftruncate('f', 16), 'mlocked=4'],
      [write('a+10', 1), 'mlocked=5'],
      [mlock('a', 16), 'mlocked=16'],
    ],
    { files: { f: memfd(16, 'filled') } },
  ),
  program(
    'files-punch-drops-locked-pages',
    'A hole drops locked pages too, while MADV_REMOVE is refused.',
    [
      mmap('a', 16, 'shared file=f locked'),
      [madvise('a', 4, 'remove'), 'EINVAL mlocked=16'],
      [punchHole('f', 4), 'mlocked=12 lck=16'],
      [read('a', 4), 'min=4 shmem=16 mlocked=16'],
      [mlock('a', 16), 'mlocked=16'],
    ],
    { files: { f: memfd(16, 'filled') } },
  ),
  program(
    'files-punch-drops-private-copies',
    'Truncation drops private copies as well, a hole does not.',
    [
      mmap('a', 8, 'file=f'),
      write('a', 8),
      [punchHole('f', 4), ''],
      [ftruncate('f', 6), 'anon=6'],
      [read('a', 8), 'SIGBUS touched=6'],
    ],
    { files: { f: memfd(8, 'filled') } },
  ),
  program(
    'files-punch-two-processes',
    'A hole takes pages from every process and every lock.',
    [
      mmap('a', 8, 'shared file=f'),
      mlock('a', 8),
      fork('p1'),
      by('p1', mlock('a', 8)),
      [punchHole('f+2', 3), 'mlocked=5 p1.shmem=5 shmem=5'],
      [by('p1', read('a', 8)), 'min=3 shmem=8 mlocked=8'],
      [munlock('a', 8), 'lck=0'],
      [by('p1', munlock('a', 8)), 'lck=0 mlocked=0'],
    ],
    { files: { f: memfd(8, 'filled') } },
  ),
  program(
    'files-punch-errors',
    'Holes need keep_size and a length; a descriptor must be writable.',
    [
      mmap('a', 4, 'shared file=f'),
      [fallocate('f', 1, 'punch_hole'), 'EOPNOTSUPP'],
      [punchHole('f', 0), 'EINVAL'],
      [punchHole('r', 1), 'EBADF'],
      [ftruncate('r', 1), 'EINVAL'],
      [fallocate('f+100', 1, 'keep_size'), ''],
      [read('a', 4), 'min=4 shmem=4'],
    ],
    { files: { f: memfd(4), r: memfd(4, 'r') } },
  ),
  program(
    'files-read-only-descriptor',
    'What a descriptor opened for reading allows.',
    [
      [mmap('a', 4, 'rw shared file=r'), 'EACCES'],
      [mmap('b', 4, 'r shared file=r'), ''],
      [mmap('c', 4, 'rw file=r'), ''],
      [mlock('b', 4), 'lck=4'],
      [mlock('c', 4), 'lck=8'],
      [mprotect('b', 4, 'rw'), 'EACCES'],
      [madvise('b', 4, 'populate_write'), 'EINVAL'],
      [mmap('d', 4, 'none shared file=r'), ''],
      [mprotect('d', 4, 'w'), 'EACCES'],
      [mprotect('d', 4, 'r'), ''],
    ],
    { files: { r: file(4, 'r') } },
  ),
  program(
    'files-offset-beyond-the-end',
    'A mapping wholly beyond the end of its file.',
    [
      mmap('a', 4, 'shared file=f+10'),
      [read('a', 1), 'SIGBUS'],
      [mlock('a', 4), 'ENOMEM lck=4'],
      [madvise('a', 4, 'populate_read'), 'EFAULT'],
      [ftruncate('f', 20), ''],
      [write('a', 4), ''],
      [mmap('b', 4, 'shared file=f+1B'), 'EINVAL'],
    ],
    { files: { f: memfd(4) } },
  ),
  program(
    'files-sparse-memfd-reads',
    'Reading an empty memfd allocates its pages.',
    [
      mmap('a', 32, 'shared file=f'),
      [read('a', 4), 'min=4 shmem=4'],
      mmap('b', 32, 'shared file=f'),
      [read('b', 1), 'min=1 present=8'],
      [madvise('b', 32, 'populate_read'), 'min=28 shmem=36'],
      [read('a', 32), 'min=2 shmem=64'],
    ],
    { files: { f: memfd(32) } },
  ),
  program(
    'files-dirty-and-clean',
    'Populated file pages are clean, written ones dirty.',
    [
      mmap('a', 8, 'shared file=f'),
      [madvise('a', 4, 'populate_read'), 'file=8 dirty=0'],
      [madvise('a+4', 2, 'populate_write'), 'dirty=2'],
      [write('a', 1), 'dirty=3'],
      [mlock('a', 8), 'dirty=3 mlocked=8'],
    ],
    { files: { f: file(8) } },
  ),
  program(
    'files-locked-twice-by-offset',
    'Two mappings of different parts of one file.',
    [
      mmap('a', 8, 'shared file=f'),
      mmap('b', 8, 'shared file=f+4'),
      [mlock('a', 8), 'mlocked=8'],
      [mlock('b', 8), 'mlocked=12 lck=16'],
      [munmap('a', 8), 'mlocked=8'],
    ],
    { files: { f: file(12) } },
  ),
  program(
    'files-private-and-shared',
    'A private and a shared mapping of one file, both locked.',
    [
      mmap('s', 8, 'shared file=f locked'),
      [mmap('p', 8, 'file=f locked'), 'mlocked=16 anon=8 file=8 lck=16'],
      [mmap('r', 8, 'r file=f locked'), 'mlocked=16 file=16'],
      [munmap('s', 8), 'mlocked=16'],
      [munlock('r', 4), 'mlocked=12'],
    ],
    { files: { f: file(8) } },
  ),
  program(
    'files-dontneed-shared',
    'DONTNEED of a file mapping keeps the cache.',
    [
      mmap('a', 16, 'shared file=f'),
      write('a', 16),
      [madvise('a', 16, 'dontneed'), 'file=0'],
      [read('a', 16), 'min=1 file=16'],
      [madvise('a', 16, 'free'), 'EINVAL'],
    ],
    { files: { f: file(16) } },
  ),
  program(
    'files-dontneed-private-copy',
    'DONTNEED of a private copy brings the file page back.',
    [
      mmap('a', 8, 'file=f'),
      write('a', 4),
      [madvise('a', 8, 'dontneed'), 'anon=0'],
      [read('a', 8), 'min=1 file=8 anon=0'],
    ],
    { files: { f: file(8) } },
  ),
  program(
    'files-memfd-outlives-mapping',
    'Pages of a memfd stay when they are unmapped; Mlocked goes.',
    [
      mmap('a', 8, 'shared file=f locked'),
      [munmap('a', 8), 'mlocked=0 shmem=0'],
      mmap('b', 8, 'shared file=f'),
      [read('b', 1), 'present=8 min=1'],
      [mlock('b', 8), 'mlocked=8 min=0'],
    ],
    { files: { f: memfd(8) } },
  ),
  program(
    'files-exit-unlocks',
    'Exit of the only locker unmarks the pages another process maps.',
    [
      mmap('a', 8, 'shared file=f'),
      write('a', 8),
      fork('p1'),
      [by('p1', mlock('a', 8)), 'mlocked=8'],
      [by('p1', exit()), 'mlocked=0'],
    ],
    { files: { f: memfd(8) } },
  ),
  program(
    'files-map-fixed-other-file',
    'Mapping another file over a locked part.',
    [
      mmap('a', 8, 'shared file=f locked'),
      [mmapAt('a+2', 4, 'shared file=g'), 'lck=4 mlocked=4'],
      [mlock('a', 8), 'lck=8 mlocked=8 vmas=3'],
    ],
    { files: { f: memfd(8), g: file(8) } },
  ),
  ...(['shared file=f', 'shared file=g', 'r file=f'] as const).flatMap(words =>
    [4, 16, 31, 32, 64].map(n =>
      program(
        `files-over-itself-${words.replaceAll(/[ =]/g, '-')}-${n}`,
        `${n} locked pages of "${words}" are mapped over by themselves, locked: unmarked and marked again in one call.`,
        [
          mmap('a', n, `${words} locked`),
          [mmapAt('a', n, `${words} locked`), '?'],
          [mlock('a', n), '?'],
          munlock('a', n),
          [mlock('a', n), '?'],
        ],
        { files: { f: file(64), g: memfd(64, 'filled') } },
      ),
    ),
  ),
]
