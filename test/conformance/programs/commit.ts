/** VM_ACCOUNT and VM_NORESERVE in VmFlags, and mappings far larger than memory. */
import {
  madvise,
  memfd,
  file,
  mlock,
  mlockall,
  mmap,
  mprotect,
  munlock,
  munmap,
  onfault,
  program,
  write,
} from './build.ts'
import { kinds } from './kinds.ts'

export const commit = [
  ...kinds.map(kind =>
    program(
      `flags-${kind.id}`,
      `The flags of ${kind.says}, before and after it is split, protected and advised.`,
      [
        [mmap('a', kind.pages, kind.words), '?'],
        [mprotect('a', kind.pages / 2, 'r'), '?'],
        [mprotect('a', kind.pages / 2, 'none'), '?'],
        [madvise('a', kind.pages, 'dontfork'), '?'],
        [madvise('a', kind.pages, 'hugepage'), '?'],
        [madvise('a', kind.pages, 'random'), '?'],
        [mprotect('a', kind.pages, 'rw'), '?'],
      ],
      kind.how,
    ),
  ),
  program('commit-large-reservation', 'A large reservation costs nothing until mlockall counts it.', [
    [mmap('a', '400M', 'none noreserve'), 'size=102400 ac=0'],
    [mlockall('current'), 'ENOMEM lck=0'],
    [mprotect('a', '200M', 'rw'), 'ac=0'],
    [munmap('a', '395M'), ''],
    [mlockall('current'), 'lck=1281 anon=0'],
  ]),
  program(
    'commit-lock-on-fault-large',
    'Lock on fault charges a large mapping in full with nothing resident.',
    [
      [mmap('a', '400M', 'noreserve'), ''],
      [onfault('a', '400M'), 'lck=102400 anon=0'],
      [write('a+64M', 2), 'mlocked=2'],
      [munlock('a', '100M'), 'lck=76800 mlocked=0'],
    ],
    { cap: true },
  ),
  program('commit-noreserve-locked', 'mlock of NORESERVE memory does not make it accounted.', [
    mmap('a', 8, 'noreserve'),
    [mlock('a', 8), 'ac=0 lck=8'],
  ]),
  program(
    'commit-memfd-private',
    'A private writable mapping is accounted, a shared one of a memfd not.',
    [
      mmap('p', 4, 'file=f'),
      mmap('s', 4, 'shared file=f'),
      mmap('r', 4, 'r file=f'),
      [mmap('d', 4, 'shared file=d'), 'size=16 vmas=4'],
    ],
    { files: { f: memfd(4), d: file(4) } },
  ),
]
