/** What a report is made from: answers of the engine, gathered by the application or the command line alike. */
import type { Comparison } from '../../../engine/planner/compare.ts'
import type { ProcessLimit } from '../../../engine/planner/process-limits.ts'
import type { CostTable } from '../../../engine/sim/costs.ts'
import type { Finding, RunResult } from '../../../engine/sim/result.ts'
import type { TargetConfiguration } from '../config/target.ts'
import type { Plan } from '../../plan/read-plan.ts'

/** What a plan comes to in one place that memory is set up in: files, and what stands in the way. */
export type { TargetConfiguration }

export interface ReportInput {
  readonly plan: Plan
  /** The plan as it was typed: what it does not say is a default. */
  readonly document: Readonly<Record<string, unknown>>
  readonly result: RunResult
  readonly limits: readonly ProcessLimit[]
  readonly comparison: Comparison | null
  readonly compatibility: readonly Finding[]
  readonly costs: CostTable
  readonly configuration: readonly TargetConfiguration[]
  /** YYYY-MM-DD */
  readonly date: string
  readonly version: string
}
