/** Runs: they wait for a thread, are followed while they go, and are asked for what they came to. */
import { budgetOf, BUDGET_PARTS } from '../engine/planner/budget.ts'
import type { Scenario } from '../engine/scenario.ts'
import type { CostTable } from '../engine/sim/costs.ts'
import type { Explanation, RunResult, Snapshot } from '../engine/sim/result.ts'
import type {
  CallOptions,
  Failure,
  Input,
  Output,
  PictureView,
  RunBudget,
  RunPicture,
  RunReport,
  RunView,
} from './contract.ts'
import { AppError, failureOf } from './errors.ts'
import { briefOf, byPart, pictureOf } from './picture.ts'
import type { Tell } from './events.ts'
import type { WorkerPool } from './executor/worker-pool.ts'
import type { Plans } from './plans.ts'
import type { RunDraft, RunHead, Store, StoredRun } from './store.ts'
import { thin } from '../charts/thin.ts'

/** What carries runs out, and how many at the same time. */
export type Runner = Pick<WorkerPool, 'watched' | 'snapshot' | 'width'>

export interface RunsSettings {
  readonly store: Store
  readonly plans: Plans
  readonly runner: Runner
  readonly tell: Tell
  readonly now: () => number
  readonly newId: () => string
  readonly costsNamed: (id: string) => CostTable
  readonly onBroken: (error: unknown) => void
  /** A stale run that has gone on for so long is ended when a newer one of its plan waits. */
  readonly patienceMs?: number
  /** A finished run is stored once its plan has had no newer one for so long. */
  readonly settleMs?: number
}

interface Job {
  readonly id: string
  readonly planId: string | null
  readonly revision: number | null
  readonly scenario: Scenario
  readonly costs: CostTable
  readonly startedAtMs: number
  readonly controller: AbortController
  state: RunView['state']
  share: number
  beganAtMs: number
  tookMs: number | null
  result: RunResult | null
  error: Failure | null
  /** What the store calls it, once it is there. */
  storedId: string | null
  /** Those who wait for its end, and hear how far it is. */
  readonly followers: Set<Follower>
}

interface Follower {
  readonly onShare: (share: number) => void
  readonly onOver: () => void
}

/** Runs that are remembered, and results that are kept at hand. */
const MOST_JOBS = 200
const MOST_RESULTS = 16
/** Runs that may wait for a thread. */
const MOST_WAITING = 100

const isOver = ({ state }: Pick<Job, 'state'>): boolean => state !== 'queued' && state !== 'running'

export class Runs {
  readonly #with: RunsSettings
  readonly #jobs = new Map<string, Job>()
  readonly #unsaved = new Map<
    string,
    { readonly job: Job; readonly run: RunDraft; readonly timer: NodeJS.Timeout }
  >()
  readonly #going = new Set<Promise<void>>()
  #atHand: StoredRun | null = null
  #closed = false

  constructor(settings: RunsSettings) {
    this.#with = settings
  }

  start({ subject }: Input<'runs.start'>): RunView {
    if (this.#closed) throw new AppError('closed')
    const { plans, now, newId, costsNamed } = this.#with
    const { plan, planId, revision } = plans.runnable(subject)
    const job: Job = {
      ...{ id: newId(), planId, revision, scenario: plan.scenario, startedAtMs: now(), beganAtMs: 0 },
      costs: costsNamed(plan.scenario.machine.costs),
      controller: new AbortController(),
      ...{ state: 'queued', share: 0, tookMs: null, result: null, error: null, storedId: null },
      followers: new Set(),
    }
    if (planId !== null) this.#supersede(planId)
    const waiting = [...this.#jobs.values()].filter(({ state }) => state === 'queued').length
    if (waiting >= MOST_WAITING) throw new AppError('too-many-runs', String(MOST_WAITING))
    this.#jobs.set(job.id, job)
    this.#forget()
    this.#next()
    return viewOf(job)
  }

  cancel({ runId }: { readonly runId: string }): RunView {
    const job = this.#jobs.get(runId)
    if (job === undefined) return this.get({ runId })
    if (!isOver(job)) this.#end(job, 'cancelled')
    return viewOf(job)
  }

  get({ runId }: { readonly runId: string }): RunView {
    const job = this.#jobs.get(runId)
    return job === undefined ? viewOfStored(this.#stored(runId)) : viewOf(job)
  }

  /** The newest first: those of this session, then those that were stored before. Reports are asked for one by one. */
  list({ planId }: Input<'runs.list'>): RunView[] {
    const here = [...this.#jobs.values()].filter(job => job.planId === planId).reverse()
    const known = new Set(here.map(({ storedId }) => storedId))
    const before = this.#with.store.runs.list(planId).filter(({ id }) => !known.has(id))
    return [...here.map(viewOf), ...before.map(head => storedView(head))].map(view => ({
      ...view,
      report: null,
    }))
  }

  series({ runId, curves, ...view }: Input<'runs.series'>): Output<'runs.series'> {
    const { result } = this.#finished(runId)
    const isAsked = ({ scope, name }: { readonly scope: string; readonly name: string }): boolean =>
      curves === undefined || curves.some(curve => curve.scope === scope && curve.name === name)
    const chosen = result.series.filter(isAsked)
    const { timesS, values, points } = thin(
      result.timesS,
      chosen.map(each => each.values),
      view,
    )
    const series = chosen.map(({ scope, name, unit, trust, shape }, i) => ({
      ...{ scope, name, unit, trust, shape },
      values: values[i] ?? [],
    }))
    return { timesS, series, points }
  }

  budget({ runId, ...view }: Input<'runs.budget'>): RunBudget {
    const { result, scenario } = this.#finished(runId)
    const budget = budgetOf(result, scenario)
    const all = [...BUDGET_PARTS.map(part => budget.parts[part]), budget.lockedAbsent, budget.poolFree]
    const { timesS, values } = thin(budget.timesS, all, view)
    return {
      timesS,
      parts: byPart(values),
      lockedAbsent: values[BUDGET_PARTS.length] ?? [],
      poolFree: values[BUDGET_PARTS.length + 1] ?? [],
      memTotalBytes: budget.memTotalBytes,
    }
  }

  /** Starts a run and waits for what is drawn of it. */
  async follow(
    { subject, ...view }: Input<'runs.follow'>,
    { signal, onProgress }: CallOptions,
  ): Promise<RunPicture> {
    const { id } = this.start({ subject })
    const job = this.#jobs.get(id)
    if (job !== undefined && !isOver(job)) await this.#over(job, signal, onProgress)
    if (job === undefined || job.result === null) return { run: this.get({ runId: id }), ...NO_PICTURE }
    return this.#pictureOf(job.result, job.scenario, withoutReport(viewOf(job)), view)
  }

  picture({ runId, ...view }: Input<'runs.picture'>): RunPicture {
    const { result, scenario } = this.#finished(runId)
    return this.#pictureOf(result, scenario, withoutReport(this.get({ runId })), view)
  }

  explain({ runId, figure }: Input<'runs.explain'>): Explanation | null {
    return this.#finished(runId).result.explanations.find(each => each.figure === figure) ?? null
  }

  #pictureOf(result: RunResult, scenario: Scenario, run: RunView, view: PictureView): RunPicture {
    return { run, report: briefOf(result), ...pictureOf(result, scenario, view) }
  }

  #over(job: Job, signal: AbortSignal | undefined, onProgress: CallOptions['onProgress']): Promise<void> {
    return new Promise(resolve => {
      const stop = (): void => {
        if (!isOver(job)) this.#end(job, 'cancelled')
      }
      job.followers.add({
        onShare: share => onProgress?.({ done: Math.round(share * 1000), of: 1000 }),
        onOver: () => {
          signal?.removeEventListener('abort', stop)
          resolve()
        },
      })
      signal?.addEventListener('abort', stop)
    })
  }

  snapshot({ runId, atS }: Input<'runs.snapshot'>): Promise<Snapshot> {
    const { scenario } = this.#jobs.get(runId) ?? this.#stored(runId)
    const { runner, costsNamed } = this.#with
    return runner.snapshot(scenario, atS, costsNamed(scenario.machine.costs))
  }

  /** Ends what is going on, and stores what is finished. */
  async close(): Promise<void> {
    this.#closed = true
    for (const job of this.#jobs.values()) if (!isOver(job)) this.#end(job, 'closed')
    await Promise.all(this.#going)
    for (const planId of [...this.#unsaved.keys()]) this.#save(planId)
  }

  /** A run of the plan that waits is dropped; one that goes on for long is ended, as its answer is stale. */
  #supersede(planId: string): void {
    const { now, patienceMs = 250 } = this.#with
    for (const job of this.#jobs.values()) {
      if (job.planId !== planId || isOver(job)) continue
      if (job.state === 'queued') this.#end(job, 'superseded')
      else
        setTimeout(
          () => {
            if (!isOver(job)) this.#end(job, 'superseded')
          },
          Math.max(0, patienceMs - (now() - job.beganAtMs)),
        ).unref()
    }
  }

  #next(): void {
    const jobs = [...this.#jobs.values()]
    const busy = new Set(jobs.filter(({ state }) => state === 'running').map(({ planId }) => planId))
    for (const job of jobs.filter(({ state }) => state === 'queued')) {
      if (this.#going.size >= this.#with.runner.width) return
      if (job.planId !== null && busy.has(job.planId)) continue
      busy.add(job.planId)
      const going = this.#go(job).finally(() => {
        this.#going.delete(going)
        this.#next()
      })
      this.#going.add(going)
    }
  }

  async #go(job: Job): Promise<void> {
    const { runner, tell, now } = this.#with
    const { id: runId, planId, scenario, costs, controller } = job
    Object.assign(job, { state: 'running', beganAtMs: now() })
    try {
      const result = await runner.watched(scenario, {
        ...{ costs, signal: controller.signal },
        onShare: share => {
          if (isOver(job)) return
          job.share = share
          tell({ event: 'run.progress', runId, planId, share })
          for (const follower of job.followers) follower.onShare(share)
        },
      })
      if (result === null || isOver(job)) return
      Object.assign(job, { state: 'finished', share: 1, result, tookMs: now() - job.beganAtMs })
      tell({ event: 'run.finished', runId, planId, holds: result.verdict.holds })
      letGo(job)
      this.#settle(job, result)
    } catch (error) {
      this.#with.onBroken(error)
      if (!isOver(job)) this.#fail(job, 'failed', failureOf('run-broke', messageOf(error)))
    }
  }

  #end(job: Job, why: 'cancelled' | 'superseded' | 'closed'): void {
    job.controller.abort()
    this.#fail(job, why === 'closed' ? 'cancelled' : why, failureOf(why))
    if (!this.#closed) this.#next()
  }

  #fail(job: Job, state: Job['state'], error: Failure): void {
    Object.assign(job, {
      state,
      error,
      tookMs: job.beganAtMs === 0 ? null : this.#with.now() - job.beganAtMs,
    })
    this.#with.tell({ event: 'run.failed', runId: job.id, planId: job.planId, error })
    letGo(job)
  }

  #finished(runId: string): { readonly result: RunResult; readonly scenario: Scenario } {
    const job = this.#jobs.get(runId)
    if (job === undefined) return this.#stored(runId)
    const { result, scenario } = job
    if (result === null) throw new AppError('run-not-finished', runId)
    return { result, scenario }
  }

  /** The last one is kept at hand: a chart asks for many parts of it. */
  #stored(runId: string): StoredRun {
    if (this.#atHand?.id === runId) return this.#atHand
    const run = this.#with.store.runs.get(runId)
    if (run === null) throw new AppError('no-run', runId)
    this.#atHand = run
    return run
  }

  /** While a person types, one run follows the other: only the last of them is worth the disk. */
  #settle(job: Job, result: RunResult): void {
    const { planId, revision, startedAtMs, scenario, tookMs } = job
    if (planId === null || revision === null) return
    clearTimeout(this.#unsaved.get(planId)?.timer)
    const timer = setTimeout(() => this.#save(planId), this.#with.settleMs ?? 1000).unref()
    const run = { planId, revision, startedAtMs, tookMs: tookMs ?? 0, scenario, result }
    this.#unsaved.set(planId, { job, run, timer })
  }

  /** A run that cannot be stored can be made again: the store's complaint is told, and nothing else is lost. */
  #save(planId: string): void {
    const unsaved = this.#unsaved.get(planId)
    if (unsaved === undefined) return
    clearTimeout(unsaved.timer)
    this.#unsaved.delete(planId)
    try {
      unsaved.job.storedId = this.#with.store.runs.save(unsaved.run)
      this.#with.tell({ event: 'store.changed', what: 'runs' })
    } catch (error) {
      this.#with.onBroken(error)
    }
  }

  #forget(): void {
    const over = [...this.#jobs.values()].filter(isOver)
    for (const job of over.slice(0, Math.max(0, this.#jobs.size - MOST_JOBS))) this.#jobs.delete(job.id)
    const withResult = over.filter(({ result }) => result !== null)
    for (const job of withResult.slice(0, Math.max(0, withResult.length - MOST_RESULTS)))
      this.#jobs.delete(job.id)
  }
}

function letGo({ followers }: Job): void {
  for (const { onOver } of followers) onOver()
  followers.clear()
}

const NO_PICTURE: Omit<RunPicture, 'run'> = {
  ...{ report: null, timesS: [], series: [], locked: [], points: 0 },
  budget: {
    ...{ timesS: [], lockedAbsent: [], poolFree: [], memTotalBytes: 0 },
    parts: byPart([]),
  },
}

/** The report goes beside it, in brief. */
const withoutReport = (run: RunView): RunView => ({ ...run, report: null })

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function viewOf(job: Job): RunView {
  const { id, planId, revision, state, share, startedAtMs, tookMs, result, error } = job
  const report = result === null ? null : reportOf(result)
  return { ...{ id, planId, revision, state, share, startedAtMs, tookMs, report, error } }
}

function storedView({ id, planId, revision, startedAtMs, tookMs }: RunHead): RunView {
  return {
    ...{ id, planId, revision, startedAtMs, tookMs },
    ...{ state: 'finished', share: 1, report: null, error: null },
  }
}

const viewOfStored = (run: StoredRun): RunView => ({ ...storedView(run), report: reportOf(run.result) })

function reportOf({ timesS, series, ...rest }: RunResult): RunReport {
  const heads = series.map(({ scope, name, unit, trust, shape }) => ({ scope, name, unit, trust, shape }))
  return { ...rest, points: timesS.length, series: heads }
}
