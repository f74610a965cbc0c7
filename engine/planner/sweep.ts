/** A grid over fields: every combination of the values of some axes, with the metrics of each run. */
import type { Scenario } from '../scenario.ts'
import type { Axis } from './axis.ts'
import type { Catalog } from './catalog.ts'
import { figuresOf } from './compare.ts'
import type { Executor, RunsOptions } from './executor.ts'
import { withField } from './paths.ts'

/** A grid of more runs than this is refused. */
export const MOST_RUNS = 100_000

export interface SweepRow {
  /** One value per axis. */
  readonly values: readonly unknown[]
  readonly holds: boolean
  readonly figures: Readonly<Record<string, number | null>>
}

export interface Sweep {
  readonly axes: readonly string[]
  /** In the order of the grid, the last axis fastest; without those that a cancelled sweep did not reach. */
  readonly rows: readonly SweepRow[]
  readonly runs: number
  readonly complete: boolean
}

/** How many runs a grid has. */
export function gridSize(axes: readonly Axis[]): number {
  return axes.reduce((product, { values }) => product * values.length, 1)
}

/** The values of one point of the grid. */
export function gridPoint(axes: readonly Axis[], index: number): unknown[] {
  let rest = index
  return axes
    .toReversed()
    .map(({ values }) => {
      const value = values[rest % values.length]
      rest = Math.floor(rest / values.length)
      return value
    })
    .reverse()
}

/** Sweeps a grid. Scenarios are made as they are needed. */
export async function sweep(
  executor: Executor,
  question: {
    readonly scenario: Scenario
    readonly axes: readonly Axis[]
    readonly workload?: string | null
  },
  catalog: Catalog,
  options: RunsOptions = {},
): Promise<Sweep> {
  const { scenario, axes, workload = null } = question
  const runs = gridSize(axes)
  if (runs > MOST_RUNS) throw new RangeError(`${runs} runs; at most ${MOST_RUNS} are allowed in one sweep`)
  const rows: (SweepRow | null)[] = new Array<null>(runs).fill(null)
  for await (const { index, summary } of executor.run(scenarios(scenario, axes, runs, catalog), options)) {
    rows[index] = {
      values: gridPoint(axes, index),
      holds: summary.verdict.holds,
      figures: figuresOf(summary, workload),
    }
  }
  const done = rows.filter(row => row !== null)
  return { axes: axes.map(({ field }) => field.path), rows: done, runs, complete: done.length === runs }
}

function* scenarios(
  scenario: Scenario,
  axes: readonly Axis[],
  runs: number,
  catalog: Catalog,
): Generator<Scenario> {
  for (let index = 0; index < runs; index++) yield scenarioAt(scenario, axes, index, catalog)
}

/** The scenario of one point of the grid. */
export function scenarioAt(
  scenario: Scenario,
  axes: readonly Axis[],
  index: number,
  catalog: Catalog,
): Scenario {
  const point = gridPoint(axes, index)
  return axes.reduce((changed, { field }, i) => {
    const set = withField(changed, field, point[i], catalog)
    if (!set.ok) throw new RangeError(set.message)
    return set.scenario
  }, scenario)
}
