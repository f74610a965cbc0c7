/** Whole runs that are timed, in groups; simulate-rounds.ts times one of them. */
import { workerPool } from '../../app/executor/worker-pool.ts'
import { collect, inProcess } from '../../engine/planner/executor.ts'
import { runScenario } from '../../engine/planner/run.ts'
import type { MachineProfile, Params, Scenario, WorkloadSpec } from '../../engine/scenario.ts'
import { sampled } from '../../engine/sim/recorder.ts'
import { simulate } from '../../engine/sim/simulate.ts'
import { GIB, HOST, scenario, workload } from '../support/scenarios.ts'
import { medianOf, times } from './rounds.ts'

const DAY_S = 86_400
const HOUR_S = 3600

export interface Figure {
  readonly name: string
  readonly medianMs: number
  /** The very first time, by code that is still cold. */
  readonly firstMs: number
  /** Steps of the clock; of all runs together if there are several. */
  readonly steps: number
}

export interface Figures {
  readonly figures: readonly Figure[]
  /** Of the whole process, Node.js included. */
  readonly peakMiB: number
}

function guests(strategy: string, params: Params, more: Partial<WorkloadSpec> = {}): WorkloadSpec {
  return workload({ kind: 'qemu-guest', name: 'guests', strategy, params, ...more })
}

function figure(name: string, rounds: number, run: () => number): Figure {
  let steps = 0
  const ms = times(rounds, () => (steps = run()))
  return { name, medianMs: medianOf(ms.slice(1)), firstMs: ms[0] ?? NaN, steps }
}

const stepsOf = (made: Scenario): number => simulate(made).steps

/** From nothing to a guest of 4 GiB that has booted: the run ends a second later. */
function starts(): Figure[] {
  const strategies = [
    'none',
    'touch-write',
    'populate-write',
    'map-populate',
    'mlock',
    'mlock-onfault',
    'mlockall',
  ]
  const all = [...strategies, 'thp-madvise', 'hugetlb-2m']
  const machine = { hugetlb: { '2M': 2048, '1G': 0 } }
  return all.map(strategy => {
    const made = scenario([guests(strategy, { ram: 4 * GIB })], { machine, horizonS: 15 })
    return figure(strategy, 200, () => stepsOf(made))
  })
}

/** Every curve at every second, as a chart or an export asks for it. */
function sampledDay(made: Scenario): number {
  const { timesS, series, steps } = simulate(made)
  for (const curve of series) sampled(timesS, curve, 1, DAY_S)
  return steps
}

function day(staggerS: number, ramBytes: number): Figure[] {
  const made = scenario([guests('none', { ram: 4 * GIB }, { count: 200, staggerS })], {
    horizonS: DAY_S,
    machine: { ramBytes, cpus: 128, memoryBandwidthBytesPerS: 300e9, swap: swapOf(256 * GIB) },
  })
  return [figure('200 guests, 24 h', 6, () => sampledDay(made))]
}

const swapOf = (sizeBytes: number): MachineProfile['swap'] => [
  { device: 'nvme-client', sizeBytes, priority: -2 },
]

/** One plan on 1,000 hosts: how many guests of which size, locked how, with how much swap. */
function sweepRuns(): Scenario[] {
  const made: Scenario[] = []
  for (const count of [4, 8, 12, 16, 20, 24, 28, 32, 36, 40])
    for (const ramGib of [2, 4, 6, 8, 10])
      for (const strategy of ['none', 'mlock', 'mlock-onfault', 'populate-write', 'thp-madvise'])
        for (const swapGib of [0, 8, 32, 64])
          made.push(
            scenario([guests(strategy, { ram: ramGib * GIB }, { count, staggerS: 5 })], {
              horizonS: HOUR_S,
              machine: { ramBytes: 192 * GIB, cpus: 32, swap: swapGib === 0 ? [] : swapOf(swapGib * GIB) },
            }),
          )
  return made
}

async function sweep(): Promise<Figure[]> {
  const runs = sweepRuns()
  const pool = workerPool()
  const executors = [
    ['one thread', inProcess(runScenario)],
    [`${pool.width} worker threads`, pool],
  ] as const
  const figures: Figure[] = []
  for (const [where, executor] of executors) {
    const start = performance.now()
    const { summaries } = await collect(executor, runs)
    const firstMs = performance.now() - start
    const again = performance.now()
    await collect(executor, runs)
    const steps = summaries.reduce((sum, summary) => sum + (summary?.steps ?? 0), 0)
    figures.push({
      name: `${runs.length} runs, ${where}`,
      medianMs: performance.now() - again,
      firstMs,
      steps,
    })
  }
  await pool.close()
  return figures
}

/** Eight guests with 9 % of the host each, or 14 %, which is more than there is: everything grows with the host. */
function sized(ramBytes: number, share: number): Scenario {
  const ram = Math.floor((ramBytes * share) / 2 ** 21) * 2 ** 21
  const params = { ram, own: ram / 32, ownAddressSpace: ram / 16, bootTouched: ram / 8, rate: ram / 2 ** 20 }
  const shrink = ramBytes / HOST.ramBytes
  return scenario([guests('none', params, { count: 8, staggerS: 5 })], {
    horizonS: HOUR_S,
    machine: {
      ramBytes,
      hostReserveBytes: HOST.hostReserveBytes * shrink,
      otherCacheBytes: HOST.otherCacheBytes * shrink,
      swap: swapOf(ramBytes),
    },
  })
}

function sizes(share: number): Figure[] {
  return [4, 4096].map(gib => {
    const made = sized(gib * GIB, share)
    return figure(`${gib} GiB`, 60, () => stepsOf(made))
  })
}

/** What is timed together, in one process, so that its largest memory is that of these runs alone. */
export const GROUPS = {
  'one guest of 4 GiB starts': starts,
  'started together': () => day(0, 2048 * GIB),
  'started 5 s apart': () => day(5, 2048 * GIB),
  'started together, short of memory': () => day(0, 512 * GIB),
  'started 5 s apart, short of memory': () => day(5, 512 * GIB),
  'sweep of one plan': sweep,
  'hosts of two sizes, with room': () => sizes(0.09),
  'hosts of two sizes, short of memory': () => sizes(0.14),
} as const satisfies Record<string, () => readonly Figure[] | Promise<readonly Figure[]>>

export const GROUP_NAMES = Object.keys(GROUPS) as (keyof typeof GROUPS)[]
