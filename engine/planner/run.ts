/** One run with what there is to say about it. */
import type { Scenario } from '../scenario.ts'
import type { RunResult } from '../sim/result.ts'
import { simulate, type SimulateOptions } from '../sim/simulate.ts'
import { findingsOf } from './findings.ts'

/** Simulates a checked scenario and judges the result. */
export function runScenario(scenario: Scenario, options: SimulateOptions = {}): RunResult {
  const result = simulate(scenario, options)
  return { ...result, findings: [...result.findings, ...findingsOf(result, scenario)] }
}
