/** Measurements made from a run: what a process would show that does exactly what the model says. */
import { runScenario } from '../../../../engine/planner/run.ts'
import type { Measurement } from '../../../../engine/planner/reality.ts'
import { valueAt } from '../../../../engine/planner/reality/compare.ts'
import type { Scenario } from '../../../../engine/scenario.ts'
import type { RunResult } from '../../../../engine/sim/result.ts'

const NAMES = ['VmLck', 'VmPin', 'VmRSS', 'VmSwap', 'Locked', 'HugetlbPages']

/** Samples of a run at even distances, as one task for each workload. */
export function measurementOf(run: RunResult, changes: Partial<Measurement> = {}, samples = 61): Measurement {
  const value = (scope: string, name: string, atS: number): number => {
    const series = run.series.find(each => each.scope === scope && each.name === name)
    return series === undefined ? 0 : valueAt(run.timesS, series.values, series.shape, atS)
  }
  const summed = (name: string): Float64Array => {
    const series = run.series.find(each => each.scope === 'host' && each.name === name)
    const sums = new Float64Array(run.timesS.length)
    for (let i = 1; i < sums.length; i++)
      sums[i] =
        (sums[i - 1] ?? 0) + (series?.values[i] ?? 0) * ((run.timesS[i] ?? 0) - (run.timesS[i - 1] ?? 0))
    return sums
  }
  const sums = { pgfault: summed('pgfault'), pgmajfault: summed('pgmajfault') }
  const total = (name: keyof typeof sums, untilS: number): number =>
    valueAt(run.timesS, sums[name], 'level', untilS)
  const taken = Array.from({ length: samples }, (_, i) => {
    const atS = (run.horizonS * i) / (samples - 1)
    const majflt = total('pgmajfault', atS)
    const tasks = run.workloads.map(({ workload }, w) => ({
      ...{ workload, instance: 0, instances: 1, state: 'running', areas: [] },
      status: {
        ...Object.fromEntries(NAMES.map(name => [name, value(workload, name, atS) / 1024])),
        ...(w === 0 ? { majflt, minflt: total('pgfault', atS) - majflt } : {}),
      },
    }))
    return { atS, meminfo: {}, tasks }
  })
  return {
    ...{ title: 'synthetic', source: 'scaled run', samples: taken, facts: {} },
    ...{ events: [], stalls: [], notes: [], offsetS: 0 },
    ...changes,
  }
}

/** What reality would be if it were another plan than the one that is predicted. */
export function realityOf(scenario: Scenario, changes: Partial<Measurement> = {}): Measurement {
  return measurementOf(runScenario(scenario), changes)
}
