/** What has to be kept of a scaled plan to predict it again, as plain data. */
import type { Scenario } from '../../scenario.ts'
import type { WorkloadScript } from '../../sim/workload-script.ts'
import type { LeftOutWorkload, ScaledPlan } from './scale.ts'
import type { ScaleBy } from './scale-script.ts'

export interface ScaledRun {
  readonly scenario: Scenario
  readonly scripts: readonly (readonly [string, WorkloadScript])[]
  readonly by: ScaleBy
  readonly limitBytes: number | null
  readonly leftOut: readonly LeftOutWorkload[]
}

export function scaledRunOf({ scenario, scripts, by, limitBytes, leftOut }: ScaledPlan): ScaledRun {
  return { scenario, scripts: [...scripts], by, limitBytes, leftOut }
}
