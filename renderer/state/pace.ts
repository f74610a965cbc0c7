/** How long a question of many runs still takes, from how long it has taken so far. */
import type { Progress } from '../../app/contract.ts'
import { duration } from '../format.ts'

export interface Pace {
  /** Null where nobody knows how many runs it takes. */
  readonly share: number | null
  /** `37 of 400 runs, about 12 s left`. */
  readonly text: string
}

/** Runs before an estimate is worth saying. */
const ENOUGH_RUNS = 2

export function remaining({ done, of }: Progress, elapsedMs: number): Pace {
  if (of === null) return { share: null, text: done === 0 ? 'running' : `${runs(done)} so far` }
  const share = of === 0 ? 0 : Math.min(1, done / of)
  const count = `${done} of ${runs(of)}`
  if (done < ENOUGH_RUNS) return { share, text: count }
  const leftS = ((elapsedMs / done) * (of - done)) / 1000
  return { share, text: `${count}, about ${duration(rounded(leftS))} left` }
}

const runs = (count: number): string => `${count.toLocaleString('en-US')} run${count === 1 ? '' : 's'}`

/** An estimate says no more than it knows. */
const rounded = (seconds: number): number =>
  seconds < 10 ? Math.ceil(seconds) : seconds < 60 ? Math.ceil(seconds / 5) * 5 : Math.ceil(seconds / 30) * 30
