/** What a run comes to. Plain data: it crosses threads, is stored, and is printed by every shell alike. */
import type { ObservedVma } from '../program.ts'

export const RESULT_FORMAT = 'holdfast-result/1'

/** How far a figure can be trusted. */
export type Trust =
  /** The kernel's own arithmetic. */
  | 'exact'
  /** An expectation over random accesses. */
  | 'expected'
  /** A model of time or pressure with a stated error. */
  | 'estimated'

export type SeriesUnit = 'bytes' | 'count' | 'per-second' | 'ns-per-second' | 'share'

/** One curve. Its times are those of the run, `RunResult.timesS`. */
export interface Series {
  /** `host` or the name of a workload. */
  readonly scope: string
  /** The name that an operator knows: VmLck, MemFree, pgmajfault ... */
  readonly name: string
  readonly unit: SeriesUnit
  readonly trust: Trust
  /** `level` goes straight from point to point; `rate` holds from one point to the next. */
  readonly shape: 'level' | 'rate'
  readonly values: Float64Array
}

/** Why a figure is what it is. */
export interface Explanation {
  readonly figure: string
  readonly formula: string
  readonly inputs: readonly {
    readonly name: string
    readonly value: number | string
    readonly unit: string
    readonly source: string
  }[]
  readonly rule: string
  readonly trust: Trust
}

export type EventKind =
  | 'start'
  | 'ready'
  | 'refused'
  | 'failed'
  | 'oom-kill'
  | 'memcg-oom-kill'
  | 'swap-full'
  | 'low-memory'
  | 'plug'
  | 'stop'

export interface RunEvent {
  readonly atS: number
  readonly kind: EventKind
  readonly workload: string
  /** Index of the instance, and how many identical ones it stands for. */
  readonly instance: number
  readonly instances: number
  readonly text: string
}

/** A call that the kernel turned down. Numbers in bytes. */
export interface RunRefusal {
  readonly atS: number
  readonly workload: string
  readonly instance: number
  readonly instances: number
  readonly call: string
  readonly errno: string
  readonly rule: string
  readonly askedBytes: number | null
  readonly countedBytes: number | null
  readonly limitBytes: number | null
  readonly consequence: 'task ends' | 'goes on without' | 'rest of the group left out'
}

/** A wait for the mmap lock: who waited for whom. */
export interface LockWait {
  readonly atS: number
  readonly workload: string
  readonly waiter: string
  readonly waitingFor: string
  readonly holder: string
  readonly holding: string
  readonly ns: number
}

/** One access after the task was ready. */
export interface AccessLatency {
  readonly medianNs: number
  readonly p99Ns: number
  readonly p999Ns: number
  readonly meanNs: number
}

export interface WorkloadSummary {
  readonly workload: string
  readonly instances: number
  readonly ready: number
  readonly failed: number
  readonly killed: number
  /** Of the first instance; null if it never was. */
  readonly timeUntilReadyS: number | null
  readonly lastReadyS: number | null
  readonly populateS: number
  readonly longestWriteHoldNs: number
  readonly longestStallNs: number
  readonly faultsAfterReady: number
  readonly majorFaultsAfterReady: number
  readonly faultTimeAfterReadyS: number
  readonly access: AccessLatency
  /** Share of the accesses that it wanted to make and could. */
  readonly progressShare: number
  /** Of all instances together, at the end of the run and at their highest, in bytes. */
  readonly peakVmLckBytes: number
  readonly peakRssBytes: number
  readonly peakLockedResidentBytes: number
  readonly finalVmLckBytes: number
  readonly finalRssBytes: number
  readonly finalLockedResidentBytes: number
  readonly finalSwapBytes: number
  readonly finalPinnedBytes: number
  readonly swapInBytes: number
  readonly swapOutBytes: number
  /** Largest of one instance, for comparing with its limit. */
  readonly peakVmLckPerTaskBytes: number
}

export interface HostSummary {
  readonly memTotalBytes: number
  readonly minFreeBytes: number
  readonly peakUsedBytes: number
  readonly peakMlockedBytes: number
  readonly peakUnevictableBytes: number
  readonly peakSwapUsedBytes: number
  readonly swapInBytes: number
  readonly swapOutBytes: number
  readonly directReclaimStallS: number
  readonly kswapdRunS: number
  /** Locked memory that reclaim looked at in vain, each look counted. */
  readonly scannedLockedBytes: number
  /** Large folios that straddled the edge of a lock, or could not be marked, and were split at reclaim. */
  readonly foliosSplit: number
  /** Unlocked memory that pins keep because their folio cannot be split. */
  readonly heldByPinsBytes: number
  readonly peakCommittedBytes: number
  readonly commitLimitBytes: number
  readonly hugetlbStrandedBytes: number
  /** What may be locked safely on this host, and the peak of what cannot be given back. */
  readonly safeLockedBudgetBytes: number
  readonly peakHeldBytes: number
}

export type Severity = 'error' | 'warning' | 'note'

/** Something a person should know: the numbers behind it, and the change that would fix it. */
export interface Finding {
  readonly id: string
  readonly severity: Severity
  readonly workload: string | null
  readonly title: string
  readonly detail: string
  readonly fix: string | null
  readonly numbers: Readonly<Record<string, number>>
}

export interface Verdict {
  readonly holds: boolean
  readonly sentence: string
}

export interface RunResult {
  readonly format: typeof RESULT_FORMAT
  readonly scenario: string
  readonly kernel: string
  readonly costs: string
  readonly horizonS: number
  readonly timesS: Float64Array
  readonly series: readonly Series[]
  readonly verdict: Verdict
  readonly host: HostSummary
  readonly workloads: readonly WorkloadSummary[]
  readonly events: readonly RunEvent[]
  readonly refusals: readonly RunRefusal[]
  readonly waits: readonly LockWait[]
  readonly findings: readonly Finding[]
  readonly explanations: readonly Explanation[]
  /** Steps that the clock made. */
  readonly steps: number
}

/** Host and areas at one moment. */
export interface Snapshot {
  readonly atS: number
  readonly meminfo: Readonly<Record<string, number>>
  readonly tasks: readonly TaskSnapshot[]
}

/** A task as /proc/PID/status and smaps would show it; KiB, as there. */
export interface TaskSnapshot {
  readonly workload: string
  readonly instance: number
  readonly instances: number
  readonly state: string
  readonly status: Readonly<Record<string, number>>
  readonly areas: readonly { readonly name: string; readonly maps: readonly ObservedVma[] }[]
}
