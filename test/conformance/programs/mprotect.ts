/** mprotect of locked memory, the populate inside it, and the VM_ACCOUNT flag. */
import { PROTS } from '../../../engine/op.ts'
import {
  by,
  file,
  fork,
  madvise,
  memfd,
  mlock,
  mmap,
  mmapAt,
  mprotect,
  munlock,
  onfault,
  program,
} from './build.ts'
import { read, write } from './build.ts'
import type { Line, Settings } from './build.ts'

const subjects: readonly { id: string; says: string; words: string; how?: Settings }[] = [
  { id: 'anon', says: 'anonymous memory', words: '' },
  { id: 'shared', says: 'shared memory', words: 'shared' },
  { id: 'cow', says: 'a private file', words: 'file=f', how: { files: { f: file(8) } } },
  { id: 'file', says: 'a shared file', words: 'shared file=f', how: { files: { f: file(8) } } },
]
const locks: readonly { id: string; says: string; lines: Line[] }[] = [
  { id: 'lo', says: 'locked', lines: [[mlock('a', 8), '?']] },
  { id: 'lf', says: 'lock-on-fault', lines: [[onfault('a', 8), '?']] },
  { id: 'plain', says: 'unlocked', lines: [] },
]
const changes = [
  ['r', 'rw'],
  ['none', 'rw'],
  ['none', 'r'],
  ['rw', 'r'],
  ['rw', 'none'],
  ['r', 'w'],
  ['rx', 'rwx'],
] as const

const matrix = subjects.flatMap(s =>
  locks.flatMap(lock =>
    changes.map(([from, to]) =>
      program(
        `mprotect-${s.id}-${lock.id}-${from}-to-${to}`,
        `${s.says}, ${lock.says}, goes from ${from} to ${to} and back.`,
        [
          mmap('a', 8, `${from} ${s.words}`),
          [read('a', 2), '?'],
          [write('a+1', 2), '?'],
          ...lock.lines,
          [mprotect('a', 6, to), '?'],
          [write('a', 4), '?'],
          [mprotect('a', 8, from), '?'],
          [write('a+2', 4), '?'],
          [munlock('a', 8), '?'],
        ],
        s.how,
      ),
    ),
  ),
)

/** Every change of protection of a written locked region. */
const every = PROTS.flatMap(from =>
  PROTS.filter(to => to !== from).map(to =>
    program(
      `mprotect-written-${from}-to-${to}`,
      `A locked, written region goes to ${from}, then to ${to}, and is used.`,
      [
        mmap('a', 6),
        write('a', 3),
        mlock('a', 4),
        mprotect('a', 6, from),
        mprotect('a', 6, to),
        [read('a', 6), '?'],
        [write('a', 6), '?'],
      ],
    ),
  ),
)

export const mprotects = [
  ...matrix,
  ...every,
  program(
    'mprotect-makes-locked-zero-pages-real',
    'A locked read-only region is zero pages; making it writable fills it inside the call.',
    [
      mmap('a', 16, 'r'),
      [mlock('a', 16), 'zero=16 anon=0 lck=16 locked=0'],
      [mprotect('a', 16, 'rw'), 'min=16 anon=16 mlocked=16 zero=0'],
      [write('a', 16), 'min=0'],
    ],
  ),
  program(
    'mprotect-makes-locked-file-copies',
    'A locked private file made writable becomes private copies.',
    [
      mmap('a', 8, 'r file=f locked'),
      [read('a', 8), 'min=0 file=8'],
      [mprotect('a', 8, 'rw'), 'anon=8 file=0 mlocked=8 min=8'],
    ],
    { files: { f: file(8) } },
  ),
  program('mprotect-part-of-a-locked-region', 'Only the part that becomes writable is filled.', [
    mmap('a', 12, 'r locked'),
    [mprotect('a+4', 4, 'rw'), 'anon=4 zero=8 vmas=3 ac=4'],
    [mprotect('a', 12, 'rw'), 'anon=12 vmas=1 ac=12'],
  ]),
  program(
    'mprotect-populate-errors-are-ignored',
    'What mprotect cannot populate is left out silently.',
    [mmap('a', 8, 'r file=f'), [mlock('a', 8), 'ENOMEM lck=8 file=4'], [mprotect('a', 8, 'rw'), 'anon=4']],
    { files: { f: file(4) } },
  ),
  program('mprotect-shared-does-not-populate', 'mprotect of a shared locked mapping populates nothing.', [
    mmap('a', 8, 'none shared'),
    [mlock('a', 8), 'ENOMEM lck=8'],
    [mprotect('a', 8, 'rw'), 'present=0 min=0'],
    [mlock('a', 8), 'present=8'],
  ]),
  program('mprotect-adding-read-only-does-not-populate', 'Adding read permission alone populates nothing.', [
    mmap('a', 8, 'none'),
    [mlock('a', 8), 'ENOMEM'],
    [mprotect('a', 8, 'r'), 'present=0'],
    [mprotect('a', 8, 'rx'), 'present=0'],
    [mlock('a', 8), 'zero=8'],
  ]),
  program(
    'mprotect-of-written-pages',
    'Present anonymous pages take no fault in mprotect (5.10: one each).',
    [
      mmap('a', 8, 'locked'),
      [mprotect('a', 8, 'r'), 'min=0'],
      [
        mprotect('a', 8, 'rw'),
        { '5.10': 'min=8', '6.1': 'min=0', '6.12': 'min=0', '6.18': 'min=0', '7.2': 'min=0' },
      ],
      [write('a', 8), 'min=0'],
    ],
  ),
  program(
    'mprotect-of-written-unlocked-pages',
    'Unlocked written pages that were read-only for a while: faults on the next write.',
    [
      mmap('a', 8),
      write('a', 8),
      mprotect('a', 8, 'r'),
      [write('a', 1), 'SIGSEGV'],
      mprotect('a', 8, 'rw'),
      [write('a', 8), 'min=0'],
    ],
  ),
  program('mprotect-prot-none-keeps-pages', 'PROT_NONE keeps pages resident and locked.', [
    mmap('a', 8, 'locked'),
    [mprotect('a', 8, 'none'), 'lck=8 mlocked=8 anon=8'],
    [read('a', 1), 'SIGSEGV min=0'],
    [munlock('a', 4), 'mlocked=4 lck=4'],
    [mlock('a', 8), 'ENOMEM lck=8'],
    [mprotect('a', 8, 'rw'), 'lck=8'],
    [write('a', 8), 'min=0'],
  ]),
  program('mprotect-account', 'A private mapping is accounted when it becomes writable.', [
    mmap('a', 8, 'r'),
    [mprotect('a', 8, 'rw'), 'ac=8'],
    [mprotect('a', 8, 'r'), { '5.10': 'ac=8', '6.1': 'ac=8', '6.12': 'ac=0', '6.18': 'ac=0', '7.2': 'ac=0' }],
    mprotect('a', 8, 'rw'),
    write('a', 1),
    [mprotect('a', 8, 'r'), 'ac=8'],
    [madvise('a', 8, 'dontneed'), ''],
    [mprotect('a', 8, 'none'), ''],
  ]),
  program('mprotect-account-none', 'The same by way of PROT_NONE, in parts.', [
    mmap('a', 12),
    [mprotect('a', 4, 'none'), 'vmas=2 ac=8'],
    [write('a+8', 1), ''],
    [mprotect('a+4', 4, 'none'), 'vmas=3'],
    [mprotect('a', 12, 'rw'), 'vmas=1'],
    [mprotect('a', 12, 'none'), ''],
  ]),
  program(
    'mprotect-account-private-file',
    'A private file mapping is accounted once it is writable.',
    [
      mmap('a', 8, 'r file=f'),
      [mprotect('a', 4, 'rw'), 'ac=4 vmas=2'],
      read('a', 8),
      [mprotect('a', 4, 'r'), ''],
      mprotect('a', 4, 'rw'),
      write('a', 1),
      [mprotect('a', 8, 'r'), ''],
    ],
    { files: { f: file(8) } },
  ),
  program(
    'mprotect-account-shared',
    'Shared memory is accounted by its object, not by permissions.',
    [
      mmap('a', 8, 'r shared'),
      [mprotect('a', 8, 'rw'), ''],
      mmap('m', 8, 'r shared file=f'),
      [mprotect('m', 8, 'rw'), ''],
    ],
    { files: { f: memfd(8) } },
  ),
  program('mprotect-account-noreserve', 'MAP_NORESERVE memory is never accounted.', [
    mmap('a', 8, 'none noreserve'),
    [mprotect('a', 8, 'rw'), 'ac=0'],
    [mlock('a', 8), 'ac=0 lck=8'],
    mmap('s', 8, 'shared noreserve'),
    [read('s', 1), 'min=1 shmem=1'],
  ]),
  program(
    'mprotect-readonly-file-cannot-be-written',
    'A shared mapping of a file opened for reading cannot become writable.',
    [
      mmap('a', 8, 'r shared file=f'),
      [mprotect('a', 8, 'rw'), 'EACCES'],
      [mmap('b', 8, 'rw shared file=f'), 'EACCES'],
      [mmap('c', 8, 'rw file=f'), ''],
      [mprotect('a', 4, 'none'), 'vmas=3'],
    ],
    { files: { f: file(8, 'r') } },
  ),
  program('mprotect-over-holes', 'mprotect stops at a hole with what it has done.', [
    mmap('a', 3, 'locked'),
    mmapAt('a+5', 3, 'locked'),
    [mprotect('a', 8, 'r'), 'ENOMEM vmas=2'],
    [write('a+5', 1), ''],
    [write('a', 1), 'SIGSEGV'],
    [mprotect('a+3', 5, 'r'), 'ENOMEM'],
  ]),
  program('mprotect-after-fork', 'Copy-on-write pages stay write-protected through mprotect.', [
    mmap('a', 8, 'locked'),
    fork('p1'),
    mprotect('a', 8, 'r'),
    [mprotect('a', 8, 'rw'), 'min=8'],
    [write('a', 8), 'min=0'],
    [by('p1', mprotect('a', 8, 'r')), ''],
    [by('p1', mprotect('a', 8, 'rw')), ''],
    [by('p1', write('a', 8)), 'min=8'],
  ]),
  program('mprotect-adds-write-twice', 'Only the change from not writable to writable populates.', [
    mmap('a', 8, 'w locked'),
    [madvise('a', 8, 'dontneed_locked'), 'anon=0'],
    [mprotect('a', 8, 'rw'), 'anon=0'],
    [mprotect('a', 8, 'rwx'), 'anon=0'],
    [mprotect('a', 8, 'rx'), 'anon=0'],
    [mprotect('a', 8, 'rwx'), 'anon=8'],
  ]),
]
