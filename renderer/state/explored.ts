/** Answers of many runs as curves and words. */
import type { LineInput } from '../../charts/lines.ts'
import type { Sweep } from '../../engine/planner/sweep.ts'

/** A value of a field, as a table has it. */
export const writtenValue = (value: unknown): number | string =>
  typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value)

/**
 * A curve over the first axis for each value of the second; null where the first is no number, which no curve can be
 * drawn over, or where a third axis would make one of each point.
 */
export function sweepLines({ axes, rows }: Sweep, metric: string): readonly LineInput[] | null {
  if (axes.length > 2 || !rows.every(({ values }) => typeof values[0] === 'number')) return null
  const lines = new Map<string, LineInput['points'][number][]>()
  for (const { values, figures, holds } of rows) {
    const name = axes.length < 2 ? metric : `${axes[1] ?? ''} ${writtenValue(values[1])}`
    const points = lines.get(name) ?? []
    points.push({ x: Number(values[0]), y: figures[metric] ?? null, holds })
    lines.set(name, points)
  }
  return [...lines].map(([name, points]) => ({ name, points }))
}
