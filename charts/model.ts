/** What a chart says, before anything is drawn: plain data that a test can look at. */
import type { Clip } from './spikes.ts'

export interface Layer {
  readonly id: string
  readonly label: string
  /** A role of tokens.css: `--kind-locked`. */
  readonly colour: string
  /** Hatched: counted, but not there. Told apart without colour. */
  readonly isHatched?: true
  readonly shape: 'level' | 'rate'
  /** In the unit of the chart. */
  readonly values: readonly number[]
}

export interface ChartModel {
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly timesS: readonly number[]
  /** Stacked, the first at the bottom. */
  readonly layers: readonly Layer[]
  /** Limits and watermarks. */
  readonly lines: readonly { readonly label: string; readonly value: number }[]
  /** The axis ends below the highest values; absent where all of them are shown. */
  readonly clip?: Clip
  /** The short part in which nearly all of it happens. */
  readonly activity?: { readonly fromS: number; readonly toS: number }
  /** One sentence for those who do not see it. */
  readonly summary: string
  /** What stands there instead while nothing happens. */
  readonly emptyText: string
}

/** An event as a numbered mark. */
export interface Mark {
  readonly number: number
  readonly atS: number
  readonly isBad: boolean
}

/** Index of the last point at or before a moment. */
export function indexAt(timesS: readonly number[], atS: number): number {
  let low = 0
  let high = timesS.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((timesS[middle] ?? 0) <= atS) low = middle
    else high = middle - 1
  }
  return low
}

/** A layer's value at a moment, between points where it goes straight. */
export function valueAtTime(timesS: readonly number[], layer: Layer, atS: number): number {
  const at = indexAt(timesS, atS)
  const value = layer.values[at] ?? 0
  const [from, to, next] = [timesS[at] ?? 0, timesS[at + 1], layer.values[at + 1]]
  if (layer.shape === 'rate' || to === undefined || next === undefined || to <= from || atS < from)
    return value
  return value + ((next - value) * (atS - from)) / (to - from)
}

/**
 * Rates as means over equal parts of the time that is shown: a burst of microseconds counts with its work, not with its
 * height, which no screen could show.
 */
export function meansOver(
  timesS: readonly number[],
  values: readonly number[],
  edges: readonly number[],
): number[] {
  const means = edges.map(() => 0)
  let point = indexAt(timesS, edges[0] ?? 0)
  for (let part = 0; part + 1 < edges.length; part += 1) {
    const [from, to] = [edges[part] ?? 0, edges[part + 1] ?? 0]
    let sum = 0
    for (let at = point; at < timesS.length; at += 1) {
      const start = Math.max(from, timesS[at] ?? 0)
      const end = Math.min(to, timesS[at + 1] ?? to)
      if (end > start) sum += (values[at] ?? 0) * (end - start)
      if ((timesS[at + 1] ?? Infinity) > to) break
      point = at + 1
    }
    means[part] = to > from ? sum / (to - from) : 0
  }
  means[means.length - 1] = means.at(-2) ?? 0
  return means
}

/** Edges of equal parts from one moment to another. */
export const equalParts = (fromS: number, toS: number, parts: number): number[] =>
  Array.from({ length: parts + 1 }, (_, at) => fromS + ((toS - fromS) * at) / parts)

const STEPS_S = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200,
]

/** Distance of at most six ticks on an axis of time, in whole units of clocks. */
export const tickStep = (lengthS: number): number =>
  STEPS_S.find(step => lengthS / step <= 6) ?? Math.ceil(lengthS / 6 / 86_400) * 86_400

export const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0)

/** The largest sum of all layers at one point. */
export function peakOf(layers: readonly Pick<Layer, 'values'>[]): {
  readonly value: number
  readonly at: number
} {
  const points = layers[0]?.values.length ?? 0
  let peak = { value: 0, at: 0 }
  for (let at = 0; at < points; at += 1) {
    const value = layers.reduce((sum, layer) => sum + (layer.values[at] ?? 0), 0)
    if (value > peak.value) peak = { value, at }
  }
  return peak
}
