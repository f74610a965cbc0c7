/** A scenario in, a result out: the engine's front door. */
import type { Scenario } from '../scenario.ts'
import type { CostTable } from './costs.ts'
import { DEFAULT_COSTS } from './default-costs.ts'
import type { RunResult, Snapshot } from './result.ts'
import { Run } from './run.ts'
import type { Scripts } from './run-state.ts'
import { summarise } from './summary.ts'
import { takeSnapshot } from './snapshot.ts'

export interface SimulateOptions {
  /** Unit costs; the engine's own table if none is given. */
  readonly costs?: CostTable
  /** Operations of workloads that are not those of their kind: a plan that was scaled. */
  readonly scripts?: Scripts
  /** Called now and then with the share of the horizon that is done. */
  readonly onProgress?: (share: number) => void
}

/** Runs a checked scenario (`checkScenario`). Same scenario, same result, to the last digit. */
export function simulate(scenario: Scenario, options: SimulateOptions = {}): RunResult {
  const run = new Run(scenario, options.costs ?? DEFAULT_COSTS, options.scripts)
  run.go(scenario.horizonS, options.onProgress)
  return summarise(run)
}

/** Host and areas at one moment: the run is made again up to there. */
export function snapshotAt(scenario: Scenario, atS: number, options: SimulateOptions = {}): Snapshot {
  const run = new Run(scenario, options.costs ?? DEFAULT_COSTS, options.scripts)
  run.go(Math.min(atS, scenario.horizonS))
  return takeSnapshot(run)
}
