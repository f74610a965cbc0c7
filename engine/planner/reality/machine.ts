/** The machine that a plan is to be run on for real, as far as it decides what can be run. */
import type { ThpProfile } from '../../scenario.ts'

export interface LiveMachine {
  /** `uname -r` */
  readonly release: string
  readonly ramBytes: number
  readonly availableBytes: number
  readonly cpus: number
  /** Whether settings, swap and a memory cgroup may be made. */
  readonly isRoot: boolean
  /** Hard RLIMIT_MEMLOCK of a process that we start. */
  readonly memlockHardBytes: number | 'unlimited'
  readonly capIpcLock: boolean
  /** CAP_SYS_RESOURCE: limits may be raised. */
  readonly mayRaiseLimits: boolean
  readonly thp: ThpProfile
  readonly swappiness: number
  readonly pageCluster: number
  readonly overcommitMode: 0 | 1 | 2
  /** Whether a memory cgroup can be made. */
  readonly hasCgroup: boolean
  /** Swap that is there already: ours would mix with it. */
  readonly swapBytes: number
  readonly hasZram: boolean
  readonly lruGen: boolean
  /** Of the disk that files of the run are on; null: not known. */
  readonly readAheadKib: number | null
}
