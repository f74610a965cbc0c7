/** How far the model is from what was measured. */
import type { ExperimentRecord, ExperimentSample } from './experiment.ts'
import { CURVES, predict, type Curve, type Prediction } from './predict.ts'

/** Relative errors of one curve over all samples after warm-up, 0.1 being 10 %. */
export interface CurveError {
  readonly mean: number
  readonly largest: number
}

export type ExperimentErrors = Partial<Record<Curve, CurveError>>

/** Curves that stay below so many pages or faults are not compared: chance alone moves them by per cents. */
const FEWEST = 1000
/** Warm-up ends after so many times the accesses that it took to fill the room, or a quarter of the run. */
const WARM_UP = 1.5

export function compareWithModel(record: ExperimentRecord): ExperimentErrors {
  const predictions = predict(record.experiment)
  const errors: ExperimentErrors = {}
  for (const curve of CURVES) {
    const found = curveErrors(record, predictions, curve)
    if (found.length === 0) continue
    const mean = found.reduce((sum, error) => sum + error, 0) / found.length
    errors[curve] = { mean, largest: Math.max(...found) }
  }
  return errors
}

function curveErrors(record: ExperimentRecord, predictions: readonly Prediction[], curve: Curve): number[] {
  const first = warmUp(record)
  return record.samples.flatMap((sample, i) => {
    const measured = sample[curve]
    const predicted = predictions[i]?.[curve] ?? 0
    if (i < first || Math.max(measured, predicted) < FEWEST) return []
    return [Math.abs(predicted - measured) / Math.max(measured, 1)]
  })
}

/** Index of the first sample that counts. */
function warmUp({ experiment, samples }: ExperimentRecord): number {
  const most = Math.max(...samples.map(sample => sample.residentPages))
  const isFull = ({ residentPages }: ExperimentSample): boolean => residentPages > most * 0.99
  const grows = most > experiment.limitPages * 0.9
  const full = grows ? samples.findIndex(isFull) : Math.floor(samples.length / 4)
  return Math.max(1, Math.ceil(full * WARM_UP))
}

/** A table in Markdown: mean and largest error of each curve in per cent. */
export function errorTable(records: readonly ExperimentRecord[]): string {
  const rows = records.map(record => {
    const errors = compareWithModel(record)
    const cells = CURVES.map(curve => {
      const error = errors[curve]
      return error === undefined ? '' : `${percent(error.mean)} / ${percent(error.largest)}`
    })
    return [record.experiment.name, ...cells]
  })
  const head = ['accesses, locks', 'resident', 'swapped', 'locked', 'minor faults', 'major faults']
  return [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n')
}

const percent = (share: number): string => (share * 100).toFixed(1)
