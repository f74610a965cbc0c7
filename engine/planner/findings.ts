/** Findings: what a person should know of a run, the gravest first. A new one is a rule and a line in the list. */
import type { Scenario } from '../scenario.ts'
import type { Finding, Severity } from '../sim/result.ts'
import {
  compressedSwap,
  lockedAbsent,
  lockedAndPinned,
  lockedBudget,
  memcgBelowLocked,
  strandedPool,
  swapForLocked,
} from './findings/locked.ts'
import {
  fullSwap,
  longStalls,
  memcgVictims,
  oomVictims,
  reclaimStalls,
  thrashing,
} from './findings/pressure.ts'
import { refusedCalls } from './findings/refusals.ts'
import type { FindingRule, Judged } from './findings/rule.ts'
import { incompatible } from './findings/settings.ts'

export type { FindingRule, Judged } from './findings/rule.ts'

export const FINDING_RULES: readonly FindingRule[] = [
  refusedCalls,
  oomVictims,
  memcgVictims,
  incompatible,
  memcgBelowLocked,
  lockedBudget,
  fullSwap,
  thrashing,
  reclaimStalls,
  longStalls,
  lockedAndPinned,
  strandedPool,
  lockedAbsent,
  swapForLocked,
  compressedSwap,
]

const ORDER: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 }

/** All findings of a run, errors first; of equal severity in the order of the rules. */
export function findingsOf(run: Judged, scenario: Scenario): Finding[] {
  return FINDING_RULES.flatMap(rule => rule.check(run, scenario)).sort(
    (a, b) => ORDER[a.severity] - ORDER[b.severity],
  )
}
