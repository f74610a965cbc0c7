/**
 * What a simulated task can do. Ops are the narrow waist of Holdfast: workloads, strategies, imported traces and
 * replay files all end as lists of them, and both the model and the live kernel execute them.
 *
 * Locations are an area name plus a byte offset; lengths and offsets are bytes, passed on unrounded, because what the
 * kernel does about odd ones is part of its behaviour. A length may exceed 2^53 (calls take 64-bit numbers): such
 * values are bigint.
 */
export const PROTS = ['none', 'r', 'w', 'rw', 'x', 'rx', 'rwx'] as const
export type Prot = (typeof PROTS)[number]

export const MMAP_FLAGS = [
  'private',
  'shared',
  'populate',
  'nonblock',
  'locked',
  'noreserve',
  'hugetlb',
  'growsdown',
  'stack',
  'droppable',
] as const
export type MmapFlag = (typeof MMAP_FLAGS)[number]

export const ADVICES = [
  'normal',
  'random',
  'sequential',
  'willneed',
  'dontneed',
  'free',
  'remove',
  'dontfork',
  'dofork',
  'hugepage',
  'nohugepage',
  'wipeonfork',
  'keeponfork',
  'cold',
  'pageout',
  'populate_read',
  'populate_write',
  'dontneed_locked',
  'collapse',
  'guard_install',
  'guard_remove',
] as const
export type Advice = (typeof ADVICES)[number]

export const MLOCK2_FLAGS = ['onfault'] as const
export const MLOCKALL_FLAGS = ['current', 'future', 'onfault'] as const
export const MREMAP_FLAGS = ['maymove', 'dontunmap'] as const
export const REMAP_FLAGS = ['nonblock'] as const
export const FALLOCATE_MODES = ['keep_size', 'punch_hole'] as const
export const ACCESSES = ['read', 'write'] as const
export type Access = (typeof ACCESSES)[number]

/** A 64-bit quantity as the system call receives it; bigint only beyond 2^53. */
export type U64 = number | bigint

/** A name from a list, or a raw number for bits that have no name. */
export type FlagList<Name extends string> = readonly (Name | number)[]

interface Common {
  /** The acting process; default `p0`. */
  readonly pid?: string
  readonly note?: string
}

interface OnRange extends Common {
  readonly on: string
  readonly offset?: U64
  readonly length: U64
}

export interface MmapOp extends Common {
  readonly op: 'mmap'
  /** A new area, mapped at its origin. Exactly one of `as` and `on` is given. */
  readonly as?: string
  /** An existing area: MAP_FIXED at `offset`. */
  readonly on?: string
  readonly offset?: U64
  readonly length: U64
  readonly prot?: Prot
  readonly flags?: FlagList<MmapFlag>
  readonly phase?: number
  readonly file?: string
  readonly fileOffset?: U64
}

export interface MremapOp extends Common {
  readonly op: 'mremap'
  readonly on: string
  readonly offset?: U64
  readonly oldLength: U64
  readonly newLength: U64
  readonly flags?: FlagList<(typeof MREMAP_FLAGS)[number]>
  /** MREMAP_FIXED to this (new or existing) area. */
  readonly to?: string
  readonly toOffset?: U64
  readonly phase?: number
}

export type Op =
  | MmapOp
  | MremapOp
  | (OnRange & { readonly op: 'munmap' | 'mlock' | 'munlock' | 'pin' | 'mpin' | 'munpin' })
  | (OnRange & { readonly op: 'mprotect'; readonly prot: Prot })
  | (OnRange & { readonly op: 'mlock2'; readonly flags?: FlagList<(typeof MLOCK2_FLAGS)[number]> })
  | (OnRange & { readonly op: 'madvise'; readonly advice: Advice })
  | (OnRange & { readonly op: 'touch'; readonly access: Access; readonly stride?: number })
  | (OnRange & {
      readonly op: 'remap_file_pages'
      readonly pgoff: U64
      readonly flags?: FlagList<(typeof REMAP_FLAGS)[number]>
    })
  | (Common & { readonly op: 'mlockall'; readonly flags: FlagList<(typeof MLOCKALL_FLAGS)[number]> })
  | (Common & { readonly op: 'munlockall' | 'exit' })
  /** The range keys are accepted and ignored: a process has one registered buffer. */
  | (Common & { readonly op: 'unpin'; readonly on?: string; readonly offset?: U64; readonly length?: U64 })
  | (Common & {
      readonly op: 'fallocate'
      readonly file: string
      readonly mode?: FlagList<(typeof FALLOCATE_MODES)[number]>
      readonly offset?: U64
      readonly length: U64
    })
  | (Common & { readonly op: 'ftruncate'; readonly file: string; readonly length: U64 })
  | (Common & { readonly op: 'brk'; readonly delta: number })
  | (Common & { readonly op: 'fork'; readonly child: string })
  | (Common & { readonly op: 'setrlimit'; readonly memlock: U64 })
  | (Common & {
      readonly op: 'thpDisable'
      readonly value: boolean | number
      readonly exceptAdvised?: boolean | number
    })

export type OpName = Op['op']
