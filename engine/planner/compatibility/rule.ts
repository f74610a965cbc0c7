import type { ModelShape } from '../../data/models.ts'
import type { KernelProfile } from '../../kernels/releases.ts'
import type { DialectId, LimitBytes } from '../../quantity.ts'
import type { CacheType, FileTensor } from '../../workloads/llm-memory.ts'
import type { GuestFacts } from '../limits/guest.ts'

/** `error`: refused, killed or without any effect where one was asked for. `warning`: not what it seems. */
export const SEVERITIES = ['error', 'warning', 'note'] as const
export type Severity = (typeof SEVERITIES)[number]

export interface HostFacts {
  readonly kernel?: KernelProfile
  /** The CPU flag of 1 GiB pages. */
  readonly pdpe1gb?: boolean
  readonly ramBytes?: number
  readonly swapBytes?: number
  /** vm.swappiness. */
  readonly swappiness?: number
  /** vm.compact_unevictable_allowed. */
  readonly compactUnevictable?: boolean
}

/** Where the limit of a process was set. */
export const LIMIT_PLACES = ['inherited', 'limits.conf', 'systemd', 'docker', 'ulimit', 'kubernetes'] as const
export type LimitPlace = (typeof LIMIT_PLACES)[number]

export interface ProcessFacts {
  readonly limitBytes?: LimitBytes
  readonly limitPlace?: LimitPlace
  /** The limit as it was typed, where that is known: units are the usual mistake. */
  readonly limitText?: string
  readonly limitDialect?: DialectId
  /** Started by systemd. */
  readonly service?: boolean
  readonly root?: boolean
  readonly capIpcLock?: boolean
  /** Address space that it locks, present or not. */
  readonly lockedBytes?: number
  /** Of it, resident. */
  readonly lockedResidentBytes?: number
  /** Long-term pinned besides, in a counter of its own (RDMA). */
  readonly pinnedBytes?: number
  /** It locks and then forks, and the child is to be locked. */
  readonly forksAfterLocking?: boolean
}

/** What a strategy calls for. */
export interface CallFacts {
  readonly onFault?: boolean
  readonly mapLocked?: boolean
  readonly mapPopulate?: boolean
  readonly populateRead?: boolean
  readonly populateWrite?: boolean
  readonly fallocate?: boolean
  readonly privateAnonymous?: boolean
  readonly hugePageBytes?: number
}

export interface ModelFacts {
  readonly shape?: ModelShape
  readonly tensors?: readonly FileTensor[]
  readonly lock: boolean
  readonly mmap: boolean
  readonly numa?: boolean
  readonly gpuLayers?: number
  readonly valueType?: CacheType
  readonly flashAttention?: boolean
}

/** What is known of a plan. A rule whose facts are missing does not apply. */
export interface PlanFacts {
  readonly host?: HostFacts
  readonly guest?: GuestFacts
  /** Release of QEMU, `9.2`. */
  readonly qemuRelease?: string
  /** The guest is defined through libvirt. */
  readonly libvirt?: boolean
  readonly process?: ProcessFacts
  readonly calls?: CallFacts
  readonly model?: ModelFacts
  /** cgroup v2 memory.max, in bytes. */
  readonly memoryMaxBytes?: number
}

/** One combination that is refused or silently ignored, with what is behind it and what to change. */
export interface CompatibilityFinding {
  readonly id: string
  readonly title: string
  readonly severity: Severity
  /** What happens, as a sentence with its numbers. */
  readonly message: string
  /** The numbers by name; the unit is in the name. */
  readonly numbers: Readonly<Record<string, number>>
  /** Where the rule comes from. */
  readonly source: string
  /** The change that fixes it. */
  readonly fix: string
}

export interface CompatibilityRule {
  readonly id: string
  readonly title: string
  readonly applies: (facts: PlanFacts) => CompatibilityFinding | null
}

type Fixed = Pick<CompatibilityFinding, 'id' | 'title' | 'severity' | 'source' | 'fix'>
type Found = Pick<CompatibilityFinding, 'message'> &
  Partial<Pick<CompatibilityFinding, 'numbers' | 'fix' | 'severity'>>

/** A rule from what is always the same about it and what it finds. */
export function rule(fixed: Fixed, find: (facts: PlanFacts) => Found | null): CompatibilityRule {
  return {
    id: fixed.id,
    title: fixed.title,
    applies: facts => {
      const found = find(facts)
      return found === null ? null : { ...fixed, numbers: {}, ...found }
    },
  }
}
