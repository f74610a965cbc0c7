/** Makes the runs that a report is about, and puts their answers together: the same for every shell. */
import { readAxis } from '../../engine/planner/axis.ts'
import { compare } from '../../engine/planner/compare.ts'
import { usualVariants } from '../../engine/planner/compare/usual-variants.ts'
import { variantsOf, type Variant } from '../../engine/planner/compare/variant.ts'
import type { Executor, RunsOptions } from '../../engine/planner/executor.ts'
import { compatibilityOf } from '../../engine/planner/plan-facts.ts'
import type { ProcessLimit } from '../../engine/planner/process-limits.ts'
import type { CostTable } from '../../engine/sim/costs.ts'
import type { Finding, RunResult } from '../../engine/sim/result.ts'
import type { Scenario } from '../../engine/scenario.ts'
import type { ReportInput } from '../../formats/export/report/input.ts'
import { checkScenario, type Plan } from '../../formats/plan/read-plan.ts'
import { configurationOf } from '../../formats/export/config/index.ts'
import manifest from '../../package.json' with { type: 'json' }
import { CATALOG } from '../catalog.ts'

export interface GatherQuestion {
  readonly plan: Plan
  /** As it was typed. */
  readonly document: Readonly<Record<string, unknown>>
  /** `path=values` to compare; absent: what the plan compares, or the usual ways to lock. */
  readonly axis?: string | undefined
  /** YYYY-MM-DD, of the plan's data. */
  readonly date: string
  readonly costs: CostTable
}

export interface Gatherer {
  readonly executor: Pick<Executor, 'run' | 'width' | 'result'>
  /** The run of the plan itself, with its costs. */
  readonly result: (scenario: Scenario) => Promise<RunResult | null>
  readonly limits: (scenario: Scenario) => Promise<readonly ProcessLimit[]>
}

export type Gathered =
  | { readonly ok: true; readonly input: ReportInput }
  | { readonly ok: false; readonly why: 'cancelled' | 'bad axis'; readonly sentence: string }

const bad = (sentence: string): Gathered => ({ ok: false, why: 'bad axis', sentence })

export async function gatherReport(
  gatherer: Gatherer,
  { plan, document, axis, date, costs }: GatherQuestion,
  options: RunsOptions = {},
): Promise<Gathered> {
  const { scenario } = plan
  const asked = variantsAsked(plan, axis)
  if (!asked.ok) return bad(asked.sentence)
  const [result, limits, comparison] = await Promise.all([
    gatherer.result(scenario),
    gatherer.limits(scenario),
    asked.variants.length < 2 ? null : compare(gatherer.executor, asked, options),
  ])
  if (result === null || options.signal?.aborted === true)
    return { ok: false, why: 'cancelled', sentence: 'The work was cancelled.' }
  return {
    ok: true,
    input: {
      ...{ plan, document, result, limits, comparison, costs, date },
      configuration: configurationOf(scenario, limits),
      compatibility: compatibilityFindings(scenario),
      version: manifest.version,
    },
  }
}

/** As findings of a run have it. */
export function compatibilityFindings(scenario: Scenario): Finding[] {
  return compatibilityOf(scenario).flatMap(({ workload, findings }) =>
    findings.map(({ id, severity, title, message, fix, numbers }) => ({
      ...{ id, severity, workload, title, fix, numbers },
      detail: message,
    })),
  )
}

type Asked =
  | { readonly ok: true; readonly axis: string; readonly variants: readonly Variant[] }
  | { readonly ok: false; readonly sentence: string }

/** More variants than these are for a sweep. */
const MOST_VARIANTS = 24

function variantsAsked({ scenario, compare: planned }: Plan, text: string | undefined): Asked {
  if (text === undefined)
    return planned === undefined
      ? { ok: true, axis: 'lock', variants: usualVariants(scenario) }
      : { ok: true, axis: planned.axis ?? 'variant', variants: planned.variants }
  const read = readAxis(scenario, text, CATALOG)
  if (!read.ok) return { ok: false, sentence: read.message }
  if (read.axis.values.length > MOST_VARIANTS)
    return { ok: false, sentence: `A report compares at most ${MOST_VARIANTS} variants; a sweep takes more.` }
  const made = variantsOf(scenario, read.axis, CATALOG)
  if (!made.ok) return { ok: false, sentence: made.issues.join(' ') }
  const mistakes = made.variants.flatMap(({ name, scenario: changed }) => {
    const checked = checkScenario(changed)
    return checked.ok ? [] : checked.issues.map(({ sentence }) => `${name}: ${sentence}`)
  })
  if (mistakes.length > 0) return { ok: false, sentence: mistakes.join(' ') }
  return { ok: true, axis: read.axis.field.path, variants: made.variants }
}
