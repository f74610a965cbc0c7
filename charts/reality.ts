/** Measured over predicted, curve by curve: a line with a band around it, and rings for what was measured. */
import type { CurveComparison } from '../engine/planner/reality.ts'
import { bytes, byteUnit, clock, figure, share } from './format.ts'

export interface OverlayPlot {
  readonly title: string
  readonly unit: string
  /** SVG path data in the unit square of the plot: 0 to width, 0 to height, y down. */
  readonly predicted: string
  readonly band: string
  readonly measured: readonly { readonly x: number; readonly y: number; readonly isApart: boolean }[]
  /** Where the two sides part; null if they do not. */
  readonly partsX: number | null
  readonly ticksX: readonly { readonly x: number; readonly text: string }[]
  readonly ticksY: readonly { readonly y: number; readonly text: string }[]
  /** One sentence for those who do not see it. */
  readonly summary: string
}

export interface PlotSize {
  readonly width: number
  readonly height: number
  /** Of the axis that all curves share. */
  readonly fromS: number
  readonly toS: number
}

/** So many rings are drawn; more would be a smear. */
const MOST_RINGS = 60

export function overlayPlot(curve: CurveComparison, { width, height, fromS, toS }: PlotSize): OverlayPlot {
  const { points, peak, tolerance, scope, name, unit, partsAtS } = curve
  const top = Math.max(peak * 1.06, Number.MIN_VALUE)
  const x = (atS: number): number => rounded(((atS - fromS) / Math.max(1e-9, toS - fromS)) * width)
  const y = (value: number): number => rounded(height - (Math.min(top, Math.max(0, value)) / top) * height)
  const path = (values: readonly (readonly [number, number])[]): string =>
    values.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${px} ${py}`).join('')
  const allowed = tolerance * peak
  const upper = points.map(({ atS, predicted }) => [x(atS), y(predicted + allowed)] as const)
  const lower = points.map(({ atS, predicted }) => [x(atS), y(predicted - allowed)] as const).toReversed()
  const every = Math.ceil(points.length / MOST_RINGS)
  const scale = unit === 'bytes' ? byteUnit(peak) : { name: '', bytes: 1 }
  const place = scope === 'host' ? '' : ` of ${scope}`
  return {
    title: `${name}${place}`,
    unit: scale.name,
    predicted: path(points.map(({ atS, predicted }) => [x(atS), y(predicted)] as const)),
    band: points.length === 0 ? '' : `${path([...upper, ...lower])}Z`,
    measured: points
      .filter((_, i) => i % every === 0)
      .map(({ atS, measured, predicted }) => ({
        ...{ x: x(atS), y: y(measured) },
        isApart: Math.abs(measured - predicted) > allowed,
      })),
    partsX: partsAtS === null ? null : x(partsAtS),
    ticksX: [0, 0.25, 0.5, 0.75, 1].map(part => {
      const atS = fromS + part * (toS - fromS)
      return { x: x(atS), text: toS - fromS < 60 ? `${figure(atS)} s` : clock(atS) }
    }),
    ticksY: [0, 0.5, 1].map(part => ({ y: y(part * peak), text: figure((part * peak) / scale.bytes) })),
    summary: `${name}${place}: ${errorText(curve)}.`,
  }
}

/** `2.1 % on average, at worst 6 % at 00:00:41`, of the peak. */
export function errorText({ meanError, worstError, worstAtS, partsAtS }: CurveComparison): string {
  const parts = partsAtS === null ? 'does not part' : `parts at ${moment(partsAtS)}`
  return `${share(meanError)} off on average, at worst ${share(worstError)} at ${moment(worstAtS)}; ${parts}`
}

export const moment = (seconds: number): string => (seconds < 60 ? `${figure(seconds)} s` : clock(seconds))

/** An amount of a curve as a person reads it. */
export const amountOf = ({ unit }: Pick<CurveComparison, 'unit'>, value: number): string =>
  unit === 'bytes' ? bytes(value) : figure(Math.round(value))

const rounded = (value: number): number => Math.round(value * 10) / 10
