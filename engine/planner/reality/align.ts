/** Lays a measurement on the time axis of a run. */
import type { Predicted } from './compare.ts'
import type { Measurement } from './measured.ts'

/** Memory has begun to grow where it is above this share of its highest. */
const BEGUN = 0.1

/**
 * Seconds to add to the measurement's times so that the resident memory of its workload begins to grow when that of the
 * run does; 0 where either does not grow.
 */
export function offsetByGrowth(run: Predicted, { samples }: Measurement, workload: string): number {
  const measured = samples.map(({ atS, tasks }) => {
    const mine = tasks.filter(task => task.workload === workload)
    return { atS, value: mine.reduce((sum, { status }) => sum + (status['VmRSS'] ?? 0), 0) }
  })
  const series = run.series.find(each => each.scope === workload && each.name === 'VmRSS')
  if (series === undefined) return 0
  const predicted = [...series.values].map((value, i) => ({ atS: run.timesS[i] ?? 0, value }))
  const [mine, theirs] = [beginOf(measured), beginOf(predicted)]
  return mine === null || theirs === null ? 0 : theirs - mine
}

/** The moment at which a curve has begun to grow, between two points; null for one that starts grown. */
function beginOf(points: readonly { readonly atS: number; readonly value: number }[]): number | null {
  const lowest = Math.min(...points.map(({ value }) => value))
  const highest = Math.max(...points.map(({ value }) => value))
  if (!(highest > 0) || highest - lowest < highest * BEGUN) return null
  const level = lowest + (highest - lowest) * BEGUN
  const at = points.findIndex(({ value }) => value >= level)
  const [before, after] = [points[at - 1], points[at]]
  if (before === undefined || after === undefined) return null
  const share = (level - before.value) / Math.max(1e-9, after.value - before.value)
  return before.atS + share * (after.atS - before.atS)
}
