/**
 * Programs of the replay format and what a runner prints for them (`docs/formats.md`). Plain data.
 */
import type { Errno, FatalSignal } from './errno.ts'
import type { Op, OpName } from './op.ts'

export const PROGRAM_FORMAT = 'mlock-replay/1'
export const OBSERVED_FORMAT = 'mlock-replay-observed/1'

export type ThpMode = 'always' | 'madvise' | 'never'
export type ThpDefrag = 'always' | 'defer' | 'defer+madvise' | 'madvise' | 'never'
export type ShmemThpMode = 'never' | 'always' | 'advise' | 'within_size'
export type MthpMode = ThpMode | 'inherit'
export type MthpSize = '16k' | '32k' | '64k' | '128k' | '256k' | '512k' | '1024k'

export interface Machine {
  /** A release name such as `6.18`. */
  readonly kernel: string
  readonly pageSize: 4096
  readonly ramBytes: number
  readonly swapBytes: number
  readonly faultAroundBytes: number
  readonly thp: {
    readonly enabled: ThpMode
    readonly defrag?: ThpDefrag
    readonly shmem?: ShmemThpMode
    readonly zeroPage?: boolean
  }
  readonly mthp?: Partial<Record<MthpSize, MthpMode>>
  readonly hugetlb?: { readonly '2M'?: number }
}

export interface ProcessSpec {
  /** Soft RLIMIT_MEMLOCK in bytes. */
  readonly rlimitMemlock: number | 'unlimited'
  readonly capIpcLock: boolean
}

export type FileKind = 'memfd' | 'file' | 'secretmem' | 'hugetlb'

export interface FileSpec {
  readonly kind: FileKind
  readonly bytes: number
  readonly open?: 'rw' | 'r'
  readonly filled?: boolean
}

export interface Program {
  readonly format: typeof PROGRAM_FORMAT
  readonly name: string
  readonly doc?: string
  readonly machine: Machine
  readonly process: ProcessSpec
  readonly files?: Readonly<Record<string, FileSpec>>
  readonly ops: readonly Op[]
}

/** Numbers of one VMA that are left out of the document when 0. KiB up to `Swap`, then bytes, then pages. */
export const VMA_NUMBERS = [
  'Rss',
  'Anonymous',
  'Locked',
  'AnonHugePages',
  'ShmemPmdMapped',
  'FilePmdMapped',
  'Shared_Clean',
  'Shared_Dirty',
  'Private_Clean',
  'Private_Dirty',
  'Shared_Hugetlb',
  'Private_Hugetlb',
  'LazyFree',
  'Swap',
  'fileOffset',
  'pgPresent',
  'pgZero',
  'pgLarge',
  'pgMlocked',
  'pgUnevictable',
  'pgSwapped',
  'pgGuard',
] as const
export type VmaNumber = (typeof VMA_NUMBERS)[number]

/** One mapping of an area: byte offsets from the area's origin, smaps flags, and the numbers that are not 0. */
export type ObservedVma = { start: number; end: number; flags: string } & Partial<Record<VmaNumber, number>>

export const PROC_NUMBERS = [
  'VmSize',
  'VmLck',
  'VmPin',
  'RssAnon',
  'RssFile',
  'RssShmem',
  'VmSwap',
  'HugetlbPages',
] as const
export type ProcNumber = (typeof PROC_NUMBERS)[number]

/** KiB, as /proc/PID/status prints them. */
export type ObservedProcess = Record<ProcNumber, number> & { areas: Record<string, ObservedVma[]> }

export interface ObservedStep {
  op: OpName
  pid: string
  result: 0 | Errno | FatalSignal
  touched?: number
  minflt: number
  majflt: number
  sys: { Mlocked: number; Unevictable: number }
  procs: Record<string, ObservedProcess>
}

export interface Observed {
  format: typeof OBSERVED_FORMAT
  program: string
  kernel: string
  steps: ObservedStep[]
}
