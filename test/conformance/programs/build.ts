/**
 * How the conformance programs are written.
 *
 *     program('a-hole-ends-mlock', 'Pages before a hole are locked and charged, pages behind it are not.', [
 *       mmap('a', 8),
 *       munmap('a+3', 1),
 *       [mlock('a', 8), 'ENOMEM lck=3 mlocked=0'],
 *     ])
 *
 * Lengths and offsets are pages, or text with a unit: `'2M'`, `'64K'`, `'100B'`. A place is an area and an offset:
 * `'a'`, `'a+3'`, `'a+1M'`, `'a+100B'`, `'stack-4'`. What a step of the program must show stands beside it
 * (`expect.ts`); a step without such a text must succeed.
 */
import { MMAP_FLAGS, PROTS } from '../../../engine/op.ts'
import type { Access, Advice, MmapFlag, Op, Prot, U64 } from '../../../engine/op.ts'
import type {
  FileKind,
  FileSpec,
  Machine,
  MthpMode,
  MthpSize,
  Program,
  ShmemThpMode,
  ThpDefrag,
  ThpMode,
} from '../../../engine/program.ts'
import type { Expected } from './expect.ts'

/** Pages, or text with a unit. Negative lengths are what the system call makes of them: 64-bit numbers. */
export type Size = number | string

const UNITS: Readonly<Record<string, number>> = { B: 1, K: 1024, M: 1 << 20, G: 1 << 30 }

/** Bytes; may be negative. */
export function bytes(size: Size): number {
  if (typeof size === 'number') return size * 4096
  const [, digits, unit] = /^(-?\d+)([BKMG])?$/.exec(size) ?? []
  if (digits === undefined) throw new Error(`not a size: ${size}`)
  return Number(digits) * (unit === undefined ? 4096 : UNITS[unit]!)
}

function length(size: Size): U64 {
  const n = bytes(size)
  return n < 0 ? BigInt.asUintN(64, BigInt(n)) : n
}

interface Place {
  on: string
  offset?: number
}

function place(where: string): Place {
  const [, on, sign, rest] = /^(\$?\w+?)(?:([+-])(\w+))?$/.exec(where) ?? []
  if (on === undefined) throw new Error(`not a place: ${where}`)
  if (rest === undefined) return { on }
  const offset = bytes(rest)
  return { on, offset: sign === '-' ? -offset : offset }
}

const range = (where: string, size: Size) => ({ ...place(where), length: length(size) })

/** `'r shared populate file=f+4 phase=1M'`: protection (default rw), flags, file and offset in it, phase. */
function mapping(words: string) {
  const flags: MmapFlag[] = []
  let prot: Prot = 'rw'
  let of: { file?: string; fileOffset?: U64; phase?: number } = {}
  for (const word of words.split(' ').filter(Boolean)) {
    if ((PROTS as readonly string[]).includes(word)) prot = word as Prot
    else if ((MMAP_FLAGS as readonly string[]).includes(word)) flags.push(word as MmapFlag)
    else if (word.startsWith('file=')) {
      const { on: file, offset } = place(word.slice(5))
      of = { ...of, file, ...(offset === undefined ? {} : { fileOffset: offset }) }
    } else if (word.startsWith('phase=')) of = { ...of, phase: bytes(word.slice(6)) }
    else throw new Error(`mmap: ${word}?`)
  }
  return { prot, flags, ...of }
}

/** A new area. */
export const mmap = (as: string, size: Size, words = ''): Op => ({
  op: 'mmap',
  as,
  length: length(size),
  ...mapping(words),
})
/** MAP_FIXED in an area that exists. */
export const mmapAt = (where: string, size: Size, words = ''): Op => ({
  op: 'mmap',
  ...range(where, size),
  ...mapping(words),
})

export const munmap = (where: string, size: Size): Op => ({ op: 'munmap', ...range(where, size) })
export const mprotect = (where: string, size: Size, prot: Prot): Op => ({
  op: 'mprotect',
  ...range(where, size),
  prot,
})
export const mlock = (where: string, size: Size): Op => ({ op: 'mlock', ...range(where, size) })
export const munlock = (where: string, size: Size): Op => ({ op: 'munlock', ...range(where, size) })
export const mlock2 = (where: string, size: Size, ...flags: ('onfault' | number)[]): Op => ({
  op: 'mlock2',
  ...range(where, size),
  flags,
})
/** mlock2(MLOCK_ONFAULT). */
export const onfault = (where: string, size: Size): Op => mlock2(where, size, 'onfault')
export const mlockall = (...flags: ('current' | 'future' | 'onfault' | number)[]): Op => ({
  op: 'mlockall',
  flags,
})
export const munlockall = (): Op => ({ op: 'munlockall' })
export const madvise = (where: string, size: Size, advice: Advice): Op => ({
  op: 'madvise',
  ...range(where, size),
  advice,
})
export const read = (where: string, size: Size, stride?: Size): Op => touch(where, size, 'read', stride)
export const write = (where: string, size: Size, stride?: Size): Op => touch(where, size, 'write', stride)
function touch(where: string, size: Size, access: Access, stride?: Size): Op {
  return {
    op: 'touch',
    ...range(where, size),
    access,
    ...(stride === undefined ? {} : { stride: bytes(stride) }),
  }
}

/** In place. */
export const mremap = (
  where: string,
  oldSize: Size,
  newSize: Size,
  ...flags: ('maymove' | 'dontunmap' | number)[]
): Op => ({ op: 'mremap', ...place(where), oldLength: length(oldSize), newLength: length(newSize), flags })
/** MREMAP_FIXED to an area, new or not; `to` may carry a phase: `'b phase=4K'`. */
export function move(
  where: string,
  oldSize: Size,
  newSize: Size,
  to: string,
  ...flags: ('maymove' | 'dontunmap' | number)[]
): Op {
  const [target = '', phase] = to.split(' phase=')
  const { on, offset } = place(target)
  return {
    op: 'mremap',
    ...place(where),
    oldLength: length(oldSize),
    newLength: length(newSize),
    flags: ['maymove', ...flags],
    to: on,
    ...(offset === undefined ? {} : { toOffset: offset }),
    ...(phase === undefined ? {} : { phase: bytes(phase) }),
  }
}
/** MREMAP_DONTUNMAP. */
export const dontunmap = (where: string, size: Size, to: string): Op =>
  move(where, size, size, to, 'dontunmap')

export const remapFilePages = (where: string, size: Size, pgoff: number, ...flags: 'nonblock'[]): Op => ({
  op: 'remap_file_pages',
  ...range(where, size),
  pgoff,
  flags,
})
export const fallocate = (where: string, size: Size, ...mode: ('keep_size' | 'punch_hole')[]): Op => {
  const { on: file, offset } = place(where)
  return {
    op: 'fallocate',
    file,
    mode,
    ...(offset === undefined ? {} : { offset }),
    length: length(size),
  }
}
export const punchHole = (where: string, size: Size): Op => fallocate(where, size, 'keep_size', 'punch_hole')
export const ftruncate = (file: string, size: Size): Op => ({ op: 'ftruncate', file, length: length(size) })
export const brk = (delta: Size): Op => ({ op: 'brk', delta: bytes(delta) })
export const fork = (child: string): Op => ({ op: 'fork', child })
export const exit = (): Op => ({ op: 'exit' })
export const setrlimit = (size: Size): Op => ({ op: 'setrlimit', memlock: bytes(size) })
export const thpDisable = (value: boolean, exceptAdvised = false): Op => ({
  op: 'thpDisable',
  value,
  exceptAdvised,
})
export const pin = (where: string, size: Size): Op => ({ op: 'pin', ...range(where, size) })
export const unpin = (): Op => ({ op: 'unpin' })
/** The same operation by another process. */
export const by = (pid: string, op: Op): Op => ({ ...op, pid })

/** An operation, and what it must show. */
export type Line = Op | readonly [op: Op, expected: Expected]

export interface Settings {
  /** RLIMIT_MEMLOCK, default 8 MiB. */
  readonly limit?: Size
  /** CAP_IPC_LOCK; without a limit of its own the process then has none. */
  readonly cap?: boolean
  /** transparent_hugepage/enabled, default never. */
  readonly thp?: ThpMode
  readonly defrag?: ThpDefrag
  readonly shmem?: ShmemThpMode
  readonly zeroPage?: boolean
  readonly mthp?: Partial<Record<MthpSize, MthpMode>>
  /** Pages of 2 MiB in the pool. */
  readonly hugetlb?: number
  readonly swap?: Size
  readonly files?: Readonly<Record<string, FileSpec>>
}

export interface Conformance {
  readonly program: Program
  /** What each operation must show, as far as that was written down. */
  readonly expected: readonly Expected[]
}

/** `memfd(16)`, `memfd(16, 'filled')`, `file(4, 'r')`. */
const fileOf =
  (kind: FileKind) =>
  (size: Size, ...how: ('filled' | 'r')[]): FileSpec => ({
    kind,
    bytes: bytes(size),
    ...(how.includes('r') ? { open: 'r' as const } : {}),
    ...(how.includes('filled') ? { filled: true } : {}),
  })
export const memfd = fileOf('memfd')
export const file = fileOf('file')
export const secretmem = fileOf('secretmem')
export const hugetlbfd = fileOf('hugetlb')

const isLine = (line: Line): line is readonly [Op, Expected] => Array.isArray(line)

export function program(name: string, doc: string, lines: readonly Line[], how: Settings = {}): Conformance {
  const machine: Machine = {
    kernel: '6.18',
    pageSize: 4096,
    ramBytes: 25276514304,
    swapBytes: bytes(how.swap ?? 0),
    faultAroundBytes: 65536,
    thp: {
      enabled: how.thp ?? 'never',
      defrag: how.defrag ?? 'madvise',
      shmem: how.shmem ?? 'never',
      zeroPage: how.zeroPage ?? true,
    },
    ...(how.mthp ? { mthp: how.mthp } : {}),
    ...(how.hugetlb === undefined ? {} : { hugetlb: { '2M': how.hugetlb } }),
  }
  const cap = how.cap ?? false
  return {
    program: {
      format: 'mlock-replay/1',
      name,
      doc,
      machine,
      process: {
        rlimitMemlock: how.limit === undefined && cap ? 'unlimited' : bytes(how.limit ?? '8M'),
        capIpcLock: cap,
      },
      ...(how.files ? { files: how.files } : {}),
      ops: lines.map(line => (isLine(line) ? line[0] : line)),
    },
    expected: lines.map(line => (isLine(line) ? line[1] : '')),
  }
}
