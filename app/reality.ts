/** Reality: measurements of a plan, made, kept and laid over its prediction. */
import { fidelityOf, type Fidelity } from '../engine/planner/fidelity.ts'
import { checkReality, type Measurement, type RealityCheck } from '../engine/planner/reality.ts'
import { offsetByGrowth } from '../engine/planner/reality/align.ts'
import { scaledRunOf, type ScaledRun } from '../engine/planner/reality/scaled-run.ts'
import type { Scenario } from '../engine/scenario.ts'
import type { CostTable } from '../engine/sim/costs.ts'
import type { RunResult, Snapshot } from '../engine/sim/result.ts'
import { readRecordings } from '../formats/import/recordings.ts'
import { hostFacts } from '../host/reality/follow.ts'
import { readLiveMachine } from '../host/reality/machine.ts'
import { listProcesses } from '../host/reality/processes.ts'
import { refusalOf } from '../host/refusal.ts'
import type {
  CallOptions,
  Input,
  MeasurementHead,
  ProcessEntry,
  RealityPlace,
  RealityView,
} from './contract.ts'
import { AppError } from './errors.ts'
import type { Tell } from './events.ts'
import type { WorkerPool } from './executor/worker-pool.ts'
import { plain } from './plain.ts'
import type { Plans } from './plans.ts'
import { measureProcess, measureRun, scaledFor, thinned, USUAL } from './reality/measure.ts'
import type { Store, StoredMeasurement } from './store.ts'

interface Parts {
  readonly store: Store
  readonly plans: Plans
  readonly runner: Pick<WorkerPool, 'watched'>
  readonly costsNamed: (id: string) => CostTable
  readonly tell: Tell
}

/** Points of a curve that cross to the window. */
const MOST_POINTS = 400
/** Between two words about a measurement under way. */
const LIVE_EVERY_MS = 500
const USUAL_FOLLOW = { seconds: 60, intervalS: 0.5 }

export class Reality {
  readonly #with: Parts

  constructor(parts: Parts) {
    this.#with = parts
  }

  place(): RealityPlace {
    try {
      const machine = readLiveMachine()
      const sentence = machine.isRoot
        ? `Linux ${machine.release}: plans can be run scaled down, processes followed, recordings read.`
        : `Linux ${machine.release}, without root: there is no memory cgroup, swap or pool of huge pages for a scaled run, and processes of other users show only part of what they are.`
      return { canMeasure: true, sentence, machine }
    } catch (error) {
      return { canMeasure: false, sentence: refusalOf(error).sentence, machine: null }
    }
  }

  processes(): readonly ProcessEntry[] {
    try {
      return listProcesses().map(({ uid: _uid, startTicks: _ticks, ...entry }) => entry)
    } catch (error) {
      throw new AppError('cannot-measure', refusalOf(error).sentence)
    }
  }

  list({ planId }: Input<'reality.list'>): MeasurementHead[] {
    return this.#with.store.measurements.list(planId).map(headOf)
  }

  async check({ id }: Input<'reality.check'>): Promise<RealityView> {
    const stored = this.#found(id)
    return this.#view(stored)
  }

  async run(input: Input<'reality.run'>, options: CallOptions): Promise<RealityView> {
    const { plan, planId } = this.#plan(input.planId)
    const machine = this.place().machine
    if (machine === null) throw new AppError('cannot-measure', this.place().sentence)
    const { seconds = USUAL.seconds, memoryShare = USUAL.memoryShare, leastFactor } = input
    const asked = { seconds, memoryShare, ...(leastFactor === undefined ? {} : { leastFactor }) }
    const costs = input.costs ?? this.#measuredCosts() ?? plan.scenario.machine.costs
    const priced = { ...plan.scenario, machine: { ...plan.scenario.machine, costs } }
    const scaledPlan = scaledFor(priced, machine, asked)
    const scaled = scaledRunOf(scaledPlan)
    const run = await this.#predict(scaled.scenario, scaled, options)
    const live = this.#liveTeller(planId, 'scaled run', scaled.scenario.horizonS, options, samples =>
      checkReality(run, scaled.scenario, partial('scaled run', samples), new Map(scaled.scripts)),
    )
    const measurement = await measureRun(scaledPlan, machine, { signal: options.signal, onSample: live })
    if (measurement === null) throw new AppError('cancelled')
    return this.#view(this.#keep({ planId, measurement, scaled }), run)
  }

  async follow(input: Input<'reality.follow'>, options: CallOptions): Promise<RealityView> {
    const { plan, planId } = this.#plan(input.planId)
    const { scenario } = plan
    this.#requireWorkload(scenario, input.workload)
    const { pid, workload, children = false, offset = 0 } = input
    const { seconds = USUAL_FOLLOW.seconds, intervalS = USUAL_FOLLOW.intervalS } = input
    const run = await this.#predict(scenario, null, {})
    const laid = (measurement: Measurement): Measurement => aligned(run, measurement, workload, offset)
    const live = this.#liveTeller(planId, 'followed', seconds, options, samples =>
      checkReality(run, scenario, laid(partial('followed', samples))),
    )
    const request = { pid, workload, seconds, intervalS, withChildren: children }
    const measurement = await measureProcess(request, { signal: options.signal, onSample: live })
    if (measurement.samples.length === 0) throw new AppError('cancelled')
    return this.#view(this.#keep({ planId, measurement: laid(measurement), scaled: null }), run)
  }

  async load(input: Input<'reality.load'>): Promise<RealityView> {
    const { plan, planId } = this.#plan(input.planId)
    const { scenario } = plan
    const { workload, files, intervalS = 1, offset = 0 } = input
    this.#requireWorkload(scenario, workload)
    const read = readRecordings(files, { workload, intervalS })
    if (read.samples.length === 0 || read.issues.length > 0)
      throw new AppError(
        'cannot-measure',
        read.issues.join(' ') || 'There is nothing that was measured in it.',
      )
    const title = input.title ?? (files.length === 1 ? (files[0]?.name ?? '') : `${files.length} files`)
    const { samples, facts, notes } = read
    const measurement: Measurement = {
      ...{ title: title === '' ? 'recorded' : title, source: 'recorded', facts, notes },
      ...{ samples: thinned(samples), events: [], stalls: [], offsetS: 0 },
    }
    const run = await this.#predict(scenario, null, {})
    const laid = aligned(run, measurement, workload, offset)
    return this.#view(this.#keep({ planId, measurement: laid, scaled: null }), run)
  }

  async align({ id, offsetS }: Input<'reality.align'>): Promise<RealityView> {
    const stored = this.#found(id)
    const { samples: _samples, ...rest } = stored.measurement
    this.#with.store.measurements.change(id, { ...rest, offsetS })
    this.#with.tell({ event: 'store.changed', what: 'measurements' })
    return this.#view(this.#found(id))
  }

  delete({ id }: Input<'reality.delete'>): Record<string, never> {
    this.#found(id)
    this.#with.store.measurements.delete(id)
    this.#with.tell({ event: 'store.changed', what: 'measurements' })
    return {}
  }

  async fidelity({ subject }: Input<'reality.fidelity'>): Promise<Fidelity> {
    const { plan } = this.#with.plans.runnable(subject)
    const { scenario } = plan
    const run = await this.#predict(scenario, null, {})
    return fidelityOf(run, scenario, this.#with.costsNamed(scenario.machine.costs))
  }

  #plan(id: string): { readonly plan: ReturnType<Plans['runnable']>['plan']; readonly planId: string } {
    const { plan, planId } = this.#with.plans.runnable({ planId: id })
    return { plan, planId: planId ?? id }
  }

  #requireWorkload({ workloads }: Scenario, name: string): void {
    if (!workloads.some(workload => workload.name === name)) throw new AppError('no-workload', name)
  }

  #found(id: string): StoredMeasurement {
    const stored = this.#with.store.measurements.get(id)
    if (stored === null) throw new AppError('no-measurement', id)
    return stored
  }

  #keep(draft: Omit<StoredMeasurement, 'id' | 'madeAtMs'>): StoredMeasurement {
    const stored = this.#with.store.measurements.add(draft)
    this.#with.tell({ event: 'store.changed', what: 'measurements' })
    return stored
  }

  /** The table that was measured last, on whatever machine this store belongs to. */
  #measuredCosts(): string | undefined {
    const records = this.#with.store.costs.records()
    const measured = records.filter(({ provenance }) => provenance === 'measured')
    return measured.toSorted((a, b) => (b.madeAtMs ?? 0) - (a.madeAtMs ?? 0))[0]?.id
  }

  async #predict(scenario: Scenario, scaled: ScaledRun | null, { signal }: CallOptions): Promise<RunResult> {
    const { runner, costsNamed } = this.#with
    const result = await runner.watched(scenario, {
      costs: costsNamed(scenario.machine.costs),
      ...(signal === undefined ? {} : { signal }),
      ...(scaled === null ? {} : { scripts: scaled.scripts }),
    })
    if (result === null) throw new AppError('cancelled')
    return result
  }

  async #view(stored: StoredMeasurement, known?: RunResult): Promise<RealityView> {
    const { scaled, measurement, planId } = stored
    const scenario = scaled?.scenario ?? this.#plan(planId).plan.scenario
    const run = known ?? (await this.#predict(scenario, scaled, {}))
    const scripts = scaled === null ? undefined : new Map(scaled.scripts)
    return { head: headOf(stored), check: fewerPoints(checkReality(run, scenario, measurement, scripts)) }
  }

  /** Tells how far a measurement is, and lays what there is over the run now and then. */
  #liveTeller(
    planId: string,
    source: Measurement['source'],
    ofS: number,
    { onProgress }: CallOptions,
    check: (samples: readonly Snapshot[]) => RealityCheck,
  ): (sample: Snapshot) => void {
    const samples: Snapshot[] = []
    let toldMs = -Infinity
    return sample => {
      samples.push(sample)
      const { atS } = sample
      onProgress?.({ done: Math.min(ofS, Math.round(atS * 10) / 10), of: ofS })
      if (performance.now() - toldMs < LIVE_EVERY_MS || samples.length < 2) return
      toldMs = performance.now()
      const event = { event: 'reality.live', planId, source, atS, ofS } as const
      this.#with.tell({ ...event, check: plain(fewerPoints(check(thinned(samples)))) as RealityCheck })
    }
  }
}

function partial(source: Measurement['source'], samples: readonly Snapshot[]): Measurement {
  return { title: '', source, samples, events: [], stalls: [], facts: hostFacts(), notes: [], offsetS: 0 }
}

function aligned(
  run: RunResult,
  measurement: Measurement,
  workload: string,
  offset: number | 'growth',
): Measurement {
  const offsetS = offset === 'growth' ? offsetByGrowth(run, measurement, workload) : offset
  return { ...measurement, offsetS }
}

function headOf({ id, planId, madeAtMs, measurement, scaled }: StoredMeasurement): MeasurementHead {
  const { samples: _samples, ...rest } = measurement
  const { by, limitBytes, leftOut } = scaled ?? {}
  const how = by === undefined ? null : { by, limitBytes: limitBytes ?? null, leftOut: leftOut ?? [] }
  return { id, planId, madeAtMs, ...rest, scaled: how }
}

/** Errors are of all points; what is drawn are some of them. */
function fewerPoints(check: RealityCheck): RealityCheck {
  const few = <T>(points: readonly T[]): readonly T[] => {
    const every = Math.ceil(points.length / MOST_POINTS)
    return every <= 1 ? points : points.filter((_, i) => i % every === 0 || i === points.length - 1)
  }
  return { ...check, curves: check.curves.map(curve => ({ ...curve, points: few(curve.points) })) }
}
