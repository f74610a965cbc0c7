/** Curves for a chart of some width: never many more points than pixels, and no peak is lost. */

export interface Thinned {
  readonly timesS: number[]
  /** In the order of the curves that were given. */
  readonly values: number[][]
  /** Points in the range before thinning. */
  readonly points: number
}

export interface View {
  readonly fromS?: number | undefined
  readonly toS?: number | undefined
  /** Pixels. */
  readonly width: number
}

/**
 * All curves get the same times, so that they can be stacked. Few points come back as they are. Of many, those that
 * share a pixel become two, at the times of the first and the last of them: the smallest and the largest value of each
 * curve, in the order in which they came. Beside the range one point is kept on each side, so that lines reach the edge.
 */
export function thin(timesS: Float64Array, curves: readonly Float64Array[], view: View): Thinned {
  const { start, end } = indicesIn(timesS, view)
  const buckets = end - start <= 2 * view.width ? null : bucketsOf(timesS, start, end, view.width)
  if (buckets === null)
    return {
      timesS: [...timesS.subarray(start, end)],
      values: curves.map(curve => [...curve.subarray(start, end)]),
      points: end - start,
    }
  return {
    timesS: buckets.flatMap(([first, last]) => ends(first, last).map(i => timesS[i] ?? 0)),
    values: curves.map(curve => buckets.flatMap(bucket => extremes(curve, bucket))),
    points: end - start,
  }
}

/** Both inclusive. */
type Bucket = readonly [first: number, last: number]

const ends = (first: number, last: number): number[] => (first === last ? [first] : [first, last])

/** Half open, with a neighbour on each side. */
function indicesIn(
  timesS: Float64Array,
  { fromS = -Infinity, toS = Infinity }: View,
): { start: number; end: number } {
  let start = 0
  while (start < timesS.length && (timesS[start] ?? 0) < fromS) start++
  let end = start
  while (end < timesS.length && (timesS[end] ?? 0) <= toS) end++
  return { start: Math.max(0, start - 1), end: Math.min(timesS.length, end + 1) }
}

/** Points by the pixel that their time falls on; points of pixels without any are none. */
function bucketsOf(timesS: Float64Array, start: number, end: number, width: number): Bucket[] {
  const from = timesS[start] ?? 0
  const span = (timesS[end - 1] ?? 0) - from
  const pixelOf = (i: number): number =>
    span <= 0 ? 0 : Math.min(width - 1, Math.floor((((timesS[i] ?? 0) - from) / span) * width))
  const buckets: Bucket[] = []
  let first = start
  for (let i = start + 1; i <= end; i++) {
    if (i < end && pixelOf(i) === pixelOf(first)) continue
    buckets.push([first, i - 1])
    first = i
  }
  return buckets
}

function extremes(curve: Float64Array, [first, last]: Bucket): number[] {
  if (first === last) return [curve[first] ?? 0]
  let [least, most] = [first, first]
  for (let i = first + 1; i <= last; i++) {
    if ((curve[i] ?? 0) < (curve[least] ?? 0)) least = i
    if ((curve[i] ?? 0) > (curve[most] ?? 0)) most = i
  }
  return [curve[Math.min(least, most)] ?? 0, curve[Math.max(least, most)] ?? 0]
}
