/** A curve in one line of text. */

const BLOCKS = '▁▂▃▄▅▆▇█'
const PLAIN = '_.-=+*#@'

/** As many marks as `width`; each is the highest value of its part. Empty parts repeat what was before. */
export function sparkline(values: ArrayLike<number>, width: number, unicode: boolean): string {
  const marks = unicode ? BLOCKS : PLAIN
  const peaks = thinned(values, width)
  const low = Math.min(...peaks)
  const high = Math.max(...peaks)
  return peaks
    .map(value => {
      const level =
        high === low
          ? high === 0
            ? 0
            : marks.length - 1
          : ((value - low) / (high - low)) * (marks.length - 1)
      return marks[Math.round(level)] ?? ' '
    })
    .join('')
}

function thinned(values: ArrayLike<number>, width: number): number[] {
  const parts = Math.min(width, values.length)
  return Array.from({ length: parts }, (_, i) => {
    const from = Math.floor((i * values.length) / parts)
    const to = Math.max(from + 1, Math.floor(((i + 1) * values.length) / parts))
    let peak = -Infinity
    for (let at = from; at < to; at++) peak = Math.max(peak, values[at] ?? 0)
    return peak
  })
}

/** A level over time at evenly spaced moments: the times of a run are not evenly spaced. */
export function evenly(timesS: ArrayLike<number>, values: ArrayLike<number>, points: number): number[] {
  const last = timesS[timesS.length - 1] ?? 0
  let at = 0
  return Array.from({ length: points }, (_, i) => {
    const until = points === 1 ? last : (last * i) / (points - 1)
    while (at + 1 < timesS.length && (timesS[at + 1] ?? Infinity) <= until) at++
    return values[at] ?? 0
  })
}
