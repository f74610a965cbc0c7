/** Benchmarks that are programs of their own: the modules of a test run are rewritten and several times slower. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Runs a program of this folder and gives the text that it prints, which is JSON. */
export function printedBy(name: string, ...args: readonly string[]): string {
  return execFileSync(process.execPath, [join(import.meta.dirname, name), ...args], { encoding: 'utf8' })
}

export function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN
}

/** Milliseconds that `work` takes, each time. */
export function times(rounds: number, work: () => void): number[] {
  return Array.from({ length: rounds }, () => {
    const start = performance.now()
    work()
    return performance.now() - start
  })
}
