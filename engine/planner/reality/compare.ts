/** A measurement laid over a run: curve by curve and event by event, with the error of each. */
import type { RunResult, Series, Snapshot, Trust } from '../../sim/result.ts'
import type { Measurement } from './measured.ts'

/** The part of a result that is compared. */
export type Predicted = Pick<RunResult, 'timesS' | 'series' | 'workloads' | 'events' | 'horizonS'>

export interface ComparedPoint {
  readonly atS: number
  readonly measured: number
  readonly predicted: number
}

export interface CurveComparison {
  /** `host`, or a workload: then of all its instances together. */
  readonly scope: string
  readonly name: string
  readonly unit: 'bytes' | 'count'
  readonly trust: Trust
  readonly points: readonly ComparedPoint[]
  /** What errors are shares of: the largest value of either side. */
  readonly peak: number
  readonly meanError: number
  readonly worstError: number
  readonly worstAtS: number
  /** Mean of measured minus predicted, as a share of the peak. */
  readonly bias: number
  /** Beyond this error the two sides have parted. */
  readonly tolerance: number
  /** Since when they have, for two samples at least; null if never. */
  readonly partsAtS: number | null
}

export interface EventComparison {
  readonly what: 'ready' | 'refused' | 'killed' | 'longest stall'
  readonly workload: string
  /** Seconds or counts; null: it did not happen on that side. */
  readonly measured: number | null
  readonly predicted: number | null
  readonly unit: 's' | 'count'
  /** Measured over predicted, less one; null where one of them is missing or 0. */
  readonly error: number | null
}

export interface RealityComparison {
  readonly curves: readonly CurveComparison[]
  readonly events: readonly EventComparison[]
  /** The curve that parts first; null if none does. */
  readonly first: CurveComparison | null
}

/** What the kernel adds up exactly, what chance decides, what is a model of time: how far they may be apart. */
export const TOLERANCES: Readonly<Record<Trust, number>> = { exact: 0.01, expected: 0.05, estimated: 0.15 }
/** A curve that stays below so much on both sides is not compared: chance alone moves it by per cents. */
const FEWEST_BYTES = 2 ** 20
const FEWEST_FAULTS = 200
/** Waits below this are within what the measurement can see. */
const LEAST_STALL_NS = 1e6

interface CurveSource {
  readonly name: string
  readonly unit: 'bytes' | 'count'
  /** Of one sample; undefined where it was not measured. */
  readonly of: (sample: Snapshot, workload: string) => number | undefined
}

const ofStatus = (name: string): CurveSource => ({
  name,
  unit: 'bytes',
  of: ({ tasks }, workload) => sumOf(tasks, workload, name, 1024),
})

const TASK_SOURCES: readonly CurveSource[] = [
  'VmLck',
  'VmPin',
  'VmRSS',
  'VmSwap',
  'Locked',
  'HugetlbPages',
].map(ofStatus)

/** Faults of all tasks since the beginning: the run has them as rates of the host. */
const FAULT_SOURCES: readonly (CurveSource & { readonly rate: string })[] = [
  { name: 'minor faults', rate: 'pgfault', field: 'minflt' },
  { name: 'major faults', rate: 'pgmajfault', field: 'majflt' },
].map(({ name, rate, field }) => ({
  ...{ name, rate, unit: 'count' as const },
  of: ({ tasks }: Snapshot) => sumOf(tasks, null, field, 1),
}))

function sumOf(
  tasks: Snapshot['tasks'],
  workload: string | null,
  name: string,
  unit: number,
): number | undefined {
  let sum: number | undefined
  for (const task of tasks) {
    const value = task.status[name]
    if (value === undefined || (workload !== null && task.workload !== workload)) continue
    sum = (sum ?? 0) + value * unit
  }
  return sum
}

/** Lays a measurement over a run. Samples before its beginning and after its end are left out. */
export function compareWithRun(run: Predicted, measurement: Measurement): RealityComparison {
  const { offsetS } = measurement
  const samples = measurement.samples.filter(({ atS }) => {
    const at = atS + offsetS
    return at >= 0 && at <= run.horizonS * 1.001
  })
  const measuredOf = new Set(samples.flatMap(({ tasks }) => tasks.map(({ workload }) => workload)))
  const workloads = run.workloads.map(({ workload }) => workload).filter(name => measuredOf.has(name))
  const curves = [
    ...workloads.flatMap(scope =>
      TASK_SOURCES.flatMap(source => {
        const series = run.series.find(each => each.scope === scope && each.name === source.name)
        if (series === undefined) return []
        const shareAt = measurement.source === 'scaled run' ? () => 1 : shareOf(run, scope, offsetS)
        return compareCurve(run, series, source, { scope, samples, offsetS, shareAt })
      }),
    ),
    // Faults of the host are those of its tasks: compared only where all of them were measured.
    ...(workloads.length === run.workloads.length && isWhole(run, measurement)
      ? FAULT_SOURCES.flatMap(source => compareFaults(run, source, samples, offsetS))
      : []),
  ]
  const parted = curves.filter(({ partsAtS }) => partsAtS !== null)
  const first = parted.toSorted(
    (a, b) => (a.partsAtS ?? 0) - (b.partsAtS ?? 0) || b.worstError - a.worstError,
  )[0]
  return { curves, events: compareEvents(run, measurement, workloads), first: first ?? null }
}

/** Whether every instance was measured: faults of the host are those of all of them. */
function isWhole(run: Predicted, { source, samples }: Measurement): boolean {
  if (source === 'scaled run') return true
  const most = Math.max(0, ...samples.map(({ tasks }) => tasks.length))
  return most === run.workloads.reduce((sum, { instances }) => sum + instances, 0)
}

/** Who follows one of twenty guests compares it with a twentieth of what the run has of them. */
function shareOf(run: Predicted, scope: string, offsetS: number): (sample: Snapshot) => number {
  const alive = run.series.find(each => each.scope === scope && each.name === 'instances')
  return ({ atS, tasks }) => {
    const measured = tasks.filter(({ workload }) => workload === scope).length
    const predicted = alive === undefined ? 1 : valueAt(run.timesS, alive.values, alive.shape, atS + offsetS)
    return predicted < 1 ? 1 : Math.min(1, measured / predicted)
  }
}

interface Laid {
  readonly scope: string
  readonly samples: readonly Snapshot[]
  readonly offsetS: number
  /** Of the predicted value, the part that was measured. */
  readonly shareAt: (sample: Snapshot) => number
}

function compareCurve(
  run: Predicted,
  series: Series,
  source: CurveSource,
  { scope, samples, offsetS, shareAt }: Laid,
): CurveComparison[] {
  const points = samples.flatMap((sample): ComparedPoint[] => {
    const measured = source.of(sample, scope)
    if (measured === undefined) return []
    const atS = sample.atS + offsetS
    const predicted = valueAt(run.timesS, series.values, series.shape, atS) * shareAt(sample)
    return [{ atS, measured, predicted }]
  })
  return finish({ scope, name: source.name, unit: source.unit, trust: series.trust }, points, FEWEST_BYTES)
}

function compareFaults(
  run: Predicted,
  source: (typeof FAULT_SOURCES)[number],
  samples: readonly Snapshot[],
  offsetS: number,
): CurveComparison[] {
  const series = run.series.find(each => each.scope === 'host' && each.name === source.rate)
  const major = run.series.find(each => each.scope === 'host' && each.name === 'pgmajfault')
  if (series === undefined || major === undefined) return []
  const total = integral(run.timesS, series.values)
  const majors = integral(run.timesS, major.values)
  const isMinor = source.rate === 'pgfault'
  const points = samples.flatMap((sample): ComparedPoint[] => {
    const measured = source.of(sample, '')
    if (measured === undefined) return []
    const atS = sample.atS + offsetS
    const all = valueAt(run.timesS, total, 'level', atS)
    // pgfault counts major faults, too; /proc/PID/stat has them apart.
    const predicted = isMinor ? all - valueAt(run.timesS, majors, 'level', atS) : all
    return [{ atS, measured, predicted }]
  })
  return finish(
    { scope: 'host', name: source.name, unit: 'count', trust: isMinor ? 'expected' : 'estimated' },
    points,
    FEWEST_FAULTS,
  )
}

function finish(
  head: Pick<CurveComparison, 'scope' | 'name' | 'unit' | 'trust'>,
  points: readonly ComparedPoint[],
  fewest: number,
): CurveComparison[] {
  const peak = Math.max(0, ...points.flatMap(({ measured, predicted }) => [measured, predicted]))
  if (points.length < 2 || peak < fewest) return []
  const errors = points.map(({ measured, predicted }) => Math.abs(measured - predicted) / peak)
  const worst = errors.reduce((at, error, i) => (error > (errors[at] ?? 0) ? i : at), 0)
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
  const tolerance = TOLERANCES[head.trust]
  const apart = errors.findIndex((error, i) => error > tolerance && (errors[i + 1] ?? error) > tolerance)
  return [
    {
      ...head,
      points,
      peak,
      meanError: mean(errors),
      worstError: errors[worst] ?? 0,
      worstAtS: points[worst]?.atS ?? 0,
      bias: mean(points.map(({ measured, predicted }) => (measured - predicted) / peak)),
      tolerance,
      partsAtS: apart < 0 ? null : (points[apart]?.atS ?? null),
    },
  ]
}

/** The value of a curve at a moment: between two points in a straight line, of a rate that of the step. */
export function valueAt(
  timesS: Float64Array,
  values: Float64Array,
  shape: Series['shape'],
  atS: number,
): number {
  let [low, high] = [0, timesS.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((timesS[middle] ?? Infinity) <= atS) low = middle
    else high = middle - 1
  }
  const [t0, t1] = [timesS[low] ?? 0, timesS[low + 1]]
  const [v0, v1] = [values[low] ?? 0, values[low + 1] ?? 0]
  if (shape === 'rate' || t1 === undefined || t1 <= t0 || atS <= t0) return v0
  return v0 + ((v1 - v0) * (atS - t0)) / (t1 - t0)
}

/** Sum of a rate since the beginning, point by point: a rate holds from the point before. */
function integral(timesS: Float64Array, rates: Float64Array): Float64Array {
  const sums = new Float64Array(timesS.length)
  for (let i = 1; i < timesS.length; i++)
    sums[i] = (sums[i - 1] ?? 0) + (rates[i] ?? 0) * ((timesS[i] ?? 0) - (timesS[i - 1] ?? 0))
  return sums
}

function compareEvents(
  run: Predicted,
  { events, stalls, source }: Measurement,
  workloads: readonly string[],
): EventComparison[] {
  // Who follows a process sees neither its calls nor when it is ready.
  if (source !== 'scaled run') return []
  return workloads.flatMap((workload): EventComparison[] => {
    const mine = events.filter(event => event.workload === workload)
    const theirs = run.events.filter(event => event.workload === workload)
    const summary = run.workloads.find(each => each.workload === workload)
    const begin = mine.find(({ kind, instance }) => kind === 'start' && instance === 0)?.atS ?? 0
    const readyAt = mine.find(({ kind, instance }) => kind === 'ready' && instance === 0)?.atS
    const counted = (
      list: readonly { readonly kind: string; readonly instances?: number }[],
      kinds: readonly string[],
    ) => list.reduce((sum, { kind, instances = 1 }) => sum + (kinds.includes(kind) ? instances : 0), 0)
    const stall = stalls.find(each => each.workload === workload)
    const predictedStall = summary?.longestStallNs ?? 0
    return [
      compared(
        'ready',
        workload,
        's',
        readyAt === undefined ? null : readyAt - begin,
        summary?.timeUntilReadyS ?? null,
      ),
      compared('refused', workload, 'count', counted(mine, ['refused']), counted(theirs, ['refused'])),
      compared(
        'killed',
        workload,
        'count',
        counted(mine, ['killed']),
        counted(theirs, ['oom-kill', 'memcg-oom-kill']),
      ),
      ...(stall !== undefined && Math.max(stall.longestNs, predictedStall) > LEAST_STALL_NS
        ? [compared('longest stall', workload, 's', stall.longestNs / 1e9, predictedStall / 1e9)]
        : []),
    ].filter(
      ({ what, measured, predicted }) =>
        what === 'ready' || what === 'longest stall' || measured !== predicted || measured !== 0,
    )
  })
  function compared(
    what: EventComparison['what'],
    workload: string,
    unit: EventComparison['unit'],
    measured: number | null,
    predicted: number | null,
  ): EventComparison {
    const error = measured === null || predicted === null || predicted === 0 ? null : measured / predicted - 1
    return { what, workload, unit, measured, predicted, error }
  }
}
