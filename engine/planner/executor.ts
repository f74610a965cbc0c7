/**
 * Whatever carries out runs: this thread, worker threads, or a cluster that takes a sweep. A run is a pure function
 * of its scenario, so runs may be made anywhere, in any order, and again.
 */
import type { Scenario } from '../scenario.ts'
import type { RunResult } from '../sim/result.ts'
import { summaryOf, type RunSummary } from './summary.ts'

/** The part of an AbortSignal that is used. */
export interface CancelSignal {
  readonly aborted: boolean
  addEventListener: (type: 'abort', listener: () => void) => void
  removeEventListener: (type: 'abort', listener: () => void) => void
}

export interface RunsOptions {
  readonly signal?: CancelSignal
  /** Called after each run with how many are done since the call began. */
  readonly onProgress?: (done: number) => void
}

export interface Done {
  /** Position of the scenario among those handed over. */
  readonly index: number
  readonly summary: RunSummary
}

export interface Executor {
  /** How many runs it makes at the same time: searches ask that many questions at once. */
  readonly width: number
  /** Summaries as they get ready, in any order. Ends early, without an error, when the signal is raised. */
  run: (scenarios: Iterable<Scenario>, options?: RunsOptions) => AsyncIterable<Done>
  /** One run with its curves; null if the signal was raised before it ended. */
  result: (scenario: Scenario, options?: RunsOptions) => Promise<RunResult | null>
}

/** A run: what `simulate` with its findings is. */
export type Run = (scenario: Scenario) => RunResult

/** Runs one after the other, on this thread. A raised signal is seen between two runs. */
export function inProcess(run: Run): Executor {
  return {
    width: 1,
    async *run(scenarios, { signal, onProgress } = {}) {
      let index = 0
      for (const scenario of scenarios) {
        if (signal?.aborted === true) return
        yield { index, summary: summaryOf(run(scenario)) }
        index++
        onProgress?.(index)
        // Lets a raised signal, and whoever waits, have a turn.
        await Promise.resolve()
      }
    },
    result: (scenario, { signal } = {}) => Promise.resolve(signal?.aborted === true ? null : run(scenario)),
  }
}

/** Summaries in the order of their scenarios. */
export interface Collected {
  /** Null where the signal was raised first. */
  readonly summaries: readonly (RunSummary | null)[]
  readonly complete: boolean
}

/** Makes all of the runs and puts them in order. */
export async function collect(
  executor: Executor,
  scenarios: readonly Scenario[],
  options: RunsOptions = {},
): Promise<Collected> {
  const summaries: (RunSummary | null)[] = scenarios.map(() => null)
  for await (const { index, summary } of executor.run(scenarios, options)) summaries[index] = summary
  return { summaries, complete: summaries.every(summary => summary !== null) }
}
