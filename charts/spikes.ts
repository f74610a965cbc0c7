/** Charts that one spike would flatten, and runs in which something happens for a moment only. */
import type { ChartModel, Layer } from './model.ts'

/** Where an axis ends below its highest values. */
export interface Clip {
  /** In the unit of the chart. */
  readonly at: number
  readonly peak: number
  readonly peakAtS: number
}

/** So much higher than everything else has to be what is cut. */
const RATIO = 2.5
/** And so few points of all. */
const MOST_SHARE = 0.03
const ROOM = 1.1

/** The sum of all layers at each point. */
export function totalsOf(layers: readonly Pick<Layer, 'values'>[]): number[] {
  const totals: number[] = new Array<number>(layers[0]?.values.length ?? 0).fill(0)
  for (const { values } of layers)
    for (let at = 0; at < totals.length; at++) totals[at] = (totals[at] ?? 0) + (values[at] ?? 0)
  return totals
}

/** Where to cut: below the widest gap among the highest few values; null where nothing stands out. */
export function clipOf({ timesS, layers }: Pick<ChartModel, 'timesS' | 'layers'>): Clip | null {
  const totals = totalsOf(layers)
  const sorted = totals.filter(value => value > 0).sort((a, b) => b - a)
  const most = Math.min(sorted.length - 1, Math.ceil(totals.length * MOST_SHARE))
  let best = { ratio: RATIO, at: 0 }
  for (let cut = 1; cut <= most; cut++) {
    const [above, below] = [sorted[cut - 1] ?? 0, sorted[cut] ?? 0]
    if (above / below > best.ratio) best = { ratio: above / below, at: below * ROOM }
  }
  if (best.at === 0) return null
  const peak = sorted[0] ?? 0
  return { at: best.at, peak, peakAtS: timesS[totals.indexOf(peak)] ?? 0 }
}

const MOST_OF_IT = 0.99
/** A part of the run that is shorter than this share of it is worth a closer look. */
const SHORT = 0.25
const MARGIN = 0.1

/** The part of the time in which nearly all of it happens, where that is short; null where it is not. */
export function activityOf({ timesS, layers }: Pick<ChartModel, 'timesS' | 'layers'>): {
  readonly fromS: number
  readonly toS: number
} | null {
  const totals = totalsOf(layers)
  const [startS, endS] = [timesS[0] ?? 0, timesS.at(-1) ?? 0]
  const areas = totals.map((value, at) => value * Math.max(0, (timesS[at + 1] ?? endS) - (timesS[at] ?? 0)))
  const all = areas.reduce((sum, area) => sum + area, 0)
  if (all <= 0) return null
  const edge = ((1 - MOST_OF_IT) / 2) * all
  let [first, before] = [0, 0]
  while (first < areas.length && before + (areas[first] ?? 0) <= edge) before += areas[first++] ?? 0
  let [last, after] = [areas.length - 1, 0]
  while (last > first && after + (areas[last] ?? 0) <= edge) after += areas[last--] ?? 0
  const [fromS, toS] = [timesS[first] ?? startS, timesS[last + 1] ?? endS]
  const length = toS - fromS
  if (!(length > 0) || length > SHORT * (endS - startS)) return null
  return { fromS: Math.max(startS, fromS - MARGIN * length), toS: Math.min(endS, toS + MARGIN * length) }
}
