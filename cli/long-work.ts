/** Work that may take long: on worker threads, with progress, ended cleanly by Ctrl-C. */
import { workerPool } from '../app/executor/worker-pool.ts'
import { inProcess, type Executor, type RunsOptions } from '../engine/planner/executor.ts'
import { runScenario } from '../engine/planner/run.ts'
import { exitCodes } from './exit-codes.ts'
import { startProgress } from './progress.ts'

export interface WorkSettings {
  /** Threads; 0 works on this one. */
  readonly workers?: number
  /** Runs that there will be, if that is known. */
  readonly runs?: number
}

/**
 * Does the work and gives its answer. The first Ctrl-C raises the signal, so that the work ends with what it has; the
 * process then answers 130. A second one ends the process at once.
 */
export async function longWork<T>(
  { workers, runs }: WorkSettings,
  work: (executor: Executor, options: RunsOptions) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const progress = startProgress(runs ?? null)
  const pool = workers === 0 ? null : workerPool(workers === undefined ? {} : { threads: workers })
  const stop = (): void => {
    process.exitCode = exitCodes.interrupted
    controller.abort()
  }
  process.once('SIGINT', stop)
  try {
    return await work(pool ?? inProcess(runScenario), {
      signal: controller.signal,
      onProgress: done => progress.step(done),
    })
  } finally {
    process.off('SIGINT', stop)
    progress.end()
    await pool?.close()
  }
}

/** Says on standard error that an answer is not whole. */
export function tellPartial(done: number | null): void {
  const what =
    done === null
      ? 'Interrupted: there is no result.'
      : `Interrupted: what follows is partial, of ${done} runs.`
  console.error(what)
}
