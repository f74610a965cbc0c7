/** What was counted for a plan: kept while the window is open. */
import type { OpenPlan } from './open-plan.svelte.ts'
import { Question } from './question.svelte.ts'

const asked = new WeakMap<OpenPlan, Question<'questions.capacity'>>()

export function capacityOf(plan: OpenPlan): Question<'questions.capacity'> {
  const question = asked.get(plan) ?? new Question('questions.capacity')
  asked.set(plan, question)
  return question
}
