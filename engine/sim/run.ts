/**
 * The clock. Events are ordered by time, then by the order in which things are listed in the scenario. Between two
 * events everything goes on at a steady rate; a step ends where a rate changes: a segment is done, a task starts, wakes
 * or stops, memory runs short, accesses have changed what is where by a few per cent.
 */
import { SWAP_CLUSTER_MAX } from '../mm/vmscan-balance.ts'
import { SCENARIO_BOUNDS, type Scenario } from '../scenario.ts'
import type { CostTable } from './costs.ts'
import { Curves } from './curves.ts'
import { untilDirtyS } from './dirty.ts'
import { memcgLimitPages, type Granted } from './host.ts'
import { chargedPages, killForMemory, killInMemcgs, LEAST_RECLAIMABLE } from './out-of-memory.ts'
import { progressOf, workersOf, type Worker } from './rates.ts'
import { RunState, type Scripts } from './run-state.ts'
import { applyEvent } from './task-events.ts'
import { progress, worldOf } from './run-world.ts'
import { isAlive, type TaskGroup } from './task-group.ts'
import { completeSegment, dispatch, newProcess, type Process, type World } from './threads.ts'

/** Relative to the time since something last changed, how far a step may go while accesses still bring memory in. */
const RELATIVE_STEP = 0.25
const FIRST_STEP_S = 1e-3
/** Or this part of the horizon, which nobody would see on a chart. */
const FIRST_STEP_SHARE = 1e-6
/** While memory is short: no step is shorter than this part of the time since something last changed. */
const LEAST_RELATIVE_STEP = 0.002
/** While memory is short: share of it that set-up may ask for in one step. */
const MOST_DEMAND = 0.01
/** Steps without memory to be had before the OOM killer is called. */
const PATIENCE = 3
/** Steps in which reclaim frees nothing while memory is below the min watermark, whatever it might still find. */
const MOST_ROUNDS = 64

export class Run extends RunState {
  readonly curves: Curves
  readonly #world: World
  readonly #groupOf = new Map<Process, TaskGroup>()
  #changedAtS = 0
  readonly #firstStepS: number
  #starved = 0
  #stuck = 0
  #freeBefore = 0
  steps = 0
  /** Where the run was given up because it took too many steps; null if it was not. */
  cutAtS: number | null = null

  constructor(scenario: Scenario, costs: CostTable, scripts?: Scripts) {
    super(scenario, costs, scripts)
    this.#world = worldOf(this, process => {
      const group = this.#groupOf.get(process)
      if (group === undefined) throw new Error('a process without a group')
      return group
    })
    this.curves = new Curves(this)
    this.#firstStepS = Math.max(FIRST_STEP_S, scenario.horizonS * FIRST_STEP_SHARE)
  }

  /** Lets time pass until `untilS`. */
  go(untilS: number, onProgress?: (share: number) => void): void {
    while (this.nowS < untilS) {
      this.#happenings()
      const workers = workersOf(this)
      const seconds = Math.min(untilS - this.nowS, this.#stepS(workers, untilS))
      this.#pass(seconds, workers)
      if (++this.steps >= SCENARIO_BOUNDS.maxSteps) {
        this.cutAtS = this.nowS
        break
      }
      if (onProgress !== undefined && this.steps % 256 === 0) onProgress(this.nowS / untilS)
    }
    this.#happenings()
    for (const group of this.groups) this.host.catchUp(group)
    this.host.measure()
    this.curves.add()
  }

  /** Everything that happens at this very moment. */
  #happenings(): void {
    let changed = false
    for (const group of this.groups) {
      if (group.state === 'waiting' && group.startS <= this.nowS) {
        this.#start(group)
        changed = true
      }
      const { stopS } = group.spec
      if (stopS !== null && stopS <= this.nowS && isAlive(group)) {
        this.event(group, 'stop', 'ends as planned')
        this.end(group, group.instances, 'stopped')
        changed = true
      }
      if (applyEvent(this, group)) changed = true
      if (group.process !== null && group.process.isBusy && isAlive(group))
        dispatch(group.process, this.nowNs, this.#world)
    }
    if (!changed) return
    this.#changedAtS = this.nowS
    this.host.measure()
    this.curves.add()
  }

  #start(group: TaskGroup): void {
    group.state = 'starting'
    this.openAreas(group)
    group.process = newProcess(group.spec.name, group.plans, this.nowNs)
    this.#groupOf.set(group.process, group)
    this.event(group, 'start', 'starts')
  }

  #stepS(workers: readonly Worker[], untilS: number): number {
    let step = untilS - this.nowS
    for (const { thread, ratePerNs } of workers)
      step = Math.min(step, (1 - thread.progress) / ratePerNs / 1e9)
    for (const group of this.groups) step = Math.min(step, this.#untilNextS(group))
    if (this.groups.some(group => group.state === 'running' && !group.isQuiet))
      step = Math.min(step, this.#firstStepS + RELATIVE_STEP * (this.nowS - this.#changedAtS))
    step = Math.min(
      step,
      this.#untilCgroupFullS(workers),
      this.khugepaged.untilNextS(),
      untilDirtyS(this.host.dirty),
    )
    const least = this.#firstStepS + LEAST_RELATIVE_STEP * (this.nowS - this.#changedAtS)
    step = Math.min(step, Math.max(least, this.host.suggestedStepS()))
    const demand = workers.reduce((sum, w) => sum + w.demandPages * w.ratePerNs * 1e9, 0)
    if (this.host.pressured) {
      const most = demand > 0 ? (MOST_DEMAND * this.host.memory.totalPages) / demand : Infinity
      return Math.max(1e-9, Math.min(step, most))
    }
    const full = this.host.secondsUntilFull(step, demand)
    return Math.max(1e-9, full > 1e-6 ? Math.min(step, full) : step)
  }

  /** Until set-up fills a memory cgroup: from then on it reclaims, or dies. */
  #untilCgroupFullS(workers: readonly Worker[]): number {
    let seconds = Infinity
    for (const { group, demandPages, ratePerNs, thread } of workers) {
      if (group.lists === null || demandPages <= 0) continue
      const perS = (demandPages / Math.max(1e-12, 1 - thread.progress)) * ratePerNs * 1e9
      const limit = memcgLimitPages(group)
      const room = Math.max(limit - chargedPages(group), MOST_DEMAND * limit)
      seconds = Math.min(seconds, room / perS)
    }
    return Math.max(1e-6, seconds)
  }

  #untilNextS(group: TaskGroup): number {
    let next = Infinity
    if (group.state === 'waiting') next = group.startS - this.nowS
    if (group.process?.isBusy === true)
      for (const thread of group.process.threads)
        if (thread.state === 'sleeping') next = Math.min(next, (thread.wakeAtNs - this.nowNs) / 1e9)
    const { stopS } = group.spec
    if (stopS !== null && isAlive(group)) next = Math.min(next, stopS - this.nowS)
    const event = group.events[group.nextEvent]
    if (event !== undefined && isAlive(group)) next = Math.min(next, group.startS + event.atS - this.nowS)
    return Math.max(0, next)
  }

  #pass(seconds: number, workers: readonly Worker[]): void {
    const ns = seconds * 1e9
    const demand = new Map<TaskGroup, number>()
    for (const worker of workers) {
      const left = 1 - worker.thread.progress
      const part = left > 0 ? Math.min(1, (worker.ratePerNs * ns) / left) : 0
      if (worker.demandPages > 0)
        demand.set(worker.group, (demand.get(worker.group) ?? 0) + worker.demandPages * part)
    }
    const granted = this.host.step(seconds, demand)
    this.khugepaged.pass(seconds)
    this.nowNs += ns
    for (const worker of workers)
      this.#work(worker, ns, worker.demandPages > 0 ? granted.shareOf(worker.group) : 1)
    for (const group of this.groups) if (group.state === 'running') progressOf(this, group, seconds)
    this.host.measure()
    this.#shortage(seconds, granted)
    this.curves.pass(seconds, workers)
    this.curves.add()
  }

  #work(worker: Worker, ns: number, granted: number): void {
    const { thread, group, segment } = worker
    const part = Math.min(1 - thread.progress, worker.ratePerNs * ns * granted)
    if (group.state === 'starting') group.notes.populateNs += ns
    progress(this, group, segment, part)
    thread.progress += part
    if (thread.progress > 1 - 1e-9) {
      thread.progress = 1
      completeSegment(thread, this.nowNs, this.#world)
    }
  }

  /** Memory was wanted and not there. Reclaim may still come up with some; if not, somebody dies. */
  #shortage(seconds: number, { deniedPages, shortPages, askedPages: asked }: Granted): void {
    killInMemcgs(this)
    const denied = deniedPages > 0.5 || shortPages > 0.5
    if (denied)
      this.host.directReclaimS += seconds * Math.min(1, (deniedPages + shortPages) / Math.max(1, asked))
    const least = Math.max(SWAP_CLUSTER_MAX, deniedPages, LEAST_RECLAIMABLE * this.host.memory.totalPages)
    const hopeless = denied && this.host.reclaimablePages() < least
    this.#starved = hopeless ? this.#starved + 1 : 0
    const free = this.host.freePages()
    this.#stuck =
      denied && free <= this.host.memory.marks.minPages && free <= this.#freeBefore ? this.#stuck + 1 : 0
    this.#freeBefore = free
    if (this.#starved < PATIENCE && this.#stuck < MOST_ROUNDS) return
    this.#starved = this.#stuck = 0
    killForMemory(this)
    this.#changedAtS = this.nowS
  }
}
