/** What of a run crosses a thread or is kept of a thousand: everything but the curves. */
import type { LockWait, RunEvent, RunRefusal, RunResult } from '../sim/result.ts'

/** More refusals or events than this are counted, not listed. */
const MOST_LISTED = 32

export interface RunSummary extends Pick<
  RunResult,
  'scenario' | 'kernel' | 'costs' | 'horizonS' | 'verdict' | 'host' | 'workloads' | 'findings' | 'steps'
> {
  /** The first of them, in the order of time. */
  readonly refusals: readonly RunRefusal[]
  readonly nrRefusals: number
  /** Kills, failures, swap full, low memory: the first of them. */
  readonly troubles: readonly RunEvent[]
  readonly longestWait: LockWait | null
}

const TROUBLES: ReadonlySet<string> = new Set([
  'failed',
  'oom-kill',
  'memcg-oom-kill',
  'swap-full',
  'low-memory',
])

/** Shortens a result. */
export function summaryOf(result: RunResult): RunSummary {
  const { scenario, kernel, costs, horizonS, verdict, host, workloads, findings, steps } = result
  return {
    ...{ scenario, kernel, costs, horizonS, verdict, host, workloads, findings, steps },
    refusals: result.refusals.slice(0, MOST_LISTED),
    nrRefusals: result.refusals.reduce((sum, { instances }) => sum + instances, 0),
    troubles: result.events.filter(({ kind }) => TROUBLES.has(kind)).slice(0, MOST_LISTED),
    longestWait: result.waits.reduce<LockWait | null>(
      (longest, wait) => (longest !== null && longest.ns >= wait.ns ? longest : wait),
      null,
    ),
  }
}
