/** Curves over a figure that is no time: what a count costs, what a field does to a metric. Points may be failures. */
import { figure } from './format.ts'
import { scaleOf, type MetricUnit } from './metric-scale.ts'

export interface LinePoint {
  readonly x: number
  readonly y: number
  readonly isBad: boolean
}

export interface LinesModel {
  readonly x: string
  readonly y: string
  readonly isLogX: boolean
  readonly lines: readonly { readonly name: string; readonly points: readonly LinePoint[] }[]
  readonly summary: string
}

export interface LineInput {
  readonly name: string
  readonly points: readonly { readonly x: number; readonly y: number | null; readonly holds: boolean }[]
}

/** From this ratio on, steps of an axis are taken to be factors. */
const LOG_FROM = 100

export function linesModel(
  x: { readonly title: string; readonly unit: MetricUnit },
  y: { readonly title: string; readonly unit: MetricUnit },
  input: readonly LineInput[],
): LinesModel {
  const all = input.flatMap(({ points }) => points)
  const [xScale, yScale] = [
    scaleOf(
      x.unit,
      all.map(point => point.x),
    ),
    scaleOf(
      y.unit,
      all.map(point => point.y),
    ),
  ]
  const unit = ({ name }: { readonly name: string }): string => (name === '' ? '' : ` [${name}]`)
  const lines = input.map(({ name, points }) => ({
    name,
    points: points
      .flatMap(point =>
        point.y === null ? [] : [{ x: point.x / xScale.by, y: point.y / yScale.by, isBad: !point.holds }],
      )
      .toSorted((a, b) => a.x - b.x),
  }))
  const xs = all.map(point => point.x).filter(value => value > 0)
  return {
    x: x.title + unit(xScale),
    y: y.title + unit(yScale),
    isLogX: xs.length === all.length && xs.length > 2 && Math.max(...xs) / Math.min(...xs) >= LOG_FROM,
    lines,
    summary: lines.map(({ name, points }) => `${name}: ${spanOf(points)}`).join('; '),
  }
}

function spanOf(points: readonly LinePoint[]): string {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined) return 'no figures'
  const firstBad = points.find(({ isBad }) => isBad)
  const breaks = firstBad === undefined ? '' : `, does not hold from ${figure(firstBad.x)} on`
  return `${figure(first.y)} at ${figure(first.x)} to ${figure(last.y)} at ${figure(last.x)}${breaks}`
}
