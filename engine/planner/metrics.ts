/** What runs are compared by: figures of a summary, with their unit and which way is better. */
import type { WorkloadSummary } from '../sim/result.ts'
import type { RunSummary } from './summary.ts'

export type MetricUnit = 's' | 'ns' | 'bytes' | 'count' | 'share'

export interface Metric {
  readonly id: string
  readonly title: string
  readonly help: string
  readonly unit: MetricUnit
  /** Which way is better; null where neither is. */
  readonly better: 'less' | 'more' | null
  /** Of one workload, or of all that are given together; null where there is none, as of one that is never ready. */
  readonly of: (workloads: readonly WorkloadSummary[], run: RunSummary) => number | null
}

const sum =
  (pick: (workload: WorkloadSummary) => number) =>
  (workloads: readonly WorkloadSummary[]): number =>
    workloads.reduce((total, workload) => total + pick(workload), 0)
const worst =
  (pick: (workload: WorkloadSummary) => number) =>
  (workloads: readonly WorkloadSummary[]): number =>
    workloads.reduce((most, workload) => Math.max(most, pick(workload)), 0)

/** The last instance of the last workload; null as long as one is not ready. */
function lastReady(workloads: readonly WorkloadSummary[]): number | null {
  const times = workloads.map(({ lastReadyS, ready, instances }) => (ready < instances ? null : lastReadyS))
  return times.includes(null) ? null : Math.max(0, ...times.filter(time => time !== null))
}

/** Of instances that became ready; null where none did. */
const afterReady =
  (of: (workloads: readonly WorkloadSummary[]) => number) =>
  (workloads: readonly WorkloadSummary[]): number | null =>
    workloads.some(({ ready }) => ready > 0) ? of(workloads.filter(({ ready }) => ready > 0)) : null

const metric = (
  id: string,
  title: string,
  unit: MetricUnit,
  better: Metric['better'],
  of: Metric['of'],
  help: string,
): Metric => ({ id, title, unit, better, of, help })

export const METRICS: readonly Metric[] = [
  metric('ready', 'ready after', 's', 'less', lastReady, 'Time until the last instance is ready.'),
  metric('first-ready', 'first ready', 's', 'less', firstReady, 'Time until the first instance is ready.'),
  metric(
    'populate',
    'populating',
    's',
    'less',
    sum(w => w.populateS),
    'Time spent filling memory before ready.',
  ),
  metric(
    'access',
    'mean access',
    'ns',
    'less',
    afterReady(worst(w => w.access.meanNs)),
    'Mean time of one access after ready, faults and all.',
  ),
  metric(
    'p99',
    'access p99',
    'ns',
    'less',
    afterReady(worst(w => w.access.p99Ns)),
    '99 of 100 accesses are done within this time.',
  ),
  metric(
    'fault-time',
    'faults after ready',
    's',
    'less',
    afterReady(sum(w => w.faultTimeAfterReadyS)),
    'Time that all faults after ready take, together.',
  ),
  metric(
    'memory-time',
    'populating and faults',
    's',
    'less',
    sum(w => w.populateS + w.faultTimeAfterReadyS),
    'What memory costs over the whole run: populating before ready, faults after it.',
  ),
  metric(
    'faults',
    'faults',
    'count',
    'less',
    afterReady(sum(w => w.faultsAfterReady)),
    'Faults after ready.',
  ),
  metric(
    'major-faults',
    'major faults',
    'count',
    'less',
    afterReady(sum(w => w.majorFaultsAfterReady)),
    'Faults after ready that wait for a device.',
  ),
  metric(
    'write-hold',
    'longest write hold',
    'ns',
    'less',
    worst(w => w.longestWriteHoldNs),
    'Longest time that the mmap lock is held for writing.',
  ),
  metric(
    'stall',
    'longest stall',
    'ns',
    'less',
    worst(w => w.longestStallNs),
    'Longest time that another thread waits for the mmap lock.',
  ),
  metric(
    'VmLck',
    'VmLck',
    'bytes',
    null,
    sum(w => w.peakVmLckBytes),
    'Locked address space at its highest.',
  ),
  metric(
    'locked',
    'locked resident',
    'bytes',
    'less',
    sum(w => w.peakLockedResidentBytes),
    'Memory that is locked and present, at its highest.',
  ),
  metric(
    'rss',
    'peak resident',
    'bytes',
    'less',
    sum(w => w.peakRssBytes),
    'Resident memory at its highest.',
  ),
  metric(
    'pinned',
    'pinned',
    'bytes',
    'less',
    sum(w => w.finalPinnedBytes),
    'Pinned memory at the end.',
  ),
  metric(
    'swapped',
    'swapped out',
    'bytes',
    'less',
    sum(w => w.swapOutBytes),
    'Memory written to swap.',
  ),
  metric(
    'progress',
    'progress',
    'share',
    'more',
    workloads => Math.min(1, ...workloads.map(w => w.progressShare)),
    'Share of the wanted accesses that could be made.',
  ),
  metric('refused', 'refused calls', 'count', 'less', refused, 'Calls that the kernel turned down.'),
  metric(
    'failed',
    'failed',
    'count',
    'less',
    sum(w => w.failed),
    'Instances that gave up.',
  ),
  metric(
    'killed',
    'killed',
    'count',
    'less',
    sum(w => w.killed),
    'Instances that the OOM killer ended.',
  ),
  metric(
    'free',
    'least free',
    'bytes',
    'more',
    (_, run) => run.host.minFreeBytes,
    'Free memory of the host at its lowest.',
  ),
  metric(
    'unevictable',
    'Unevictable',
    'bytes',
    null,
    (_, run) => run.host.peakUnevictableBytes,
    'Memory of the host that reclaim leaves alone, at its highest.',
  ),
  metric(
    'scanned-locked',
    'locked, scanned in vain',
    'bytes',
    'less',
    (_, run) => run.host.scannedLockedBytes,
    'Locked memory that reclaim looked at and had to leave, each look counted: large folios without the mlocked mark.',
  ),
  metric(
    'folios-split',
    'folios split',
    'count',
    'less',
    (_, run) => run.host.foliosSplit,
    'Large folios that reclaim split because a lock covers them in part or cannot be marked.',
  ),
  metric('kswapd', 'kswapd', 's', 'less', (_, run) => run.host.kswapdRunS, 'Time that kswapd runs.'),
  metric(
    'reclaim-stall',
    'direct reclaim',
    's',
    'less',
    (_, run) => run.host.directReclaimStallS,
    'Time that tasks wait because they reclaim memory themselves.',
  ),
]

function firstReady(workloads: readonly WorkloadSummary[]): number | null {
  const times = workloads.map(({ timeUntilReadyS }) => timeUntilReadyS)
  return times.includes(null) ? null : Math.max(0, ...times.filter(time => time !== null))
}

function refused(workloads: readonly WorkloadSummary[], run: RunSummary): number {
  const names = new Set(workloads.map(({ workload }) => workload))
  if (names.size === run.workloads.length) return run.nrRefusals
  return run.refusals
    .filter(({ workload }) => names.has(workload))
    .reduce((total, { instances }) => total + instances, 0)
}

export function metricNamed(id: string): Metric | undefined {
  return METRICS.find(each => each.id === id)
}

/** A metric of a run: of one workload by its name, or of all together. */
export function measure(each: Metric, run: RunSummary, workload: string | null = null): number | null {
  const chosen = workload === null ? run.workloads : run.workloads.filter(w => w.workload === workload)
  return each.of(chosen, run)
}

/** Whether `a` is better than `b` by a metric; none at all is worse than any figure. */
export function isBetter(each: Pick<Metric, 'better'>, a: number | null, b: number | null): boolean {
  if (each.better === null || a === null) return false
  if (b === null) return true
  return each.better === 'less' ? a < b : a > b
}
