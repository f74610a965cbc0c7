/** What was measured of real processes, as plain data: samples over time, what happened, what is known of the place. */
import type { Snapshot } from '../../sim/result.ts'

/** A plan run for real, a living process that was followed, or files that somebody recorded. */
export const MEASURED_SOURCES = ['scaled run', 'followed', 'recorded'] as const
export type MeasuredSource = (typeof MEASURED_SOURCES)[number]

export const MEASURED_EVENTS = ['start', 'ready', 'refused', 'failed', 'killed', 'stop', 'event'] as const

export interface MeasuredEvent {
  readonly atS: number
  readonly kind: (typeof MEASURED_EVENTS)[number]
  readonly workload: string
  readonly instance: number
  readonly text: string
}

/** What is known of the machine and of the processes that were measured; what is absent is not known. */
export interface MeasuredFacts {
  /** `uname -r` */
  readonly kernel?: string
  readonly ramBytes?: number
  readonly cpus?: number
  readonly thp?: string
  readonly swapBytes?: number
  readonly swappiness?: number
  readonly pageCluster?: number
  /** /sys/kernel/mm/lru_gen/enabled is not 0. */
  readonly lruGen?: boolean
  /** Soft RLIMIT_MEMLOCK of the process. */
  readonly memlockBytes?: number | 'unlimited'
  readonly capIpcLock?: boolean
  /** memory.max of its cgroup; null: none. */
  readonly memoryMaxBytes?: number | null
  /** Accesses that it was to make and did, where somebody counted: all tasks together. */
  readonly accessesWanted?: number
  readonly accessesMade?: number
}

/** Waits and holds that only a run of ours can see. */
export interface MeasuredStall {
  readonly workload: string
  /** Longest single operation of a thread beside the main one, while that was setting up. */
  readonly longestNs: number
  readonly thread: string
}

export interface Measurement {
  readonly title: string
  readonly source: MeasuredSource
  /** Seconds since the measurement began; KiB in `status` and `meminfo`, as in /proc. Faults are `minflt`, `majflt`. */
  readonly samples: readonly Snapshot[]
  readonly events: readonly MeasuredEvent[]
  readonly stalls: readonly MeasuredStall[]
  readonly facts: MeasuredFacts
  readonly notes: readonly string[]
  /** Added to the times of the samples to lay them on the axis of the run. */
  readonly offsetS: number
}
