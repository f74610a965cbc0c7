/** Runs programs on the running kernel, one after the other, and puts the machine back at the end. */
import { release } from 'node:os'
import type { Observed, Program } from '../engine/program.ts'
import { OBSERVED_FORMAT } from '../engine/program.ts'
import { uninterrupted } from './cpu.ts'
import { DisturbanceWatch } from './disturbance.ts'
import { recoverJournals } from './journal.ts'
import { MachineLock } from './machine-lock.ts'
import { kernelNotes, machineNotes, unprivilegedNote } from './notes.ts'
import { countersLag, type LiveStep } from './observe.ts'
import { PageFrames } from './page-frames.ts'
import { pause } from './pause.ts'
import { CannotRun, refusalOf, type LiveRefusal } from './refusal.ts'
import { runProgram } from './run-program.ts'
import { Settings } from './settings.ts'
import { closeStartImage } from './start-process.ts'
import { requireNoSwap } from './zram-swap.ts'

/** As {@link Observed}, with null where the kernel keeps a number from users without privileges. */
export type LiveObserved = Omit<Observed, 'steps'> & { steps: LiveStep[] }

export interface LiveSuccess {
  readonly ok: true
  readonly observed: LiveObserved
  /** What a reader of the document has to know, in sentences. */
  readonly notes: readonly string[]
}

export type LiveResult = LiveSuccess | LiveRefusal

export interface LiveOptions {
  /** Where programs' files on disk go; default is a directory for temporary files. */
  readonly directory?: string
  /** How long to wait for other live runs on this machine. */
  readonly waitMs?: number
}

const WAIT_MS = 60_000
const ATTEMPTS = 12
/** Multiplied by the number of the attempt. */
const QUIET_MS = 50

export class LiveSession {
  readonly #options: LiveOptions
  readonly #lock: MachineLock
  readonly #settings: Settings
  readonly #watch = new DisturbanceWatch()
  readonly #frames: PageFrames | null
  readonly #notes: readonly string[]
  #isOpen = true

  private constructor(lock: MachineLock, options: LiveOptions) {
    this.#lock = lock
    this.#options = options
    this.#settings = new Settings(lock)
    this.#frames = PageFrames.open()
    this.#notes = [...machineNotes(), ...(this.#frames === null ? [unprivilegedNote] : [])]
  }

  /**
   * Takes the machine's lock. A session belongs to the thread that opens it, and holds that thread up while it works.
   * Close it: settings stay as the last program wanted them until then.
   */
  static open(options: LiveOptions = {}): { readonly ok: true; readonly session: LiveSession } | LiveRefusal {
    let lock: MachineLock | undefined
    try {
      requirePlatform()
      lock = MachineLock.acquire(options.waitMs ?? WAIT_MS)
      recoverJournals(lock)
      return { ok: true, session: new LiveSession(lock, options) }
    } catch (error) {
      lock?.release()
      return refusalOf(error)
    }
  }

  run(program: Program): LiveResult {
    if (!this.#isOpen) throw new Error('This live session is closed.')
    try {
      const steps = this.#undisturbed(program)
      const observed: LiveObserved = {
        format: OBSERVED_FORMAT,
        program: program.name,
        kernel: release(),
        steps,
      }
      return { ok: true, observed, notes: [...kernelNotes(program), ...this.#notes] }
    } catch (error) {
      return refusalOf(error)
    }
  }

  /** Restores every setting. Names those that could not be restored; the next live run will try again. */
  close(): readonly string[] {
    if (!this.#isOpen) return []
    this.#isOpen = false
    const failed = this.#settings.restore()
    this.#watch.close()
    this.#frames?.close()
    closeStartImage()
    this.#lock.release()
    return failed
  }

  #undisturbed(program: Program): LiveStep[] {
    let disturbance = ''
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const { banHugePages } = this.#settings.apply(program)
      const before = this.#watch.state()
      const steps = this.#once(program, banHugePages)
      const changed = this.#settings.changedByOthers()
      if (changed === undefined && this.#watch.state() === before) return steps
      disturbance =
        changed === undefined ? 'memory was short, or huge pages could not be had' : `somebody set ${changed}`
      pause(QUIET_MS * attempt)
    }
    throw new CannotRun(
      'disturbed',
      `In ${ATTEMPTS} attempts something else disturbed the program: ${disturbance}.`,
    )
  }

  #once(program: Program, banHugePages: boolean): LiveStep[] {
    const { swapBytes } = program.machine
    try {
      if (swapBytes > 0) this.#settings.swapOn(swapBytes)
      else if (pagesOut(program)) requireNoSwap()
      const means = {
        frames: this.#frames,
        directory: this.#options.directory,
        lag: countersLag(release()),
        banHugePages,
      }
      return uninterrupted(() => runProgram(program, means))
    } finally {
      this.#settings.swapOff()
    }
  }
}

const pagesOut = ({ ops }: Program): boolean => ops.some(op => op.op === 'madvise' && op.advice === 'pageout')

function requirePlatform(): void {
  if (process.platform === 'linux' && process.arch === 'x64') return
  throw new CannotRun(
    'platform',
    `Programs run live on Linux on x86-64; this is ${process.platform} on ${process.arch}. Everything else works here too.`,
  )
}
