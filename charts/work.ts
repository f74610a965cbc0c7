/** What faults cost over time, and how the mmap lock is held. */
import type { Curves } from './curves.ts'
import { clock, duration, figure } from './format.ts'
import { FAULTS, faultColour } from './kinds.ts'
import { equalParts, largest, meansOver, peakOf, type ChartModel, type Layer } from './model.ts'
import { activityOf, clipOf } from './spikes.ts'

export type Range = { readonly fromS: number; readonly toS: number } | null
/** Parts that a panel shows apart from each other. */
const PARTS = 300

const edgesOf = (series: Curves, range: Range): number[] =>
  equalParts(range?.fromS ?? 0, range?.toS ?? series.timesS.at(-1) ?? 0, PARTS)

const hostCurve = (series: Curves, name: string): readonly number[] =>
  series.series.find(one => one.scope === 'host' && one.name === name)?.values ?? []

const NS_PER_MS = 1e6

export function faultCost(series: Curves, range: Range = null): ChartModel {
  const timesS = edgesOf(series, range)
  const layers = FAULTS.map((kind): Layer => {
    const curve = hostCurve(series, `fault cost: ${kind}`)
    const values = meansOver(series.timesS, curve, timesS).map(ns => ns / NS_PER_MS)
    return { id: kind, label: kind, colour: faultColour(kind), shape: 'rate', values }
  }).filter(({ values }) => largest(values) > 0)
  const peak = peakOf(layers)
  const atS = timesS[peak.at] ?? 0
  return {
    ...{ id: 'fault-cost', title: 'Fault cost', unit: 'ms/s', timesS, layers, lines: [] },
    summary: `Faults cost at most ${duration(peak.value / 1000)} in each second, at ${clock(atS)}.`,
    ...remarkable({ timesS, layers }, range),
    emptyText: 'No page faults.',
  }
}

/** A spike that would flatten the rest, and a moment in which all of it happens. */
function remarkable(
  drawn: Pick<ChartModel, 'timesS' | 'layers'>,
  range: Range,
): Pick<ChartModel, 'clip' | 'activity'> {
  const clip = clipOf(drawn)
  const activity = range === null ? activityOf(drawn) : null
  return { ...(clip === null ? {} : { clip }), ...(activity === null ? {} : { activity }) }
}

const LOCK = [
  { name: 'mmap_lock held for writing', label: 'held for writing', colour: '--lock-write' },
  { name: 'mmap_lock held for reading', label: 'held for reading', colour: '--lock-read' },
  { name: 'waiting for mmap_lock', label: 'waiting', colour: '--lock-wait', isHatched: true as const },
]

export function mmapLock(series: Curves, range: Range = null): ChartModel {
  const timesS = edgesOf(series, range)
  const layers = LOCK.map(({ name, ...rest }): Layer => {
    const values = meansOver(series.timesS, hostCurve(series, name), timesS)
    return { ...rest, id: name, shape: 'rate', values }
  }).filter(({ values }) => largest(values) > 0)
  const peak = peakOf(layers)
  return {
    ...{
      id: 'mmap-lock',
      title: 'mmap lock',
      unit: 'threads, mean',
      timesS,
      layers,
      lines: [],
    },
    summary: `At most ${figure(peak.value)} threads hold or wait for an mmap lock on average.`,
    ...remarkable({ timesS, layers }, range),
    emptyText: 'Nobody holds an mmap lock for long.',
  }
}
