/** What `holdfast compare` does. */
import { readAxis } from '../../engine/planner/axis.ts'
import { breakEven, type BreakEven, type BreakEvenQuestion } from '../../engine/planner/compare/break-even.ts'
import { variantsOf, type Variant } from '../../engine/planner/compare/variant.ts'
import { compare, type Comparison } from '../../engine/planner/compare.ts'
import { METRICS, metricNamed, type Metric } from '../../engine/planner/metrics.ts'
import type { Scenario } from '../../engine/scenario.ts'
import type { Plan } from '../../formats/plan/read-plan.ts'
import { longWork, tellPartial } from '../long-work.ts'
import { didYouMean } from '../suggest.ts'
import { comparisonText } from '../text/comparison.ts'
import { csv } from '../text/csv.ts'
import { harmless } from '../text/harmless.ts'
import { json } from '../text/json.ts'
import { scenarioLines } from '../text/results.ts'
import { wrapped } from '../text/table.ts'
import { print, standardPaper } from '../text/terminal.ts'
import { CATALOG } from './catalog.ts'
import { answer, complain, loadPlan, mistakesOf, overridden } from './load-plan.ts'
import type { PlanOptions } from './options.ts'
import { workersOf } from './run-plan.ts'

export interface CompareOptions extends PlanOptions {
  readonly axis?: string
  readonly of?: string
  readonly breakEven?: string
  readonly metric?: string
}

export async function comparePlan(
  name: string,
  options: CompareOptions,
  usage: (sentence: string) => never,
): Promise<void> {
  if (options.json === true && options.csv === true) usage('--json and --csv exclude each other')
  const metric = chosenMetric(options.metric, usage)
  const plan = loadPlan(name, options)
  if (plan === null) return
  const chosen = chosenVariants(plan, options, usage)
  if (chosen === null) return
  const workload = chosenWorkload(plan.scenario, options.of, usage)
  const crossing = crossingQuestion(chosen.variants, { ...options, metric, workload }, plan.scenario, usage)
  const question = { ...chosen, workload }
  const found = await longWork(
    { ...workersOf(options), ...(crossing ? {} : { runs: chosen.variants.length }) },
    async (executor, more) => ({
      comparison: await compare(executor, question, more),
      crossing: crossing === null ? null : await breakEven(executor, crossing, CATALOG, more),
    }),
  )
  show(plan, found.comparison, found.crossing, options)
  answer(found.comparison.variants.some(({ summary }) => summary?.verdict.holds === true))
}

/** The metric of that name. */
export function chosenMetric(
  name: string | undefined,
  usage: (sentence: string) => never,
  fallback = 'memory-time',
): Metric {
  const metric = metricNamed(name ?? fallback)
  if (metric !== undefined) return metric
  const names = METRICS.map(({ id }) => id)
  return usage(
    `there is no metric ${JSON.stringify(name)}.${didYouMean(name ?? '', names)} Metrics are ${names.join(', ')}.`,
  )
}

/** The workload of that name; null for all together. */
export function chosenWorkload(
  { workloads }: Scenario,
  name: string | undefined,
  usage: (sentence: string) => never,
): string | null {
  if (name === undefined) return null
  const names = workloads.map(workload => workload.name)
  if (names.includes(name)) return name
  return usage(
    `there is no workload ${JSON.stringify(name)}.${didYouMean(name, names)} Workloads are ${names.join(', ')}.`,
  )
}

interface Chosen {
  readonly axis: string
  readonly variants: readonly Variant[]
}

/** Those of the command line, or those of the plan; each with what is set on the command line. */
function chosenVariants(
  { scenario, compare: planned }: Plan,
  options: CompareOptions,
  usage: (sentence: string) => never,
): Chosen | null {
  if (options.axis !== undefined) {
    const read = readAxis(scenario, options.axis, CATALOG)
    if (!read.ok) return complain([`--axis ${read.message}`])
    const made = variantsOf(scenario, read.axis, CATALOG)
    if (!made.ok) return complain(made.issues)
    return checked({ axis: read.axis.field.path, variants: made.variants })
  }
  if (planned === undefined) return usage('the plan compares nothing: say what with --axis path=values')
  const variants = planned.variants.flatMap(variant => {
    const changed = overridden(variant.scenario, options)
    return changed === null ? [] : [{ name: variant.name, scenario: changed }]
  })
  return variants.length < planned.variants.length ? null : { axis: planned.axis ?? 'variant', variants }
}

function checked(chosen: Chosen): Chosen | null {
  const mistakes = chosen.variants.flatMap(({ name, scenario }) =>
    mistakesOf(scenario).map(text => `${name}: ${text}`),
  )
  return mistakes.length > 0 ? complain(mistakes) : chosen
}

function crossingQuestion(
  [first, second]: readonly Variant[],
  options: { readonly breakEven?: string; readonly metric: Metric; readonly workload: string | null },
  scenario: Scenario,
  usage: (sentence: string) => never,
): BreakEvenQuestion | null {
  if (options.breakEven === undefined) return null
  if (first === undefined || second === undefined) return usage('--break-even needs two variants')
  const read = readAxis(scenario, `${options.breakEven}#2`, CATALOG)
  if (!read.ok) return usage(`--break-even ${read.message}`)
  const [from, to] = read.axis.values.map(Number)
  if (from === undefined || to === undefined) return usage('--break-even needs a range, as in path=0.1..1')
  return {
    first,
    second,
    field: read.axis.field,
    from,
    to,
    metric: options.metric,
    workload: options.workload,
  }
}

function show(plan: Plan, comparison: Comparison, crossing: BreakEven | null, options: CompareOptions): void {
  if (!comparison.complete) tellPartial(comparison.variants.filter(({ summary }) => summary !== null).length)
  if (options.json === true) {
    console.log(
      json({
        format: 'holdfast-comparison/1',
        claim: plan.claim ?? null,
        ...comparison,
        breakEven: crossing,
      }),
    )
    return
  }
  if (options.csv === true) {
    console.log(comparisonCsv(comparison))
    return
  }
  const paper = standardPaper()
  const { claim } = plan
  const [first] = comparison.variants
  const claimed =
    claim === undefined
      ? []
      : [
          wrapped(harmless(`Claim: ${claim.sentence}`), paper.width, '  '),
          wrapped(harmless(`Shown by: ${claim.figure}`), paper.width, '  '),
        ]
  const head = [
    scenarioLines(paper, plan.scenario, first?.summary?.kernel ?? plan.scenario.kernel.name),
    ...claimed,
  ]
  print(paper, `${head.join('\n')}\n\n${comparisonText(paper, comparison, crossing)}`)
}

function comparisonCsv({ axis, variants }: Comparison): string {
  const titles = [axis, 'holds', ...METRICS.map(({ id, unit }) => `${id} [${unit}]`)]
  const rows = variants.map(({ name, summary, figures }) => [
    name,
    summary?.verdict.holds ?? null,
    ...METRICS.map(({ id }) => figures[id] ?? null),
  ])
  return csv(titles, rows)
}
