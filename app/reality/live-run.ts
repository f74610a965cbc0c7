/** Starts a scaled run on a thread and hands on what it tells. */
import { Worker } from 'node:worker_threads'
import type { Snapshot } from '../../engine/sim/result.ts'
import type { RealityJob } from '../../host/reality/job.ts'
import type { RealityResult } from '../../host/reality/run.ts'
import type { LiveWorkerData } from './live-worker.ts'

/** As source the worker lies beside this file; bundled, this code may be in any chunk one folder below the root. */
function workerUrl(): URL {
  const file = import.meta.url.endsWith('.ts') ? './live-worker.ts' : '../app/reality/live-worker.js'
  return new URL(file, import.meta.url)
}

export interface LiveRunOptions {
  readonly signal?: AbortSignal | undefined
  readonly onSample?: (sample: Snapshot) => void
}

/** The run itself asks a flag whether it is still wanted, so that it can put everything back. */
export function liveRun(job: RealityJob, { signal, onSample }: LiveRunOptions = {}): Promise<RealityResult> {
  const ended = new Int32Array(new SharedArrayBuffer(4))
  const stop = (): void => void Atomics.store(ended, 0, 1)
  if (signal?.aborted === true) stop()
  signal?.addEventListener('abort', stop)
  const data: LiveWorkerData = { job, ended }
  const worker = new Worker(workerUrl(), {
    workerData: data,
    // The runner has files that the C library opened.
    trackUnmanagedFds: false,
  })
  return new Promise<RealityResult>((resolve, reject) => {
    worker.on('message', (message: { sample?: Snapshot; result?: RealityResult }) => {
      if (message.sample !== undefined) onSample?.(message.sample)
      if (message.result !== undefined) resolve(message.result)
    })
    worker.on('error', reject)
    worker.on('exit', code => {
      reject(new Error(`the thread of a live run ended with ${code}`))
    })
  }).finally(() => {
    signal?.removeEventListener('abort', stop)
  })
}
