/** A scenario in, a result out: the engine's front door. */
import type { Scenario } from '../scenario.ts'
import type { CostTable } from './costs.ts'
import type { RunResult, Snapshot } from './result.ts'

export interface SimulateOptions {
  /** Unit costs; the table that the scenario's machine names if it is one of the engine's own. */
  readonly costs?: CostTable
  /** Called now and then with the share of the horizon that is done. */
  readonly onProgress?: (share: number) => void
}

/** Runs a checked scenario (`checkScenario`). Same scenario, same result, to the last digit. */
export function simulate(scenario: Scenario, _options: SimulateOptions = {}): RunResult {
  throw new Error(`not yet: ${scenario.name}`)
}

/** Host and areas at one moment: the run is made again up to there. */
export function snapshotAt(scenario: Scenario, atS: number, _options: SimulateOptions = {}): Snapshot {
  throw new Error(`not yet: ${scenario.name} at ${atS}`)
}
