/**
 * What was measured of random access under a memory limit, and how far the model is from it. 256 MiB accessed in a
 * memory cgroup of 160 MiB on Linux 6.18.44; docs/host.md says how.
 */
export const EXPERIMENT_CURVES = [
  'residentPages',
  'swappedPages',
  'lockedPages',
  'minorFaults',
  'majorFaults',
] as const
export type ExperimentCurve = (typeof EXPERIMENT_CURVES)[number]

/** Of the measured value, over the samples after warm-up. */
export interface PercentError {
  readonly meanPercent: number
  readonly worstPercent: number
}

export interface ExperimentErrorRow {
  readonly name: string
  readonly popularity: 'uniform' | 'zipf' | 'hotset' | 'cyclic'
  readonly locks: 'none' | 'mlock' | 'onfault'
  readonly backing: 'anon' | 'file'
  /** What anonymous memory was swapped to; null for files. */
  readonly swap: 'zram' | 'file' | null
  /** Whether swap was read ahead (vm.page-cluster above 0). */
  readonly readAhead: boolean
  /** Curves that stayed below 1,000 are missing. */
  readonly curves: Readonly<Partial<Record<ExperimentCurve, PercentError>>>
}
