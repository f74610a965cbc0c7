/** mm->def_flags: what new mappings, growth and existing mappings get after each mlockall. */
import {
  brk,
  madvise,
  mlock,
  mlockall,
  mmap,
  mmapAt,
  move,
  mprotect,
  mremap,
  munlock,
  munlockall,
  munmap,
} from './build.ts'
import { onfault, program, read, write } from './build.ts'
import type { Line } from './build.ts'
import { kinds } from './kinds.ts'

const states: readonly { id: string; says: string; calls: Line[] }[] = [
  { id: 'future', says: 'Under MCL_FUTURE', calls: [mlockall('future')] },
  { id: 'future-onfault', says: 'Under MCL_FUTURE | MCL_ONFAULT', calls: [mlockall('future', 'onfault')] },
]

const everyKind = states.flatMap(state =>
  kinds.map(kind =>
    program(
      `${state.id}-${kind.id}`,
      `${state.says}, ${kind.says}: locked or not, populated or not.`,
      [
        ...state.calls,
        [mmap('a', kind.pages, kind.words), '?'],
        [read('a', 2), '?'],
        [write('a+1', 2), '?'],
        [mlock('a', kind.pages), '?'],
        [munlockall(), ''],
      ],
      kind.how,
    ),
  ),
)

const flagged = states.flatMap(state =>
  ['locked', 'populate', 'populate nonblock', 'locked nonblock', 'locked populate', 'nonblock'].map(flags =>
    program(
      `${state.id}-map-${flags.replaceAll(' ', '-')}`,
      `${state.says}, mmap with ${flags}: lock on fault wins over MAP_LOCKED and MAP_POPULATE.`,
      [
        ...state.calls,
        [mmap('a', 8, flags), state.id === 'future' ? 'lck=8 anon=8 lf=0' : 'lck=8 anon=0 lf=8'],
        mlock('a', 8),
      ],
    ),
  ),
)

const plain = [
  'locked',
  'populate',
  'populate nonblock',
  'locked nonblock',
  'locked populate',
  'nonblock',
].map(flags =>
  program(
    `map-${flags.replaceAll(' ', '-')}`,
    `mmap with ${flags}, nothing in force: MAP_NONBLOCK disarms MAP_POPULATE but not MAP_LOCKED.`,
    [
      [
        mmap('a', 8, flags),
        flags === 'nonblock' || flags === 'populate nonblock'
          ? 'anon=0 lck=0'
          : flags === 'populate'
            ? 'anon=8 lck=0'
            : 'anon=8 lck=8',
      ],
      [mmap('s', 8, `shared ${flags}`), '?'],
      [mmap('r', 8, `r ${flags}`), '?'],
    ],
  ),
)

export const future = [
  ...everyKind,
  ...flagged,
  ...plain,
  program('future-is-cancelled-by-current', 'mlockall(CURRENT) cancels an earlier MCL_FUTURE.', [
    mlockall('future'),
    [mmap('a', 4), 'lck=4'],
    mlockall('current'),
    [mmap('b', 4), 'lck=5 anon=4'],
  ]),
  program(
    'future-onfault-is-cancelled-by-current',
    'mlockall(CURRENT | ONFAULT) cancels MCL_FUTURE and its ONFAULT.',
    [
      mlockall('future', 'onfault'),
      [mmap('a', 4), 'lf=4 anon=0'],
      [mlockall('current', 'onfault'), 'lf=4 lck=5'],
      [mmap('b', 4), 'lck=5 lf=4'],
    ],
  ),
  program('future-replaces-future-onfault', 'Each mlockall writes both default flags anew.', [
    mlockall('future', 'onfault'),
    [mmap('a', 4), 'lf=4'],
    mlockall('future'),
    [mmap('b', 4), 'lf=4 lo=8 anon=4'],
    mlockall('current', 'future', 'onfault'),
    [mmap('c', 4), 'lf=12 lo=12'],
  ]),
  program('future-munlockall', 'munlockall ends MCL_FUTURE, munlock does not.', [
    mlockall('future'),
    mmap('a', 4),
    [munlock('a', 4), 'lck=0'],
    [mmap('b', 4), 'lck=4'],
    [munlockall(), 'lck=0'],
    [mmap('c', 4), 'lck=0 anon=8'],
  ]),
  program('future-existing-mappings', 'MCL_FUTURE leaves existing mappings alone.', [
    mmap('a', 4),
    write('a', 2),
    [mlockall('future'), 'lck=0 mlocked=0'],
    [write('a+2', 2), 'mlocked=0'],
    [mremap('a', 4, 8), 'lck=0 anon=4'],
    [move('a', 8, 10, 'b'), 'lck=0 size=10'],
    [mmapAt('b+3', 2), 'lck=2 vmas=3'],
  ]),
  program('future-brk', 'Under MCL_FUTURE brk growth is locked and populated.', [
    [brk(4), 'lck=0 anon=0'],
    mlockall('future'),
    [brk(4), 'lck=4 anon=4 vmas=2'],
    [write('$heap', 2), 'anon=6 mlocked=4'],
    [brk(-6), 'lck=0 size=2'],
    [brk(3), 'lck=3'],
  ]),
  program('future-onfault-brk', 'Under MCL_FUTURE | MCL_ONFAULT brk growth is charged, not populated.', [
    mlockall('future', 'onfault'),
    [brk(8), 'lck=8 lf=8 anon=0'],
    [write('$heap+3', 2), 'anon=2 mlocked=2'],
    mlockall('future'),
    [brk(2), 'lck=10 lf=8 anon=4'],
  ]),
  program(
    'future-current-onfault-brk',
    'mlockall(CURRENT) locks the heap that is there; growth is unlocked.',
    [
      brk(4),
      [mlockall('current'), 'lck=5 anon=4'],
      [brk(4), 'lck=5 vmas=2'],
      [brk(-2), 'lck=5'],
      [brk(-4), 'lck=3 size=2'],
    ],
  ),
  program('future-hole-mapped-again', 'A hole mapped again gets the default flags of now.', [
    mlockall('future'),
    mmap('a', 12),
    [munmap('a+4', 4), 'lck=8'],
    mlockall('current'),
    [mmapAt('a+4', 4), 'lck=9 vmas=3'],
    [mlock('a+4', 4), 'lck=13'],
  ]),
  program(
    'future-prot-none-made-writable',
    'A PROT_NONE mapping under MCL_FUTURE is filled when it becomes writable.',
    [
      mlockall('future'),
      [mmap('a', 8, 'none'), 'lck=8 present=0'],
      [mprotect('a', 8, 'r'), 'present=0'],
      [mprotect('a', 8, 'rw'), 'anon=8 mlocked=8 min=8'],
    ],
  ),
  program(
    'future-prot-none-shared-made-writable',
    'A shared PROT_NONE mapping made writable under MCL_FUTURE stays empty.',
    [
      mlockall('future'),
      [mmap('a', 8, 'none shared'), 'lck=8 present=0'],
      [mprotect('a', 8, 'rw'), 'present=0 min=0'],
      [write('a', 8), 'shmem=8'],
    ],
  ),
  program('future-onfault-prot-none-made-writable', 'Under lock on fault mprotect populates nothing.', [
    mlockall('future', 'onfault'),
    mmap('a', 8, 'none'),
    [mprotect('a', 8, 'rw'), 'anon=0 lck=8'],
    [write('a', 1), 'anon=1 mlocked=1'],
  ]),
  program('future-growsdown', 'A grows-down mapping made under MCL_FUTURE keeps its bits as it grows.', [
    mlockall('future'),
    [mmap('s', 4, 'growsdown'), 'lck=4 anon=4'],
    [write('s-3', 1), 'min=1 size=7 lck=7 anon=5 mlocked=5'],
  ]),
  program('future-stack-from-before', 'A stack mapped before MCL_FUTURE grows unlocked.', [
    mmap('s', 4, 'growsdown'),
    mlockall('future'),
    [write('s-3', 1), 'min=1 size=7 anon=1'],
    mmap('t', 2),
  ]),
  program(
    'future-explicit-mlock',
    'An explicit mlock under MCL_FUTURE | MCL_ONFAULT clears lf and populates.',
    [
      mlockall('future', 'onfault'),
      mmap('a', 8),
      [mlock('a+2', 4), 'lf=4 lo=8 anon=4 vmas=3'],
      [onfault('a+2', 4), 'lf=8 vmas=1'],
    ],
  ),
  program(
    'future-populate-read-over-onfault',
    'MADV_POPULATE works on lock-on-fault memory and marks what it maps.',
    [
      mlockall('future', 'onfault'),
      mmap('a', 8),
      [madvise('a', 4, 'populate_read'), 'present=4 zero=4 mlocked=0'],
      [madvise('a', 8, 'populate_write'), 'anon=8 mlocked=8'],
    ],
  ),
  program('future-map-fixed', 'MAP_FIXED over an unlocked mapping gives a locked one.', [
    mmap('a', 8),
    write('a', 8),
    mlockall('future'),
    [mmapAt('a+2', 4), 'lck=4 anon=8 mlocked=4 vmas=3'],
  ]),
]
