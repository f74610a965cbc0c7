/** What an experiment of random access under a memory limit is, and what it yields: plain data. */
import type { Popularity } from '../../engine/scenario.ts'

/** How part of the area is locked before the accesses start: [from, to) as shares of the area. */
export interface ExperimentLock {
  readonly kind: 'mlock' | 'onfault'
  readonly from: number
  readonly to: number
}

export interface Experiment {
  readonly name: string
  readonly areaPages: number
  /** memory.max of the cgroup. */
  readonly limitPages: number
  /** Page i is the i-th most popular one. */
  readonly popularity: Popularity
  /** Share of the accesses that write. */
  readonly writeShare: number
  readonly locks: readonly ExperimentLock[]
  /** `anon` private memory, `file` a shared mapping of a file on disk. */
  readonly backing: 'anon' | 'file'
  /** A device in memory that answers at once, or a file on a disk, which reads ahead. */
  readonly swap: 'zram' | 'file'
  /** vm.page-cluster: 2 to the power of it is the most that is read ahead. */
  readonly pageCluster: number
  readonly accessesPerSample: number
  readonly samples: number
  readonly seed: number
}

/** After so many accesses. Faults are those of the accesses alone; the cgroup's numbers are pages. */
export interface ExperimentSample {
  readonly accesses: number
  /** Pages of the area: Rss, Swap and Locked of smaps. */
  readonly residentPages: number
  readonly swappedPages: number
  readonly lockedPages: number
  readonly minorFaults: number
  readonly majorFaults: number
  /** The whole cgroup: what its limit counts. */
  readonly chargedPages: number
  /** Of it, anonymous memory and page cache; the rest is page tables and other memory of the kernel. */
  readonly userPages: number
  readonly activePages: number
  readonly inactivePages: number
  /** Of the machine, since the start: pages. */
  readonly swapInPages: number
  readonly swapOutPages: number
  readonly refaultPages: number
  readonly refaultActivatedPages: number
}

export interface ExperimentRecord {
  readonly experiment: Experiment
  readonly samples: readonly ExperimentSample[]
}
