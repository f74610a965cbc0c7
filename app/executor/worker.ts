/** One task on a thread of its own. The module is loaded once per thread. */
import type { MessagePort } from 'node:worker_threads'
import { Tinypool } from 'tinypool'
import { processLimits, type ProcessLimit } from '../../engine/planner/process-limits.ts'
import { runScenario } from '../../engine/planner/run.ts'
import { summaryOf, type RunSummary } from '../../engine/planner/summary.ts'
import type { Scenario } from '../../engine/scenario.ts'
import type { CostTable } from '../../engine/sim/costs.ts'
import type { RunResult, Snapshot } from '../../engine/sim/result.ts'
import { snapshotAt } from '../../engine/sim/simulate.ts'
import type { WorkloadScript } from '../../engine/sim/workload-script.ts'

export interface Task {
  readonly scenario: Scenario
  /** Whether the curves come back, too; or what else is asked of the scenario. */
  readonly detail: 'summary' | 'full' | 'limits' | 'snapshot'
  /** Unit costs; the engine's own table if absent. */
  readonly costs?: CostTable
  /** For `snapshot`. */
  readonly atS?: number
  readonly watch?: Watch
  /** What workloads do where that is not what their kind comes to: a plan that was scaled. */
  readonly scripts?: readonly (readonly [string, WorkloadScript])[]
}

/** How somebody follows a run, and ends it. */
export interface Watch {
  readonly port: MessagePort
  /** Its first element is 1 once the run is no longer wanted. */
  readonly ended: Int32Array
}

/** Milliseconds between two words about progress. */
const EVERY_MS = 40

class Ended extends Error {}

export default function run(task: Task): RunSummary | RunResult | readonly ProcessLimit[] | Snapshot | null {
  const { scenario, detail, costs, atS = 0, watch, scripts } = task
  const options = {
    ...(costs === undefined ? {} : { costs }),
    ...(scripts === undefined ? {} : { scripts: new Map(scripts) }),
  }
  if (detail === 'limits') return processLimits(scenario)
  if (detail === 'snapshot') return snapshotAt(scenario, atS, options)
  try {
    const result = runScenario(scenario, watch === undefined ? options : { ...options, ...watched(watch) })
    return detail === 'full' ? moved(result) : summaryOf(result)
  } catch (error) {
    if (error instanceof Ended) return null
    throw error
  } finally {
    watch?.port.close()
  }
}

/** Curves are handed over instead of copied: each has a buffer of its own. */
function moved(result: RunResult): RunResult {
  const buffers = [result.timesS, ...result.series.map(({ values }) => values)].map(({ buffer }) => buffer)
  const whole = { [Tinypool.transferableSymbol]: [...new Set(buffers)], [Tinypool.valueSymbol]: result }
  return Tinypool.move(whole as unknown as ArrayBuffer) as unknown as RunResult
}

function watched({ port, ended }: Watch): { onProgress: (share: number) => void } {
  let saidMs = performance.now()
  return {
    onProgress: share => {
      if (Atomics.load(ended, 0) === 1) throw new Ended()
      if (performance.now() - saidMs < EVERY_MS) return
      saidMs = performance.now()
      port.postMessage(share)
    },
  }
}
