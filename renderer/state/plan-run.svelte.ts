/** The newest run of a plan, and the newest result: the last good one stays until another is there. */
import type { AppEvent, BriefReport, RunPicture, Subject } from '../../app/contract.ts'
import type { Explanation } from '../../engine/sim/result.ts'
import { ask, Refused } from '../api.ts'
import type { Range, TimeAxis } from './time.svelte.ts'

/** Pixels of the widest panel; two points come for each. */
const WIDTH = 900
/** Milliseconds for which a range has to stay before its curves are asked for. */
const SETTLE_MS = 60

export interface Shown extends RunPicture {
  readonly report: BriefReport
}

export class PlanRun {
  readonly planId: string
  /** All of the newest result. */
  whole = $state.raw<Shown | null>(null)
  /** The part that is zoomed into, once it is there. */
  #part = $state.raw<{ readonly of: Shown; readonly range: Range; readonly picture: Shown } | null>(null)
  /** What charts draw: the part in view if it is there, all of it otherwise. */
  readonly shown: Shown | null = $derived.by(() => {
    const part = this.#part
    return part !== null && part.of === this.whole && part.range === this.#time.range
      ? part.picture
      : this.whole
  })
  /** Share of the run under way; null while none is. */
  share = $state<number | null>(null)
  /** A sentence, where the newest run came to nothing. */
  failure = $state<string | null>(null)
  /** Newest of the pictures that were asked for. */
  #newest = 0
  #going: AbortController | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #time: TimeAxis
  /** Whose memory is drawn by itself. */
  #workload: () => string | undefined

  constructor(planId: string, time: TimeAxis, workload: () => string | undefined) {
    this.planId = planId
    this.#time = time
    this.#workload = workload
  }

  async start(subject: Subject = { planId: this.planId }): Promise<void> {
    const number = ++this.#newest
    const going = (this.#going = new AbortController())
    this.share = 0
    try {
      const picture = await ask(
        'runs.follow',
        { subject, ...this.#view(null) },
        { signal: going.signal, onProgress: ({ done, of }) => this.#told(number, done / (of ?? 1)) },
      )
      if (number === this.#newest) this.#take(picture)
    } catch (error) {
      if (number === this.#newest) this.#fail(error)
    }
  }

  /** Ends the run under way; the last result stays. */
  cancel(): void {
    this.#newest += 1
    this.#going?.abort()
    this.share = null
  }

  /** Why a figure of the newest result is what it is. */
  async explain(figure: string): Promise<Explanation | null> {
    const { whole } = this
    return whole === null ? null : ask('runs.explain', { runId: whole.run.id, figure })
  }

  /** Another process may have run the plan; runs of this page answer by themselves. */
  hear(event: AppEvent): void {
    if (event.event === 'run.failed' && event.error.code === 'closed') this.share = null
  }

  /** Another part of the time is in view, or another workload: its curves are asked for once that has settled. */
  look(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#detail(), SETTLE_MS)
  }

  async #detail(): Promise<void> {
    const { whole } = this
    const { range } = this.#time
    if (whole === null) return
    const picture = await ask('runs.picture', { runId: whole.run.id, ...this.#view(range) }).catch(() => null)
    if (picture === null || whole !== this.whole) return
    const shown = { ...picture, report: whole.report }
    if (range === null) this.whole = shown
    else this.#part = { of: whole, range, picture: shown }
  }

  #view(range: Range): { width: number; workload?: string; fromS?: number; toS?: number } {
    const workload = this.#workload()
    return { width: WIDTH, ...(workload === undefined ? {} : { workload }), ...range }
  }

  #told(number: number, share: number): void {
    if (number === this.#newest) this.share = share
  }

  #take(picture: RunPicture): void {
    this.share = null
    const { report, run } = picture
    if (report === null) {
      this.failure = run.state === 'failed' ? (run.error?.sentence ?? 'The run failed.') : null
      return
    }
    this.whole = { ...picture, report }
    this.failure = null
    if (this.#time.range !== null) this.look()
  }

  #fail(error: unknown): void {
    this.share = null
    // A newer run took its place: that one tells.
    if (error instanceof Refused && (error.code === 'no-run' || error.code === 'cancelled')) return
    this.failure = error instanceof Error ? error.message : String(error)
  }
}
