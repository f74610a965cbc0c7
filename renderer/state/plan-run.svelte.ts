/** The newest run of a plan, and the newest result: the last good one stays until another is there. */
import type { AppEvent, RunBudget, RunReport, RunView, ThinnedSeries } from '../../app/contract.ts'
import { ask, Refused } from '../api.ts'

/** Points that charts ask for: twice as many as a wide panel has pixels. */
const WIDTH = 1600

export interface Shown {
  readonly run: RunView
  readonly report: RunReport
  readonly series: ThinnedSeries
  readonly budget: RunBudget
}

export class PlanRun {
  readonly planId: string
  shown = $state.raw<Shown | null>(null)
  /** Share of the run under way; null while none is. */
  share = $state<number | null>(null)
  /** A sentence, where the newest run came to nothing. */
  failure = $state<string | null>(null)
  #newest: string | null = null

  constructor(planId: string) {
    this.planId = planId
  }

  async start(): Promise<void> {
    this.share = 0
    try {
      const run = await ask('runs.start', { subject: { planId: this.planId } })
      this.#newest = run.id
      await this.#refresh(run.id)
    } catch (error) {
      this.#fail(error)
    }
  }

  async cancel(): Promise<void> {
    if (this.#newest !== null) await ask('runs.cancel', { runId: this.#newest }).catch(() => null)
    this.share = null
  }

  hear(event: AppEvent): void {
    if (!('runId' in event) || event.runId !== this.#newest) return
    if (event.event === 'run.progress') this.share = event.share
    if (event.event === 'run.finished') void this.#refresh(event.runId)
    if (event.event === 'run.failed' && event.error.code !== 'superseded') {
      this.share = null
      this.failure = event.error.code === 'cancelled' ? null : event.error.sentence
    }
  }

  async #refresh(runId: string): Promise<void> {
    if (this.shown?.run.id === runId) return
    try {
      const run = await ask('runs.get', { runId })
      if (run.state === 'failed') this.failure = run.error?.sentence ?? 'The run failed.'
      if (run.report === null) return
      const [series, budget] = await Promise.all([
        ask('runs.series', { runId, width: WIDTH }),
        ask('runs.budget', { runId, width: WIDTH }),
      ])
      if (runId !== this.#newest) return
      this.shown = { run, report: run.report, series, budget }
      this.share = null
      this.failure = null
    } catch (error) {
      if (runId === this.#newest) this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.share = null
    // A newer run took its place: that one tells.
    if (error instanceof Refused && error.code === 'no-run') return
    this.failure = error instanceof Error ? error.message : String(error)
  }
}
