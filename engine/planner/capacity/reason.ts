/** Why a run does not hold, in one sentence: what came first. */
import { formatBytes } from '../../quantity.ts'
import type { RunSummary } from '../summary.ts'

export interface Reason {
  readonly rule: string
  readonly sentence: string
}

/** The first refusal, kill or failure of a run that does not hold; null where it holds. */
export function reasonOf(run: RunSummary): Reason | null {
  if (run.verdict.holds) return null
  const refusal = run.refusals.find(({ consequence }) => consequence === 'task ends') ?? run.refusals[0]
  const trouble = run.troubles.find(({ kind }) => kind !== 'failed' && kind !== 'low-memory')
  if (trouble !== undefined && (refusal === undefined || trouble.atS < refusal.atS))
    return { rule: trouble.kind, sentence: trouble.text }
  if (refusal === undefined) return { rule: 'verdict', sentence: run.verdict.sentence }
  const { askedBytes, countedBytes, limitBytes } = refusal
  const numbers =
    askedBytes === null || limitBytes === null
      ? ''
      : `: ${formatBytes(askedBytes)} asked, ${formatBytes(countedBytes ?? 0)} counted, limit ${formatBytes(limitBytes)}`
  return {
    rule: refusal.rule,
    sentence: `${refusal.workload}: ${refusal.call} is refused with ${refusal.errno} by ${refusal.rule}${numbers}.`,
  }
}
