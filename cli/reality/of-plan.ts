/** What following and loading share: the plan, its run, which workload is meant, where on its axis. */
import type { Measurement } from '../../engine/planner/reality.ts'
import { checkReality } from '../../engine/planner/reality.ts'
import { offsetByGrowth } from '../../engine/planner/reality/align.ts'
import { runScenario } from '../../engine/planner/run.ts'
import type { Scenario } from '../../engine/scenario.ts'
import type { RunResult } from '../../engine/sim/result.ts'
import { loadPlan } from '../plans/load-plan.ts'
import type { Fail } from '../with-app.ts'
import { tellCheck } from './check-text.ts'

export interface PlanAsked {
  readonly plan: string
  readonly workload?: string
  readonly align: string
  readonly json?: true
}

export interface PlannedRun {
  readonly scenario: Scenario
  readonly run: RunResult
  readonly workload: string
  readonly offset: number | 'growth'
}

/** null where the plan has mistakes, which are then told. */
export function plannedRun(asked: PlanAsked, fail: Fail): PlannedRun | null {
  const offset = asked.align === 'growth' ? ('growth' as const) : Number(asked.align)
  if (offset !== 'growth' && !Number.isFinite(offset))
    fail(`--align ${asked.align}: allowed are “growth” and a number of seconds.`)
  const plan = loadPlan(asked.plan, {})
  if (plan === null) return null
  const { scenario } = plan
  const names = scenario.workloads.map(({ name }) => name)
  const workload = asked.workload ?? (names.length === 1 ? names[0] : undefined)
  if (workload === undefined || !names.includes(workload))
    return fail(
      `--workload: the plan has ${names.map(name => `“${name}”`).join(', ')}; one of them is the process.`,
    )
  return { scenario, run: runScenario(scenario), workload, offset }
}

export function tellMeasured(
  { scenario, run, workload, offset }: PlannedRun,
  measurement: Measurement,
  asked: PlanAsked,
): void {
  const offsetS = offset === 'growth' ? offsetByGrowth(run, measurement, workload) : offset
  const laid = { ...measurement, offsetS }
  tellCheck(checkReality(run, scenario, laid), laid, asked.json === true ? { json: true } : {})
}
