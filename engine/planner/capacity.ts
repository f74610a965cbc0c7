/** How many fit: instances of a workload on a machine, by strategy, and what the first one too many runs into. */
import { SCENARIO_BOUNDS, type Scenario } from '../scenario.ts'
import { largestHolding, type LargestFound } from './capacity/search.ts'
import { reasonOf, type Reason } from './capacity/reason.ts'
import type { Catalog } from './catalog.ts'
import { collect, type Executor, type RunsOptions } from './executor.ts'
import { fieldAt, withField, withPath } from './paths.ts'
import type { RunSummary } from './summary.ts'

export interface CapacityPoint {
  readonly count: number
  readonly holds: boolean
  readonly minFreeBytes: number
  readonly peakMlockedBytes: number
  readonly lastReadyS: number | null
  /** What cannot be given back, at its peak, as a share of what may be locked safely; null where nothing may. */
  readonly budgetShare: number | null
}

export interface Capacity {
  readonly workload: string
  readonly strategy: string
  /** The most that hold; 0 where not even one does. */
  readonly fits: number
  /** Why one more does not; null where the bound was reached or the search was cancelled. */
  readonly reason: Reason | null
  /** The search stopped at its bound. */
  readonly bounded: boolean
  /** Every count that was tried. */
  readonly curve: readonly CapacityPoint[]
  /** Nothing larger was seen to hold again. */
  readonly monotone: boolean
  readonly complete: boolean
}

export interface CapacityQuestion {
  readonly scenario: Scenario
  /** Index of the workload that is counted. */
  readonly workload: number
  /** Strategies to try; the workload's own if there are none. */
  readonly strategies?: readonly string[]
  readonly most?: number
}

/** Questions at once: wide enough for the workers, narrow enough not to waste runs. */
const MOST_WIDTH = 4
const widthOf = (executor: Executor): number => Math.max(1, Math.min(MOST_WIDTH, executor.width))

export async function capacity(
  executor: Executor,
  question: CapacityQuestion,
  catalog: Catalog,
  options: RunsOptions = {},
): Promise<Capacity[]> {
  const spec = question.scenario.workloads[question.workload]
  if (spec === undefined) throw new RangeError(`no workload ${question.workload}`)
  const found: Capacity[] = []
  for (const strategy of question.strategies ?? [spec.strategy]) {
    if (options.signal?.aborted === true) break
    const path = `workloads[${question.workload}].strategy`
    const changed = withPath(question.scenario, path, strategy, catalog)
    if (!changed.ok) throw new RangeError(changed.message)
    found.push(await capacityOf(executor, { ...question, scenario: changed.scenario }, strategy, options))
  }
  return found
}

async function capacityOf(
  executor: Executor,
  { scenario, workload, most = SCENARIO_BOUNDS.maxInstances }: CapacityQuestion,
  strategy: string,
  options: RunsOptions,
): Promise<Capacity> {
  const search = await largestHolding<RunSummary>(
    counts =>
      runAll(
        executor,
        counts.map(count => withCount(scenario, workload, count)),
        options,
      ),
    run => run.verdict.holds,
    { least: 1, most, width: widthOf(executor) },
  )
  const name = scenario.workloads[workload]?.name ?? ''
  return {
    workload: name,
    strategy,
    fits: search.largest ?? 0,
    reason: search.firstFailing === null ? null : reasonOf(search.firstFailing.answer),
    bounded: search.largest === most,
    curve: search.asked.map(({ value, answer }) => pointOf(value, answer, name)),
    monotone: search.monotone,
    complete: search.complete,
  }
}

/** The summaries up to the first that is missing. */
async function runAll(
  executor: Executor,
  scenarios: readonly Scenario[],
  options: RunsOptions,
): Promise<RunSummary[]> {
  const { summaries } = await collect(executor, scenarios, options)
  const end = summaries.indexOf(null)
  return summaries.slice(0, end < 0 ? undefined : end).filter(summary => summary !== null)
}

/** The scenario with another number of instances of one workload. */
export function withCount(scenario: Scenario, workload: number, count: number): Scenario {
  return { ...scenario, workloads: scenario.workloads.map((w, i) => (i === workload ? { ...w, count } : w)) }
}

const pointOf = (count: number, run: RunSummary, workload: string): CapacityPoint => ({
  count,
  holds: run.verdict.holds,
  minFreeBytes: run.host.minFreeBytes,
  peakMlockedBytes: run.host.peakMlockedBytes,
  lastReadyS: run.workloads.find(each => each.workload === workload)?.lastReadyS ?? null,
  budgetShare:
    run.host.safeLockedBudgetBytes > 0 ? run.host.peakHeldBytes / run.host.safeLockedBudgetBytes : null,
})

export interface SmallestHost {
  /** Null where not even the largest holds. */
  readonly ramBytes: number | null
  /** What the next smaller one runs into. */
  readonly reason: Reason | null
  readonly complete: boolean
}

/** RAM is searched in steps of this. */
const RAM_STEP = 2 ** 30

/** The least RAM, in whole GiB, on which the scenario holds. */
export async function smallestHost(
  executor: Executor,
  scenario: Scenario,
  catalog: Catalog,
  options: RunsOptions & { readonly mostBytes?: number } = {},
): Promise<SmallestHost> {
  const { mostBytes = SCENARIO_BOUNDS.maxRamBytes } = options
  const ram = fieldAt(scenario, 'machine.ramBytes', catalog)
  if (!ram.ok) throw new Error(ram.message)
  const ask = (gibs: readonly number[]): Promise<RunSummary[]> => {
    const scenarios = gibs.map(gib => {
      const changed = withField(scenario, ram.field, gib * RAM_STEP, catalog)
      if (!changed.ok) throw new Error(changed.message)
      return changed.scenario
    })
    return runAll(executor, scenarios, options)
  }
  // The largest host that is too small; the smallest that holds is the next.
  const search: LargestFound<RunSummary> = await largestHolding(ask, run => !run.verdict.holds, {
    least: 1,
    most: Math.floor(mostBytes / RAM_STEP),
    width: widthOf(executor),
  })
  const tooSmall = search.asked.find(({ value }) => value === search.largest)
  return {
    ramBytes: search.firstFailing === null ? null : search.firstFailing.value * RAM_STEP,
    reason: tooSmall === undefined ? null : reasonOf(tooSmall.answer),
    complete: search.complete,
  }
}
