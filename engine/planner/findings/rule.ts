/** What a rule about results is: looks at a run and its scenario, says what a person should know. */
import type { Scenario, WorkloadSpec } from '../../scenario.ts'
import type { Finding, RunResult, Severity } from '../../sim/result.ts'

/** The part of a result that rules look at; all of it stays when the curves are left behind. */
export type Judged = Pick<
  RunResult,
  'kernel' | 'horizonS' | 'verdict' | 'host' | 'workloads' | 'events' | 'refusals' | 'waits'
>

export interface FindingRule {
  readonly id: string
  check: (run: Judged, scenario: Scenario) => Finding[]
}

/** A finding of a rule. */
export function finding(
  id: string,
  severity: Severity,
  workload: string | null,
  text: { readonly title: string; readonly detail: string; readonly fix?: string },
  numbers: Readonly<Record<string, number>> = {},
): Finding {
  const { title, detail, fix = null } = text
  return { id, severity, workload, title, detail, fix, numbers }
}

export function specNamed(scenario: Scenario, name: string): WorkloadSpec | undefined {
  return scenario.workloads.find(workload => workload.name === name)
}

/** `3 instances of guest` or `guest`. */
export function whoText(workload: string, instances: number): string {
  return instances > 1 ? `${instances} instances of ${workload}` : workload
}
