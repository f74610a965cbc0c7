/**
 * The calibration of this machine: what is asked for, how far it is, what came of it. One for the window, so that it goes
 * on while another screen is looked at.
 */
import { timeLeft } from './calibration-facts.ts'
import type { Pace } from './pace.ts'
import { Question } from './question.svelte.ts'

export const TIMES_S = [30, 120, 300] as const
export const SHARES = [0.1, 0.25, 0.5] as const

class CalibrationDesk {
  timeS = $state<number>(120)
  share = $state<number>(0.25)
  /** Somebody looks for it: it comes into view and takes the focus once it is there. */
  isAskedFor = $state(false)
  readonly question = new Question('machines.calibrate')

  /** Comes back when it has ended, however. */
  start(machineId: string | null): Promise<void> {
    const { timeS, share } = this
    return this.question.ask({ timeS, share, ...(machineId === null ? {} : { machineId }) })
  }

  /** Progress is in milliseconds: the time that was allowed decides, not a number of runs. */
  pace = (): Pace => timeLeft(this.question.progress)
}

export const calibrationDesk = new CalibrationDesk()
