/** Host failure headroom: what is lost with a host has to fit on those that are left. */
import { SCENARIO_BOUNDS, type Scenario } from '../scenario.ts'
import { reasonOf, type Reason } from './capacity/reason.ts'
import { largestHolding } from './capacity/search.ts'
import { withCount } from './capacity.ts'
import { collect, type Executor, type RunsOptions } from './executor.ts'
import type { RunSummary } from './summary.ts'

export interface HeadroomQuestion {
  readonly scenario: Scenario
  /** Index of the workload that is spread over the hosts; the others run on each. */
  readonly workload: number
  readonly hosts: number
  /** Hosts that may fail at the same time. */
  readonly lost: number
  readonly most?: number
}

export interface Headroom {
  readonly hosts: number
  readonly lost: number
  /** The most instances over all hosts of which none is left without a place when hosts fail. */
  readonly total: number
  /** Of those, on the fullest host while all are there, and after the failure. */
  readonly perHost: number
  readonly perHostAfter: number
  /** What one more per surviving host would run into. */
  readonly reason: Reason | null
  readonly complete: boolean
}

/**
 * The most instances that survive the failure: each surviving host runs its own from the start and takes over its
 * part of the lost ones half way through the horizon, all at once.
 */
export async function headroom(
  executor: Executor,
  { scenario, workload, hosts, lost, most }: HeadroomQuestion,
  options: RunsOptions = {},
): Promise<Headroom> {
  const left = hosts - lost
  if (left < 1 || lost < 0 || !Number.isInteger(left))
    throw new RangeError('at least one host has to be left')
  const search = await largestHolding<RunSummary>(
    async counts => {
      const scenarios = counts.map(after => survivor(scenario, workload, split(after, left, hosts)))
      const { summaries } = await collect(executor, scenarios, options)
      return summaries.filter(summary => summary !== null)
    },
    run => run.verdict.holds,
    { least: 1, most: most ?? SCENARIO_BOUNDS.maxInstances, width: Math.max(1, Math.min(4, executor.width)) },
  )
  const after = search.largest ?? 0
  const total = after * left
  return {
    hosts,
    lost,
    total,
    perHost: Math.ceil(total / hosts),
    perHostAfter: after,
    reason: search.firstFailing === null ? null : reasonOf(search.firstFailing.answer),
    complete: search.complete,
  }
}

/** Instances of a surviving host: its own, and those that it takes over. */
const split = (after: number, left: number, hosts: number): { own: number; moved: number } => {
  const own = Math.floor((after * left) / hosts)
  return { own, moved: after - own }
}

/** A surviving host: the lost instances start there at half of the horizon. */
export function survivor(
  scenario: Scenario,
  workload: number,
  { own, moved }: { readonly own: number; readonly moved: number },
): Scenario {
  const spec = scenario.workloads[workload]
  if (spec === undefined) throw new RangeError(`no workload ${workload}`)
  const arrivals = {
    ...spec,
    name: `${spec.name}, moved`,
    count: moved,
    startS: scenario.horizonS / 2,
    staggerS: 0,
  }
  const base = withCount(scenario, workload, own)
  const workloads = base.workloads.filter((_, i) => i !== workload || own > 0)
  return { ...base, workloads: moved > 0 ? [...workloads, arrivals] : workloads }
}
