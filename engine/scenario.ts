/**
 * A scenario: what is to be simulated, as plain checked data. Machine, kernel, workloads, horizon, seed; nothing
 * else decides a run. Quantities are in base units: bytes, seconds, shares of 1.
 */
import type { FileKind, FileSpec, MthpMode, MthpSize, ShmemThpMode, ThpDefrag, ThpMode } from './program.ts'
import type { FlagList, MmapFlag, Op } from './op.ts'

export const SCENARIO_FORMAT = 'holdfast-scenario/1'

/** Bounds that keep a run finite. A scenario beyond them is refused with a sentence, never cut silently. */
export const SCENARIO_BOUNDS = {
  maxHorizonS: 366 * 86_400,
  maxWorkloads: 1_000,
  maxInstances: 10_000,
  maxSteps: 200_000,
  maxSamples: 1_000_000,
  maxOpsPerTask: 20_000,
  maxRamBytes: 64 * 2 ** 40,
} as const

/** A kernel on offer (`engine/kernels/releases.ts`), plus and minus single changes. */
export interface KernelChoice {
  readonly name: string
  readonly plus: readonly string[]
  readonly minus: readonly string[]
}

/** What stands behind swap or a file: `device` names a profile of `engine/data/devices.ts`. */
export interface SwapAreaProfile {
  readonly device: string
  readonly sizeBytes: number
  /** swapon(2) priority; the highest is used first, equal ones in turn. */
  readonly priority: number
}

export interface ZswapProfile {
  readonly enabled: boolean
  readonly maxPoolPercent: number
  /** Uncompressed over compressed. */
  readonly compressionRatio: number
}

export interface ThpProfile {
  readonly enabled: ThpMode
  readonly defrag: ThpDefrag
  readonly shmem: ShmemThpMode
  readonly zeroPage: boolean
  readonly mthp: Readonly<Partial<Record<MthpSize, MthpMode>>>
}

export interface OvercommitProfile {
  /** vm.overcommit_memory */
  readonly mode: 0 | 1 | 2
  readonly ratioPercent: number
}

/** A machine as a planner sees it; every field is editable, defaults are in `engine/data/hosts.ts`. */
export interface MachineProfile {
  readonly name: string
  /** Installed RAM. What the kernel hands out is less: struct pages and the reserve below. */
  readonly ramBytes: number
  readonly nodes: number
  readonly cpus: number
  /** Theoretical DRAM bandwidth. */
  readonly memoryBandwidthBytesPerS: number
  readonly swap: readonly SwapAreaProfile[]
  readonly zswap: ZswapProfile
  /** Device profile that files are read from. */
  readonly disk: string
  readonly thp: ThpProfile
  /** Pages in the pools, by size; taken out of RAM at boot. */
  readonly hugetlb: { readonly '2M': number; readonly '1G': number }
  readonly overcommit: OvercommitProfile
  /** vm.swappiness, 0 to 200. */
  readonly swappiness: number
  /** vm.page-cluster */
  readonly pageCluster: number
  /** vm.min_free_kbytes; null lets the kernel compute it. */
  readonly minFreeKib: number | null
  /** vm.watermark_scale_factor, in 1/10000. */
  readonly watermarkScaleFactor: number
  readonly faultAroundBytes: number
  /** Kernel, its slabs, and processes that are not planned here: resident and never given back. */
  readonly hostReserveBytes: number
  /** Page cache of files outside the plan, clean, at the start. */
  readonly otherCacheBytes: number
  /** Cost table: the id of one that is known to the caller of the engine. */
  readonly costs: string
}

export interface TaskLimits {
  /** Soft RLIMIT_MEMLOCK of each process. */
  readonly memlockBytes: number | 'unlimited'
  readonly capIpcLock: boolean
}

/** cgroup v2 limits of each instance. */
export interface MemcgLimits {
  readonly maxBytes: number | null
  readonly highBytes: number | null
  readonly swapMaxBytes: number | null
}

export type ParamValue = number | string | boolean
export type Params = Readonly<Record<string, ParamValue>>

export interface WorkloadSpec {
  readonly name: string
  /** A kind of `engine/workloads`. */
  readonly kind: string
  readonly params: Params
  /** Identical instances. */
  readonly count: number
  readonly startS: number
  /** Each instance starts this much after the one before it. */
  readonly staggerS: number
  /** When all of it exits; null runs to the horizon. */
  readonly stopS: number | null
  /** A strategy of `engine/strategies`. */
  readonly strategy: string
  readonly strategyParams: Params
  readonly limits: TaskLimits
  readonly memcg: MemcgLimits
  /** -1000 to 1000; -1000 is never killed. */
  readonly oomScoreAdj: number
}

export interface Scenario {
  readonly format: typeof SCENARIO_FORMAT
  readonly name: string
  readonly doc: string
  readonly machine: MachineProfile
  readonly kernel: KernelChoice
  readonly workloads: readonly WorkloadSpec[]
  readonly horizonS: number
  /** Distance of the points that tables and exports print; the run itself chooses its steps. */
  readonly sampleS: number
  readonly seed: number
}

/** One parameter of a workload or a strategy: forms, command line, help and checks all follow from this. */
export interface ParamSpec {
  readonly id: string
  readonly title: string
  readonly help: string
  readonly kind:
    'bytes' | 'count' | 'share' | 'seconds' | 'per-second' | 'number' | 'choice' | 'flag' | 'text'
  readonly default: ParamValue
  readonly min?: number
  readonly max?: number
  readonly options?: readonly { readonly id: string; readonly title: string }[]
  /** Where the default comes from. */
  readonly source: string
}

/** The values of `params` with defaults filled in. */
export function withDefaults(specs: readonly ParamSpec[], params: Params): Record<string, ParamValue> {
  return Object.fromEntries(specs.map(spec => [spec.id, params[spec.id] ?? spec.default]))
}

export type Backing = 'anon' | 'shared-anon' | 'memfd' | 'file' | 'hugetlb-2M' | 'hugetlb-1G'

/** How accesses spread over the pages of an area. */
export type Popularity =
  | { readonly kind: 'uniform' }
  | { readonly kind: 'zipf'; readonly exponent: number }
  /** A share of the pages gets a share of the accesses. */
  | { readonly kind: 'hotset'; readonly itemShare: number; readonly accessShare: number }
  /** One page after the other, and over again. */
  | { readonly kind: 'cyclic' }

/** Random access after set-up, until the task exits. */
export interface AccessPattern {
  /** Accesses a second to pages of the area, all threads together. */
  readonly ratePerS: number
  readonly writeShare: number
  /** Share of the area that is ever touched, from its beginning. */
  readonly footprintShare: number
  readonly popularity: Popularity
  /** Whether pages of one popularity lie together (and so share huge pages) or are mixed. */
  readonly layout: 'contiguous' | 'scattered'
}

/** A piece of memory that a workload needs. */
export interface AreaNeed {
  readonly name: string
  readonly bytes: number
  readonly backing: Backing
  readonly sharing: 'private' | 'shared'
  readonly prot: 'r' | 'rw'
  /** Strategies act on main memory; mlockall acts on all of it. */
  readonly role: 'main' | 'overhead'
  /** For `file`: its name and how much of it the page cache holds at the start. Files of one name are one file. */
  readonly file?: { readonly name: string; readonly kind: FileKind; readonly cachedShare: number }
  readonly access: AccessPattern | null
  /** Extra flags of its mmap. */
  readonly mmapFlags?: FlagList<MmapFlag>
  /** The program locks it piece by piece, and the first refusal ends that: where each piece ends, in bytes, ascending. */
  readonly lockPieces?: readonly number[]
}

/** What to do when the kernel refuses a step: end the task, go on, or leave out the rest of the group. */
export type OnRefusal = 'fail' | 'warn' | 'skip-group'

/** One thing that a thread does. */
export type SetupStep =
  | {
      readonly do: 'op'
      readonly op: Op
      readonly onRefusal: OnRefusal
      readonly group?: string
      /** Spread over this many threads of the same process (preallocation). */
      readonly threads?: number
      /** What this step is for, for people. */
      readonly label?: string
    }
  | { readonly do: 'sleep'; readonly seconds: number }
  /** The same operations again and again, a period after the last time began, or as soon as they are done. */
  | {
      readonly do: 'repeat'
      readonly ops: readonly Op[]
      readonly periodS: number
      readonly times: number
      /** Added to the offset of the operations each time. */
      readonly advanceBytes?: number
    }
  /** Reads bytes of a file through read(2) into memory that another step touches. */
  | { readonly do: 'read'; readonly file: string; readonly bytes: number }
  | { readonly do: 'ready' }

export interface ThreadScript {
  readonly name: string
  readonly steps: readonly SetupStep[]
}

/** What happens to a task after it is ready, at a time counted from its start. */
export interface TaskEvent {
  readonly atS: number
  readonly label: string
  readonly ops: readonly Op[]
  readonly onRefusal: OnRefusal
}

/** What one instance of a workload needs: the outcome of a workload kind, the input of a strategy. */
export interface WorkloadNeed {
  readonly areas: readonly AreaNeed[]
  /** Files that no area names: those of replayed operations. */
  readonly files?: Readonly<Record<string, FileSpec>>
  /** After main memory is there and before it is ready: what the program itself does (boot, load, warm up). */
  readonly work: readonly SetupStep[]
  /** Threads besides the main one, from the start. */
  readonly threads: readonly ThreadScript[]
  readonly events: readonly TaskEvent[]
  /** Threads that make the accesses of the steady state. */
  readonly workerThreads: number
  /** When process-wide locking happens: QEMU locks after the machine is built. */
  readonly onLockRefusal: OnRefusal
  readonly assumptions: readonly string[]
}
