/** Locked memory over time of compared variants: runs that are made anyway, whose curves are kept. */
import type { Executor } from '../engine/planner/executor.ts'
import { summaryOf } from '../engine/planner/summary.ts'
import type { RunResult } from '../engine/sim/result.ts'
import type { VariantCurves } from './contract.ts'

/** Points of a small chart. */
const POINTS = 160

/** An executor whose runs leave their curves, by the position of their scenario. For a few runs: each comes whole. */
export function keepingCurves(
  executor: Pick<Executor, 'result' | 'width'>,
  workload: string | null,
  curves: Omit<VariantCurves, 'name'>[],
): Executor {
  return {
    width: executor.width,
    result: (scenario, options) => executor.result(scenario, options),
    async *run(scenarios, options = {}) {
      let done = 0
      const results = [...scenarios].map(scenario => executor.result(scenario, options))
      for (const [index, coming] of results.entries()) {
        const result = await coming
        if (result === null) continue
        curves[index] = curvesOf(result, workload)
        options.onProgress?.(++done)
        yield { index, summary: summaryOf(result) }
      }
    },
  }
}

function curvesOf(
  { timesS, series, workloads }: RunResult,
  workload: string | null,
): Omit<VariantCurves, 'name'> {
  const scopes = new Set(workload === null ? workloads.map(each => each.workload) : [workload])
  const sumOf = (name: string): Float64Array => {
    const chosen = series.filter(one => one.name === name && scopes.has(one.scope))
    const sum = new Float64Array(timesS.length)
    for (let i = 0; i < sum.length; i++)
      sum[i] = chosen.reduce((total, { values }) => total + (values[i] ?? 0), 0)
    return sum
  }
  const step = Math.max(1, Math.ceil(timesS.length / POINTS))
  const most = (values: Float64Array): number[] =>
    Array.from({ length: Math.ceil(values.length / step) }, (_, i) =>
      Math.max(...values.subarray(i * step, (i + 1) * step)),
    )
  return {
    timesS: Array.from({ length: Math.ceil(timesS.length / step) }, (_, i) => timesS[i * step] ?? 0),
    lockedResident: most(sumOf('Locked')),
    locked: most(sumOf('VmLck')),
  }
}
