/** What a calibration has to say: how far it is, what came of it. */
import type { Calibration } from '../../app/contract.ts'
import { bytes, duration, figure } from '../format.ts'
import type { Pace } from './pace.ts'

/** `37 %, about 1 min 15 s left`. */
export function timeLeft({ done, of }: { readonly done: number; readonly of: number | null }): Pace {
  if (of === null || of === 0) return { share: null, text: 'starting' }
  const share = Math.min(1, done / of)
  const leftS = Math.max(0, (of - done) / 1000)
  const left = leftS < 1 ? 'fitting' : `about ${duration(Math.ceil(leftS / 5) * 5)} left`
  return { share, text: `${Math.floor(share * 100)} %, ${left}` }
}

export interface CalibrationFact {
  readonly name: string
  readonly text: string
}

const percent = (share: number): string => `${figure(share * 100)} %`

/** What a person wants to know of it first. */
export function calibrationFacts(found: Calibration): readonly CalibrationFact[] {
  const { heldOut, fittedOn, sizes, rounds, rows, slowness, memoryBytes, tookMs, unmeasured } = found
  return [
    {
      name: 'Held out',
      text:
        heldOut === null
          ? 'too few programs to hold any out'
          : `${heldOut.rows} steps that the fit had not seen: median error ${percent(heldOut.medianError)}, 95th percentile ${percent(heldOut.p95Error)}, largest ${percent(heldOut.maxError)}`,
    },
    {
      name: 'Fitted to',
      text: `${fittedOn.rows} steps: median error ${percent(fittedOn.medianError)}, 95th percentile ${percent(fittedOn.p95Error)}`,
    },
    {
      name: 'Measured',
      text: `${rows.length} steps at ${sizes.map(bytes).join(', ')}; ${rounds} rounds in ${duration(tookMs / 1000)}, ${bytes(memoryBytes)} of memory`,
    },
    { name: 'Speed', text: `${figure(slowness)} times the costs of the table that comes with the program` },
    ...(unmeasured.length === 0
      ? []
      : [{ name: 'Scaled by it', text: `not measured here: ${unmeasured.join(', ')}` }]),
  ]
}

/** Steps that were held out, the largest errors first. */
export const worstRows = ({ rows }: Calibration, most = 8): Calibration['rows'] =>
  rows
    .filter(({ heldOut }) => heldOut)
    .toSorted((a, b) => Math.abs(b.error) - Math.abs(a.error))
    .slice(0, most)
