/** Plan files (`docs/plan-format.md`): text in, a checked scenario with its comparison out, or all mistakes at once. */
import type { Scenario } from '../../engine/scenario.ts'
import { Issues, Place } from '../issues.ts'
import { parseStrictJson } from '../strict-json.ts'
import { readCompare, type PlanComparison } from './compare.ts'
import { PlanIssues, type PlanIssue } from './issues.ts'
import { isRecord, type Raw, type Reading } from './reader.ts'
import { field, record } from './record.ts'
import { readScenario } from './scenario.ts'
import { PLAN_FORMAT, upgraded, UPGRADES, type Upgrade } from './upgrades.ts'
import { oneOf, text } from './values.ts'

/** What a template shows: the proposal it belongs to, its claim, and which figure proves it. */
export interface PlanClaim {
  readonly seed: string
  readonly sentence: string
  readonly figure: string
}

export interface Plan {
  readonly scenario: Scenario
  readonly compare?: PlanComparison
  readonly claim?: PlanClaim
}

export type PlanRead =
  | { readonly ok: true; readonly plan: Plan; readonly notes: readonly string[] }
  | { readonly ok: false; readonly issues: readonly PlanIssue[] }

const LIMITS = { maxCharacters: 4 * 1024 * 1024, maxDepth: 24 }

const claim = record<PlanClaim>([
  field('seed', text(1, 20), 'The proposal that it is about.'),
  field('sentence', text(1, 1000), 'The claim.'),
  field('figure', text(1, 1000), 'The figure that shows it.'),
])

/** Reads a plan. Every mistake is listed with its place, what was found and what is allowed. */
export function readPlan(source: string, steps: readonly Upgrade[] = UPGRADES): PlanRead {
  const textIssues = new Issues(100)
  const parsed = parseStrictJson(source, LIMITS, textIssues)
  if (parsed === undefined || !textIssues.none)
    return { ok: false, issues: textIssues.list().map(asPlanIssue) }
  return readPlanDocument(parsed, steps)
}

function asPlanIssue({ path, code, message }: { path: string; code: string; message: string }): PlanIssue {
  return { path, found: code, allowed: 'JSON (RFC 8259)', sentence: `${message}.` }
}

/** The same for JSON that is parsed already, such as a template that is part of the program. */
export function readPlanDocument(document: Raw, steps: readonly Upgrade[] = UPGRADES): PlanRead {
  const issues = new PlanIssues()
  const to: Reading = { issues, naming: 'plan' }
  const { plan, notes } = upgraded(document, steps)
  if (!isRecord(plan)) {
    issues.add(Place.root, 'not an object', 'an object')
    return { ok: false, issues: issues.list() }
  }
  const format = oneOf([PLAN_FORMAT])
  format.read(plan['format'], Place.root.at('format'), to)
  const claimed = Object.hasOwn(plan, 'claim')
    ? claim.read(plan['claim'], Place.root.at('claim'), to)
    : undefined
  const read = readScenario(plan, to)
  // A comparison of a plan that is wrong itself would repeat its mistakes for every variant.
  const compare =
    Object.hasOwn(plan, 'compare') && read !== undefined ? readCompare(plan['compare'], plan, to) : undefined
  if (read === undefined || issues.count > 0) return { ok: false, issues: issues.list() }
  return {
    ok: true,
    plan: {
      scenario: read.scenario,
      ...(compare === undefined ? {} : { compare }),
      ...(claimed === undefined ? {} : { claim: claimed }),
    },
    notes: [...notes, ...read.notes],
  }
}

export type ScenarioRead =
  | { readonly ok: true; readonly scenario: Scenario; readonly notes: readonly string[] }
  | { readonly ok: false; readonly issues: readonly PlanIssue[] }

/** Checks plain data that claims to be a scenario: from a form, a store, another process. */
export function checkScenario(value: unknown): ScenarioRead {
  const issues = new PlanIssues()
  const to: Reading = { issues, naming: 'scenario' }
  if (isRecord(value)) oneOf(['holdfast-scenario/1']).read(value['format'], Place.root.at('format'), to)
  const read = readScenario(value, to)
  if (read === undefined || issues.count > 0) return { ok: false, issues: issues.list() }
  return { ok: true, scenario: read.scenario, notes: read.notes }
}
