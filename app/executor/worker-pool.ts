/** Runs on worker threads. What crosses is a scenario one way and a summary the other. */
import { availableParallelism } from 'node:os'
import { MessageChannel } from 'node:worker_threads'
import { Tinypool } from 'tinypool'
import type { CancelSignal, Done, Executor, RunsOptions } from '../../engine/planner/executor.ts'
import type { ProcessLimit } from '../../engine/planner/process-limits.ts'
import type { RunSummary } from '../../engine/planner/summary.ts'
import type { Scenario } from '../../engine/scenario.ts'
import type { CostTable } from '../../engine/sim/costs.ts'
import type { RunResult, Snapshot } from '../../engine/sim/result.ts'
import type { Task } from './worker.ts'

export interface WatchOptions {
  readonly signal?: CancelSignal
  readonly costs?: CostTable | undefined
  /** What workloads do where that is not what their kind comes to. */
  readonly scripts?: Task['scripts']
  /** Called now and then with the share of the horizon that is done. */
  readonly onShare?: (share: number) => void
}

export interface WorkerPool extends Executor {
  /** One run with its curves, told about on the way; null if it was ended. Its thread lives on. */
  watched: (scenario: Scenario, options?: WatchOptions) => Promise<RunResult | null>
  snapshot: (scenario: Scenario, atS: number, costs?: CostTable) => Promise<Snapshot>
  limits: (scenario: Scenario) => Promise<readonly ProcessLimit[]>
  /** Ends the threads. */
  close: () => Promise<void>
}

/** As source the worker lies beside this file; bundled, this code may be in any chunk one folder below the root. */
function workerUrl(): string {
  const file = import.meta.url.endsWith('.ts') ? './worker.ts' : '../app/executor/worker.js'
  return new URL(file, import.meta.url).href
}

export interface PoolSettings {
  /** Threads; as many as there are processors if absent. */
  readonly threads?: number
  /** The module that a thread runs, for tests. */
  readonly worker?: string
  /** Unit costs of a scenario's machine, where they are not the engine's own; may throw. */
  readonly costsOf?: (scenario: Scenario) => CostTable | undefined
}

/** Until threads that do not end are left to the end of the process. */
const CLOSE_MS = 5_000

const after = (ms: number): Promise<void> => new Promise(resolve => void setTimeout(resolve, ms).unref())

export function workerPool({
  threads = availableParallelism(),
  worker = workerUrl(),
  costsOf = () => undefined,
}: PoolSettings = {}): WorkerPool {
  const pool = new Tinypool({ filename: worker, minThreads: 0, maxThreads: threads, idleTimeout: 60_000 })
  const ask = async (task: Task, signal: CancelSignal | undefined): Promise<unknown> => {
    if (signal?.aborted === true) return null
    const costs = task.costs ?? costsOf(task.scenario)
    const priced = costs === undefined ? task : { ...task, costs }
    const controller = new AbortController()
    const stop = (): void => controller.abort()
    signal?.addEventListener('abort', stop)
    try {
      return (await pool.run(priced, { signal: controller.signal })) as unknown
    } catch (error) {
      if (controller.signal.aborted) return null
      throw error
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }
  return {
    width: threads,
    run: (scenarios, options) =>
      inFlight(scenarios, 2 * threads, options ?? {}, scenario =>
        ask({ scenario, detail: 'summary' }, options?.signal).then(summary => summary as RunSummary | null),
      ),
    result: (scenario, options) =>
      ask({ scenario, detail: 'full' }, options?.signal).then(result => result as RunResult | null),
    watched: (scenario, options = {}) => watched(pool, scenario, options),
    snapshot: (scenario, atS, costs) =>
      ask({ scenario, detail: 'snapshot', atS, ...(costs === undefined ? {} : { costs }) }, undefined).then(
        snapshot => snapshot as Snapshot,
      ),
    limits: scenario =>
      ask({ scenario, detail: 'limits' }, undefined).then(limits => limits as readonly ProcessLimit[]),
    // The library waits for a thread that has ended by itself for ever.
    close: () => Promise.race([pool.destroy(), after(CLOSE_MS)]),
  }
}

/** Keeps so many questions open, and hands on answers as they come. */
async function* inFlight(
  scenarios: Iterable<Scenario>,
  most: number,
  { signal, onProgress }: RunsOptions,
  ask: (scenario: Scenario) => Promise<RunSummary | null>,
): AsyncIterable<Done> {
  const open = new Map<number, Promise<{ readonly index: number; readonly summary: RunSummary | null }>>()
  let asked = 0
  let done = 0
  const next = scenarios[Symbol.iterator]()
  for (let isLast = false; ;) {
    while (!isLast && open.size < most && signal?.aborted !== true) {
      const item = next.next()
      isLast = item.done === true
      if (item.done === true) break
      const index = asked++
      open.set(
        index,
        ask(item.value).then(summary => ({ index, summary })),
      )
    }
    if (open.size === 0) return
    const { index, summary } = await Promise.race(open.values())
    open.delete(index)
    if (summary === null) continue
    onProgress?.(++done)
    yield { index, summary }
  }
}

/** The run asks a flag whether it is still wanted: ending a thread instead would cost the next run its start. */
async function watched(
  pool: Tinypool,
  scenario: Scenario,
  { signal, costs, scripts, onShare }: WatchOptions,
): Promise<RunResult | null> {
  if (signal?.aborted === true) return null
  const { port1, port2 } = new MessageChannel()
  const ended = new Int32Array(new SharedArrayBuffer(4))
  const stop = (): void => void Atomics.store(ended, 0, 1)
  port1.on('message', (share: number) => onShare?.(share))
  signal?.addEventListener('abort', stop)
  try {
    const watch = { port: port2, ended }
    const task: Task = {
      ...{ scenario, detail: 'full', watch },
      ...(costs === undefined ? {} : { costs }),
      ...(scripts === undefined ? {} : { scripts }),
    }
    return (await pool.run(task, { transferList: [port2] })) as RunResult | null
  } finally {
    signal?.removeEventListener('abort', stop)
    port1.close()
  }
}
