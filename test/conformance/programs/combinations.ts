/** Ranges over ranges, and the uses that the locking calls were made for. */
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
  move,
  mprotect,
  mremap,
} from './build.ts'
import {
  munlock,
  munlockall,
  munmap,
  onfault,
  pin,
  program,
  punchHole,
  read,
  setrlimit,
  unpin,
  write,
} from './build.ts'
import type { Line } from './build.ts'

/** Begin and length of the second range over the first, [4, 8) of twelve pages. */
const second = [
  [0, 4],
  [0, 6],
  [0, 12],
  [2, 4],
  [4, 2],
  [4, 4],
  [5, 2],
  [6, 2],
  [6, 4],
  [8, 4],
] as const
const calls = [
  ['mlock', mlock],
  ['onfault', onfault],
  ['munlock', munlock],
] as const

const ranges = calls
  .filter(([name]) => name !== 'munlock')
  .flatMap(([first, one]) =>
    calls.flatMap(([then, two]) =>
      second.map(([from, pages]) =>
        program(
          `ranges-${first}-then-${then}-${from}-${pages}`,
          `${first} of pages 4 to 7, then ${then} of ${from} to ${from + pages - 1}: VMAs, charge and pages.`,
          [
            mmap('a', 12),
            write('a+1', 5),
            read('a+7', 2),
            one('a+4', 4),
            two(`a+${from}`, pages),
            write('a+7', 3),
            munlock('a+3', 4),
            mlock('a+2', 8),
          ],
        ),
      ),
    ),
  )

/** What is mapped over, cut from or moved onto a locked region of twelve pages. */
const over: readonly { id: string; says: string; line: Line }[] = [
  { id: 'anon', says: 'unlocked memory', line: mmapAt('a+4', 4) },
  { id: 'locked', says: 'MAP_LOCKED memory', line: mmapAt('a+4', 4, 'locked') },
  { id: 'none', says: 'a PROT_NONE mapping', line: mmapAt('a+4', 4, 'none') },
  { id: 'shared', says: 'shared memory', line: mmapAt('a+4', 4, 'shared') },
  { id: 'file', says: 'a file', line: mmapAt('a+4', 4, 'shared file=f') },
  { id: 'populated', says: 'MAP_POPULATE memory', line: mmapAt('a+4', 4, 'populate') },
  { id: 'beyond', says: 'memory that reaches past its end', line: mmapAt('a+10', 6) },
  { id: 'all', says: 'memory that covers all of it', line: mmapAt('a', 12, 'r') },
  { id: 'hole', says: 'nothing: munmap', line: munmap('a+4', 4) },
  { id: 'ends', says: 'nothing at its end', line: munmap('a+8', 8) },
  { id: 'moved', says: 'a moved mapping', line: move('m', 4, 4, 'a+4') },
  { id: 'moved-grown', says: 'a moved and grown mapping', line: move('m', 4, 6, 'a+4') },
]
const covered = over.flatMap(o =>
  (['lo', 'lf', 'future'] as const).map(state =>
    program(
      `over-${state}-${o.id}`,
      `Over a ${state === 'lf' ? 'lock-on-fault' : 'locked'} region${state === 'future' ? ', MCL_FUTURE in force,' : ''} comes ${o.says}.`,
      [
        mmap('m', 4),
        write('m', 3),
        mmap('a', 12),
        write('a+3', 6),
        state === 'lf' ? onfault('a', 12) : mlock('a', 12),
        ...(state === 'future' ? [mlockall('future')] : []),
        o.line,
        [read('a', 12), '?'],
        [mlock('a', 12), '?'],
        munlockall(),
      ],
      { files: { f: file(4) } },
    ),
  ),
)

export const combinations = [
  ...ranges,
  ...covered,
  program('use-guest-memory-in-pieces', 'Sparse guest memory is populated and discarded in pieces.', [
    mmap('g', 512, 'shared noreserve'),
    [madvise('g', 128, 'populate_write'), 'shmem=128'],
    [madvise('g+256', 64, 'populate_write'), 'shmem=192'],
    [madvise('g+32', 64, 'remove'), 'shmem=128'],
    [madvise('g', 128, 'populate_read'), 'shmem=192'],
    [mlock('g', 128), 'lck=128 mlocked=128'],
    [madvise('g+32', 64, 'remove'), 'EINVAL'],
    [madvise('g+256', 64, 'remove'), 'shmem=128'],
  ]),
  program(
    'use-guest-memory-by-file',
    'The same by a memfd whose owner punches holes while the guest has it locked.',
    [
      mmap('g', 256, 'shared file=f'),
      [madvise('g', 256, 'populate_write'), 'shmem=256'],
      fork('vmm'),
      mlock('g', 128),
      [by('vmm', read('g', 256)), 'min=16 shmem=256'],
      [by('vmm', punchHole('f+64', 64)), 'p0.shmem=192 shmem=192 mlocked=64'],
      [madvise('g+64', 64, 'populate_write'), 'shmem=256'],
      [by('vmm', exit()), 'mlocked=128'],
    ],
    { files: { f: memfd(256) } },
  ),
  program(
    'use-large-model-in-part',
    'A large mapping locked on fault costs what is used.',
    [
      mmap('m', 2048, 'r file=f'),
      onfault('m', 2048),
      [read('m+100', 30), 'mlocked=48 lck=2048'],
      [read('m+1000', 1), 'mlocked=64'],
      [mlock('m+96', 64), 'mlocked=80'],
      [munlock('m', 1024), 'mlocked=0 lck=1024'],
    ],
    { files: { f: file(2048) } },
  ),
  program('use-onfault-survives-mremap', 'Lock on fault survives a move and growth, and goes at fork.', [
    mmap('a', 16),
    onfault('a', 16),
    write('a', 4),
    [move('a', 16, 32, 'b'), 'lck=32 lf=32 mlocked=4'],
    [write('b+20', 4), 'mlocked=8'],
    [fork('p1'), 'p1.lck=0 p1.lf=0'],
    [mremap('b', 32, 8), 'lck=8 mlocked=4'],
  ]),
  program('use-secrets-page', 'A page of secrets: locked, kept from children, guarded on both sides.', [
    mmap('k', 3, 'none'),
    mprotect('k+1', 1, 'rw'),
    [mlock('k+1', 1), 'lck=1 mlocked=1 vmas=3'],
    madvise('k+1', 1, 'dontfork'),
    [write('k+1', 1), 'min=0'],
    fork('p1'),
    [by('p1', read('k+1', 1)), 'SIGSEGV'],
    [write('k', 2), 'SIGSEGV'],
    [munmap('k', 3), 'lck=0 mlocked=0'],
  ]),
  program('use-realtime-start', 'A real-time task: everything locked, then work without faults.', [
    mmap('stack', 64, 'growsdown'),
    brk(16),
    [mlockall('current', 'future'), 'lck=81 anon=80'],
    [mmap('pool', 256), 'lck=337 anon=336 min=256'],
    [write('pool', 256), 'min=0'],
    [write('stack', 64), 'min=0'],
    [write('$heap', 16), 'min=0'],
    [munmap('pool', 128), 'lck=209'],
    [munlockall(), 'lck=0 mlocked=0'],
  ]),
  program(
    'use-buffer-pool-under-limit',
    'A buffer pool that fits the limit until a second one comes.',
    [
      mmap('pool', 64, 'shared'),
      mlock('pool', 64),
      [mmap('next', 64, 'shared locked'), 'EAGAIN'],
      [mmap('next2', 64, 'shared'), ''],
      [mlock('next2', 64), 'ENOMEM lck=64'],
      setrlimit(128),
      [mlock('next2', 64), 'lck=128'],
    ],
    { limit: 64 },
  ),
  program(
    'use-registered-buffers',
    'Locked buffers registered for I/O: two counts for the same pages.',
    [
      mmap('b', 32),
      mlock('b', 32),
      [pin('b', 32), 'lck=32 pin=32'],
      [munlock('b', 32), 'lck=0 pin=32 mlocked=0'],
      [madvise('b', 32, 'dontneed'), 'anon=0 pin=32'],
      [unpin(), 'pin=0'],
    ],
    { limit: 80 },
  ),
  program('use-fork-server', 'A server locks its state and forks workers that unlock nothing.', [
    mmap('s', 32),
    write('s', 32),
    mlock('s', 32),
    fork('p1'),
    by('p1', fork('p2')),
    [by('p1', write('s', 8)), 'min=8 mlocked=32'],
    [by('p2', write('s', 4)), 'min=4'],
    [write('s', 16), 'min=16 mlocked=32'],
    by('p1', exit()),
    by('p2', exit()),
    [write('s', 32), 'min=16'],
  ]),
  program('use-populate-then-lock', 'Populating first and locking after: the lock itself takes no faults.', [
    mmap('a', 256),
    [madvise('a', 256, 'populate_write'), 'min=256'],
    [mlock('a', 256), 'min=0 mlocked=256'],
  ]),
  program('use-lock-in-slices', 'Locking slice by slice ends as one VMA and one count.', [
    mmap('a', 64),
    ...Array.from({ length: 8 }, (_, i): Line => [
      mlock(`a+${i * 8}`, 8),
      `lck=${(i + 1) * 8} vmas=${i < 7 ? 2 : 1}`,
    ]),
    ...Array.from({ length: 4 }, (_, i): Line => [munlock(`a+${i * 16}`, 16), `lck=${48 - i * 16}`]),
  ]),
  program('use-every-second-page', 'Every second page locked: VMAs by the number of pages.', [
    mmap('a', 16),
    ...Array.from({ length: 8 }, (_, i): Line => [mlock(`a+${i * 2}`, 1), `lck=${i + 1} mlocked=${i + 1}`]),
    [mlock('a', 16), 'lck=16'],
    [munlock('a', 16), 'lck=0'],
  ]),
  program('many-page-tables', 'A lock over several page tables of small pages.', [
    mmap('a', '5M', 'phase=1M'),
    [mlock('a+100', 1000), 'lck=1000 mlocked=1000 min=1000'],
    [munlock('a+300', 500), 'lck=500 mlocked=500'],
    [mlock('a', '5M'), 'lck=1280 mlocked=1280 min=280'],
    [munmap('a+1M', '2M'), 'lck=768 mlocked=768 vmas=2'],
  ]),
  program(
    'limit-in-a-chain-of-forks',
    'A limit lowered by the parent before fork holds for the child.',
    [
      mmap('a', 16),
      setrlimit(8),
      fork('p1'),
      [by('p1', mlock('a', 9)), 'ENOMEM'],
      [by('p1', mlock('a', 8)), 'lck=8'],
      by('p1', setrlimit(16)),
      by('p1', fork('p2')),
      [by('p2', mlock('a', 16)), 'lck=16'],
      [mlock('a', 16), 'ENOMEM'],
    ],
    { limit: 16 },
  ),
]
