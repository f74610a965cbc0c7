/** Folios of 16 KiB to 1 MiB. */
import {
  by,
  exit,
  file,
  fork,
  madvise,
  mlock,
  mmap,
  mmapAt,
  move,
  mprotect,
  mremap,
  munlock,
  munmap,
  onfault,
  program,
} from './build.ts'
import { read, thpDisable, write } from './build.ts'
import type { Line, Settings } from './build.ts'

const sizes = { '16k': 4, '32k': 8, '64k': 16, '128k': 32, '256k': 64, '512k': 128, '1024k': 256 } as const
type Size = keyof typeof sizes

const of = (...on: Size[]): Settings => ({ mthp: Object.fromEntries(on.map(s => [s, 'always' as const])) })
const k64 = of('64k')

const each = (Object.keys(sizes) as Size[]).map(size => {
  const n = sizes[size]
  return program(
    `mthp-${size}-fault`,
    `A first write gives a folio of ${size}, a read the zero page, which then rules folios out.`,
    [
      mmap('a', 4 * n),
      [write(`a+${n / 2}`, 1), `min=1 anon=${n} large=${n}`],
      [write('a', n), 'min=0'],
      [read(`a+${n}`, 1), 'zero=1'],
      [write(`a+${n + 1}`, 1), '?'],
      [mlock('a', 4 * n), '?'],
      [munlock(`a+${2 * n + 1}`, 1), '?'],
      [mlock('a', 4 * n), '?'],
    ],
    of(size),
  )
})

/** Ranges in units of a quarter folio: begin and length. */
const ranges = [
  [0, 1],
  [0, 2],
  [0, 4],
  [1, 3],
  [2, 4],
  [0, 6],
  [3, 2],
  [2, 10],
  [4, 4],
] as const
const partial = (['16k', '64k', '128k'] as const).flatMap(size =>
  ranges.flatMap(([from, length]) => {
    const q = sizes[size] / 4
    return [mlock, onfault].map(lock =>
      program(
        `mthp-${size}-partial-${lock === mlock ? 'mlock' : 'onfault'}-${from}-${length}`,
        `Quarters ${from} to ${from + length - 1} of written ${size} folios are locked, then all, then unlocked in part.`,
        [
          mmap('a', 16 * q),
          write('a', 16 * q),
          lock(`a+${from * q}`, length * q),
          lock('a', 16 * q),
          munlock(`a+${from * q}`, length * q),
          lock('a', 16 * q),
          munlock('a', 16 * q),
          lock('a', 16 * q),
        ],
        of(size),
      ),
    )
  }),
)

const emptied = ranges.map(([from, length]) =>
  program(
    `mthp-64k-mlock-empty-${from}-${length}`,
    `mlock of quarters ${from} to ${from + length - 1} of empty memory with 64 KiB folios.`,
    [
      mmap('a', 64),
      [mlock(`a+${from * 4}`, length * 4), `lck=${length * 4}`],
      mlock('a', 64),
      munlock('a', 64),
      mlock('a', 64),
    ],
    k64,
  ),
)

const changes: readonly { id: string; says: string; line: Line }[] = [
  { id: 'mprotect-half', says: 'mprotect of a half', line: mprotect('a', 8, 'r') },
  { id: 'mprotect-page', says: 'mprotect of a page', line: mprotect('a+3', 1, 'r') },
  { id: 'munmap-half', says: 'munmap of a half', line: munmap('a', 8) },
  { id: 'munmap-page', says: 'munmap of a page', line: munmap('a+5', 1) },
  { id: 'dontneed-page', says: 'DONTNEED_LOCKED of a page', line: madvise('a+5', 1, 'dontneed_locked') },
  { id: 'munlock-half', says: 'munlock of a half', line: munlock('a+8', 8) },
  { id: 'advice-half', says: 'advice to a half', line: madvise('a', 8, 'random') },
  { id: 'fork-write', says: 'fork', line: fork('p1') },
  { id: 'move-aligned', says: 'a move by whole folios', line: move('a', 16, 16, 'b') },
  { id: 'move-unaligned', says: 'a move to an odd address', line: move('a', 16, 16, 'b phase=4K') },
  { id: 'move-part', says: 'a move of a part', line: move('a+4', 8, 8, 'b') },
  { id: 'map-fixed', says: 'MAP_FIXED over a page', line: mmapAt('a+2', 1) },
  { id: 'free-half', says: 'MADV_FREE of a half', line: [madvise('a', 8, 'free'), '?'] },
  { id: 'cold-half', says: 'MADV_COLD of a half', line: [madvise('a', 8, 'cold'), '?'] },
]
const changed = changes.flatMap(c =>
  (['locked', 'onfault', 'unlocked'] as const).map(state =>
    program(
      `mthp-64k-${state}-${c.id}`,
      `A 64 KiB folio, ${state}: ${c.says}, then writes and locks.`,
      [
        mmap('a', 32),
        write('a', 20, 16),
        ...(state === 'locked' ? [mlock('a', 32)] : state === 'onfault' ? [onfault('a', 32)] : []),
        c.line,
        [write('a', 16, 3), '?'],
        [mlock('a+16', 16), '?'],
        [mlock('a', 32), '?'],
        [munlock('a', 32), '?'],
      ],
      k64,
    ),
  ),
)

export const mthp = [
  ...each,
  ...partial,
  ...emptied,
  ...changed,
  program(
    'mthp-64k-unaligned-lock',
    'mlock of pages 8 to 39: eight small ones, a folio, eight small ones.',
    [mmap('a', 64), [mlock('a+8', 32), 'min=17 anon=32 large=16 mlocked=32'], [write('a', 8), 'min=8']],
    k64,
  ),
  program(
    'mthp-64k-in-halves',
    'Locked in halves a folio is not marked; locked at once it is.',
    [
      mmap('a', 16),
      write('a', 1),
      [mlock('a', 8), 'mlocked=0 lck=8'],
      [mlock('a+8', 8), 'mlocked=0 lck=16 vmas=1'],
      munlock('a', 16),
      [mlock('a', 16), 'mlocked=16'],
      [mprotect('a', 8, 'r'), 'mlocked=16'],
      [munlock('a', 8), 'mlocked=0 lck=8'],
    ],
    k64,
  ),
  program(
    'mthp-64k-512-pages',
    '512 pages written: 32 faults.',
    [mmap('a', 512), [write('a', 512), 'min=32 anon=512 large=512'], [mlock('a', 512), 'min=0 mlocked=512']],
    k64,
  ),
  program(
    'mthp-two-sizes',
    'The largest enabled size that fits is taken.',
    [
      mmap('a', 64, 'phase=16K'),
      [write('a', 64), 'min=6 anon=64'],
      mmap('b', 40),
      [write('b+36', 1), 'min=1 anon=68'],
      [write('b+8', 1), 'min=1 anon=100'],
      [mlock('b', 40), 'min=1 lck=40 anon=104 mlocked=40'],
    ],
    of('16k', '64k', '128k'),
  ),
  program(
    'mthp-size-taken-by-a-page',
    'A page that is there makes the fault try the next smaller size.',
    [
      mmap('a', 32),
      madvise('a', 32, 'nohugepage'),
      write('a+20', 1),
      madvise('a', 32, 'hugepage'),
      [write('a', 1), 'min=1 anon=17'],
      [write('a+17', 1), 'min=1 anon=21'],
      [write('a+24', 1), 'min=1 anon=29'],
    ],
    of('16k', '32k', '64k', '128k'),
  ),
  program(
    'mthp-madvise',
    'A size set to madvise needs the advice.',
    [
      mmap('a', 32),
      [write('a', 1), 'anon=1'],
      madvise('a+16', 16, 'hugepage'),
      [write('a+20', 1), 'anon=17'],
    ],
    { mthp: { '64k': 'madvise' } },
  ),
  program(
    'mthp-inherit',
    'A size set to inherit follows transparent_hugepage/enabled.',
    [
      mmap('a', 32),
      [write('a', 1), 'anon=16'],
      mmap('b', 32),
      madvise('b', 32, 'nohugepage'),
      [write('b', 1), 'anon=17'],
    ],
    { thp: 'always', mthp: { '64k': 'inherit' } },
  ),
  program(
    'mthp-inherit-never',
    'With enabled=never an inheriting size gives nothing, even with advice.',
    [mmap('a', 32), madvise('a', 32, 'hugepage'), [write('a', 1), 'anon=1']],
    { thp: 'never', mthp: { '64k': 'inherit' } },
  ),
  program(
    'mthp-inherit-madvise',
    'With enabled=madvise an inheriting size needs the advice.',
    [
      mmap('a', 32),
      [write('a', 1), 'anon=1'],
      madvise('a+16', 16, 'hugepage'),
      [write('a+16', 1), 'anon=17'],
    ],
    { thp: 'madvise', mthp: { '64k': 'inherit' } },
  ),
  program(
    'mthp-beside-thp',
    'Where 2 MiB fit they are taken, elsewhere the smaller size.',
    [
      mmap('a', '3M'),
      [write('a', 1), 'anon=512 huge=512'],
      [write('a+2M', 1), 'anon=528'],
      [mlock('a', '3M'), 'min=15 lck=768 anon=768 mlocked=768'],
      mmap('b', '2M'),
      onfault('b', '1M'),
      [write('b', 1), 'min=1 anon=784 mlocked=784'],
      [write('b+1M', 1), 'min=1 anon=800'],
    ],
    { thp: 'always', mthp: { '64k': 'always' }, cap: true },
  ),
  program(
    'mthp-process-disabled',
    'PR_SET_THP_DISABLE beats smaller sizes too.',
    [
      thpDisable(true),
      mmap('a', 32),
      [write('a', 1), 'anon=1'],
      thpDisable(false),
      [write('a+16', 1), 'anon=17'],
    ],
    k64,
  ),
  program(
    'mthp-fork-copy',
    'After fork a folio is copied page by page.',
    [
      mmap('a', 16),
      mlock('a', 16),
      fork('p1'),
      [write('a', 1), 'min=1 mlocked=1'],
      [by('p1', write('a', 16)), 'min=16'],
      by('p1', exit()),
      [write('a', 16), 'min=15'],
    ],
    k64,
  ),
  program(
    'mthp-fork-exit-write',
    'Once the child is gone the folio is reused.',
    [
      mmap('a', 16),
      write('a', 1),
      fork('p1'),
      by('p1', exit()),
      [write('a', 16), 'min=16'],
      [mlock('a', 16), 'lck=16 mlocked=16'],
    ],
    k64,
  ),
  program(
    'mthp-fork-both-lock',
    'Parent and child lock one folio on fault.',
    [
      mmap('a', 16),
      write('a', 1),
      fork('p1'),
      [onfault('a', 16), 'lck=16 lf=16 mlocked=16'],
      [by('p1', onfault('a', 16)), 'lck=16 lf=16'],
      [munlock('a', 16), 'lck=0 lf=0'],
      [by('p1', write('a+1', 1)), 'min=1 mlocked=1'],
      [by('p1', munlock('a', 16)), 'lck=0 lf=0 mlocked=0'],
    ],
    k64,
  ),
  program(
    'mthp-after-dontneed',
    'A folio emptied in part is not refilled by a folio until all of it is gone.',
    [
      mmap('a', 32),
      write('a', 32),
      madvise('a', 4, 'dontneed'),
      [write('a', 4), 'min=4 large=28'],
      madvise('a', 16, 'dontneed'),
      [write('a', 1), 'min=1 large=32'],
    ],
    k64,
  ),
  program(
    'mthp-private-file',
    'Copies of file pages are small.',
    [mmap('a', 32, 'file=f'), [write('a', 1), 'anon=1 large=0'], [mlock('a', 32), 'anon=32 large=0']],
    { ...k64, files: { f: file(32) } },
  ),
  program(
    'mthp-edges-of-the-vma',
    'A folio must lie inside the VMA.',
    [
      mmap('a', 30, 'phase=4K'),
      [write('a', 30), 'min=30 anon=30'],
      [mlock('a', 30), 'lck=30 mlocked=30'],
      [mlock('a', 30), 'min=0'],
    ],
    k64,
  ),
  program(
    'mthp-zero-page-in-the-way',
    'A zero page in the block forces small pages.',
    [
      mmap('a', 32),
      read('a+3', 1),
      [write('a', 1), 'anon=1 large=0'],
      [write('a+3', 1), 'anon=2'],
      [write('a+16', 1), 'anon=18 large=16'],
    ],
    k64,
  ),
  program(
    'mthp-locked-growth',
    'A locked mapping that grows gets folios in its tail.',
    [mmap('a', 8, 'locked'), [mremap('a', 8, 40), 'lck=40 anon=40'], munlock('a+20', 1)],
    k64,
  ),
  program(
    'mthp-populate-write',
    'MADV_POPULATE_WRITE fills with folios, the cut ends with small pages.',
    [
      mmap('a', 64),
      [madvise('a+4', 40, 'populate_write'), 'min=3 anon=48'],
      [madvise('a', 64, 'populate_read'), 'min=16 zero=16'],
      [onfault('a', 64), 'lck=64 lf=64 mlocked=48'],
    ],
    k64,
  ),
  program(
    'mthp-collapse',
    'COLLAPSE makes one huge page of many folios.',
    [
      mmap('a', '2M'),
      write('a', '2M'),
      mlock('a', '2M'),
      [madvise('a', '2M', 'collapse'), 'huge=512 mlocked=512'],
    ],
    { ...k64, cap: true },
  ),
]
