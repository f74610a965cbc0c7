/** One thread of a task: takes step after step, never makes anybody wait. */
import type { Op } from '../../engine/op.ts'
import type { SetupStep } from '../../engine/scenario.ts'
import { errnoName } from '../libc.ts'
import type { LiveProcess } from '../process.ts'
import { CannotRun } from '../refusal.ts'
import { runStep, systemCall, type Surroundings } from '../steps.ts'
import type { Tracee } from '../tracee.ts'

/** A step on its own, repeats taken apart. */
export type Item =
  | Extract<SetupStep, { do: 'op' | 'sleep' | 'ready' }>
  /** The next round of a repeat: not before so many seconds after the last one began. */
  | { readonly do: 'round'; readonly periodS: number }

export function* itemsOf(steps: readonly SetupStep[]): Generator<Item> {
  for (const step of steps) {
    if (step.do === 'read') throw new CannotRun('program', 'read(2) is not run live.')
    if (step.do !== 'repeat') yield step
    else
      for (let i = 0; i < step.times; i++) {
        for (const op of step.ops)
          yield { do: 'op', op: movedBy(op, (step.advanceBytes ?? 0) * i), onRefusal: 'warn' }
        yield { do: 'round', periodS: step.periodS }
      }
  }
}

const movedBy = (op: Op, bytes: number): Op =>
  'on' in op && bytes !== 0 ? { ...op, offset: Number(op.offset ?? 0) + bytes } : op

/** What an operation came to: 0, an errno or a signal; `gone` if the process was ended meanwhile. */
export type Came = 0 | string

/** Carries single operations out in a thread of a traced process. */
export class Agent {
  readonly tracee: Tracee
  readonly #process: LiveProcess
  readonly #where: Surroundings
  #busy = false
  /** The address that a call has to return. */
  #mustReturn: bigint | undefined
  #sync: Came | null = null

  constructor(tracee: Tracee, process: LiveProcess, where: Surroundings) {
    this.tracee = tracee
    this.#process = process
    this.#where = where
  }

  get isBusy(): boolean {
    return this.#busy
  }

  begin(op: Op): void {
    this.#busy = true
    this.#sync = null
    this.#mustReturn = undefined
    if (op.op === 'touch') {
      const from = this.#where.areas.address(op.on, op.offset)
      this.tracee.beginTouch(op.access, from, from + BigInt(op.length), BigInt(op.stride ?? 4096))
      return
    }
    const found = systemCall(op, this.#where)
    if (found === undefined) {
      this.#sync = runStep(op, this.#process, this.#where).result // pins and limits: several calls, and short
      return
    }
    this.#mustReturn = found.mustReturn
    this.tracee.begin(...found.call)
    this.#isCall = true
  }
  #isCall = false

  /** Accesses a list of addresses in its own memory. */
  beginList(from: bigint, to: bigint): void {
    this.#busy = true
    this.#sync = null
    this.tracee.beginList(from, to)
  }

  /** What the operation came to; null while it goes on. */
  poll(): Came | null {
    if (this.#sync !== null) return this.#done(this.#sync)
    const polled = this.tracee.poll()
    if (polled === 'running') return null
    if (polled === 'gone') return this.#done('gone')
    if (polled.signal !== null) return this.#done(polled.signal)
    const { value } = this.tracee
    const failed = this.#isCall && value < 0n && value >= -4095n
    if (failed) return this.#done(errnoName(Number(-value)))
    if (this.#isCall && this.#mustReturn !== undefined && value !== this.#mustReturn)
      throw new CannotRun('system', 'A mapping did not come to lie where it was told to.')
    return this.#done(0)
  }

  #done(came: Came): Came {
    this.#busy = false
    this.#isCall = false
    return came
  }
}
