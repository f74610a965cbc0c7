/** A scaled run on a thread of its own, because it holds its thread up. Samples go out as they are taken. */
import { parentPort, workerData } from 'node:worker_threads'
import type { RealityJob } from '../../host/reality/job.ts'
import { runReality } from '../../host/reality/run.ts'

export interface LiveWorkerData {
  readonly job: RealityJob
  /** Its first element is 1 once the run is no longer wanted. */
  readonly ended: Int32Array
}

const { job, ended } = workerData as LiveWorkerData
const result = runReality(job, {
  onSample: sample => parentPort?.postMessage({ sample }),
  isCancelled: () => Atomics.load(ended, 0) === 1,
})
parentPort?.postMessage({ result })
