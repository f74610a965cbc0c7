/** A calibration on a thread of its own, which the main thread can end. */
import { Worker } from 'node:worker_threads'
import { CannotRun, type LiveRefusal } from '../refusal.ts'
import type { Calibrated, CalibrationMessage, CalibrationTask } from './worker.ts'

export interface OnThreadOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((elapsedMs: number, ofMs: number) => void) | undefined
}

/** As source the worker lies beside this file; bundled, this code may be in any chunk one folder below the root. */
function workerUrl(): URL {
  const file = import.meta.url.endsWith('.ts') ? './worker.ts' : '../host/calibration/worker.js'
  return new URL(file, import.meta.url)
}

/**
 * Null if it was cancelled: that takes as long as the program that is being timed, and leaves nothing behind. A refusal
 * says why this machine cannot be measured.
 */
export function calibrateOnThread(
  task: Omit<CalibrationTask, 'ended'>,
  { signal, onProgress }: OnThreadOptions = {},
): Promise<Calibrated | LiveRefusal | null> {
  if (signal?.aborted === true) return Promise.resolve(null)
  const ended = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(workerUrl(), {
    workerData: { ...task, ended } satisfies CalibrationTask,
    // Files in memory are opened by the C library, which Node does not see.
    trackUnmanagedFds: false,
  })
  const stop = (): void => void Atomics.store(ended, 0, 1)
  signal?.addEventListener('abort', stop)
  return new Promise<Calibrated | LiveRefusal | null>((resolve, reject) => {
    worker.on('message', (message: CalibrationMessage) => {
      if (message.kind === 'progress') onProgress?.(message.elapsedMs, message.ofMs)
      else resolve(message.outcome)
    })
    worker.on('error', reject)
    // After its last word; a thread that ends without one was ended from outside.
    worker.on('exit', () => reject(new CannotRun('system', 'The thread that measures was ended.')))
  }).finally(() => {
    signal?.removeEventListener('abort', stop)
  })
}
