/** What `holdfast run` does. */
import { budgetOf, BUDGET_PARTS, type Budget } from '../../engine/planner/budget.ts'
import { formatBytes, formatDuration, parseDuration } from '../../engine/quantity.ts'
import { snapshotAt } from '../../engine/sim/simulate.ts'
import type { Scenario } from '../../engine/scenario.ts'
import type { RunResult } from '../../engine/sim/result.ts'
import { longWork, tellPartial } from '../long-work.ts'
import { csv } from '../text/csv.ts'
import { json } from '../text/json.ts'
import { resultText } from '../text/results.ts'
import { snapshotText } from '../text/snapshot.ts'
import { evenly, sparkline } from '../text/sparkline.ts'
import { table } from '../text/table.ts'
import { print, standardPaper, type Paper } from '../text/terminal.ts'
import { answer, loadPlan } from './load-plan.ts'
import type { PlanOptions } from './options.ts'

export interface RunOptions extends PlanOptions {
  readonly at?: string
  readonly budget?: true
}

/** More lines of CSV than this need a larger sample distance. */
const MOST_ROWS = 1_000_000

export async function runPlan(
  name: string,
  options: RunOptions,
  usage: (sentence: string) => never,
): Promise<void> {
  if (options.json === true && options.csv === true) usage('--json and --csv exclude each other')
  const at = options.at === undefined ? undefined : parseDuration(options.at, { defaultUnit: 's' })
  if (at?.ok === false) usage(`--at ${at.message}`)
  const plan = loadPlan(name, options)
  if (plan === null) return
  const { scenario } = plan
  const paper = standardPaper()
  if (at?.ok === true) {
    const snapshot = snapshotAt(scenario, at.ns / 1e9)
    if (options.json === true) console.log(json(snapshot))
    else print(paper, snapshotText(paper, snapshot))
    return
  }
  const result = await longWork({ ...workersOf(options), runs: 1 }, (executor, more) =>
    executor.result(scenario, more),
  )
  if (result === null) {
    tellPartial(null)
    return
  }
  show(paper, scenario, result, options)
  answer(result.verdict.holds)
}

/** The number of threads that was asked for, if any. */
export const workersOf = ({ workers }: PlanOptions): { readonly workers?: number } =>
  workers === undefined ? {} : { workers }

function show(paper: Paper, scenario: Scenario, result: RunResult, options: RunOptions): void {
  if (options.budget === true) {
    const budget = budgetOf(result, scenario)
    if (options.json === true) console.log(json({ format: 'holdfast-budget/1', ...budget }))
    else if (options.csv === true) console.log(budgetCsv(budget))
    else print(paper, budgetText(paper, budget))
  } else if (options.json === true) console.log(json(result))
  else if (options.csv === true) console.log(seriesCsv(scenario, result))
  else print(paper, resultText(paper, scenario, result))
}

/** All curves at the sample distance of the scenario. */
function seriesCsv({ sampleS, horizonS }: Scenario, { timesS, series }: RunResult): string {
  const points = Math.min(MOST_ROWS, Math.floor(horizonS / sampleS) + 1)
  const last = (points - 1) * sampleS
  const curves = series.map(({ values }) => evenly(upTo(timesS, last), values, points))
  const titles = ['time [s]', ...series.map(({ scope, name, unit }) => `${scope} ${name} [${unit}]`)]
  return csv(
    titles,
    Array.from({ length: points }, (_, i) => [
      Number((i * sampleS).toPrecision(12)),
      ...curves.map(curve => curve[i] ?? 0),
    ]),
  )
}

/** The times with `lastS` as the last one, so that even points fall on multiples of the sample distance. */
function upTo(timesS: Float64Array, lastS: number): number[] {
  return [...timesS.filter(time => time < lastS), lastS]
}

function budgetCsv({ timesS, parts, lockedAbsent, poolFree }: Budget): string {
  const titles = [
    'time [s]',
    ...BUDGET_PARTS.map(part => `${part} [bytes]`),
    'locked, absent [bytes]',
    'pool free [bytes]',
  ]
  return csv(
    titles,
    [...timesS].map((time, i) => [
      time,
      ...BUDGET_PARTS.map(part => parts[part][i] ?? 0),
      lockedAbsent[i] ?? 0,
      poolFree[i] ?? 0,
    ]),
  )
}

function budgetText(paper: Paper, budget: Budget): string {
  const { timesS, parts } = budget
  const curves: (readonly [string, Float64Array])[] = [
    ...BUDGET_PARTS.map(part => [part, parts[part]] as const),
    ['(locked, absent)', budget.lockedAbsent],
    ['(pool, unused)', budget.poolFree],
  ]
  const end = formatDuration((timesS.at(-1) ?? 0) * 1e9)
  const rows = curves
    .filter(([, values]) => values.some(value => value > 0))
    .map(([name, values]) => [
      name,
      sparkline(evenly(timesS, values, 160), 40, paper.unicode),
      formatBytes(values[0] ?? 0),
      formatBytes(Math.max(0, ...values)),
      formatBytes(values.at(-1) ?? 0),
    ])
  const columns = ['at first', 'at most', `after ${end}`].map(title => ({ title, right: true }))
  return [
    `MemTotal ${formatBytes(budget.memTotalBytes)}`,
    table(paper, [{ title: 'part' }, { title: 'over time' }, ...columns], rows),
  ].join('\n\n')
}
