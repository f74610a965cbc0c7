/** What every section of a report may need, found once. */
import { budgetOf, type Budget } from '../../../engine/planner/budget.ts'
import type { RunEvent } from '../../../engine/sim/result.ts'
import { chartsOf, markedEvents, type ReportCharts } from './charts.ts'
import type { ReportInput } from './input.ts'
import { Notes } from './notes.ts'

export interface ReportFacts extends ReportInput {
  readonly budget: Budget
  readonly charts: ReportCharts
  readonly notes: Notes
  /** Events that charts mark with a number. */
  readonly marked: readonly RunEvent[]
  /** Where free memory is least. */
  readonly tightest: number
  /** Share of the safe budget that cannot be given back, at its peak. */
  readonly heldShare: number
}

export function factsOf(input: ReportInput): ReportFacts {
  const { result, plan } = input
  const budget = budgetOf(result, plan.scenario)
  const { peakHeldBytes, safeLockedBudgetBytes } = result.host
  return {
    ...input,
    budget,
    charts: chartsOf(result, budget, plan.scenario),
    notes: new Notes(result.explanations),
    marked: markedEvents(result.events),
    tightest: budget.parts.free.reduce(
      (least, value, at, all) => (value < (all[least] ?? 0) ? at : least),
      0,
    ),
    heldShare:
      safeLockedBudgetBytes > 0 ? peakHeldBytes / safeLockedBudgetBytes : peakHeldBytes > 0 ? Infinity : 0,
  }
}

/** Notes for a field of all workloads, as a column has it. */
export const workloadFigures = ({ result }: ReportInput, field: string): string[] =>
  result.workloads.map(({ workload }) => `${workload}.${field}`)
