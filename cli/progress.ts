/** How far a long question is, on standard error, and only where that is a terminal. */
import { formatDuration } from '../engine/quantity.ts'

/** Not more often than this. */
const EVERY_MS = 200
/** An estimate from less than this is a guess. */
const SETTLED_MS = 500

export interface Progress {
  /** So many runs are done. */
  step: (done: number) => void
  /** Clears the line. */
  end: () => void
}

export interface ProgressLine {
  readonly done: number
  /** Null where nobody knows how many there will be. */
  readonly total: number | null
  readonly elapsedMs: number
}

/** `412 of 1000 runs, 12 s left`. */
export function progressText({ done, total, elapsedMs }: ProgressLine): string {
  if (total === null) return `${done} runs`
  const left =
    elapsedMs < SETTLED_MS || done === 0 ? '' : `, ${leftText((elapsedMs / done) * (total - done))}`
  return `${done} of ${total} runs${left}`
}

const leftText = (ms: number): string => `${formatDuration(Math.max(1, Math.ceil(ms / 1000)) * 1e9)} left`

/** Counts runs from several calls in a row: a search asks again and again. */
export function startProgress(total: number | null): Progress {
  const { stderr } = process
  if (!stderr.isTTY) return { step: () => undefined, end: () => undefined }
  const start = performance.now()
  let shownAt = start
  let runs = 0
  let before = 0
  let shown = false
  return {
    step: done => {
      runs += done > before ? done - before : done
      before = done
      const now = performance.now()
      if (now - shownAt < EVERY_MS) return
      shownAt = now
      shown = true
      stderr.write(`\r\u001b[K${progressText({ done: runs, total, elapsedMs: now - start })}`)
    },
    end: () => {
      if (shown) stderr.write('\r\u001b[K')
    },
  }
}
