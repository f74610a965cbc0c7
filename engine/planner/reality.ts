/** A reality check: a measurement laid over a run, the verdict in words, and what is likeliest behind a difference. */
import { formatBytes } from '../quantity.ts'
import type { Scenario } from '../scenario.ts'
import { workloadScript, type WorkloadScript } from '../sim/workload-script.ts'
import { causesOf, type Cause } from './reality/causes.ts'
import {
  compareWithRun,
  type CurveComparison,
  type EventComparison,
  type Predicted,
} from './reality/compare.ts'
import type { Measurement } from './reality/measured.ts'

export type { Cause } from './reality/causes.ts'
export type { ComparedPoint, CurveComparison, EventComparison, Predicted } from './reality/compare.ts'
export type { LiveMachine } from './reality/machine.ts'
export type { MeasuredEvent, MeasuredFacts, Measurement } from './reality/measured.ts'

export interface RealityCheck {
  /** Whether no curve parts and events agree. */
  readonly agrees: boolean
  readonly verdict: string
  readonly curves: readonly CurveComparison[]
  readonly events: readonly EventComparison[]
  /** Where the two sides part first; null if they do not. */
  readonly parts: {
    readonly atS: number
    readonly scope: string
    readonly curve: string
    readonly sentence: string
  } | null
  /** The likeliest first. */
  readonly causes: readonly Cause[]
}

/** Checks a measurement against a run of the scenario. `scripts`: what workloads did, where the plan was scaled. */
export function checkReality(
  run: Predicted,
  scenario: Scenario,
  measurement: Measurement,
  scripts?: ReadonlyMap<string, WorkloadScript>,
): RealityCheck {
  const comparison = compareWithRun(run, measurement)
  const areasOf = (name: string): WorkloadScript['script']['areas'] => {
    const spec = scenario.workloads.find(each => each.name === name)
    return spec === undefined ? [] : (scripts?.get(name) ?? workloadScript(scenario, spec)).script.areas
  }
  const causes = causesOf({ scenario, run, measurement, comparison, areasOf })
  const { first, curves, events } = comparison
  const parts =
    first === null
      ? null
      : { atS: first.partsAtS ?? 0, scope: first.scope, curve: first.name, sentence: partsSentence(first) }
  const counted = events.every(({ unit, measured, predicted }) => unit !== 'count' || measured === predicted)
  const agrees = curves.length > 0 && first === null && counted
  return { agrees, verdict: verdictOf(curves, events, parts, causes), curves, events, parts, causes }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
export const clock = (seconds: number): string =>
  seconds < 60
    ? `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`
    : `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`

function amount({ unit }: CurveComparison, value: number): string {
  return unit === 'bytes' ? formatBytes(value) : Math.round(value).toLocaleString('en')
}

function partsSentence(curve: CurveComparison): string {
  const point = curve.points.find(({ atS }) => atS === curve.partsAtS)
  const numbers =
    point === undefined
      ? ''
      : `: measured ${amount(curve, point.measured)}, predicted ${amount(curve, point.predicted)}`
  const of = curve.scope === 'host' ? '' : ` of ${curve.scope}`
  return `${curve.name}${of} parts first, at ${clock(curve.partsAtS ?? 0)}${numbers}`
}

function verdictOf(
  curves: readonly CurveComparison[],
  events: readonly EventComparison[],
  parts: RealityCheck['parts'],
  causes: readonly Cause[],
): string {
  const main = mainCurve(curves)
  if (main === undefined) return 'Nothing that was measured is in the run: no curve can be compared.'
  const ready = events.find(({ what }) => what === 'ready')
  const sentences = [
    main.partsAtS === null
      ? `${nameOf(main)} within ${percent(main.meanError)} of its peak on average (worst ${percent(main.worstError)} at ${clock(main.worstAtS)})`
      : `${nameOf(main)} is ${percent(main.meanError)} of its peak off on average (worst ${percent(main.worstError)} at ${clock(main.worstAtS)})`,
    ...(ready === undefined || ready.measured === null || ready.predicted === null
      ? []
      : [`ready after ${ready.measured.toPrecision(3)} s, predicted ${ready.predicted.toPrecision(3)} s`]),
    parts === null ? 'no curve parts from the prediction' : parts.sentence,
    ...(causes[0] === undefined ? [] : [`likeliest cause: ${causes[0].title}. ${causes[0].sentence}`]),
  ]
  const text = sentences.join('; ')
  return /[.]$/.test(text) ? text : `${text}.`
}

const nameOf = ({ name, scope }: CurveComparison): string => (scope === 'host' ? name : `${name} of ${scope}`)

/** Resident memory of the largest workload; else whatever is largest. */
function mainCurve(curves: readonly CurveComparison[]): CurveComparison | undefined {
  const bytes = curves.filter(({ unit }) => unit === 'bytes').toSorted((a, b) => b.peak - a.peak)
  return bytes.find(({ name }) => name === 'VmRSS') ?? bytes[0] ?? curves[0]
}
