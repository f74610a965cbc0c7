/**
 * The programs by which a machine is measured: each kind of memory, each way to have it made resident and locked, and
 * the way back, at several sizes. Plain data: the running kernel is timed on them, and the model says their work.
 */
import type { Access, Advice, MmapFlag, Op } from '../../op.ts'
import { PROGRAM_FORMAT, type FileSpec, type Machine, type Program } from '../../program.ts'
import { HPAGE_PMD_SIZE, PAGE_SIZE } from '../../units.ts'

/** What a program asks of the machine besides memory. */
export const NEEDS = ['small pages', 'huge pages', '64 KiB folios', 'hugetlb', 'disk'] as const
export type Need = (typeof NEEDS)[number]

/** Operations under one pair of clock readings. */
export interface TimedStep {
  readonly name: string
  /** Indices of operations, half open. */
  readonly from: number
  readonly to: number
}

export interface CalibrationProgram {
  /** Family and size. */
  readonly name: string
  readonly family: string
  readonly bytes: number
  readonly need: Need
  /** Bytes that it has locked at once, at most. */
  readonly lockedBytes: number
  readonly program: Program
  readonly timed: readonly TimedStep[]
}

/** Settings of the machine that programs have to take as they are. */
export interface MachineAsItIs {
  /** A release on offer. */
  readonly kernel: string
  readonly ramBytes: number
  readonly shmem: NonNullable<Machine['thp']['shmem']>
  readonly zeroPage: boolean
  readonly faultAroundBytes: number
}

const MIB = 2 ** 20
/** Disk files beyond this would only wear the disk. */
const LARGEST_ON_DISK = 16 * MIB

interface Family {
  readonly name: string
  readonly need: Need
  readonly locks?: true
  /** Largest size that it makes sense at. */
  readonly most?: number
  readonly file?: (bytes: number) => FileSpec
  readonly steps: (bytes: number) => readonly Step[]
}

/** Operations, timed under a name or not. */
interface Step {
  readonly name: string | null
  readonly ops: readonly Op[]
}

const untimed = (...ops: readonly Op[]): Step => ({ name: null, ops })
const timed = (name: string, ...ops: readonly Op[]): Step => ({ name, ops })

const map = (bytes: number, ...flags: readonly MmapFlag[]): Op => ({
  op: 'mmap',
  as: 'a',
  length: bytes,
  flags,
})
const mapFile = (bytes: number, ...flags: readonly MmapFlag[]): Op => ({
  ...{ op: 'mmap', as: 'a', length: bytes, flags, file: 'f' },
})
const unmap = (bytes: number, on = 'a'): Op => ({ op: 'munmap', on, length: bytes })
const touch = (access: Access, bytes: number, stride = PAGE_SIZE): Op => ({
  ...{ op: 'touch', on: 'a', length: bytes, access, stride },
})
const advise = (advice: Advice, length: number, offset = 0): Op => ({
  op: 'madvise',
  on: 'a',
  offset,
  length,
  advice,
})
const lock = (length: number, offset = 0): Op => ({ op: 'mlock', on: 'a', offset, length })
const lockOnFault = (length: number): Op => ({ op: 'mlock2', on: 'a', length, flags: ['onfault'] })
const unlock = (length: number, offset = 0): Op => ({ op: 'munlock', on: 'a', offset, length })
const protect = (prot: 'r' | 'rw', length: number): Op => ({ op: 'mprotect', on: 'a', length, prot })
const move = (bytes: number): Op => ({
  ...{ op: 'mremap', on: 'a', oldLength: bytes, newLength: bytes, to: 'b', flags: ['maymove'] },
})
const empty = (bytes: number): Op => ({
  ...{ op: 'fallocate', file: 'f', mode: ['keep_size', 'punch_hole'], length: bytes },
})
const allocate = (bytes: number): Op => ({ op: 'fallocate', file: 'f', length: bytes })

const memfd = (bytes: number): FileSpec => ({ kind: 'memfd', bytes })
const fullMemfd = (bytes: number): FileSpec => ({ kind: 'memfd', bytes, filled: true })
const disk = (bytes: number): FileSpec => ({ kind: 'file', bytes })

/** So many times the same. */
const times = (n: number, op: (i: number) => Op): Op[] => Array.from({ length: n }, (_, i) => op(i))
const CALLS = 256

const anonymous: readonly Family[] = [
  {
    name: 'anonymous, written',
    need: 'small pages',
    steps: n => [
      untimed(map(n)),
      timed('write', touch('write', n)),
      timed('write again', touch('write', n)),
      timed('munmap', unmap(n)),
    ],
  },
  {
    name: 'anonymous, read first',
    need: 'small pages',
    steps: n => [
      untimed(map(n)),
      timed('read', touch('read', n)),
      timed('write', touch('write', n)),
      timed('munmap', unmap(n)),
    ],
  },
  {
    name: 'anonymous, MADV_POPULATE_WRITE',
    need: 'small pages',
    locks: true,
    steps: n => [
      untimed(map(n)),
      timed('populate', advise('populate_write', n)),
      timed('mlock', lock(n)),
      timed('munlock', unlock(n)),
      timed('MADV_DONTNEED', advise('dontneed', n)),
      untimed(unmap(n)),
    ],
  },
  {
    name: 'anonymous, MADV_POPULATE_READ',
    need: 'small pages',
    steps: n => [
      untimed(map(n)),
      timed('populate', advise('populate_read', n)),
      timed('populate for writing', advise('populate_write', n)),
      timed('munmap', unmap(n)),
    ],
  },
  {
    name: 'anonymous, mlock',
    need: 'small pages',
    locks: true,
    steps: n => [
      untimed(map(n)),
      timed('mlock', lock(n)),
      timed('munlock', unlock(n)),
      timed('munmap', unmap(n)),
    ],
  },
  {
    name: 'anonymous, lock on fault',
    need: 'small pages',
    locks: true,
    steps: n => [
      untimed(map(n), lockOnFault(n)),
      timed('write', touch('write', n)),
      timed('munmap locked', unmap(n)),
    ],
  },
  {
    name: 'anonymous, MAP_POPULATE',
    need: 'small pages',
    steps: n => [timed('mmap', map(n, 'populate')), timed('munmap', unmap(n))],
  },
  {
    name: 'anonymous, MAP_LOCKED',
    need: 'small pages',
    locks: true,
    steps: n => [timed('mmap', map(n, 'locked')), timed('munmap locked', unmap(n))],
  },
  {
    name: 'anonymous, mprotect',
    need: 'small pages',
    steps: n => [
      untimed(map(n), advise('populate_write', n)),
      timed('read-only', protect('r', n)),
      timed('writable', protect('rw', n)),
      timed('write', touch('write', n)),
      untimed(unmap(n)),
    ],
  },
  {
    name: 'anonymous, mremap',
    need: 'small pages',
    steps: n => [
      untimed(map(n), advise('populate_write', n)),
      timed('mremap', move(n)),
      timed('munmap', unmap(n, 'b')),
    ],
  },
  {
    name: 'anonymous, fork',
    need: 'small pages',
    steps: n => [
      untimed(map(n), advise('populate_write', n)),
      timed('fork', { op: 'fork', child: 'p1' }),
      untimed({ op: 'exit', pid: 'p1' }, unmap(n)),
    ],
  },
]

const shared: readonly Family[] = [
  {
    name: 'shared anonymous, written',
    need: 'small pages',
    steps: n => [untimed(map(n, 'shared')), timed('write', touch('write', n)), timed('munmap', unmap(n))],
  },
  {
    name: 'shared anonymous, read',
    need: 'small pages',
    steps: n => [untimed(map(n, 'shared')), timed('read', touch('read', n)), untimed(unmap(n))],
  },
  {
    name: 'shared anonymous, MADV_POPULATE_WRITE',
    need: 'small pages',
    locks: true,
    steps: n => [
      untimed(map(n, 'shared')),
      timed('populate', advise('populate_write', n)),
      timed('mlock', lock(n)),
      timed('munlock', unlock(n)),
      untimed(unmap(n)),
    ],
  },
  {
    name: 'shared anonymous, mlock',
    need: 'small pages',
    locks: true,
    steps: n => [untimed(map(n, 'shared')), timed('mlock', lock(n)), untimed(unmap(n))],
  },
  {
    name: 'memfd, MADV_POPULATE_WRITE',
    need: 'small pages',
    file: memfd,
    steps: n => [
      untimed(empty(n), mapFile(n, 'shared')),
      timed('populate', advise('populate_write', n)),
      timed('MADV_DONTNEED', advise('dontneed', n)),
      timed('populate what is cached', advise('populate_read', n)),
      untimed(unmap(n)),
    ],
  },
  {
    name: 'memfd, fallocate',
    need: 'small pages',
    file: memfd,
    steps: n => [
      untimed(empty(n), mapFile(n, 'shared')),
      timed('fallocate', allocate(n)),
      timed('populate', advise('populate_write', n)),
      untimed(unmap(n)),
      timed('punch a hole', empty(n)),
    ],
  },
  {
    name: 'memfd, written',
    need: 'small pages',
    locks: true,
    file: memfd,
    steps: n => [
      untimed(empty(n), mapFile(n, 'shared')),
      timed('write', touch('write', n)),
      untimed(advise('dontneed', n)),
      timed('read what is cached', touch('read', n)),
      untimed(advise('dontneed', n)),
      timed('mlock what is cached', lock(n)),
      untimed(unmap(n)),
    ],
  },
  {
    name: 'private memfd, read and written',
    need: 'small pages',
    file: fullMemfd,
    steps: n => [
      untimed(mapFile(n)),
      timed('read', touch('read', n)),
      timed('write', touch('write', n)),
      timed('munmap', unmap(n)),
    ],
  },
  {
    name: 'private memfd, populated',
    need: 'small pages',
    file: fullMemfd,
    steps: n => [
      untimed(mapFile(n)),
      timed('populate for reading', advise('populate_read', n)),
      untimed(advise('dontneed', n)),
      timed('populate for writing', advise('populate_write', n)),
      untimed(unmap(n)),
    ],
  },
]

const onDisk: readonly Family[] = [
  {
    name: 'cached file, read and locked',
    need: 'disk',
    locks: true,
    file: disk,
    most: LARGEST_ON_DISK,
    steps: n => [
      untimed({ ...mapFile(n, 'shared'), prot: 'r' } as Op),
      timed('read', touch('read', n)),
      untimed(advise('dontneed', n)),
      timed('populate', advise('populate_read', n)),
      timed('mlock', lock(n)),
      untimed(unmap(n)),
    ],
  },
  {
    name: 'cached file, private copy',
    need: 'disk',
    file: disk,
    most: LARGEST_ON_DISK,
    steps: n => [untimed(mapFile(n)), timed('write', touch('write', n)), timed('munmap', unmap(n))],
  },
]

const huge: readonly Family[] = [
  {
    name: 'huge pages, written',
    need: 'huge pages',
    steps: n => [
      untimed(map(n), advise('hugepage', n)),
      timed('write', touch('write', n, HPAGE_PMD_SIZE)),
      timed('write every page', touch('write', n)),
      timed('munmap', unmap(n)),
    ],
  },
  {
    name: 'huge pages, MADV_POPULATE_WRITE',
    need: 'huge pages',
    locks: true,
    steps: n => [
      untimed(map(n), advise('hugepage', n)),
      timed('populate', advise('populate_write', n)),
      timed('mlock', lock(n)),
      timed('munlock', unlock(n)),
      timed('MADV_DONTNEED', advise('dontneed', n)),
      untimed(unmap(n)),
    ],
  },
  {
    name: 'huge pages, mlock',
    need: 'huge pages',
    locks: true,
    steps: n => [
      untimed(map(n), advise('hugepage', n)),
      timed('mlock', lock(n)),
      timed('munmap locked', unmap(n)),
    ],
  },
  {
    name: 'huge pages, read first',
    need: 'huge pages',
    steps: n => [
      untimed(map(n), advise('hugepage', n)),
      timed('read', touch('read', n, HPAGE_PMD_SIZE)),
      timed('write', touch('write', n, HPAGE_PMD_SIZE)),
      untimed(unmap(n)),
    ],
  },
  {
    name: 'huge pages, taken apart',
    need: 'huge pages',
    steps: n => [
      untimed(map(n), advise('hugepage', n), advise('populate_write', n)),
      timed(
        'a page of each dropped',
        ...times(n / HPAGE_PMD_SIZE, i => advise('dontneed', PAGE_SIZE, i * HPAGE_PMD_SIZE)),
      ),
      untimed(unmap(n)),
    ],
  },
  {
    name: 'huge pages, mremap',
    need: 'huge pages',
    steps: n => [
      untimed(map(n), advise('hugepage', n), advise('populate_write', n)),
      timed('mremap', move(n)),
      untimed(unmap(n, 'b')),
    ],
  },
  {
    name: 'huge pages, collapsed',
    need: 'huge pages',
    steps: n => [
      untimed(map(n), advise('nohugepage', n), advise('populate_write', n), advise('hugepage', n)),
      timed('MADV_COLLAPSE', advise('collapse', n)),
      untimed(unmap(n)),
    ],
  },
]

const otherPages: readonly Family[] = [
  {
    name: '64 KiB folios, written',
    need: '64 KiB folios',
    locks: true,
    steps: n => [
      untimed(map(n)),
      timed('write', touch('write', n)),
      timed('mlock', lock(n)),
      timed('munmap locked', unmap(n)),
    ],
  },
  {
    name: '64 KiB folios, MADV_POPULATE_WRITE',
    need: '64 KiB folios',
    steps: n => [
      untimed(map(n)),
      timed('populate', advise('populate_write', n)),
      timed('MADV_DONTNEED', advise('dontneed', n)),
      untimed(unmap(n)),
    ],
  },
  {
    name: 'hugetlb, written',
    need: 'hugetlb',
    steps: n => [
      untimed(map(n, 'hugetlb')),
      timed('write', touch('write', n, HPAGE_PMD_SIZE)),
      timed('munmap', unmap(n)),
    ],
  },
  {
    name: 'hugetlb, MADV_POPULATE_WRITE',
    need: 'hugetlb',
    steps: n => [
      untimed(map(n, 'hugetlb')),
      timed('populate', advise('populate_write', n)),
      untimed(unmap(n)),
    ],
  },
]

/** Many small calls; their size is that of the area they are about. */
const calls: Family = {
  name: 'small calls',
  need: 'small pages',
  locks: true,
  steps: n => [
    untimed(map(n), advise('populate_write', 2 * CALLS * PAGE_SIZE)),
    timed('populate a present page', ...times(CALLS, () => advise('populate_write', PAGE_SIZE))),
    timed('lock every other page', ...times(CALLS, i => lock(PAGE_SIZE, 2 * i * PAGE_SIZE))),
    timed('unlock them', ...times(CALLS, i => unlock(PAGE_SIZE, 2 * i * PAGE_SIZE))),
    untimed(unmap(n)),
  ],
}
/** Both ends of the calls' range: how many pages it has does not matter to them. */
const CALLS_BYTES = 2 * CALLS * PAGE_SIZE

export const FAMILIES: readonly Family[] = [...anonymous, ...shared, ...onDisk, ...huge, ...otherPages, calls]

/** Every family at every size that it makes sense at. Sizes are multiples of 2 MiB. */
export function calibrationPrograms(sizes: readonly number[], machine: MachineAsItIs): CalibrationProgram[] {
  return FAMILIES.flatMap(family => {
    if (family === calls) return [programOf(family, CALLS_BYTES, machine)]
    const fits = sizes.filter(bytes => bytes <= (family.most ?? Infinity))
    return fits.map(bytes => programOf(family, bytes, machine))
  })
}

function programOf(family: Family, bytes: number, machine: MachineAsItIs): CalibrationProgram {
  const steps = family.steps(bytes)
  const ops: Op[] = []
  const timedSteps: TimedStep[] = []
  for (const step of steps) {
    if (step.name !== null)
      timedSteps.push({ name: step.name, from: ops.length, to: ops.length + step.ops.length })
    ops.push(...step.ops)
  }
  const name = `${family.name}, ${bytes / MIB} MiB`
  return {
    ...{ name, family: family.name, bytes, need: family.need, timed: timedSteps },
    lockedBytes: family.locks === true ? bytes : 0,
    program: {
      format: PROGRAM_FORMAT,
      name,
      machine: machineFor(family.need, bytes, machine),
      process: { rlimitMemlock: 'unlimited', capIpcLock: true },
      ...(family.file === undefined ? {} : { files: { f: family.file(bytes) } }),
      ops,
    },
  }
}

function machineFor(need: Need, bytes: number, machine: MachineAsItIs): Machine {
  const { kernel, ramBytes, shmem, zeroPage, faultAroundBytes } = machine
  return {
    ...{ kernel, pageSize: 4096, ramBytes, swapBytes: 0, faultAroundBytes },
    thp: { enabled: need === 'huge pages' ? 'madvise' : 'never', defrag: 'always', shmem, zeroPage },
    ...(need === '64 KiB folios' ? { mthp: { '64k': 'always' } } : {}),
    ...(need === 'hugetlb' ? { hugetlb: { '2M': bytes / HPAGE_PMD_SIZE } } : {}),
  }
}
