/** What was measured, as plain data: it can be stored, and fitted again. */
import type { Phase } from '../../work.ts'

/** One timed step of one program. Times are nanoseconds, without the reading of the clock. */
export interface MeasuredStep {
  /** Of the program, with its size. */
  readonly program: string
  readonly family: string
  readonly bytes: number
  readonly step: string
  readonly phases: readonly Phase[]
  /** What it takes undisturbed. */
  readonly ns: number
  /** How far that may be off. */
  readonly spreadNs: number
  /** Whether some sample was not disturbed, so that the wall clock tells; otherwise it is time on the processor. */
  readonly clock: 'wall' | 'processor'
  readonly samples: number
}

export const nameOfStep = ({ program, step }: Pick<MeasuredStep, 'program' | 'step'>): string =>
  `${program}: ${step}`
