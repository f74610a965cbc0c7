/** What `holdfast sweep` does: a grid, a tornado, or draws. */
import { readAxis, type Axis } from '../../engine/planner/axis.ts'
import { readDistribution } from '../../engine/planner/chance/distribution.ts'
import { showFigure, showMetric } from '../../engine/planner/compare/words.ts'
import { METRICS, type Metric } from '../../engine/planner/metrics.ts'
import { monteCarlo, type MonteCarlo, type Uncertain } from '../../engine/planner/monte-carlo.ts'
import { fieldAt, showValue } from '../../engine/planner/paths.ts'
import { movableFields, sensitivity, type Sensitivity } from '../../engine/planner/sensitivity.ts'
import { gridSize, MOST_RUNS, scenarioAt, sweep, type Sweep } from '../../engine/planner/sweep.ts'
import type { Scenario } from '../../engine/scenario.ts'
import { longWork, tellPartial } from '../long-work.ts'
import { csv } from '../text/csv.ts'
import { harmless } from '../text/harmless.ts'
import { json } from '../text/json.ts'
import { table, type Column } from '../text/table.ts'
import { print, standardPaper, type Paper } from '../text/terminal.ts'
import { CATALOG } from './catalog.ts'
import { chosenMetric, chosenWorkload } from './compare-plan.ts'
import { answer, complain, loadPlan, mistakesOf } from './load-plan.ts'
import type { PlanOptions } from './options.ts'
import { workersOf } from './run-plan.ts'

export interface SweepOptions extends PlanOptions {
  readonly axis?: readonly string[]
  readonly sensitivity?: number
  readonly vary?: readonly string[]
  readonly runs?: number
  readonly seed?: number
  readonly of?: string
  readonly metric?: string
}

type Usage = (sentence: string) => never

/** What every kind of sweep needs. */
interface Asked {
  readonly scenario: Scenario
  readonly workload: string | null
  readonly metrics: readonly Metric[]
  readonly options: SweepOptions
}

const USUAL_METRICS = 'ready,access,locked,rss'
const USUAL_DRAWS = 1000

export async function sweepPlan(name: string, options: SweepOptions, usage: Usage): Promise<void> {
  if (options.json === true && options.csv === true) usage('--json and --csv exclude each other')
  const kinds = [options.axis, options.sensitivity, options.vary].filter(kind => kind !== undefined).length
  if (kinds !== 1)
    usage('say what varies: --axis for a grid, --sensitivity for a tornado, or --vary for draws')
  const metrics = (options.metric ?? USUAL_METRICS).split(',').map(id => chosenMetric(id.trim(), usage))
  const plan = loadPlan(name, options)
  if (plan === null) return
  const workload = chosenWorkload(plan.scenario, options.of, usage)
  const asked = { scenario: plan.scenario, workload, metrics, options }
  if (options.axis !== undefined) await grid(asked, options.axis, usage)
  else if (options.vary !== undefined) await draws(asked, options.vary)
  else await tornado(asked, (options.sensitivity ?? 10) / 100)
}

async function grid(asked: Asked, texts: readonly string[], usage: Usage): Promise<void> {
  const { scenario, options, workload } = asked
  const read = texts.map(text => readAxis(scenario, text, CATALOG))
  const mistakes = read.flatMap(each => (each.ok ? [] : [`--axis ${each.message}`]))
  if (mistakes.length > 0) {
    complain(mistakes)
    return
  }
  const axes = read.flatMap(each => (each.ok ? [each.axis] : []))
  const runs = gridSize(axes)
  if (runs > MOST_RUNS) usage(`the grid has ${runs} runs; at most ${MOST_RUNS} are allowed`)
  if (!isWhole(scenario, axes)) return
  const swept = await longWork({ ...workersOf(options), runs }, (executor, more) =>
    sweep(executor, { scenario, axes, workload }, CATALOG, more),
  )
  if (!swept.complete) tellPartial(swept.rows.length)
  if (options.json === true) console.log(json({ format: 'holdfast-sweep/1', ...swept }))
  else if (options.csv === true) console.log(gridCsv(swept))
  else print(standardPaper(), gridText(standardPaper(), swept, axes, asked.metrics))
  answer(swept.rows.every(({ holds }) => holds))
}

/** Values at the ends of each axis are tried as scenarios, so that mistakes are told before a long sweep. */
function isWhole(scenario: Scenario, axes: readonly Axis[]): boolean {
  const mistakes = axes.flatMap(axis =>
    [0, axis.values.length - 1].flatMap(index => mistakesOf(scenarioAt(scenario, [axis], index, CATALOG))),
  )
  if (mistakes.length > 0) complain([...new Set(mistakes)])
  return mistakes.length === 0
}

const right = (title: string): Column => ({ title, right: true })
const shown = (axis: Axis | undefined, value: unknown): string =>
  harmless(showValue(value, axis?.field.spec ?? { kind: 'text' }))

function gridText(
  paper: Paper,
  { axes: paths, rows }: Sweep,
  axes: readonly Axis[],
  metrics: readonly Metric[],
): string {
  const columns = [
    ...paths.map(path => ({ title: path })),
    right('holds'),
    ...metrics.map(({ title }) => right(title)),
  ]
  return table(
    paper,
    columns,
    rows.map(({ values, holds, figures }) => [
      ...values.map((value, i) => shown(axes[i], value)),
      holds ? 'yes' : paper.ink('red', 'no'),
      ...metrics.map(metric => showMetric(figures[metric.id] ?? null, metric)),
    ]),
  )
}

const gridCsv = ({ axes, rows }: Sweep): string =>
  csv(
    [...axes, 'holds', ...METRICS.map(({ id, unit }) => `${id} [${unit}]`)],
    rows.map(({ values, holds, figures }) => [
      ...values.map(value =>
        typeof value === 'number'
          ? value
          : showValue(value, { kind: typeof value === 'object' ? 'kernel' : 'text' }),
      ),
      holds,
      ...METRICS.map(({ id }) => figures[id] ?? null),
    ]),
  )

async function tornado({ scenario, options, workload, metrics }: Asked, share: number): Promise<void> {
  const [metric] = metrics
  if (metric === undefined) return
  const runs = 1 + 2 * movableFields(scenario, CATALOG).length
  const found = await longWork({ ...workersOf(options), runs }, (executor, more) =>
    sensitivity(executor, { scenario, paths: null, metric, share, workload }, CATALOG, more),
  )
  if (!found.complete) tellPartial(null)
  if (options.json === true) console.log(json({ format: 'holdfast-sensitivity/1', ...found }))
  else if (options.csv === true) console.log(tornadoCsv(found))
  else print(standardPaper(), tornadoText(standardPaper(), found, metric, scenario))
}

/** The longest bar. */
const BAR = 24

function tornadoText(
  paper: Paper,
  { base, share, influences }: Sensitivity,
  metric: Metric,
  scenario: Scenario,
): string {
  const moving = influences.filter(({ swing, low, high }) => swing > 0 || low.holds !== high.holds)
  const longest = Math.max(0, ...moving.map(({ swing }) => swing).filter(Number.isFinite))
  const rows = moving.map(({ path, value, low, high, elasticity, swing }) => {
    const found = fieldAt(scenario, path, CATALOG)
    const length = Number.isFinite(swing)
      ? Math.round((swing / Math.max(longest, Number.MIN_VALUE)) * BAR)
      : BAR
    return [
      harmless(path),
      found.ok ? showValue(value, found.field.spec) : String(value),
      `${showMetric(low.figure, metric)}${low.holds ? '' : ' (does not hold)'}`,
      `${showMetric(high.figure, metric)}${high.holds ? '' : ' (does not hold)'}`,
      elasticity === null ? '' : String(Number(elasticity.toPrecision(2))),
      (paper.unicode ? '█' : '#').repeat(length),
    ]
  })
  const percent = Math.round(share * 100)
  const title = `${metric.title}: ${showFigure(base, metric.unit)} as planned. Each input moved by ${percent} %, the one that matters most first.`
  const still = influences.length - moving.length
  const columns = [
    { title: 'input' },
    ...['value', `${percent} % less`, `${percent} % more`, 'elasticity'].map(right),
    { title: '' },
  ]
  return [
    title,
    table(paper, columns, rows),
    ...(still > 0 ? [`${still} inputs make no difference.`] : []),
  ].join('\n\n')
}

const tornadoCsv = ({ metric, influences }: Sensitivity): string =>
  csv(
    ['path', 'value', 'low', `${metric} at low`, 'high', `${metric} at high`, 'elasticity'],
    influences.map(({ path, value, low, high, elasticity }) => [
      path,
      value,
      low.value,
      low.figure,
      high.value,
      high.figure,
      elasticity,
    ]),
  )

async function draws(
  { scenario, options, workload, metrics }: Asked,
  texts: readonly string[],
): Promise<void> {
  const inputs: Uncertain[] = []
  const mistakes: string[] = []
  for (const text of texts) {
    const at = text.indexOf('=')
    const found = fieldAt(scenario, text.slice(0, Math.max(0, at)), CATALOG)
    if (!found.ok) {
      mistakes.push(`--vary ${found.message}`)
      continue
    }
    const read = readDistribution(text.slice(at + 1), found.field.spec, CATALOG)
    if (read.ok) inputs.push({ field: found.field, distribution: read.distribution })
    else mistakes.push(`--vary ${found.field.path}: ${read.message}`)
  }
  if (mistakes.length > 0) {
    complain(mistakes)
    return
  }
  const { runs = USUAL_DRAWS, seed = scenario.seed } = options
  const found = await longWork({ ...workersOf(options), runs }, (executor, more) =>
    monteCarlo(executor, { scenario, inputs, runs, seed, workload }, CATALOG, more),
  )
  if (!found.complete) tellPartial(found.runs)
  if (options.json === true) console.log(json({ format: 'holdfast-monte-carlo/1', ...found }))
  else if (options.csv === true) console.log(drawsCsv(found))
  else print(standardPaper(), drawsText(standardPaper(), found, metrics))
}

const PERCENTILES = ['mean', 'p5', 'p50', 'p95', 'p99'] as const

function drawsText(
  paper: Paper,
  { runs, seed, holdsShare, holdsMargin, metrics: found }: MonteCarlo,
  metrics: readonly Metric[],
): string {
  const rows = metrics.map(({ id, title, unit }) => {
    const figures = found[id] ?? null
    return [
      title,
      String(figures?.runs ?? 0),
      ...PERCENTILES.map(name => showFigure(figures?.[name] ?? null, unit)),
    ]
  })
  const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`
  const title = `${runs} runs, seed ${seed}: ${percent(holdsShare)} hold (± ${percent(holdsMargin)} at 95 % confidence).`
  return [title, table(paper, [{ title: 'metric' }, ...['runs', ...PERCENTILES].map(right)], rows)].join(
    '\n\n',
  )
}

const drawsCsv = ({ metrics }: MonteCarlo): string =>
  csv(
    ['metric', 'unit', 'runs', ...PERCENTILES],
    METRICS.map(({ id, unit }) => {
      const figures = metrics[id] ?? null
      return [id, unit, figures?.runs ?? 0, ...PERCENTILES.map(name => figures?.[name] ?? null)]
    }),
  )
