/** Many runs with inputs drawn by chance: what to expect, and how bad it may get. Same seed, same answer. */
import type { Scenario } from '../scenario.ts'
import { quantile } from '../sim/quantile.ts'
import { Random } from '../sim/random.ts'
import type { Catalog } from './catalog.ts'
import { draw, type Distribution } from './chance/distribution.ts'
import type { Executor, RunsOptions } from './executor.ts'
import { measure, METRICS } from './metrics.ts'
import { withField, type Field } from './paths.ts'

export interface Uncertain {
  readonly field: Field
  readonly distribution: Distribution
}

export interface MonteCarloQuestion {
  readonly scenario: Scenario
  readonly inputs: readonly Uncertain[]
  readonly runs: number
  readonly seed: number
  readonly workload?: string | null
}

export interface Percentiles {
  /** Runs that have the figure; the others are never ready, say. */
  readonly runs: number
  readonly mean: number
  readonly p5: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export interface MonteCarlo {
  readonly runs: number
  readonly seed: number
  /** Share of the runs that hold. */
  readonly holdsShare: number
  /** Half width of its 95 % confidence interval (Wilson). */
  readonly holdsMargin: number
  /** By metric; null where no run has the figure. */
  readonly metrics: Readonly<Record<string, Percentiles | null>>
  readonly complete: boolean
}

export const MOST_DRAWS = 100_000

/** The scenario of one draw: each has a generator of its own, so that the order of runs does not matter. */
export function drawn(question: MonteCarloQuestion, index: number, catalog: Catalog): Scenario {
  const random = new Random(question.seed * 2 ** 20 + index)
  const seeded: Scenario = { ...question.scenario, seed: random.bits() }
  return question.inputs.reduce((scenario, { field, distribution }) => {
    const changed = withField(scenario, field, within(draw(distribution, random), field), catalog)
    if (!changed.ok) throw new RangeError(changed.message)
    return changed.scenario
  }, seeded)
}

/** A drawn value that its field can have: whole, and not beyond the bounds. */
function within(value: number, { spec }: Field): number {
  const whole = spec.kind === 'bytes' || spec.kind === 'count' || spec.kind === 'limit' || spec.whole === true
  const rounded = whole ? Math.round(value) : value
  return Math.min(spec.max ?? Infinity, Math.max(spec.min ?? -Infinity, rounded))
}

export async function monteCarlo(
  executor: Executor,
  question: MonteCarloQuestion,
  catalog: Catalog,
  options: RunsOptions = {},
): Promise<MonteCarlo> {
  const { runs, seed, workload = null } = question
  if (!(runs >= 1 && runs <= MOST_DRAWS)) throw new RangeError(`1 to ${MOST_DRAWS} runs are allowed`)
  const figures = new Map<string, number[]>(METRICS.map(({ id }) => [id, []]))
  let done = 0
  let holding = 0
  for await (const { summary } of executor.run(scenarios(question, catalog), options)) {
    done++
    if (summary.verdict.holds) holding++
    for (const metric of METRICS) {
      const value = measure(metric, summary, workload)
      if (value !== null && Number.isFinite(value)) figures.get(metric.id)?.push(value)
    }
  }
  return {
    runs: done,
    seed,
    holdsShare: done === 0 ? 0 : holding / done,
    holdsMargin: wilsonMargin(holding, done),
    metrics: Object.fromEntries([...figures].map(([id, values]) => [id, percentiles(values)])),
    complete: done === runs,
  }
}

function* scenarios(question: MonteCarloQuestion, catalog: Catalog): Generator<Scenario> {
  for (let index = 0; index < question.runs; index++) yield drawn(question, index, catalog)
}

/** Sorted before they are added up, because results arrive in any order. */
function percentiles(values: readonly number[]): Percentiles | null {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => quantile(sorted, share)
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length
  return { runs: sorted.length, mean, p5: at(0.05), p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/** Wilson's interval of a share, E. B. Wilson, JASA 1927. */
function wilsonMargin(hits: number, runs: number): number {
  if (runs === 0) return 1
  const z = 1.959964
  const share = hits / runs
  return (z * Math.sqrt((share * (1 - share)) / runs + (z * z) / (4 * runs * runs))) / (1 + (z * z) / runs)
}
