/** Which inputs matter: each one a little lower and a little higher, all else as it is. */
import type { Scenario } from '../scenario.ts'
import type { Catalog } from './catalog.ts'
import { collect, type Executor, type RunsOptions } from './executor.ts'
import { measure, type Metric } from './metrics.ts'
import { fieldAt, valueOfField, withField, type Field } from './paths.ts'

export interface Influence {
  readonly path: string
  readonly value: number
  readonly low: { readonly value: number; readonly figure: number | null; readonly holds: boolean }
  readonly high: { readonly value: number; readonly figure: number | null; readonly holds: boolean }
  /** Relative change of the figure over relative change of the input, between low and high; null without figures. */
  readonly elasticity: number | null
  /** Distance of the two figures: the length of its bar. */
  readonly swing: number
}

export interface Sensitivity {
  readonly metric: string
  readonly share: number
  readonly base: number | null
  /** The longest bar first. */
  readonly influences: readonly Influence[]
  readonly complete: boolean
}

export interface SensitivityQuestion {
  readonly scenario: Scenario
  /** Paths of numbers; null for all that there are. */
  readonly paths: readonly string[] | null
  readonly metric: Metric
  /** How far to go: 0.1 is 10 %. */
  readonly share: number
  readonly workload?: string | null
}

/** Fields of the machine that are worth moving, besides the parameters of all workloads. */
const MACHINE_PATHS = [
  'machine.ramBytes',
  'machine.cpus',
  'machine.memoryBandwidthBytesPerS',
  'machine.hostReserveBytes',
  'machine.otherCacheBytes',
  'machine.swappiness',
  'machine.watermarkScaleFactor',
]
const MOVABLE: ReadonlySet<string> = new Set(['bytes', 'count', 'share', 'seconds', 'per-second', 'number'])

/** Every number that can be moved by a share of itself. */
export function movableFields(
  scenario: Scenario,
  catalog: Catalog,
  paths: readonly string[] | null = null,
): Field[] {
  const all = paths ?? [
    ...MACHINE_PATHS,
    ...scenario.workloads.flatMap((workload, i) => [
      `workloads[${i}].count`,
      ...idsOf(catalog.workloads, workload.kind).map(id => `workloads[${i}].params.${id}`),
      ...idsOf(catalog.strategies, workload.strategy).map(id => `workloads[${i}].strategyParams.${id}`),
    ]),
  ]
  return all.flatMap(path => {
    const found = fieldAt(scenario, path, catalog)
    if (!found.ok || !MOVABLE.has(found.field.spec.kind)) return []
    const value = valueOfField(scenario, found.field, catalog)
    return typeof value === 'number' && value > 0 ? [found.field] : []
  })
}

const idsOf = (list: Catalog['workloads'], id: string): string[] =>
  list.find(each => each.id === id)?.params.map(param => param.id) ?? []

export async function sensitivity(
  executor: Executor,
  question: SensitivityQuestion,
  catalog: Catalog,
  options: RunsOptions = {},
): Promise<Sensitivity> {
  const { scenario, metric, share, workload = null } = question
  const moves = movableFields(scenario, catalog, question.paths).map(field => {
    const value = Number(valueOfField(scenario, field, catalog))
    return { field, value, low: moved(field, value, 1 - share), high: moved(field, value, 1 + share) }
  })
  const scenarios = moves.flatMap(({ field, low, high }) =>
    [low, high].map(value => {
      const changed = withField(scenario, field, value, catalog)
      return changed.ok ? changed.scenario : scenario
    }),
  )
  const { summaries, complete } = await collect(executor, [scenario, ...scenarios], options)
  const figure = (i: number): number | null => {
    const run = summaries[i]
    return run === null || run === undefined ? null : measure(metric, run, workload)
  }
  const holds = (i: number): boolean => summaries[i]?.verdict.holds ?? false
  const influences = moves.map(({ field, value, low, high }, i): Influence => {
    const [a, b] = [figure(2 * i + 1), figure(2 * i + 2)]
    return {
      path: field.path,
      value,
      low: { value: low, figure: a, holds: holds(2 * i + 1) },
      high: { value: high, figure: b, holds: holds(2 * i + 2) },
      elasticity: elasticityOf(figure(0), a, b, (high - low) / value),
      swing: a === null || b === null ? (a === b ? 0 : Infinity) : Math.abs(b - a),
    }
  })
  return {
    metric: metric.id,
    share,
    base: figure(0),
    influences: influences.sort((a, b) => b.swing - a.swing),
    complete,
  }
}

/** A value a share away, within the bounds of its field. */
function moved({ spec }: Field, value: number, factor: number): number {
  const whole = spec.kind === 'bytes' || spec.kind === 'count' || spec.whole === true
  const away = whole ? Math.round(value * factor) : value * factor
  return Math.min(spec.max ?? Infinity, Math.max(spec.min ?? -Infinity, away))
}

function elasticityOf(
  base: number | null,
  low: number | null,
  high: number | null,
  move: number,
): number | null {
  if (base === null || low === null || high === null || base === 0 || move === 0) return null
  return (high - low) / base / move
}
