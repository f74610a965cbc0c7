/** The charts of a report, from a result: the same builders as on the screen, on curves of a page's width. */
import type { BudgetCurves, Curves } from '../../../charts/curves.ts'
import { hostMemory, lockedMemory } from '../../../charts/memory.ts'
import type { ChartModel, Mark } from '../../../charts/model.ts'
import { thin } from '../../../charts/thin.ts'
import { faultCost, mmapLock } from '../../../charts/work.ts'
import { BUDGET_PARTS, type Budget, type BudgetPart } from '../../../engine/planner/budget.ts'
import type { Scenario } from '../../../engine/scenario.ts'
import type { EventKind, RunEvent, RunResult } from '../../../engine/sim/result.ts'
import { clean, namesOf } from './words.ts'

/** Points that a page tells apart; each keeps its smallest and its largest value. */
const WIDTH = 500
/** More workloads than this are drawn as one. */
const MOST_LAYERS = 8

export interface ReportCharts {
  readonly hostMemory: ChartModel
  readonly locked: ChartModel
  readonly faultCost: ChartModel
  readonly mmapLock: ChartModel
}

export function chartsOf(result: RunResult, budget: Budget, scenario: Scenario): ReportCharts {
  const curves = hostCurves(result)
  return {
    hostMemory: hostMemory(budgetCurves(budget)),
    locked: named(lockedMemory(...lockedCurves(result, scenario))),
    faultCost: faultCost(curves),
    mmapLock: mmapLock(curves),
  }
}

function budgetCurves(budget: Budget): BudgetCurves {
  const { timesS, values } = thin(
    budget.timesS,
    BUDGET_PARTS.map(part => budget.parts[part]),
    { width: WIDTH },
  )
  const parts = Object.fromEntries(BUDGET_PARTS.map((part, at) => [part, values[at] ?? []]))
  return { timesS, parts: parts as Record<BudgetPart, number[]>, memTotalBytes: budget.memTotalBytes }
}

/** Not thinned: rates are means over time, which need every point. */
function hostCurves({ timesS, series }: RunResult): Curves {
  const host = series.filter(({ scope }) => scope === 'host')
  return {
    timesS: [...timesS],
    series: host.map(({ scope, name, values }) => ({ scope, name, values: [...values] })),
  }
}

/** VmLck and Locked of each workload; of many, those that lock the most, and the rest together. */
function lockedCurves({ timesS, series, workloads }: RunResult, scenario: Scenario): [Curves, string[]] {
  const peak = new Map(workloads.map(each => [each.workload, each.peakVmLckBytes]))
  const names = scenario.workloads.map(({ name }) => name).filter(name => (peak.get(name) ?? 0) > 0)
  const isMany = names.length > MOST_LAYERS
  const order = names.toSorted((a, b) => (peak.get(b) ?? 0) - (peak.get(a) ?? 0))
  const chosen = isMany ? new Set(order.slice(0, MOST_LAYERS - 1)) : new Set(names)
  const rest = names.filter(name => !chosen.has(name))
  const together = namesOf(rest, 1)
  const scopes = [...names.filter(name => chosen.has(name)), ...(rest.length > 0 ? [together] : [])]
  const curve = (of: readonly string[], name: string): Float64Array => {
    const sum = new Float64Array(timesS.length)
    for (const each of series)
      if (each.name === name && of.includes(each.scope))
        each.values.forEach((value, at) => (sum[at] = (sum[at] ?? 0) + value))
    return sum
  }
  const heads = scopes.flatMap(scope => [
    { scope, name: 'VmLck' },
    { scope, name: 'Locked' },
  ])
  const all = heads.map(({ scope, name }) =>
    curve(scope === together && rest.length > 0 ? rest : [scope], name),
  )
  const thinned = thin(timesS, all, { width: WIDTH })
  const named = heads.map((head, at) => ({ ...head, values: thinned.values[at] ?? [] }))
  return [{ timesS: thinned.timesS, series: named }, scopes]
}

/** Names of layers come from plans. */
const named = (chart: ChartModel): ChartModel => ({
  ...chart,
  layers: chart.layers.map(layer => ({ ...layer, label: clean(layer.label) })),
})

const BAD: ReadonlySet<EventKind> = new Set([
  'refused',
  'failed',
  'oom-kill',
  'memcg-oom-kill',
  'swap-full',
  'low-memory',
])
export const isBad = ({ kind }: RunEvent): boolean => BAD.has(kind)

/** More than these are listed and not marked. */
const MOST_MARKS = 12

/** What is marked on charts: what went wrong, and where nothing did, nothing. */
export function markedEvents(events: readonly RunEvent[]): readonly RunEvent[] {
  return events.filter(isBad).slice(0, MOST_MARKS)
}

export const marksOf = (events: readonly RunEvent[]): Mark[] =>
  events.map((event, at) => ({ number: at + 1, atS: event.atS, isBad: isBad(event) }))
