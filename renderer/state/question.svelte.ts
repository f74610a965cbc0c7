/**
 * A question of many runs: its progress, its answer, and whether the answer still holds for what is on screen. The last
 * good answer stays until the next one is there.
 */
import type { Input, Method, Output, Progress } from '../../app/contract.ts'
import { api } from '../api.ts'
import { remaining, type Pace } from './pace.ts'

/** Methods that take a ticket, so that they can be stopped with what is there so far. */
const STOPPABLE: ReadonlySet<Method> = new Set([
  'questions.compare',
  'questions.capacity',
  'questions.sweep',
  'questions.sensitivity',
  'questions.monteCarlo',
])

export class Question<M extends Method> {
  readonly method: M
  answer = $state.raw<Output<M> | null>(null)
  /** What the answer is to. */
  answered = $state.raw<Input<M> | null>(null)
  /** Of the plan, as `ask` was told: what the answer holds for. */
  holdsFor = $state<unknown>(null)
  isRunning = $state(false)
  progress = $state.raw<Progress>({ done: 0, of: null })
  /** A sentence, where the newest question came to nothing. */
  failure = $state<string | null>(null)
  /** The person ended it. */
  wasCancelled = $state(false)
  tookMs = $state<number | null>(null)
  startedMs = $state(0)
  #going: AbortController | null = null
  #ticket = ''

  constructor(method: M) {
    this.method = method
  }

  /** Asks anew; a question that is still under way is no longer wanted. */
  async ask(input: Input<M>, holdsFor: unknown = null): Promise<void> {
    this.#going?.abort()
    const going = (this.#going = new AbortController())
    this.isRunning = true
    this.wasCancelled = false
    this.progress = { done: 0, of: null }
    this.startedMs = performance.now()
    const isStoppable = STOPPABLE.has(this.method)
    this.#ticket = isStoppable ? `${this.method} ${Math.random()}` : ''
    const ticketed = isStoppable ? { ...input, ticket: this.#ticket } : input
    const answer = await api.call(this.method, ticketed, {
      signal: going.signal,
      onProgress: progress => {
        if (this.#going === going) this.progress = progress
      },
    })
    if (this.#going !== going) return
    this.#going = null
    this.isRunning = false
    if (answer.ok) {
      this.answer = answer.value
      this.answered = input
      this.holdsFor = holdsFor
      this.failure = null
      this.tookMs = performance.now() - this.startedMs
    } else if (answer.error.code === 'cancelled') this.wasCancelled = true
    else this.failure = answer.error.issues?.[0]?.sentence ?? answer.error.sentence
  }

  /** Ends it with what is there so far, which then is the answer, and says that it is partial. */
  stop(): void {
    if (this.#ticket !== '') void api.call('questions.stop', { ticket: this.#ticket })
  }

  /** Ends it; the answer before stays. */
  cancel(): void {
    if (this.#going === null) return
    this.#going.abort()
    this.#going = null
    this.isRunning = false
    this.wasCancelled = true
  }

  /** The answer is to something else by now. */
  forget(): void {
    this.cancel()
    this.answer = null
    this.answered = null
    this.failure = null
    this.wasCancelled = false
  }

  /** How far it is, and how long it still takes. */
  pace(nowMs: number): Pace {
    return remaining(this.progress, nowMs - this.startedMs)
  }
}
