/** Which inputs matter: a bar for each, from the figure with a little less of it to the figure with a little more. */

export interface InfluenceInput {
  readonly path: string
  readonly low: { readonly figure: number | null }
  readonly high: { readonly figure: number | null }
  readonly swing: number | null
}

export interface TornadoBar {
  readonly path: string
  /** Percent of the width at which the bar begins, and how wide it is; null where a figure is missing. */
  readonly left: number | null
  readonly width: number
  /** More of the input gives more of the figure. */
  readonly isRising: boolean
}

export interface Tornado {
  readonly bars: readonly TornadoBar[]
  /** Percent of the width at which the figure of the plan as it is stands. */
  readonly base: number
  readonly least: number
  readonly most: number
}

export function tornado(base: number | null, influences: readonly InfluenceInput[]): Tornado {
  const values = [base, ...influences.flatMap(({ low, high }) => [low.figure, high.figure])].filter(
    value => value !== null,
  )
  const [least, most] = [Math.min(...values, Infinity), Math.max(...values, -Infinity)]
  const at = (value: number): number => (most > least ? (100 * (value - least)) / (most - least) : 50)
  return {
    bars: influences.map(({ path, low, high }) => {
      const [a, b] = [low.figure, high.figure]
      if (a === null || b === null) return { path, left: null, width: 0, isRising: false }
      const left = at(Math.min(a, b))
      return { path, left, width: at(Math.max(a, b)) - left, isRising: b >= a }
    }),
    base: at(base ?? least),
    least,
    most,
  }
}
