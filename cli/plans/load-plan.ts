/** The plan that a person named, with what they set on top; every mistake is told at once. */
import { existsSync } from 'node:fs'
import { withPath } from '../../engine/planner/paths.ts'
import type { Scenario } from '../../engine/scenario.ts'
import { checkScenario, readPlan, type Plan } from '../../formats/plan/read-plan.ts'
import { TEMPLATES, templateNamed } from '../../formats/plan/templates.ts'
import { exitCodes } from '../exit-codes.ts'
import { inputName, readInput, sentenceOf } from '../read-input.ts'
import { didYouMean } from '../suggest.ts'
import { harmless } from '../text/harmless.ts'
import { CATALOG } from './catalog.ts'
import type { PlanOptions } from './options.ts'

export interface LoadedPlan extends Plan {
  /** As it was typed. */
  readonly document: Readonly<Record<string, unknown>>
  readonly notes: readonly string[]
}

/** Nothing, and the mistakes on standard error, where the plan cannot be used. */
export function loadPlan(name: string, options: PlanOptions): LoadedPlan | null {
  const text = textOf(name)
  if (text === null) return null
  const read = readPlan(text)
  if (!read.ok)
    return complain(read.issues.map(({ path, sentence }) => `${inputName(name)}: ${path}: ${sentence}`))
  for (const note of read.notes) console.error(harmless(`${inputName(name)}: ${note}`))
  const scenario = overridden(read.plan.scenario, options)
  const document = JSON.parse(text) as Record<string, unknown>
  return scenario === null ? null : { ...read.plan, scenario, notes: read.notes, document }
}

/** A file of that name comes before a template. */
function textOf(name: string): string | null {
  const template = templateNamed(name)
  if (name !== '-' && template !== undefined && !existsSync(name)) return JSON.stringify(template.document)
  try {
    return readInput(name)
  } catch (error) {
    const looksLikeName = /^[\w-]+$/.test(name)
    const hint = looksLikeName
      ? didYouMean(
          name,
          TEMPLATES.map(({ id }) => id),
        )
      : ''
    const also = looksLikeName ? ', and no template of that name either; see: holdfast plan list.' : ''
    return complain([`${inputName(name)}: ${sentenceOf(error)}${also}${hint}`])
  }
}

/** `--kernel` and `--set`, in this order. */
export function overridden(scenario: Scenario, { kernel, set = [] }: PlanOptions): Scenario | null {
  const sets = [...(kernel === undefined ? [] : [`kernel=${kernel}`]), ...set]
  const mistakes: string[] = []
  let changed = scenario
  for (const text of sets) {
    const at = text.indexOf('=')
    if (at < 0) {
      mistakes.push(`--set ${text}: expected path=value`)
      continue
    }
    const result = withPath(changed, text.slice(0, at), text.slice(at + 1), CATALOG)
    if (result.ok) changed = result.scenario
    else mistakes.push(`--set ${text}: ${result.message}`)
  }
  if (mistakes.length === 0) mistakes.push(...mistakesOf(changed))
  return mistakes.length === 0 ? changed : complain(mistakes)
}

/** What is wrong with a scenario that was changed after it was read. */
export function mistakesOf(scenario: Scenario): string[] {
  const checked = checkScenario(scenario)
  return checked.ok ? [] : checked.issues.map(({ path, sentence }) => `${path}: ${sentence}`)
}

/** Tells mistakes on standard error, and that the input was bad. */
export function complain(lines: readonly string[]): null {
  console.error(lines.map(harmless).join('\n'))
  process.exitCode = exitCodes.badInput
  return null
}

/** Says that a plan does not hold, unless the work was interrupted or broken. */
export function answer(holds: boolean): void {
  if (!holds && process.exitCode === undefined) process.exitCode = exitCodes.doesNotHold
}
