/** Questions that take many runs, or none: compared, counted, swept, drawn; limits and compatibility. */
import { readAxis, type Axis } from '../engine/planner/axis.ts'
import { capacity, smallestHost } from '../engine/planner/capacity.ts'
import { readDistribution } from '../engine/planner/chance/distribution.ts'
import { HOSTS } from '../engine/data/hosts.ts'
import { choicesFor, type Choice } from '../engine/planner/compare/choices.ts'
import { breakEven, type BreakEvenQuestion } from '../engine/planner/compare/break-even.ts'
import { variantsOf, type Variant } from '../engine/planner/compare/variant.ts'
import { compare } from '../engine/planner/compare.ts'
import { changesFor } from '../engine/planner/compatibility/changes.ts'
import type { RunsOptions } from '../engine/planner/executor.ts'
import { headroom } from '../engine/planner/headroom.ts'
import { guestOf, type GuestDraft } from '../engine/planner/limits/guest.ts'
import { computeLimits, LIMIT_RULES } from '../engine/planner/limits/index.ts'
import { metricNamed, type Metric } from '../engine/planner/metrics.ts'
import { monteCarlo, type MonteCarlo, type Uncertain } from '../engine/planner/monte-carlo.ts'
import { fieldAt, showValue, valueOfField } from '../engine/planner/paths.ts'
import { compatibilityOf } from '../engine/planner/plan-facts.ts'
import type { ProcessLimit } from '../engine/planner/process-limits.ts'
import { movableFields, sensitivity, type Sensitivity } from '../engine/planner/sensitivity.ts'
import { gridSize, MOST_RUNS, scenarioAt, sweep, type Sweep } from '../engine/planner/sweep.ts'
import type { Scenario } from '../engine/scenario.ts'
import { strategyNamed } from '../engine/strategies/index.ts'
import { checkScenario, type Plan } from '../formats/plan/read-plan.ts'
import { CATALOG } from './catalog.ts'
import type {
  CallOptions,
  CapacityAnswer,
  ComparisonAnswer,
  CompatibilityAnswer,
  FieldEntry,
  Input,
  Subject,
  SystemsAnswer,
  VariantCurves,
} from './contract.ts'
import { AppError } from './errors.ts'
import type { WorkerPool } from './executor/worker-pool.ts'
import type { Plans } from './plans.ts'
import { Tickets } from './tickets.ts'
import { keepingCurves } from './variant-curves.ts'
import { writtenPath } from './written-path.ts'

export type Questioned = Pick<WorkerPool, 'run' | 'result' | 'width' | 'limits'>

export class Questions {
  readonly #plans: Plans
  readonly #executor: Questioned
  readonly #tickets = new Tickets()
  #lastLimits: { readonly of: string; readonly limits: Promise<readonly ProcessLimit[]> } | null = null

  constructor(plans: Plans, executor: Questioned) {
    this.#plans = plans
    this.#executor = executor
  }

  compare(input: Input<'questions.compare'>, options: CallOptions): Promise<ComparisonAnswer> {
    const plan = this.#plan(input.subject)
    const workload = workloadOf(plan.scenario, input.of)
    const { axis, variants, sets } = variantsAsked(plan, this.#plansOwn(input))
    const crossing = crossingOf(plan.scenario, variants, input, workload)
    const kept: Omit<VariantCurves, 'name'>[] = []
    const withCurves = input.curves === true && variants.length <= MOST_CURVES
    const executor = withCurves ? keepingCurves(this.#executor, workload, kept) : this.#executor
    return this.#tickets.follow(input.ticket, options, async followedOptions => {
      const work = followed(followedOptions, crossing === null ? variants.length : null)
      return {
        sets,
        comparison: await compare(executor, { axis, variants, workload }, work),
        curves: withCurves
          ? variants.flatMap(({ name }, i) => (kept[i] === undefined ? [] : [{ name, ...kept[i] }]))
          : null,
        breakEven: crossing === null ? null : await breakEven(this.#executor, crossing, CATALOG, work),
      }
    })
  }

  /** What is compared: an axis; or variants, which are read as if the plan compared them itself. */
  #plansOwn({ subject, axis, variants }: Input<'questions.compare'>): AskedVariants {
    if (axis !== undefined || variants === undefined) return { axis }
    const { document } = this.#plans.runnable(subject)
    const compared = { ...document, compare: { variants: variants.map(each => ({ ...each })) } }
    return { planned: this.#plans.runnable({ document: compared }).plan.compare }
  }

  choices({ subject, of }: Input<'questions.choices'>): Choice[] {
    const { scenario } = this.#plan(subject)
    const name = workloadOf(scenario, of) ?? scenario.workloads[0]?.name
    const at = scenario.workloads.findIndex(each => each.name === name)
    return choicesFor(scenario, at, PRESETS, CATALOG)
  }

  stop({ ticket }: Input<'questions.stop'>): { stopped: boolean } {
    return { stopped: this.#tickets.stop(ticket) }
  }

  capacity(input: Input<'questions.capacity'>, options: CallOptions): Promise<CapacityAnswer> {
    const { scenario } = this.#plan(input.subject)
    const name = workloadOf(scenario, input.of) ?? scenario.workloads[0]?.name
    if (name === undefined) throw new AppError('bad-question', 'The plan has no workload to count.')
    const workload = scenario.workloads.findIndex(each => each.name === name)
    const unknown = input.strategies?.find(id => strategyNamed(id) === undefined)
    if (unknown !== undefined) throw new AppError('no-strategy', unknown)
    const question = { scenario, workload, ...(input.most === undefined ? {} : { most: input.most }) }
    const strategies = input.strategies === undefined ? {} : { strategies: input.strategies }
    return this.#tickets.follow(input.ticket, options, async stoppable => {
      const work = followed(stoppable, null)
      const capacities = await capacity(this.#executor, { ...question, ...strategies }, CATALOG, work)
      const smallest =
        input.smallestHost === true ? await smallestHost(this.#executor, scenario, CATALOG, work) : null
      const spare =
        input.headroom === undefined
          ? null
          : await headroom(this.#executor, { ...question, ...input.headroom }, work)
      const complete = stoppable.signal?.aborted !== true
      return { capacities, smallest, headroom: spare, complete }
    })
  }

  sweep(input: Input<'questions.sweep'>, options: CallOptions): Promise<Sweep> {
    const { scenario } = this.#plan(input.subject)
    const workload = workloadOf(scenario, input.of)
    const axes = axesOf(scenario, input.axes)
    const runs = gridSize(axes)
    if (runs > MOST_RUNS)
      throw new AppError('bad-question', `The grid has ${runs} runs; at most ${MOST_RUNS} are allowed.`)
    checkEnds(scenario, axes)
    return this.#tickets.follow(input.ticket, options, stoppable =>
      sweep(this.#executor, { scenario, axes, workload }, CATALOG, followed(stoppable, runs)),
    )
  }

  sensitivity(input: Input<'questions.sensitivity'>, options: CallOptions): Promise<Sensitivity> {
    const { scenario } = this.#plan(input.subject)
    const { share, paths = null } = input
    for (const path of paths ?? []) requireField(scenario, path)
    const metric = metricOf(input.metric)
    const workload = workloadOf(scenario, input.of)
    const runs = 1 + 2 * movableFields(scenario, CATALOG, paths).length
    const question = { scenario, paths, metric, share, workload }
    return this.#tickets.follow(input.ticket, options, stoppable =>
      sensitivity(this.#executor, question, CATALOG, followed(stoppable, runs)),
    )
  }

  monteCarlo(input: Input<'questions.monteCarlo'>, options: CallOptions): Promise<MonteCarlo> {
    const { scenario } = this.#plan(input.subject)
    const { runs, seed = scenario.seed } = input
    const inputs = input.vary.map(text => uncertainOf(scenario, text))
    const question = { scenario, inputs, runs, seed, workload: workloadOf(scenario, input.of) }
    return this.#tickets.follow(input.ticket, options, stoppable =>
      monteCarlo(this.#executor, question, CATALOG, followed(stoppable, runs)),
    )
  }

  limits({ subject }: Input<'questions.limits'>): Promise<readonly ProcessLimit[]> {
    return this.#limitsOf(this.#plan(subject).scenario)
  }

  /** A screen asks for limits and for what does not go together at the same time: the work is done once. */
  #limitsOf(scenario: Scenario): Promise<readonly ProcessLimit[]> {
    const of = JSON.stringify(scenario)
    if (this.#lastLimits?.of === of) return this.#lastLimits.limits
    const limits = this.#executor.limits(scenario)
    this.#lastLimits = { of, limits }
    limits.catch(() => (this.#lastLimits = null))
    return limits
  }

  /** With what each process locks and pins, which is the model's to say. */
  async compatibility({ subject }: Input<'questions.compatibility'>): Promise<CompatibilityAnswer[]> {
    const { scenario } = this.#plan(subject)
    const limits = await this.#limitsOf(scenario)
    return compatibilityOf(scenario, limits).flatMap(({ workload, findings }) =>
      findings.map(({ id, severity, title, message, fix, numbers, source }) => ({
        ...{ id, severity, workload, title, fix, numbers, source },
        detail: message,
        changes: changesFor({ id, workload, numbers }, scenario),
      })),
    )
  }

  /** Every number of the plan that can be moved. */
  fields({ subject }: Input<'questions.fields'>): FieldEntry[] {
    const { scenario } = this.#plan(subject)
    return movableFields(scenario, CATALOG).map(field => ({
      path: field.path,
      written: writtenPath(field.path),
      title: field.spec.title,
      kind: field.spec.kind,
      shown: showValue(valueOfField(scenario, field, CATALOG), field.spec),
    }))
  }

  #plan(subject: Subject): Plan {
    return this.#plans.runnable(subject).plan
  }
}

/** What every system would set for a guest by itself. */
export function systemsOf({ guest, settings = {} }: Input<'questions.systems'>): SystemsAnswer {
  const facts = guestOf(withoutGaps(guest))
  return {
    guest: facts,
    systems: computeLimits(facts, settings),
    settings: LIMIT_RULES.map(({ id, versionSettings }) => ({ system: id, settings: versionSettings })),
  }
}

/** Without keys that are there and say nothing. */
const withoutGaps = (guest: Input<'questions.systems'>['guest']): GuestDraft =>
  JSON.parse(JSON.stringify(guest)) as GuestDraft

const bad = (sentence: string): AppError => new AppError('bad-question', sentence)

/** Milliseconds between two words about progress; the last one is always said. */
const EVERY_MS = 50

/** The planner counts from the beginning in each of its calls; a person wants one count that only grows. */
function followed({ signal, onProgress }: CallOptions, of: number | null): RunsOptions {
  let before = 0
  let last = 0
  let saidMs = -Infinity
  return {
    ...(signal === undefined ? {} : { signal }),
    onProgress: done => {
      if (done <= last) before += last
      last = done
      const nowMs = performance.now()
      if (nowMs - saidMs < EVERY_MS && before + done !== of) return
      saidMs = nowMs
      onProgress?.({ done: before + done, of })
    },
  }
}

function workloadOf({ workloads }: Scenario, name: string | null | undefined): string | null {
  if (name === undefined || name === null) return null
  if (workloads.some(workload => workload.name === name)) return name
  throw new AppError('no-workload', name)
}

function metricOf(id: string): Metric {
  const metric = metricNamed(id)
  if (metric === undefined) throw new AppError('no-metric', id)
  return metric
}

function axesOf(scenario: Scenario, texts: readonly string[]): Axis[] {
  return texts.map(text => {
    const read = readAxis(scenario, text, CATALOG)
    if (!read.ok) throw bad(read.message)
    return read.axis
  })
}

/** Values at the ends of each axis are tried as scenarios, so that mistakes are told before a long sweep. */
function checkEnds(scenario: Scenario, axes: readonly Axis[]): void {
  for (const axis of axes)
    for (const index of [0, axis.values.length - 1])
      requireWhole(scenarioAt(scenario, [axis], index, CATALOG))
}

function requireWhole(scenario: Scenario, name?: string): void {
  const checked = checkScenario(scenario)
  if (!checked.ok) throw new AppError('plan-has-mistakes', name ?? scenario.name, [...checked.issues])
}

function requireField(scenario: Scenario, path: string): void {
  const found = fieldAt(scenario, path, CATALOG)
  if (!found.ok) throw bad(found.message)
}

interface AskedVariants {
  /** `path=values` */
  readonly axis?: string | undefined
  readonly planned?: Plan['compare'] | undefined
}

interface Asked {
  readonly axis: string
  readonly variants: readonly Variant[]
  readonly sets: ComparisonAnswer['sets']
}

/** More variants than this come without curves. */
const MOST_CURVES = 16

/** Those of an axis, those that were handed over, or those of the plan itself. */
function variantsAsked(
  { scenario, compare: own }: Plan,
  { axis: text, planned = own }: AskedVariants,
): Asked {
  if (text === undefined) {
    if (planned === undefined) throw bad('The plan compares nothing: an axis says what to compare.')
    const { variants } = planned
    return { axis: planned.axis ?? 'variant', variants, sets: variants.map(({ set }) => set) }
  }
  const [axis] = axesOf(scenario, [text])
  if (axis === undefined) throw bad('An axis is a path and its values.')
  if (axis.values.length > 100) throw bad('At most 100 variants are compared; a sweep takes more.')
  const made = variantsOf(scenario, axis, CATALOG)
  if (!made.ok) throw bad(made.issues.join(' '))
  for (const variant of made.variants) requireWhole(variant.scenario, variant.name)
  return { axis: axis.field.path, variants: made.variants, sets: made.variants.map(setOf(axis)) }
}

/** What a value of an axis is in the plan's file; a host is more than one field. */
const setOf =
  ({ field, values }: Axis) =>
  (_: Variant, i: number): Readonly<Record<string, unknown>> | null => {
    const value = values[i]
    if (field.spec.kind === 'machine') return null
    const isText = typeof value === 'number' && QUANTITIES.has(field.spec.kind)
    return { [writtenPath(field.path)]: isText ? showValue(value, field.spec) : value }
  }
const QUANTITIES: ReadonlySet<string> = new Set(['bytes', 'limit', 'seconds', 'share'])

const PRESETS = HOSTS.map(({ id, title }) => ({ id, name: title }))

function crossingOf(
  scenario: Scenario,
  [first, second]: readonly Variant[],
  input: Input<'questions.compare'>,
  workload: string | null,
): BreakEvenQuestion | null {
  const metric = metricOf(input.metric ?? 'memory-time')
  if (input.breakEven === undefined) return null
  if (first === undefined || second === undefined) throw bad('A break-even needs two variants.')
  const [axis] = axesOf(scenario, [`${input.breakEven}#2`])
  const [from, to] = axis?.values.map(Number) ?? []
  if (axis === undefined || from === undefined || to === undefined)
    throw bad('A break-even needs a range, as in path=0.1..1.')
  return { first, second, field: axis.field, from, to, metric, workload }
}

function uncertainOf(scenario: Scenario, text: string): Uncertain {
  const at = text.indexOf('=')
  const found = fieldAt(scenario, text.slice(0, Math.max(0, at)), CATALOG)
  if (!found.ok) throw bad(found.message)
  const read = readDistribution(text.slice(at + 1), found.field.spec, CATALOG)
  if (!read.ok) throw bad(`${found.field.path}: ${read.message}`)
  return { field: found.field, distribution: read.distribution }
}
