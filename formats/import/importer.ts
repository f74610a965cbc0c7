/** What an importer is, and what it gives: plain data, and where each part of it stood in the text. */
import type { GuestFacts } from '../../engine/planner/limits/guest.ts'
import type { Op } from '../../engine/op.ts'
import type { FileSpec } from '../../engine/program.ts'
import type { LimitBytes } from '../../engine/quantity.ts'
import type { KernelChoice, MachineProfile, WorkloadSpec } from '../../engine/scenario.ts'
import type { Plan } from '../plan/read-plan.ts'
import type { GgufModel } from './gguf/model.ts'

export const YIELDS = ['host', 'workloads', 'observed', 'limits', 'ops'] as const
export type Yield = (typeof YIELDS)[number]

/** `taken` as it stands; `assumed` where the text is silent; `ignored` for good reason; or `not understood`. */
export const NOTE_KINDS = ['taken', 'assumed', 'ignored', 'not understood'] as const
export type NoteKind = (typeof NOTE_KINDS)[number]

export interface Note {
  readonly kind: NoteKind
  /** Where: a path of XML, YAML or JSON, an option of a command line, a name of /proc. */
  readonly path: string
  /** Line of the text, from 1. */
  readonly line?: number
  readonly sentence: string
}

export interface ImportIssue {
  readonly path: string
  readonly found: string
  readonly allowed: string
  readonly sentence: string
  readonly line?: number
}

/** Figures of a running system by the names that it prints; everything in kB is in bytes here. */
export interface Figures {
  readonly bytes: Readonly<Record<string, number>>
  readonly counts: Readonly<Record<string, number>>
}

/** Mappings of one process that are alike: same name, same state of lock. */
export interface ObservedMappings {
  readonly name: string
  /** VmFlags `lo`, `lf`, `ht`. */
  readonly locked: boolean
  readonly onFault: boolean
  readonly hugetlb: boolean
  readonly mappings: number
  readonly figures: Figures
}

export interface ObservedProcess {
  /** What the text calls it; empty where it does not say. */
  readonly name: string
  readonly pid: number | null
  readonly source: 'status' | 'smaps' | 'smaps_rollup'
  readonly figures: Figures
  /** CAP_IPC_LOCK is effective; absent where the text does not say. */
  readonly capIpcLock?: boolean
  readonly mappings?: readonly ObservedMappings[]
}

/** What `virsh dommemstat` printed of one guest, sample by sample. */
export interface ObservedGuest {
  readonly name: string
  readonly samples: readonly Figures[]
}

export interface Observed {
  /** /proc/meminfo */
  readonly memory?: Figures
  readonly processes?: readonly ObservedProcess[]
  readonly guests?: readonly ObservedGuest[]
  readonly models?: readonly GgufModel[]
  /** Pools of huge pages by size in KiB and node; node -1 is all of them. */
  readonly pools?: readonly ObservedPool[]
}

export interface ObservedPool {
  readonly pageKib: number
  readonly node: number
  readonly pages: number
  readonly freePages?: number
}

/** Limits of a service, a user, a container, a process or a guest. */
export interface ImportedLimits {
  readonly of: string
  readonly kind: 'service' | 'user' | 'container' | 'process' | 'guest'
  /** RLIMIT_MEMLOCK; `unset`: it stays what is inherited. */
  readonly memlockSoftBytes: LimitBytes | 'unset'
  readonly memlockHardBytes: LimitBytes | 'unset'
  readonly capIpcLock: boolean | null
  /** cgroup v2; null: not stated, or no limit. */
  readonly memoryMaxBytes: number | null
  readonly memoryHighBytes: number | null
  readonly memorySwapMaxBytes: number | null
  readonly memoryMinBytes: number | null
}

export interface ImportedOps {
  readonly ops: readonly Op[]
  readonly files: Readonly<Record<string, FileSpec>>
}

export interface ImportData {
  readonly host?: Partial<MachineProfile>
  readonly kernel?: KernelChoice
  readonly workloads?: readonly WorkloadSpec[]
  readonly guests?: readonly GuestFacts[]
  readonly limits?: readonly ImportedLimits[]
  readonly observed?: Observed
  readonly ops?: ImportedOps
  /** Holdfast's own plan, whole. */
  readonly plan?: Plan
}

export type ImportResult =
  | ({ readonly ok: true; readonly notes: readonly Note[] } & ImportData)
  | { readonly ok: false; readonly issues: readonly ImportIssue[] }

export type ImportInput = { readonly text: string } | { readonly bytes: Uint8Array }

export interface ImportOptions {
  /** Name of the file, without its folder: it may say what the text does not. */
  readonly fileName?: string
  /** Size of the whole file where only its beginning was read. */
  readonly fileBytes?: number
}

export interface Importer {
  readonly id: string
  readonly title: string
  readonly yields: readonly Yield[]
  /** The longest text that is read; {@link MOST_CHARACTERS} if absent. */
  readonly maxCharacters?: number
  /** Whether a text that begins like this is of this format. Bytes of a binary file come as Latin-1. */
  recognises(head: string): boolean
  read(input: ImportInput, options?: ImportOptions): ImportResult
}

/** Configuration is short. Traces and maps of memory are not. */
export const MOST_CHARACTERS = 16 * 2 ** 20
export const MOST_CHARACTERS_OF_A_TRACE = 256 * 2 ** 20
