/** Measures: a scaled run or a followed process becomes a measurement. Used by the application and the command line. */
import type { LiveMachine, Measurement } from '../../engine/planner/reality.ts'
import {
  modelledKernel,
  scalePlan,
  type ScaledPlan,
  type ScaleOptions,
} from '../../engine/planner/reality/scale.ts'
import { scaledRunOf } from '../../engine/planner/reality/scaled-run.ts'
import type { Scenario } from '../../engine/scenario.ts'
import type { Snapshot } from '../../engine/sim/result.ts'
import { followProcess, hostFacts, type FollowRequest } from '../../host/reality/follow.ts'
import { refusalOf } from '../../host/refusal.ts'
import { formatBytes } from '../../engine/quantity.ts'
import { AppError } from '../errors.ts'
import { liveRun, type LiveRunOptions } from './live-run.ts'

/** Unless somebody says otherwise. */
export const USUAL: ScaleOptions = { memoryShare: 0.1, seconds: 20 }
/** Samples of a scaled run. */
const SAMPLES = 100
/** A measurement keeps no more; of a longer one every second, third … sample stays. */
const MOST_SAMPLES = 2000

export { modelledKernel }

/** The plan scaled for this machine; throws the sentence that says why nothing of it can be run. */
export function scaledFor(scenario: Scenario, machine: LiveMachine, options: ScaleOptions): ScaledPlan {
  const scaled = scalePlan(scenario, machine, options)
  if (scaled.ok) return scaled.plan
  const reasons = scaled.leftOut.map(({ workload, reason }) => `${workload}: ${reason}`)
  throw new AppError('cannot-measure', [scaled.sentence, ...reasons].join(' '))
}

export interface MeasureOptions extends LiveRunOptions {
  readonly directory?: string
}

/** Runs a scaled plan; null if it was cancelled, which leaves nothing. */
export async function measureRun(
  plan: ScaledPlan,
  machine: LiveMachine,
  options: MeasureOptions,
): Promise<Measurement | null> {
  const { scenario, limitBytes, by, leftOut } = plan
  const job = {
    ...{ scenario, limitBytes, scripts: scaledRunOf(plan).scripts },
    sampleS: Math.max(0.02, scenario.horizonS / SAMPLES),
    ...(options.directory === undefined ? {} : { directory: options.directory }),
  }
  const result = await liveRun(job, options)
  if (!result.ok) throw new AppError('cannot-measure', result.sentence)
  const { outcome } = result
  if (outcome.cancelled) return null
  const { notRestored, lookingS, accessesWanted, accessesMade, events, stalls, samples } = outcome
  const facts = {
    ...hostFacts(),
    thp: scenario.machine.thp.enabled,
    ramBytes: machine.ramBytes,
    cpus: machine.cpus,
    swapBytes: scenario.machine.swap.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    ...{ accessesWanted, accessesMade },
  }
  const notes = [
    `Sizes are divided by ${shown(by.factor)}, times by ${shown(by.timeFactor)}${limitBytes === null ? '' : `; the host is a memory cgroup of ${formatBytes(limitBytes)}`}.`,
    ...leftOut.map(({ workload, reason }) => `${workload} was left out: ${reason}`),
    ...plan.notes,
    `Looking at the tasks took ${shown((lookingS / scenario.horizonS) * 100)} % of a processor.`,
    ...(notRestored.length === 0 ? [] : [`These could not be put back: ${notRestored.join(', ')}.`]),
  ]
  const title = `Scaled run, 1/${shown(by.factor)}`
  return { title, source: 'scaled run', samples, events, stalls, facts, notes, offsetS: 0 }
}

const shown = (value: number): string => String(Number(value.toPrecision(3)))

/** Follows a process until its time is over, it ends, or the signal is raised: what was seen until then comes back. */
export async function measureProcess(
  request: FollowRequest,
  hooks: { readonly onSample?: (sample: Snapshot) => void; readonly signal?: AbortSignal | undefined },
): Promise<Measurement> {
  try {
    const { samples, events, facts, notes, name } = await followProcess(request, hooks)
    const title = `${name === '' ? 'process' : name} (${request.pid})`
    return {
      ...{ title, source: 'followed', events, facts, notes, stalls: [], offsetS: 0 },
      samples: thinned(samples),
    }
  } catch (error) {
    throw new AppError('cannot-measure', refusalOf(error).sentence)
  }
}

/** Evenly fewer samples, the last one always kept. */
export function thinned(samples: readonly Snapshot[]): readonly Snapshot[] {
  const every = Math.ceil(samples.length / MOST_SAMPLES)
  return every <= 1 ? samples : samples.filter((_, i) => i % every === 0 || i === samples.length - 1)
}
