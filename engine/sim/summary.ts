/** The figures of a run that people compare: verdict, host, workloads, and how each came about. */
import { PAGE_SIZE } from '../units.ts'
import { SCENARIO_BOUNDS } from '../scenario.ts'
import type { WorkKind } from '../work.ts'
import { unitCost } from './costs.ts'
import type { UnmarkedNotes } from './unmarked.ts'
import { safeLockedBudgetPages } from './budget.ts'
import { explanationsOf, PLAIN_ACCESS_NS } from './explain.ts'
import {
  RESULT_FORMAT,
  type AccessLatency,
  type HostSummary,
  type RunResult,
  type Series,
  type Verdict,
  type WorkloadSummary,
} from './result.ts'
import type { Run } from './run.ts'
import { sumsOf, type TaskGroup } from './task-group.ts'

export function summarise(run: Run): RunResult {
  const { timesS, series } = run.curves.recorder.finish()
  const find = (scope: string, name: string): Series | undefined =>
    series.find(curve => curve.scope === scope && curve.name === name)
  const workloads = run.scenario.workloads.map((spec, index) =>
    workloadSummary(
      run,
      run.groups.filter(group => group.workload === index),
      (name: string) => find(spec.name, name)?.values ?? new Float64Array(0),
      spec.name,
    ),
  )
  const host = hostSummary(run, (name: string) => find('host', name)?.values ?? new Float64Array(0))
  const waits = [...run.waits].sort((a, b) => b.ns - a.ns).slice(0, 1000)
  const result = {
    format: RESULT_FORMAT,
    scenario: run.scenario.name,
    kernel: [
      run.scenario.kernel.name,
      ...run.scenario.kernel.plus.map(id => `+${id}`),
      ...run.scenario.kernel.minus.map(id => `-${id}`),
    ].join(' '),
    costs: run.costs.id,
    horizonS: run.scenario.horizonS,
    timesS,
    series,
    verdict: verdictOf(run, host),
    host,
    workloads,
    events: run.events,
    refusals: run.refusals,
    waits,
    findings: [],
    steps: run.steps,
  } as const
  return { ...result, explanations: explanationsOf(run, result) }
}

function verdictOf(run: Run, host: HostSummary): Verdict {
  const killed = run.groups.reduce((sum, group) => sum + group.notes.killed, 0)
  const failed = run.groups.reduce((sum, group) => sum + group.notes.failed, 0)
  const [refusal] = run.refusals
  const kill = run.events.find(event => event.kind === 'oom-kill' || event.kind === 'memcg-oom-kill')
  if (kill !== undefined)
    return {
      holds: false,
      sentence: `does not fit: OOM kill of ${kill.workload} at ${seconds(kill.atS)}${killed > 1 ? `, ${killed} in all` : ''}`,
    }
  if (refusal !== undefined)
    return {
      holds: false,
      sentence: `refused: ${refusal.errno} at ${seconds(refusal.atS)}, ${refusal.workload} (${refusal.call}: ${refusal.rule})${failed > 0 ? `; ${failed} of its tasks ended` : ''}`,
    }
  const late = run.groups.find(group => group.notes.readyAtS === null && group.startS < run.scenario.horizonS)
  if (late !== undefined)
    return {
      holds: false,
      sentence: `${late.spec.name} is not ready within ${seconds(run.scenario.horizonS)}`,
    }
  if (run.cutAtS !== null)
    return {
      holds: false,
      sentence: `not decided: ${SCENARIO_BOUNDS.maxSteps} steps were not enough, the run ended at ${seconds(run.cutAtS)}`,
    }
  const share = host.safeLockedBudgetBytes > 0 ? host.peakHeldBytes / host.safeLockedBudgetBytes : Infinity
  const percent = host.peakHeldBytes === 0 ? 0 : Math.round(100 * share)
  if (share > 1 && host.peakHeldBytes > 0)
    return {
      holds: false,
      sentence: `too tight: ${percent} % of the safe budget for memory that cannot be reclaimed`,
    }
  return { holds: true, sentence: `fits, ${percent} % of the safe budget` }
}

const seconds = (s: number): string => `${Number(s.toPrecision(4))} s`

function hostSummary(run: Run, curve: (name: string) => Float64Array): HostSummary {
  const { host } = run
  const memTotalBytes = host.memory.totalPages * PAGE_SIZE
  const swap = host.space.slots * PAGE_SIZE
  const huge = curve('HugePages_Free')
  const poolBytes = host.memory.poolPages * PAGE_SIZE
  const scans = scansOf(run)
  return {
    memTotalBytes,
    minFreeBytes: lowest(curve('MemFree')),
    peakUsedBytes: memTotalBytes - lowest(curve('MemFree')),
    peakMlockedBytes: highest(curve('Mlocked')),
    peakUnevictableBytes: highest(curve('Unevictable')),
    peakSwapUsedBytes: swap - Math.min(swap, lowest(curve('SwapFree'))),
    swapInBytes: totalsOf(run.groups).swapIn * PAGE_SIZE,
    swapOutBytes: totalsOf(run.groups).swapOut * PAGE_SIZE,
    directReclaimStallS: host.directReclaimS,
    kswapdRunS: reclaimNs(run) / 1e9,
    scannedLockedBytes: scans.scannedPages * PAGE_SIZE,
    foliosSplit: scans.foliosSplit,
    heldByPinsBytes: scans.heldByPinsPages * PAGE_SIZE,
    peakCommittedBytes: highest(curve('Committed_AS')),
    commitLimitBytes: host.memory.commitLimitPages * PAGE_SIZE,
    hugetlbStrandedBytes: poolBytes === 0 ? 0 : lowest(huge),
    safeLockedBudgetBytes: safeLockedBudgetPages(run) * PAGE_SIZE,
    peakHeldBytes: host.peakHeldPages * PAGE_SIZE,
  }
}

function scansOf(run: Run): UnmarkedNotes {
  const sum = { scannedPages: 0, foliosSplit: 0, heldByPinsPages: 0 }
  for (const { scans, instances } of run.groups) {
    const tasks = Math.max(1, instances)
    sum.scannedPages += scans.scannedPages * tasks
    sum.foliosSplit += scans.foliosSplit * tasks
    sum.heldByPinsPages += scans.heldByPinsPages * tasks
  }
  return sum
}

/** Processor time of reclaim: pages written out, and locked pages looked at in vain (a look costs what a walk does). */
function reclaimNs(run: Run): number {
  const ns = (kind: WorkKind): number => unitCost(run.costs, kind).ns
  return run.host.kswapdPages * ns('swapOutPage') + scansOf(run).scannedPages * ns('walkPage')
}

function workloadSummary(
  run: Run,
  groups: readonly TaskGroup[],
  curve: (name: string) => Float64Array,
  workload: string,
): WorkloadSummary {
  const notes = groups.map(group => group.notes)
  const sum = (of: (n: TaskGroup['notes']) => number): number => notes.reduce((total, n) => total + of(n), 0)
  const most = (of: (n: TaskGroup['notes']) => number): number =>
    notes.reduce((top, n) => Math.max(top, of(n)), 0)
  const readyTimes = groups.flatMap(g => (g.notes.readyAtS === null ? [] : [g.notes.readyAtS - g.startS]))
  const ready = groups.reduce((n, g) => n + (g.notes.readyAtS === null ? 0 : g.instances), 0)
  const perTask = groups.reduce((top, g) => Math.max(top, g.counters.lockedVm), 0)
  const wanted = sum(n => n.wantedAccesses)
  const swaps = totalsOf(groups)
  return {
    workload,
    instances: run.scenario.workloads.find(w => w.name === workload)?.count ?? 0,
    ready,
    failed: sum(n => n.failed),
    killed: sum(n => n.killed),
    timeUntilReadyS: readyTimes[0] ?? null,
    lastReadyS: readyTimes.length === 0 ? null : Math.max(...readyTimes),
    populateS: sum(n => n.populateNs) / 1e9,
    longestWriteHoldNs: most(n => n.longestWriteHoldNs),
    longestStallNs: most(n => n.longestStallNs),
    faultsAfterReady: sum(n => n.minorFaults + n.majorFaults),
    majorFaultsAfterReady: sum(n => n.majorFaults),
    faultTimeAfterReadyS: sum(n => n.faultNs) / 1e9,
    access: latencyOf(run, sum),
    progressShare: wanted === 0 ? 1 : sum(n => n.accesses) / wanted,
    peakVmLckBytes: highest(curve('VmLck')),
    peakRssBytes: highest(curve('VmRSS')),
    peakLockedResidentBytes: highest(curve('Locked')),
    finalVmLckBytes: last(curve('VmLck')),
    finalRssBytes: last(curve('VmRSS')),
    finalLockedResidentBytes: last(curve('Locked')),
    finalSwapBytes: last(curve('VmSwap')),
    finalPinnedBytes: last(curve('VmPin')),
    swapInBytes: swaps.swapIn * PAGE_SIZE,
    swapOutBytes: swaps.swapOut * PAGE_SIZE,
    peakVmLckPerTaskBytes: perTask * PAGE_SIZE,
  }
}

function totalsOf(groups: readonly TaskGroup[]): { swapIn: number; swapOut: number } {
  let [swapIn, swapOut] = [0, 0]
  for (const group of groups) {
    const sums = sumsOf(group)
    swapIn += sums.swapIn
    swapOut += sums.swapOut
  }
  return { swapIn, swapOut }
}

/** Quantiles of a mixture: plain accesses, minor faults, major faults (with the device's tail). */
function latencyOf(run: Run, sum: (of: (n: TaskGroup['notes']) => number) => number): AccessLatency {
  const accesses = sum(n => n.accesses)
  if (accesses <= 0) return { medianNs: 0, p99Ns: 0, p999Ns: 0, meanNs: 0 }
  const minor = sum(n => n.minorFaults)
  const major = sum(n => n.majorFaults)
  const minorNs = minor > 0 ? sum(n => n.minorNs) / minor : 0
  const majorNs = major > 0 ? sum(n => n.majorNs) / major : 0
  const tailNs = majorNs + Math.max(0, run.host.swap.readP99Ns - run.host.swap.readNs)
  const parts = [
    { share: Math.max(0, accesses - minor - major) / accesses, ns: PLAIN_ACCESS_NS },
    { share: minor / accesses, ns: PLAIN_ACCESS_NS + minorNs },
    { share: (0.99 * major) / accesses, ns: PLAIN_ACCESS_NS + majorNs },
    { share: (0.01 * major) / accesses, ns: PLAIN_ACCESS_NS + tailNs },
  ].sort((a, b) => a.ns - b.ns)
  const quantile = (q: number): number => {
    let share = 0
    for (const part of parts) if ((share += part.share) >= q) return part.ns
    return parts.at(-1)?.ns ?? 0
  }
  return {
    medianNs: quantile(0.5),
    p99Ns: quantile(0.99),
    p999Ns: quantile(0.999),
    meanNs: PLAIN_ACCESS_NS + (sum(n => n.minorNs) + sum(n => n.majorNs)) / accesses,
  }
}

function highest(values: Float64Array): number {
  let top = 0
  for (const value of values) if (value > top) top = value
  return top
}

function lowest(values: Float64Array): number {
  let bottom = Infinity
  for (const value of values) if (value < bottom) bottom = value
  return bottom === Infinity ? 0 : bottom
}

const last = (values: Float64Array): number => values[values.length - 1] ?? 0
