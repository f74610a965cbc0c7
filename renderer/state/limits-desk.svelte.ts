/** Limits and compatibility of the plan on screen, asked again after each of its edits. */
import type { CompatibilityAnswer, Output } from '../../app/contract.ts'
import type { PlanChange } from '../../engine/planner/compatibility/changes.ts'
import { ask } from '../api.ts'
import { withValue } from './document.ts'
import type { OpenPlan } from './open-plan.svelte.ts'

export class LimitsDesk {
  limits = $state.raw<Output<'questions.limits'> | null>(null)
  findings = $state.raw<readonly CompatibilityAnswer[] | null>(null)
  failure = $state<string | null>(null)
  /** Name of the workload that is looked at; null is a guest of no plan. */
  selected = $state<string | null | undefined>(undefined)
  isAsking = $state(false)
  #asked = 0
  #planId = ''

  /** Answers of an older edit that come late are dropped; the last good ones stay until others are there. */
  async load(planId: string): Promise<void> {
    const turn = ++this.#asked
    this.isAsking = true
    if (planId !== this.#planId) {
      Object.assign(this, { limits: null, findings: null })
      this.#planId = planId
    }
    try {
      const subject = { planId }
      const [limits, findings] = await Promise.all([
        ask('questions.limits', { subject }),
        ask('questions.compatibility', { subject }),
      ])
      if (turn !== this.#asked) return
      Object.assign(this, { limits, findings, failure: null })
    } catch (error) {
      if (turn === this.#asked) this.failure = error instanceof Error ? error.message : String(error)
    } finally {
      if (turn === this.#asked) this.isAsking = false
    }
  }
}

/** Makes the edits of a change as one step of undo. */
export function applyChange(plan: OpenPlan, { label, set }: PlanChange): void {
  const document = set.reduce((so, { path, value }) => withValue(so, path, value), plan.document)
  plan.replace(document, label)
}

/** The one that is looked at: what a finding led to outlives a change of screen. */
export const limitsDesk = new LimitsDesk()
