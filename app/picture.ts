/** What the window draws of a run: the curves of its charts and no others, on one axis of times, in short numbers. */
import { BUDGET_PARTS, budgetOf, type BudgetPart } from '../engine/planner/budget.ts'
import { FAULT_KINDS } from '../engine/sim/curves.ts'
import type { Scenario } from '../engine/scenario.ts'
import type { RunResult, Series } from '../engine/sim/result.ts'
import type { BriefReport, PictureView, RunBudget, RunPicture } from './contract-shapes.ts'
import { BAD_EVENTS } from '../charts/events.ts'
import { thin } from '../charts/thin.ts'

/** Workloads that have a layer of their own; where there are more, the rest become one. */
const MOST_APART = 9
/** Events that a list shows; what went wrong is never left out for what is ordinary. */
const MOST_EVENTS = 400
const LOCK_CURVES = ['mmap_lock held for writing', 'mmap_lock held for reading', 'waiting for mmap_lock']
/** Of the workload that is looked at. */
const OWN_CURVES = ['VmRSS', 'VmSwap', 'VmPin', 'HugetlbPages', 'VmLck', 'Locked']

type Curve = Pick<Series, 'scope' | 'name' | 'values'>

/** Curves and budget of the part that is in view; `view.workload` is the one whose memory is shown by itself. */
export function pictureOf(
  result: RunResult,
  scenario: Scenario,
  view: PictureView,
): Pick<RunPicture, 'timesS' | 'series' | 'budget' | 'locked' | 'points'> {
  const byKey = new Map(result.series.map(each => [keyOf(each), each]))
  const one = (scope: string, name: string): Curve[] => {
    const found = byKey.get(keyOf({ scope, name }))
    return found === undefined ? [] : [found]
  }
  const { apart, rest } = lockedApart(result, byKey)
  const curves = [
    ...FAULT_KINDS.flatMap(kind => one('host', `fault cost: ${kind}`)).filter(isUsed),
    ...LOCK_CURVES.flatMap(name => one('host', name)).filter(isUsed),
    ...apart.flatMap(scope => [...one(scope, 'VmLck'), ...one(scope, 'Locked')]),
    ...(rest === null ? [] : rest.curves),
    ...OWN_CURVES.flatMap(name => (view.workload === undefined ? [] : one(view.workload, name))),
  ].filter((curve, at, all) => all.findIndex(other => keyOf(other) === keyOf(curve)) === at)
  const budget = budgetOf(result, scenario)
  const parts = [...BUDGET_PARTS.map(part => budget.parts[part]), budget.lockedAbsent, budget.poolFree]
  const { timesS, values, points } = thin(result.timesS, [...curves.map(each => each.values), ...parts], view)
  const short = values.map(shortened)
  const after = short.slice(curves.length)
  return {
    ...{ timesS, points, locked: [...apart, ...(rest === null ? [] : [rest.scope])] },
    series: curves.map(({ scope, name }, at) => ({ scope, name, values: short[at] ?? [] })),
    budget: {
      timesS,
      parts: byPart(after),
      lockedAbsent: after[BUDGET_PARTS.length] ?? [],
      poolFree: after[BUDGET_PARTS.length + 1] ?? [],
      memTotalBytes: budget.memTotalBytes,
    },
  }
}

/** Values in the order of the parts, by their names. */
export function byPart(values: readonly (readonly number[])[]): RunBudget['parts'] {
  const parts: Partial<Record<BudgetPart, readonly number[]>> = {}
  for (const [at, part] of BUDGET_PARTS.entries()) parts[part] = values[at] ?? []
  return parts as RunBudget['parts']
}

const keyOf = ({ scope, name }: { readonly scope: string; readonly name: string }): string =>
  `${scope}\n${name}`
const isUsed = ({ values }: Curve): boolean => values.some(value => value > 0)

interface Apart {
  /** In the order of the plan. */
  readonly apart: readonly string[]
  readonly rest: { readonly scope: string; readonly curves: readonly Curve[] } | null
}

/** Workloads that lock something: the largest by themselves, those that are left as one. */
function lockedApart(result: RunResult, byKey: ReadonlyMap<string, Series>): Apart {
  const locking = result.workloads.filter(({ peakVmLckBytes }) => peakVmLckBytes > 0)
  const all = locking.map(({ workload }) => workload)
  if (all.length <= MOST_APART + 1) return { apart: all, rest: null }
  const largest = new Set(
    locking
      .toSorted((a, b) => b.peakVmLckBytes - a.peakVmLckBytes)
      .slice(0, MOST_APART)
      .map(({ workload }) => workload),
  )
  const others = all.filter(name => !largest.has(name))
  const scope = `${others.length} others`
  const sum = (name: string): Curve => {
    const values = new Float64Array(result.timesS.length)
    for (const each of others) {
      const curve = byKey.get(keyOf({ scope: each, name }))?.values ?? new Float64Array()
      for (let at = 0; at < curve.length; at++) values[at] = (values[at] ?? 0) + (curve[at] ?? 0)
    }
    return { scope, name, values }
  }
  const apart = all.filter(name => largest.has(name))
  return { apart, rest: { scope, curves: [sum('VmLck'), sum('Locked')] } }
}

/** Numbers as a chart can show them, to a ten-millionth of the largest: an eighth of the text. */
function shortened(values: readonly number[]): number[] {
  let most = 0
  for (const value of values) most = Math.max(most, Math.abs(value))
  if (most === 0) return values.map(() => 0)
  const places = 7 - Math.ceil(Math.log10(most))
  const scale = 10 ** Math.abs(places)
  return places >= 0
    ? values.map(value => Math.round(value * scale) / scale)
    : values.map(value => Math.round(value / scale) * scale)
}

/** A report without what is only asked for one by one. */
export function briefOf(result: RunResult): BriefReport {
  const { format, scenario, kernel, costs, horizonS, verdict, host, workloads, findings, steps } = result
  const bad = result.events.filter(({ kind }) => BAD_EVENTS.has(kind))
  const events = result.events.length <= MOST_EVENTS ? result.events : bad.slice(0, MOST_EVENTS)
  return {
    ...{ format, scenario, kernel, costs, horizonS, verdict, host, workloads, findings, steps, events },
    eventCount: result.events.length,
    refusals: result.refusals.slice(0, MOST_EVENTS),
    points: result.timesS.length,
  }
}
