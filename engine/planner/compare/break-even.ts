/** Where two variants cross: from which value of a field on does one beat the other? */
import type { Scenario } from '../../scenario.ts'
import type { Catalog } from '../catalog.ts'
import { collect, type Executor, type RunsOptions } from '../executor.ts'
import { measure, type Metric } from '../metrics.ts'
import { showValue, withField, type Field } from '../paths.ts'

export interface BreakEvenQuestion {
  readonly first: { readonly name: string; readonly scenario: Scenario }
  readonly second: { readonly name: string; readonly scenario: Scenario }
  readonly metric: Metric
  /** Of this workload; null for all together. */
  readonly workload: string | null
  readonly field: Field
  readonly from: number
  readonly to: number
  /** Points of the first look. */
  readonly points?: number
}

export interface BreakEvenPoint {
  readonly value: number
  readonly first: number | null
  readonly second: number | null
}

export interface BreakEven {
  readonly path: string
  readonly metric: string
  readonly first: string
  readonly second: string
  /** Where the figures cross, lowest first; none where one is better throughout. */
  readonly crossings: readonly number[]
  readonly points: readonly BreakEvenPoint[]
  readonly sentence: string
  readonly complete: boolean
}

const ROUNDS = 12

/** Looks at some points of the range, then halves every interval in which the difference changes its sign. */
export async function breakEven(
  executor: Executor,
  question: BreakEvenQuestion,
  catalog: Catalog,
  options: RunsOptions = {},
): Promise<BreakEven> {
  const { from, to, points: nrPoints = 9, field } = question
  const known: BreakEvenPoint[] = []
  const whole = field.spec.kind === 'count' || field.spec.kind === 'bytes' || field.spec.whole === true
  const ask = async (values: readonly number[]): Promise<boolean> => {
    const asked = [...new Set(values.map(value => (whole ? Math.round(value) : value)))].filter(
      value => !known.some(point => point.value === value),
    )
    const found = await pointsAt(executor, question, asked, catalog, options)
    known.push(...found)
    known.sort((a, b) => a.value - b.value)
    return found.length > 0 && found.length === asked.length
  }
  let goesOn = await ask(
    Array.from({ length: nrPoints }, (_, i) => from + ((to - from) * i) / (nrPoints - 1)),
  )
  for (let round = 0; round < ROUNDS && goesOn; round++) {
    const open = intervals(known).filter(
      ([low, high]) => high.value - low.value > (whole ? 1 : (to - from) * 1e-4),
    )
    if (open.length === 0) break
    goesOn = await ask(open.map(([low, high]) => (low.value + high.value) / 2))
  }
  const crossings = intervals(known).map(([low, high]) => crossing(low, high))
  const complete = options.signal?.aborted !== true
  return {
    path: field.path,
    metric: question.metric.id,
    first: question.first.name,
    second: question.second.name,
    crossings,
    points: known,
    sentence: sentenceOf(question, known, crossings),
    complete,
  }
}

async function pointsAt(
  executor: Executor,
  question: BreakEvenQuestion,
  values: readonly number[],
  catalog: Catalog,
  options: RunsOptions,
): Promise<BreakEvenPoint[]> {
  const { first, second, field, metric, workload } = question
  const scenarios = values.flatMap(value =>
    [first, second].map(({ scenario }) => {
      const changed = withField(scenario, field, value, catalog)
      if (!changed.ok) throw new Error(changed.message)
      return changed.scenario
    }),
  )
  const { summaries } = await collect(executor, scenarios, options)
  return values.flatMap((value, i) => {
    const [a, b] = [summaries[2 * i], summaries[2 * i + 1]]
    if (a === null || a === undefined || b === null || b === undefined) return []
    return [{ value, first: measure(metric, a, workload), second: measure(metric, b, workload) }]
  })
}

const gap = ({ first, second }: BreakEvenPoint): number => (first ?? Infinity) - (second ?? Infinity)

/** Neighbours between which the better one changes. */
function intervals(points: readonly BreakEvenPoint[]): [BreakEvenPoint, BreakEvenPoint][] {
  const decided = points.filter(point => gap(point) !== 0 && !Number.isNaN(gap(point)))
  return decided.flatMap((low, i) => {
    const high = decided[i + 1]
    return high !== undefined && Math.sign(gap(low)) !== Math.sign(gap(high))
      ? [[low, high] as [BreakEvenPoint, BreakEvenPoint]]
      : []
  })
}

/** By a straight line between the two, where both are numbers. */
function crossing(low: BreakEvenPoint, high: BreakEvenPoint): number {
  const [a, b] = [gap(low), gap(high)]
  if (!Number.isFinite(a) || !Number.isFinite(b)) return high.value
  return low.value + ((high.value - low.value) * a) / (a - b)
}

function sentenceOf(
  { first, second, metric, field }: BreakEvenQuestion,
  points: readonly BreakEvenPoint[],
  crossings: readonly number[],
): string {
  const start = points.find(point => gap(point) !== 0 && !Number.isNaN(gap(point)))
  const what = `by ${metric.title} over ${field.path}`
  const range = `${showValue(points[0]?.value, field.spec)} to ${showValue(points.at(-1)?.value, field.spec)}`
  if (start === undefined) return `${first.name} and ${second.name} are alike ${what}, ${range}.`
  const firstLeads = gap(start) < 0 === (metric.better !== 'more')
  const [leader, other] = firstLeads ? [first.name, second.name] : [second.name, first.name]
  if (crossings.length === 0) return `${leader} beats ${other} ${what} throughout, ${range}.`
  const at = crossings.map(value => showValue(Number(value.toPrecision(3)), roundedSpec(field)))
  if (at.length === 1) return `${leader} beats ${other} ${what} until ${at[0] ?? ''}, ${other} from there on.`
  return `${leader} and ${other} take turns ${what}: they cross at ${at.join(', ')}.`
}

/** Bytes are shown rounded, because a crossing is not a round number. */
const roundedSpec = ({ spec }: Field): { kind: 'share' | 'number' | 'seconds' | 'bytes' } =>
  spec.kind === 'share' || spec.kind === 'seconds' || spec.kind === 'bytes'
    ? { kind: spec.kind }
    : { kind: 'number' }
