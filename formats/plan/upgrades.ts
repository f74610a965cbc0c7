/** Plans of older versions: one step for each version, from its form to the next. */
import { isRecord, type Raw } from './reader.ts'

export const PLAN_FORMAT = 'holdfast-plan/1'

/** From one form to the next. The first form has none before it. */
export interface Upgrade {
  readonly from: string
  readonly to: string
  readonly apply: (plan: Readonly<Record<string, Raw>>) => Record<string, Raw>
}

export const UPGRADES: readonly Upgrade[] = []

export interface Upgraded {
  readonly plan: Raw
  /** A sentence for each step that was taken. */
  readonly notes: readonly string[]
}

/** A plan in today's form, as far as steps lead there; who checks the form says what is left. */
export function upgraded(plan: Raw, steps: readonly Upgrade[] = UPGRADES): Upgraded {
  const notes: string[] = []
  let current = plan
  for (const step of steps) {
    if (!isRecord(current) || current['format'] !== step.from) continue
    current = { ...step.apply(current), format: step.to }
    notes.push(`The plan was of the form ${step.from} and has been read as ${step.to}.`)
  }
  return { plan: current, notes }
}
