/**
 * Why prediction and reality part: rules as data. Each looks at the numbers of both sides and says how likely it is, in
 * a sentence with the numbers behind it. A new cause is a rule and a line in the list.
 */
import { formatBytes } from '../../quantity.ts'
import type { Scenario } from '../../scenario.ts'
import { DEFAULT_COSTS } from '../../sim/default-costs.ts'
import type { AreaNeed } from '../../scenario.ts'
import type { CurveComparison, Predicted, RealityComparison } from './compare.ts'
import type { Measurement } from './measured.ts'
import { modelledKernel } from './scale.ts'

export interface CauseContext {
  readonly scenario: Scenario
  readonly run: Predicted
  readonly measurement: Measurement
  readonly comparison: RealityComparison
  /** Areas of each workload that was measured. */
  readonly areasOf: (workload: string) => readonly AreaNeed[]
}

export interface Cause {
  readonly id: string
  readonly title: string
  /** What speaks for it, as a sentence with its numbers. */
  readonly sentence: string
  /** What to change in the plan, or to look at on the machine. */
  readonly fix: string
  readonly numbers: Readonly<Record<string, number>>
  /** 0 to 1: how well it explains what was seen. */
  readonly weight: number
}

type Found = Pick<Cause, 'sentence' | 'weight'> & Partial<Pick<Cause, 'numbers' | 'fix'>>

export interface CauseRule {
  readonly id: string
  readonly title: string
  readonly fix: string
  readonly find: (context: CauseContext) => Found | null
}

const percent = (share: number): string => `${(share * 100).toFixed(Math.abs(share) < 0.1 ? 1 : 0)} %`
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** The largest first. */
const curvesNamed = ({ comparison }: CauseContext, name: string): CurveComparison[] =>
  comparison.curves.filter(curve => curve.name === name).toSorted((a, b) => b.peak - a.peak)
/** The largest of a figure over all workloads at the end: measured and predicted. */
const lastOf = (context: CauseContext, name: string): { measured: number; predicted: number } => {
  const last = curvesNamed(context, name).map(({ points }) => points.at(-1))
  return {
    measured: sum(last.map(point => point?.measured ?? 0)),
    predicted: sum(last.map(point => point?.predicted ?? 0)),
  }
}
const highest = (context: CauseContext, name: string): { measured: number; predicted: number } => {
  const curves = curvesNamed(context, name)
  const most = (of: 'measured' | 'predicted'): number =>
    sum(curves.map(({ points }) => Math.max(0, ...points.map(point => point[of]))))
  return { measured: most('measured'), predicted: most('predicted') }
}
/** Highest of a number that single tasks have shown, in bytes; it need not be a curve that is compared. */
const highestOfTask = ({ measurement }: CauseContext, name: string): number =>
  Math.max(
    0,
    ...measurement.samples.flatMap(({ tasks }) => tasks.map(({ status }) => (status[name] ?? 0) * 1024)),
  )
const measuredWorkloads = ({ comparison }: CauseContext): string[] => [
  ...new Set(comparison.curves.map(({ scope }) => scope).filter(scope => scope !== 'host')),
]
const isColdFile = ({ file }: AreaNeed): boolean => file?.kind === 'file' && file.cachedShare < 1
const hasMissed = ({ measurement: { facts } }: CauseContext): boolean =>
  (facts.accessesMade ?? 0) < (facts.accessesWanted ?? 0) * 0.9
const planSwap = ({ machine }: Scenario): number => sum(machine.swap.map(({ sizeBytes }) => sizeBytes))
const parted = (context: CauseContext, names: readonly string[]): CurveComparison[] =>
  context.comparison.curves.filter(({ name, partsAtS }) => names.includes(name) && partsAtS !== null)

const kernelDiffers: CauseRule = {
  id: 'kernel',
  title: 'Another kernel',
  fix: 'Choose the kernel of the measured machine in the plan.',
  find: ({ scenario, measurement }) => {
    const { kernel } = measurement.facts
    if (kernel === undefined) return null
    const nearest = modelledKernel(kernel)
    if (nearest === scenario.kernel.name) return null
    // Distributions are named by themselves: their release may be the same.
    const isDistribution = /^[a-z]/.test(scenario.kernel.name)
    return {
      sentence: `The plan has kernel ${scenario.kernel.name}; Linux ${kernel} was measured.`,
      weight: isDistribution ? 0.15 : 0.35,
    }
  },
}

const thpDiffers: CauseRule = {
  id: 'thp',
  title: 'Another setting of huge pages (THP)',
  fix: 'Set THP in the plan as /sys/kernel/mm/transparent_hugepage/enabled has it.',
  find: context => {
    const { scenario, measurement } = context
    const { thp } = measurement.facts
    const planned = scenario.machine.thp.enabled
    if (thp === undefined || thp === planned) return null
    const faults = lastOf(context, 'minor faults')
    const huge = highestOfTask(context, 'AnonHugePages')
    const apart = parted(context, ['VmRSS', 'Locked', 'minor faults', 'VmSwap']).length > 0
    const byFaults =
      faults.predicted > 0 && faults.measured > 0
        ? ` ${Math.round(faults.measured)} minor faults were measured, ${Math.round(faults.predicted)} predicted.`
        : ''
    return {
      sentence: `THP is ${planned} in the plan and ${thp} on the machine; ${formatBytes(huge)} of huge pages were seen.${byFaults}`,
      weight: apart ? 0.8 : 0.2,
      numbers: { measuredFaults: faults.measured, predictedFaults: faults.predicted, hugeBytes: huge },
    }
  },
}

const limitHit: CauseRule = {
  id: 'memlock',
  title: 'RLIMIT_MEMLOCK was reached',
  fix: 'Raise the limit of the process, or put its real limit into the plan.',
  find: context => {
    const { measurement, scenario } = context
    const refused = measurement.events.filter(
      ({ kind, text }) => kind === 'refused' && /ENOMEM|EPERM/.test(text),
    )
    const { memlockBytes, capIpcLock } = measurement.facts
    const locked = highest(context, 'VmLck')
    const lockedTask = highestOfTask(context, 'VmLck')
    const limited = memlockBytes !== undefined && memlockBytes !== 'unlimited' && capIpcLock !== true
    const spec = scenario.workloads.find(({ name }) => measuredWorkloads(context).includes(name))
    const planned = spec?.limits.memlockBytes
    const numbers = {
      measuredVmLckBytes: locked.measured,
      predictedVmLckBytes: locked.predicted,
      limitBytes: limited ? memlockBytes : Infinity,
    }
    if (locked.measured >= locked.predicted * 0.99 || locked.predicted === 0) return null
    if (limited && locked.predicted > memlockBytes) {
      const differs = planned !== undefined && planned !== memlockBytes
      return {
        sentence: `The process may lock ${formatBytes(memlockBytes)}${differs ? `, in the plan ${planned === 'unlimited' ? 'without limit' : formatBytes(planned)}` : ''}; it has locked ${formatBytes(lockedTask)}, predicted were ${formatBytes(locked.predicted)}.`,
        weight: 0.95,
        numbers,
      }
    }
    const [first] = refused
    if (first === undefined) return null
    return {
      sentence: `A lock was refused (${first.text}); ${formatBytes(locked.measured)} are locked, predicted were ${formatBytes(locked.predicted)}.`,
      weight: 0.85,
      numbers,
    }
  },
}

const cgroupLimit: CauseRule = {
  id: 'memory-max',
  title: 'Another limit of the memory cgroup',
  fix: 'Put memory.max of the process’s cgroup into the plan.',
  find: context => {
    const { measurement, scenario } = context
    const { memoryMaxBytes } = measurement.facts
    if (memoryMaxBytes === undefined) return null
    const specs = scenario.workloads.filter(({ name }) => measuredWorkloads(context).includes(name))
    const planned = Math.min(...specs.map(({ memcg }) => memcg.maxBytes ?? Infinity))
    const measured = memoryMaxBytes ?? Infinity
    if (planned === measured || Math.abs(planned / measured - 1) < 0.02) return null
    const rss = highest(context, 'VmRSS')
    const tighter = Math.min(planned, measured)
    if (Math.max(rss.measured, rss.predicted) < tighter * 0.9) return null
    const text = (bytes: number): string => (bytes === Infinity ? 'no limit' : formatBytes(bytes))
    return {
      sentence: `memory.max is ${text(planned)} in the plan and ${text(measured)} on the machine; ${formatBytes(rss.measured)} are resident, predicted were ${formatBytes(rss.predicted)}.`,
      weight: 0.9,
      numbers: { plannedBytes: planned, measuredBytes: measured, rssBytes: rss.measured },
    }
  },
}

const swapDiffers: CauseRule = {
  id: 'swap',
  title: 'Swap that the plan does not have, or the other way round',
  fix: 'Put the swap of /proc/swaps into the plan.',
  find: context => {
    const { scenario, measurement } = context
    const { swapBytes } = measurement.facts
    if (swapBytes === undefined) return null
    const planned = planSwap(scenario)
    const swapped = highest(context, 'VmSwap')
    const noSwap = (planned === 0) !== (swapBytes === 0)
    const apart = parted(context, ['VmSwap', 'VmRSS', 'major faults']).length > 0
    if (!noSwap || !apart || Math.max(swapped.measured, swapped.predicted) < 2 ** 20) return null
    return {
      sentence: `The plan has ${planned === 0 ? 'no swap' : `${formatBytes(planned)} of swap`}, the machine ${swapBytes === 0 ? 'none' : formatBytes(swapBytes)}: ${formatBytes(swapped.measured)} were swapped out, predicted were ${formatBytes(swapped.predicted)}.`,
      weight: 0.94,
      numbers: {
        planned,
        swapBytes,
        measuredSwapBytes: swapped.measured,
        predictedSwapBytes: swapped.predicted,
      },
    }
  },
}

const pressureElsewhere: CauseRule = {
  id: 'pressure',
  title: 'Memory was short for another reason',
  fix: 'Look at what else ran on the machine: it belongs into the host reserve of the plan.',
  find: context => {
    const swapped = highest(context, 'VmSwap')
    if (swapped.measured < 2 ** 20 || swapped.measured < swapped.predicted * 1.5) return null
    const free = Math.min(
      ...context.measurement.samples.map(({ meminfo }) => (meminfo['MemAvailable'] ?? Infinity) * 1024),
    )
    return {
      sentence: `${formatBytes(swapped.measured)} of the process were swapped out, predicted were ${formatBytes(swapped.predicted)}${Number.isFinite(free) ? `; at least ${formatBytes(free)} were available on the host` : ''}.`,
      weight: 0.4,
      numbers: { measuredSwapBytes: swapped.measured, predictedSwapBytes: swapped.predicted },
    }
  },
}

/** A program that was planned without memory of its own has so much at most. */
const MOST_UNPLANNED_OWN = 64 * 2 ** 20

/** What is the same difference at every sample: something that is there and not planned, or the other way round. */
const constantOverhead: CauseRule = {
  id: 'overhead',
  title: 'Memory of the program itself',
  fix: 'Set the workload’s own memory (QEMU: own memory and own address space) to what the process has.',
  find: context => {
    for (const name of ['VmRSS', 'VmLck']) {
      for (const curve of curvesNamed(context, name)) {
        const later = curve.points.slice(Math.floor(curve.points.length / 4))
        if (curve.partsAtS === null || later.length < 4) continue
        const differences = later.map(({ measured, predicted }) => measured - predicted)
        const mean = sum(differences) / differences.length
        const spread = Math.sqrt(sum(differences.map(d => (d - mean) ** 2)) / differences.length)
        if (Math.abs(mean) < curve.peak * 0.02 || spread > Math.abs(mean) * 0.15) continue
        // As large as the program's own memory can be; beyond that it is something else.
        const own = sum(
          context
            .areasOf(curve.scope)
            .filter(({ role }) => role === 'overhead')
            .map(({ bytes }) => bytes),
        )
        if (Math.abs(mean) > Math.max(4 * own, MOST_UNPLANNED_OWN)) continue
        return {
          sentence: `${name} of ${curve.scope} is ${formatBytes(Math.abs(mean))} ${mean > 0 ? 'more' : 'less'} than predicted at every moment (± ${formatBytes(spread)}); the plan gives the program ${formatBytes(own)} of its own.`,
          // More than planned is what programs have; less is rather something else.
          weight: mean > 0 ? 0.6 : 0.4,
          numbers: { differenceBytes: mean, spreadBytes: spread, plannedOwnBytes: own },
        }
      }
    }
    return null
  },
}

const otherFootprint: CauseRule = {
  id: 'footprint',
  title: 'Another part of the memory is in use',
  fix: 'Set “part in use” of the workload so that the level where the curve settles agrees.',
  find: context => {
    for (const curve of curvesNamed(context, 'VmRSS')) {
      const { points, partsAtS, scope } = curve
      if (partsAtS === null || points.length < 8) continue
      const tail = points.slice(Math.floor(points.length * 0.75))
      const [a, z] = [tail[0], tail.at(-1)]
      if (a === undefined || z === undefined) continue
      const settled = (of: 'measured' | 'predicted'): boolean => Math.abs(z[of] - a[of]) < curve.peak * 0.02
      const gap = (z.measured - z.predicted) / curve.peak
      if (!settled('measured') || !settled('predicted') || Math.abs(gap) < curve.tolerance) continue
      if (Math.max(...points.map(({ predicted }) => predicted)) === 0) continue
      const shares = context.areasOf(scope).flatMap(({ access }) => access?.footprintShare ?? [])
      if (shares.length === 0) continue
      return {
        sentence: `Both sides have settled: ${scope} at ${formatBytes(z.measured)}, predicted ${formatBytes(z.predicted)}, with ${percent(Math.max(...shares))} of the memory in use in the plan.`,
        weight: 0.5,
        numbers: { measuredBytes: z.measured, predictedBytes: z.predicted, share: Math.max(...shares) },
      }
    }
    return null
  },
}

/** A curve that fills along another path, to the same level or none yet: accesses spread otherwise. */
const otherPopularity: CauseRule = {
  id: 'popularity',
  title: 'Accesses spread otherwise than assumed',
  fix: 'Change popularity (uniform, Zipf, hot part) or accesses a second of the workload.',
  find: context => {
    for (const curve of curvesNamed(context, 'VmRSS')) {
      const { points, partsAtS, scope, bias } = curve
      const accessed = context.areasOf(scope).filter(({ access }) => access !== null)
      if (partsAtS === null || accessed.length === 0) continue
      const [begin, end] = [points[0], points.at(-1)]
      if (begin === undefined || end === undefined) continue
      const growth = (of: 'measured' | 'predicted'): number => end[of] - Math.min(...points.map(p => p[of]))
      const grown = Math.max(growth('measured'), growth('predicted'))
      if (grown < curve.peak * 0.1) continue
      const kinds = [...new Set(accessed.map(({ access }) => access?.popularity.kind ?? ''))].join(', ')
      const half = (of: 'measured' | 'predicted'): number =>
        points.find(point => point[of] >= curve.peak / 2)?.atS ?? NaN
      const [mine, theirs] = [half('measured'), half('predicted')]
      const when =
        Number.isFinite(mine) && Number.isFinite(theirs)
          ? `half of it is there after ${mine.toFixed(2)} s, predicted ${theirs.toFixed(2)} s`
          : `half of it is never there on one side`
      return {
        sentence: `${scope} fills ${bias > 0 ? 'faster' : 'more slowly'} than accesses that are ${kinds} would fill it: ${when}.`,
        // A disk or a busy machine would do the same: those have rules of their own.
        weight: accessed.some(isColdFile) || hasMissed(context) ? 0.35 : 0.55,
        numbers: { bias, halfMeasuredS: mine, halfPredictedS: theirs },
      }
    }
    return null
  },
}

/** Reads of anonymous memory that was never written map the zero page, which is not resident. */
const zeroPage: CauseRule = {
  id: 'zero-page',
  title: 'Pages that are read before they are written',
  fix: 'Nothing to change: the prediction counts such pages as resident. Where the program writes first, set “writes” to 100 %.',
  find: context => {
    for (const curve of curvesNamed(context, 'VmRSS')) {
      const areas = context
        .areasOf(curve.scope)
        .filter(
          ({ access, backing, sharing }) =>
            access !== null && access.writeShare < 0.9 && backing === 'anon' && sharing === 'private',
        )
      if (areas.length === 0 || curve.partsAtS === null || curve.bias > -0.02) continue
      const end = curve.points.at(-1)
      const faults = lastOf(context, 'minor faults')
      if (end === undefined || end.measured >= end.predicted) continue
      const pages = end.measured / 4096
      const more = faults.measured > pages * 1.1
      const writes = Math.min(...areas.map(({ access }) => access?.writeShare ?? 1))
      return {
        sentence: `${percent(writes)} of the accesses write, and a read of anonymous memory that was never written maps the zero page, which VmRSS does not count: ${formatBytes(end.measured)} are resident, predicted were ${formatBytes(end.predicted)}${more ? `, while ${Math.round(faults.measured)} faults came for ${Math.round(pages)} resident pages` : ''}.`,
        weight: more ? 0.85 : 0.5,
        numbers: { measuredBytes: end.measured, predictedBytes: end.predicted, writeShare: writes },
      }
    }
    return null
  },
}

const costTable: CauseRule = {
  id: 'costs',
  title: 'The cost table is of another machine',
  fix: 'Calibrate this machine, run the plan with its table, and measure while the machine has little else to do.',
  find: context => {
    const { comparison, scenario, measurement } = context
    const ready = comparison.events.find(({ what, error }) => what === 'ready' && error !== null)
    if (ready === undefined || ready.measured === null || ready.predicted === null || ready.error === null)
      return null
    const isDefault = scenario.machine.costs === DEFAULT_COSTS.id || scenario.machine.costs === 'default'
    if (Math.abs(ready.error) < 0.25 || Math.abs(ready.measured - ready.predicted) < 0.005) return null
    const early =
      comparison.first !== null &&
      (comparison.first.partsAtS ?? Infinity) <= Math.max(ready.measured, ready.predicted) * 1.5
    const limits = measurement.events.some(({ kind }) => kind === 'refused' || kind === 'killed')
    return {
      sentence: `${ready.workload} was ready after ${ready.measured.toPrecision(3)} s, predicted ${ready.predicted.toPrecision(3)} s, with the cost table ${scenario.machine.costs}${isDefault ? ', which was not measured here' : ''}.`,
      weight: limits ? 0.2 : early ? (isDefault ? 0.75 : 0.5) : 0.25,
      numbers: { measuredS: ready.measured, predictedS: ready.predicted },
    }
  },
}

const accessesMissed: CauseRule = {
  id: 'accesses',
  title: 'Fewer accesses were made than wanted',
  fix: 'Run it with a larger factor, or while the machine has less to do.',
  find: ({ measurement: { facts } }) => {
    const { accessesWanted = 0, accessesMade = 0 } = facts
    if (accessesWanted === 0 || accessesMade > accessesWanted * 0.95) return null
    return {
      sentence: `Of ${accessesWanted} accesses ${accessesMade} were made: the machine could not do more.`,
      weight: 0.5,
      numbers: { accessesWanted, accessesMade },
    }
  },
}

const misaligned: CauseRule = {
  id: 'alignment',
  title: 'The measurement begins at another time than the run',
  fix: 'Move the measurement: --align begins where memory begins to grow, or give the offset in seconds.',
  find: context => {
    const { first } = context.comparison
    if (first === null || context.measurement.source === 'scaled run') return null
    const shift = bestShift(first)
    if (shift === null) return null
    return {
      sentence: `Moved by ${shift.seconds.toFixed(2)} s the curve ${first.name} is ${percent(shift.error)} off instead of ${percent(first.meanError)}.`,
      weight: shift.error < first.meanError / 3 ? 0.88 : 0.45,
      numbers: { shiftS: shift.seconds, errorThen: shift.error, errorNow: first.meanError },
    }
  },
}

/** The shift in time with which the measured points lie best on the predicted ones; null where none is clearly better. */
function bestShift({ points, peak, meanError }: CurveComparison): { seconds: number; error: number } | null {
  if (points.length < 8 || peak === 0) return null
  const gap = ((points.at(-1)?.atS ?? 0) - (points[0]?.atS ?? 0)) / (points.length - 1)
  const most = Math.floor(points.length / 2)
  let best = { seconds: 0, error: meanError }
  for (let by = -most; by <= most; by++) {
    const pairs = points.flatMap(({ measured }, i) => {
      const other = points[i + by]
      return other === undefined ? [] : [Math.abs(measured - other.predicted) / peak]
    })
    const error = sum(pairs) / Math.max(1, pairs.length)
    if (pairs.length >= points.length / 2 && error < best.error) best = { seconds: by * gap, error }
  }
  return best.seconds !== 0 && best.error < meanError / 2 ? best : null
}

const ended: CauseRule = {
  id: 'ended',
  title: 'A process ended that was to live',
  fix: 'Look into the kernel log: who was killed, and by which cgroup.',
  find: context => {
    const killed = context.comparison.events.find(
      ({ what, measured, predicted }) => what === 'killed' && measured !== predicted,
    )
    const stopped = context.measurement.events.find(
      ({ kind, atS }) => (kind === 'stop' || kind === 'killed' || kind === 'failed') && atS > 0,
    )
    if (killed !== undefined)
      return {
        sentence: `${killed.measured ?? 0} tasks of ${killed.workload} were killed, predicted were ${killed.predicted ?? 0}.`,
        weight: 0.92,
        numbers: { measured: killed.measured ?? 0, predicted: killed.predicted ?? 0 },
      }
    if (stopped === undefined || context.measurement.source === 'scaled run') return null
    return {
      sentence: `After ${stopped.atS.toFixed(1)} s: ${stopped.text}.`,
      weight: 0.7,
      numbers: { atS: stopped.atS },
    }
  },
}

const otherLru: CauseRule = {
  id: 'mglru',
  title: 'The multi-generation LRU is on',
  fix: 'It is not modelled: compare with /sys/kernel/mm/lru_gen/enabled set to 0.',
  find: context => {
    const swapped = highest(context, 'VmSwap')
    if (context.measurement.facts.lruGen !== true) return null
    const apart = parted(context, ['VmRSS', 'VmSwap', 'major faults']).length > 0
    if (!apart || Math.max(swapped.measured, swapped.predicted) < 2 ** 20) return null
    return {
      sentence: `Memory was short (${formatBytes(swapped.measured)} swapped), and lru_gen chooses other pages than the classic LRU that is modelled.`,
      weight: 0.6,
    }
  },
}

const coldFile: CauseRule = {
  id: 'read-ahead',
  title: 'The file comes from the disk otherwise',
  fix: 'Set read_ahead_kb of the disk to 128, which the model takes for granted, the disk of the plan to the one that is there, or the part that is cached at the start.',
  find: context => {
    const cold = measuredWorkloads(context).filter(name => context.areasOf(name).some(isColdFile))
    const faults = lastOf(context, 'major faults')
    const apart = parted(context, ['major faults', 'VmRSS', 'minor faults', 'Locked'])
    if (cold.length === 0 || apart.length === 0) return null
    const counted =
      Math.max(faults.measured, faults.predicted) === 0
        ? ''
        : `: ${Math.round(faults.measured)} major faults, predicted ${Math.round(faults.predicted)}`
    return {
      sentence: `A file of ${cold.join(', ')} is not cached at the start${counted}. How much a fault reads is up to read_ahead_kb and the file system’s folios, how long it takes to the disk.`,
      weight: apart.some(({ scope }) => cold.includes(scope)) ? 0.6 : 0.4,
      numbers: { measuredMajorFaults: faults.measured, predictedMajorFaults: faults.predicted },
    }
  },
}

export const CAUSE_RULES: readonly CauseRule[] = [
  limitHit,
  ended,
  swapDiffers,
  cgroupLimit,
  thpDiffers,
  misaligned,
  zeroPage,
  costTable,
  otherLru,
  constantOverhead,
  otherPopularity,
  otherFootprint,
  coldFile,
  accessesMissed,
  pressureElsewhere,
  kernelDiffers,
]

/** What may be behind the difference, the likeliest first; nothing where the two sides do not part. */
export function causesOf(context: CauseContext): Cause[] {
  const { first, events } = context.comparison
  const eventsApart = events.some(
    ({ measured, predicted, unit }) => unit === 'count' && measured !== predicted,
  )
  if (first === null && !eventsApart) return []
  return CAUSE_RULES.flatMap(({ id, title, fix, find }): Cause[] => {
    const found = find(context)
    return found === null ? [] : [{ id, title, fix, numbers: {}, ...found }]
  }).toSorted((a, b) => b.weight - a.weight)
}
