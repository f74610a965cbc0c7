/** What `holdfast check` does. */
import { compatibilityOf } from '../../engine/planner/plan-facts.ts'
import { processLimits } from '../../engine/planner/process-limits.ts'
import type { Finding } from '../../engine/sim/result.ts'
import { formatBytes } from '../../engine/quantity.ts'
import { json } from '../text/json.ts'
import { findingLines } from '../text/results.ts'
import { print, standardPaper } from '../text/terminal.ts'
import type { Scenario } from '../../engine/scenario.ts'
import { answer, loadPlan } from './load-plan.ts'
import type { PlanOptions } from './options.ts'

export function checkPlan(name: string, options: PlanOptions): void {
  const plan = loadPlan(name, options)
  if (plan === null) return
  const findings = [...compatible(plan.scenario), ...limited(plan.scenario)]
  const holds = findings.every(({ severity }) => severity !== 'error')
  if (options.json === true)
    console.log(json({ format: 'holdfast-check/1', holds, notes: plan.notes, findings }))
  else {
    const paper = standardPaper()
    print(
      paper,
      findings.length === 0
        ? 'The plan can be read, and nothing speaks against it.'
        : findingLines(paper, findings),
    )
  }
  answer(holds)
}

const compatible = (scenario: Scenario): Finding[] =>
  compatibilityOf(scenario).flatMap(({ workload, findings }) =>
    findings.map(({ id, severity, title, message, fix, numbers }) => ({
      id,
      severity,
      workload,
      title: workload === null ? title : `${workload}: ${title}`,
      detail: message,
      fix,
      numbers,
    })),
  )

/** Limits that are too low are an error: the call will be refused. */
const limited = (scenario: Scenario): Finding[] =>
  processLimits(scenario)
    .filter(({ verdict }) => verdict === 'too low')
    .map(({ workload, neededBytes, currentBytes, fixes }) => ({
      id: 'memlock-limit',
      severity: 'error' as const,
      workload,
      title: `${workload}: RLIMIT_MEMLOCK of ${typeof currentBytes === 'number' ? formatBytes(currentBytes) : currentBytes} is too low`,
      detail: `${formatBytes(neededBytes)} are needed; holdfast limits says what makes it up.`,
      fix: fixes.map(({ title, text }) => `${title}: ${text}`).join('; '),
      numbers: { neededBytes },
    }))
