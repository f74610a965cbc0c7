/** Keeps the curves of a run: one list of times, one list of values for each curve. */
import type { Series, SeriesUnit, Trust } from './result.ts'

interface Curve {
  readonly scope: string
  readonly name: string
  readonly unit: SeriesUnit
  readonly trust: Trust
  readonly shape: 'level' | 'rate'
  values: Float64Array
}

export type CurveSpec = Omit<Curve, 'values'>

const FIRST_POINTS = 256

/** Curves are declared first; then every point gives a value to each of them, in that order. */
export class Recorder {
  #times = new Float64Array(FIRST_POINTS)
  #n = 0
  readonly #curves: Curve[] = []

  declare(spec: CurveSpec): void {
    this.#curves.push({ ...spec, values: new Float64Array(FIRST_POINTS) })
  }

  get points(): number {
    return this.#n
  }

  get lastS(): number {
    return this.#n === 0 ? -Infinity : (this.#times[this.#n - 1] as number)
  }

  /** Adds a point, or replaces the last one if it is at the same time. */
  add(atS: number, values: ArrayLike<number>): void {
    if (this.#n > 0 && atS <= this.lastS) this.#n--
    if (this.#n === this.#times.length) this.#grow()
    this.#times[this.#n] = atS
    for (let i = 0; i < this.#curves.length; i++) (this.#curves[i] as Curve).values[this.#n] = values[i] ?? 0
    this.#n++
  }

  #grow(): void {
    this.#times = longer(this.#times)
    for (const curve of this.#curves) curve.values = longer(curve.values)
  }

  finish(): { timesS: Float64Array; series: Series[] } {
    const timesS = this.#times.slice(0, this.#n)
    return {
      timesS,
      series: this.#curves.map(curve => ({ ...curve, values: curve.values.slice(0, this.#n) })),
    }
  }
}

function longer(values: Float64Array): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(values.length * 2)
  grown.set(values)
  return grown
}

/**
 * A curve at evenly spaced moments, as tables and exports print it: levels are interpolated, rates hold. Returns
 * `Math.floor(horizonS / everyS) + 1` values.
 */
export function sampled(
  timesS: Float64Array,
  series: Series,
  everyS: number,
  horizonS: number,
): Float64Array {
  const samples = new Float64Array(Math.floor(horizonS / everyS) + 1)
  let at = 0
  for (let i = 0; i < samples.length; i++) {
    const t = i * everyS
    while (at + 1 < timesS.length && (timesS[at + 1] as number) <= t) at++
    samples[i] = valueAt(timesS, series, at, t)
  }
  return samples
}

function valueAt(timesS: Float64Array, series: Series, at: number, t: number): number {
  const value = series.values[at] ?? 0
  const next = series.values[at + 1]
  if (series.shape === 'rate' || next === undefined) return value
  const [from, to] = [timesS[at] as number, timesS[at + 1] as number]
  return t <= from ? value : value + ((next - value) * (t - from)) / (to - from)
}
