/** The thread of a calibration: it measures and fits without a pause, and tells how far it is. */
import { parentPort, workerData } from 'node:worker_threads'
import { fitCalibration, type CalibrationFit, type TableNames } from '../../engine/sim/calibration/fit.ts'
import { refusalOf, type LiveRefusal } from '../refusal.ts'
import { calibrate, type CalibrateOptions, type Measurements } from './calibrate.ts'

export interface CalibrationTask extends Omit<CalibrateOptions, 'isCancelled' | 'onProgress'> {
  readonly names: TableNames
  /** Its first element is 1 once the calibration is no longer wanted. */
  readonly ended: Int32Array
}

/** How it went: what was measured, without the work of each step, and the fit. */
export type Calibrated = {
  readonly ok: true
  readonly measured: Omit<Measurements, 'steps'>
  readonly fit: CalibrationFit
}

export type CalibrationMessage =
  | { readonly kind: 'progress'; readonly elapsedMs: number; readonly ofMs: number }
  | { readonly kind: 'end'; readonly outcome: Calibrated | LiveRefusal | null }

/** More often than this nobody looks. */
const EVERY_MS = 100

function run(
  { names, ended, ...options }: CalibrationTask,
  tell: (message: CalibrationMessage) => void,
): void {
  let saidMs = 0
  try {
    const measured = calibrate({
      ...options,
      isCancelled: () => Atomics.load(ended, 0) === 1,
      onProgress: (elapsedMs, ofMs) => {
        if (elapsedMs - saidMs < EVERY_MS) return
        saidMs = elapsedMs
        tell({ kind: 'progress', elapsedMs, ofMs })
      },
    })
    if (measured === null) {
      tell({ kind: 'end', outcome: null })
      return
    }
    const { steps, ...rest } = measured
    tell({ kind: 'end', outcome: { ok: true, measured: rest, fit: fitCalibration(steps, names) } })
  } catch (error) {
    tell({ kind: 'end', outcome: refusalOf(error) })
  }
}

const port = parentPort
if (port !== null) run(workerData as CalibrationTask, message => port.postMessage(message))
