/** One run on a thread of its own. The module is loaded once per thread. */
import { runScenario } from '../../engine/planner/run.ts'
import { summaryOf, type RunSummary } from '../../engine/planner/summary.ts'
import type { Scenario } from '../../engine/scenario.ts'
import type { RunResult } from '../../engine/sim/result.ts'

export interface Task {
  readonly scenario: Scenario
  /** Whether the curves come back, too. */
  readonly detail: 'summary' | 'full'
}

export default function run({ scenario, detail }: Task): RunSummary | RunResult {
  const result = runScenario(scenario)
  return detail === 'full' ? result : summaryOf(result)
}
