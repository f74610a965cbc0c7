/** Scenarios for questions, and runs whose outcome a test decides. */
import { machineNamed } from '../../../engine/machines.ts'
import type { Catalog } from '../../../engine/planner/catalog.ts'
import { inProcess, type Executor } from '../../../engine/planner/executor.ts'
import type { Scenario, WorkloadSpec } from '../../../engine/scenario.ts'
import type { HostSummary, RunResult, WorkloadSummary } from '../../../engine/sim/result.ts'
import { STRATEGIES } from '../../../engine/strategies/index.ts'
import { WORKLOADS } from '../../../engine/workloads/index.ts'

export const GIB = 2 ** 30

export const CATALOG: Catalog = {
  workloads: WORKLOADS,
  strategies: STRATEGIES,
  devices: ['nvme-client', 'zram-zstd'],
  machine: machineNamed,
}

export function workload(changes: Partial<WorkloadSpec> = {}): WorkloadSpec {
  return {
    name: 'guest',
    kind: 'qemu-guest',
    params: { ram: GIB },
    count: 1,
    startS: 0,
    staggerS: 0,
    stopS: null,
    strategy: 'none',
    strategyParams: {},
    limits: { memlockBytes: 'unlimited', capIpcLock: false },
    memcg: { maxBytes: null, highBytes: null, swapMaxBytes: null },
    oomScoreAdj: 0,
    ...changes,
  }
}

export function scenario(changes: Partial<Scenario> = {}): Scenario {
  const machine = machineNamed('edge-64')
  if (machine === undefined) throw new Error('no machine')
  return {
    format: 'holdfast-scenario/1',
    name: 'test',
    doc: '',
    machine,
    kernel: { name: '6.18', plus: [], minus: [] },
    workloads: [workload()],
    horizonS: 60,
    sampleS: 1,
    seed: 1,
    ...changes,
  }
}

export const WORKLOAD_SUMMARY: WorkloadSummary = {
  workload: 'guest',
  instances: 1,
  ready: 1,
  failed: 0,
  killed: 0,
  timeUntilReadyS: 1,
  lastReadyS: 1,
  populateS: 0,
  longestWriteHoldNs: 0,
  longestStallNs: 0,
  faultsAfterReady: 0,
  majorFaultsAfterReady: 0,
  faultTimeAfterReadyS: 0,
  access: { medianNs: 100, p99Ns: 100, p999Ns: 100, meanNs: 100 },
  progressShare: 1,
  peakVmLckBytes: 0,
  peakRssBytes: 0,
  peakLockedResidentBytes: 0,
  finalVmLckBytes: 0,
  finalRssBytes: 0,
  finalLockedResidentBytes: 0,
  finalSwapBytes: 0,
  finalPinnedBytes: 0,
  swapInBytes: 0,
  swapOutBytes: 0,
  peakVmLckPerTaskBytes: 0,
}

const HOST_SUMMARY: HostSummary = {
  memTotalBytes: 64 * GIB,
  minFreeBytes: 32 * GIB,
  peakUsedBytes: 32 * GIB,
  peakMlockedBytes: 0,
  peakUnevictableBytes: 0,
  peakSwapUsedBytes: 0,
  swapInBytes: 0,
  swapOutBytes: 0,
  directReclaimStallS: 0,
  kswapdRunS: 0,
  scannedLockedBytes: 0,
  foliosSplit: 0,
  heldByPinsBytes: 0,
  peakCommittedBytes: 0,
  commitLimitBytes: 32 * GIB,
  hugetlbStrandedBytes: 0,
  safeLockedBudgetBytes: 60 * GIB,
  peakHeldBytes: 0,
}

export interface Outcome {
  readonly holds?: boolean
  readonly workload?: Partial<WorkloadSummary>
  readonly host?: Partial<HostSummary>
  readonly result?: Partial<RunResult>
}

export function resultOf(name: string, outcome: Outcome = {}): RunResult {
  const holds = outcome.holds ?? true
  return {
    format: 'holdfast-result/1',
    scenario: name,
    kernel: '6.18',
    costs: 'test',
    horizonS: 60,
    timesS: new Float64Array(),
    series: [],
    verdict: { holds, sentence: holds ? 'fits' : 'does not fit' },
    host: { ...HOST_SUMMARY, ...outcome.host },
    workloads: [{ ...WORKLOAD_SUMMARY, ...outcome.workload }],
    events: [],
    refusals: [],
    waits: [],
    findings: [],
    explanations: [],
    steps: 1,
    ...outcome.result,
  }
}

/** An executor whose runs come out as the test says; counts them. */
export function pretending(outcome: (scenario: Scenario) => Outcome): Executor & { runs: () => number } {
  let runs = 0
  const executor = inProcess(asked => {
    runs++
    return resultOf(asked.name, outcome(asked))
  })
  return { ...executor, runs: () => runs }
}

/** A number among the parameters of the first workload. */
export const param = (asked: Scenario, id: string): number => Number(asked.workloads[0]?.params[id])
