/** Which fault populates which mapping: every kind of mapping, by every call that populates. */
import { madvise, mlock, mlockall, mmap, munlockall, onfault, program, read, write } from './build.ts'
import type { Line } from './build.ts'
import { kinds } from './kinds.ts'
import type { Kind } from './kinds.ts'

interface Call {
  readonly id: string
  readonly says: string
  readonly lines: (kind: Kind) => Line[]
}

const calls: readonly Call[] = [
  {
    id: 'mlock',
    says: 'mlock of',
    lines: k => [
      [mmap('a', k.pages, k.words), '?'],
      [mlock('a', k.pages), '?'],
    ],
  },
  {
    id: 'mlock2-onfault',
    says: 'mlock2(ONFAULT) of',
    lines: k => [
      [mmap('a', k.pages, k.words), '?'],
      [onfault('a', k.pages), '?'],
    ],
  },
  { id: 'map-locked', says: 'MAP_LOCKED with', lines: k => [[mmap('a', k.pages, `${k.words} locked`), '?']] },
  {
    id: 'map-populate',
    says: 'MAP_POPULATE with',
    lines: k => [[mmap('a', k.pages, `${k.words} populate`), '?']],
  },
  {
    id: 'mlockall',
    says: 'mlockall(CURRENT) over',
    lines: k => [
      [mmap('a', k.pages, k.words), '?'],
      [mlockall('current'), '?'],
    ],
  },
  {
    id: 'populate-read',
    says: 'MADV_POPULATE_READ of',
    lines: k => [
      [mmap('a', k.pages, k.words), '?'],
      [madvise('a', k.pages, 'populate_read'), '?'],
    ],
  },
  {
    id: 'populate-write',
    says: 'MADV_POPULATE_WRITE of',
    lines: k => [
      [mmap('a', k.pages, k.words), '?'],
      [madvise('a', k.pages, 'populate_write'), '?'],
    ],
  },
]

/** After the call: what is left to fault, and what unlocking leaves. */
export const populate = kinds.flatMap(kind =>
  calls.map(call =>
    program(
      `populate-${kind.id}-${call.id}`,
      `${call.says} ${kind.says}: what becomes present, locked and charged.`,
      [
        ...call.lines(kind),
        [read('a', 3), '?'],
        [write('a+2', 3), '?'],
        [mlock('a', kind.pages), '?'],
        [munlockall(), ''],
      ],
      kind.how,
    ),
  ),
)
