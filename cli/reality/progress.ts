/** One line on standard error that follows a measurement, where that is a terminal. */
import { formatBytes } from '../../engine/quantity.ts'
import type { Snapshot } from '../../engine/sim/result.ts'

const EVERY_MS = 200

export interface SampleLine {
  readonly show: (sample: Snapshot) => void
  readonly end: () => void
}

export function sampleLine(ofS: number): SampleLine {
  const { stderr } = process
  if (!stderr.isTTY) return { show: () => undefined, end: () => undefined }
  let shownMs = -Infinity
  return {
    show: sample => {
      if (performance.now() - shownMs < EVERY_MS) return
      shownMs = performance.now()
      stderr.write(`\r\u001b[K${sampleText(sample, ofS)}`)
    },
    end: () => {
      if (shownMs > 0) stderr.write('\r\u001b[K')
    },
  }
}

/** `12.5 of 60 s: 3 processes, VmRSS 1.2 GiB, VmLck 512 MiB`. */
export function sampleText({ atS, tasks }: Snapshot, ofS: number): string {
  const sum = (name: string): string =>
    formatBytes(tasks.reduce((total, { status }) => total + (status[name] ?? 0) * 1024, 0))
  const swap = tasks.some(({ status }) => (status['VmSwap'] ?? 0) > 0) ? `, VmSwap ${sum('VmSwap')}` : ''
  const many = tasks.length === 1 ? '1 process' : `${tasks.length} processes`
  return `${atS.toFixed(1)} of ${Number(ofS.toFixed(1))} s: ${many}, VmRSS ${sum('VmRSS')}, VmLck ${sum('VmLck')}${swap}`
}

/** The first Ctrl-C raises the signal; a second one ends the process at once. */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const stop = (): void => controller.abort()
  process.once('SIGINT', stop)
  try {
    return await work(controller.signal)
  } finally {
    process.off('SIGINT', stop)
  }
}
