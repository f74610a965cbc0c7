/**
 * Times the calibration programs on the running kernel. Everything is synchronous and belongs on a thread of its own;
 * whoever started it can end it between two programs.
 */
import { readFileSync } from 'node:fs'
import type { KernelProfile } from '../../engine/kernels/releases.ts'
import { calibrationPrograms, type CalibrationProgram } from '../../engine/sim/calibration/programs.ts'
import { workOfProgram } from '../../engine/sim/calibration/work.ts'
import type { MeasuredStep } from '../../engine/sim/calibration/measured.ts'
import { onOneCpu } from '../cpu.ts'
import { Journal, recoverJournals } from '../journal.ts'
import { libc } from '../libc.ts'
import { MachineLock } from '../machine-lock.ts'
import { mapOwn, unmapOwn } from '../own-memory.ts'
import { CannotRun } from '../refusal.ts'
import { closeStartImage } from '../start-process.ts'
import { ADVICE_NUMBERS } from '../system-calls.ts'
import { growPool, kibOf, lookAtMeans, machineAsItIs, whyNot, withSettings, type Means } from './means.ts'
import type { StepTime } from './batch.ts'
import { Sampler } from './sampler.ts'

export interface CalibrateOptions {
  /** The kernel as the model has it, and the name of the release that it is made of. */
  readonly kernel: KernelProfile & { readonly name: string }
  /** How long it may take. */
  readonly timeS: number
  /** Most of the free memory that is used at once. */
  readonly share: number
  /** Of the last-level cache; sizes go beyond it. */
  readonly cacheBytes: number | null
  /** Where files on disk go; a folder for temporary files if absent. */
  readonly directory?: string
  /** Only families whose name begins so, and these sizes: for tests. */
  readonly only?: string
  readonly sizes?: readonly number[]
  readonly waitMs?: number
  /** Asked between two programs. */
  readonly isCancelled: () => boolean
  readonly onProgress: (elapsedMs: number, ofMs: number) => void
}

export interface Measurements {
  readonly steps: readonly MeasuredStep[]
  /** Programs that were left out, and why. */
  readonly skipped: readonly { readonly what: readonly string[]; readonly why: string }[]
  /** What got in the way, in sentences. */
  readonly disturbances: readonly string[]
  readonly sizes: readonly number[]
  /** The largest amount of memory that was in use at once. */
  readonly memoryBytes: number
  /** Reading the clock. */
  readonly clockNs: number
  /** How much longer the first touch of fresh memory took than the second. */
  readonly freshFactor: number
  readonly rounds: number
  readonly tookMs: number
}

const MIB = 2 ** 20
/** Private memory of a file is there twice. */
const COPIES = 2

/** Null if it was cancelled. Throws CannotRun where nothing can be measured here. */
export function calibrate(options: CalibrateOptions): Measurements | null {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new CannotRun(
      'platform',
      `Machines are calibrated on Linux on x86-64; this is ${process.platform} on ${process.arch}.`,
    )
  const lock = MachineLock.acquire(options.waitMs ?? 5000)
  let journal: Journal | undefined
  let measured: Measurements | null
  try {
    recoverJournals(lock)
    measured = onOneCpu(() => new Calibration(options, () => (journal ??= new Journal(lock))).run())
  } catch (error) {
    end(lock, journal)
    throw error
  }
  const failed = end(lock, journal)
  if (failed.length > 0) throw new CannotRun('system', `Not put back: ${failed.join(', ')}.`)
  return measured
}

/** Puts settings back; names those that could not be, which the next live run tries again. */
function end(lock: MachineLock, journal: Journal | undefined): readonly string[] {
  const failed = journal?.close() ?? []
  closeStartImage()
  lock.release()
  return failed
}

class Calibration {
  readonly #options: CalibrateOptions
  readonly #journal: () => Journal
  readonly #start = performance.now()
  readonly #means = lookAtMeans()
  readonly #skipped = new Map<string, string>()

  constructor(options: CalibrateOptions, journal: () => Journal) {
    this.#options = options
    this.#journal = journal
  }

  run(): Measurements | null {
    const { share, sizes: given } = this.#options
    const budget = Math.floor(kibOf('MemAvailable') * 1024 * share)
    const sizes = (given ?? sizesFor(this.#options)).filter(bytes => bytes * COPIES <= budget)
    const largest = Math.max(...sizes, 0)
    if (largest === 0)
      throw new CannotRun(
        'system',
        `${Math.floor(budget / MIB)} MiB may be used (a share of ${share} of the free memory), which is too little to measure anything.`,
      )
    const before = counters()
    const freshFactor = warmUp(largest * COPIES)
    const clock = clockTime(this.#means)
    const samplers = this.#samplers(sizes)
    const rounds = this.#rounds(samplers)
    if (rounds === null) return null
    const steps = samplers.filter(({ visits }) => visits > 0).flatMap(one => one.steps(clock))
    return {
      ...{ steps, sizes, clockNs: clock.wallNs, freshFactor, rounds, memoryBytes: largest * COPIES },
      skipped: [...Map.groupBy(this.#skipped, ([, why]) => why)].map(([why, programs]) => ({
        what: programs.map(([name]) => name),
        why,
      })),
      disturbances: disturbances(samplers, before, counters()),
      tookMs: this.#elapsed(),
    }
  }

  #elapsed(): number {
    return performance.now() - this.#start
  }

  /** Programs that can be run here, with their work. */
  #samplers(sizes: readonly number[]): Sampler[] {
    const { kernel, only } = this.#options
    const wanted = calibrationPrograms(sizes, machineAsItIs(kernel.name)).filter(
      ({ family }) => only === undefined || family.startsWith(only),
    )
    const pool = wanted.filter(({ need }) => need === 'hugetlb').map(({ bytes }) => bytes)
    const poolBytes =
      this.#means.mayGrowPool && pool.length > 0
        ? growPool(this.#journal, Math.max(...pool))
        : this.#means.poolBytes
    return wanted.flatMap(program => {
      const why = whyNot(program, this.#means, poolBytes)
      if (why !== null) return this.#skip(program, why)
      const modelled = workOfProgram(program, kernel)
      return modelled.ok ? [new Sampler(program, modelled.work)] : this.#skip(program, modelled.why)
    })
  }

  #skip({ name }: CalibrationProgram, why: string): [] {
    this.#skipped.set(name, why)
    return []
  }

  /** Round after round over all programs until the time is over; how many there were, or null if it was cancelled. */
  #rounds(samplers: readonly Sampler[]): number | null {
    const { timeS, onProgress, isCancelled } = this.#options
    const ofMs = timeS * 1000
    const out = new Set<Sampler>()
    const took = new Map<Sampler, number>()
    for (let round = 1; ; round++) {
      let visited = 0
      for (const sampler of samplers) {
        if (isCancelled()) return null
        const known = took.get(sampler) ?? 0
        // The first round is made whole: without it there is nothing to fit.
        if (out.has(sampler) || (round > 1 && this.#elapsed() + known > ofMs)) continue
        const start = performance.now()
        if (!this.#visit(sampler)) out.add(sampler)
        took.set(sampler, performance.now() - start)
        visited++
        onProgress(Math.min(this.#elapsed(), ofMs), ofMs)
      }
      if (visited === 0 || this.#elapsed() >= ofMs) return round
    }
  }

  /** False: not again. */
  #visit(sampler: Sampler): boolean {
    const { need } = sampler.program
    const { capIpcLock, wanted } = this.#means
    const { directory } = this.#options
    const banHugePages = need !== 'huge pages' && need !== '64 KiB folios'
    try {
      withSettings(this.#journal, wanted.get(need) ?? [], () =>
        sampler.visit({ directory, capIpcLock, banHugePages }),
      )
      return true
    } catch (error) {
      if (!(error instanceof CannotRun)) throw error
      if (sampler.visits === 0) this.#skip(sampler.program, error.message)
      return false
    }
  }
}

/** Within the caches, around them, and well beyond. */
function sizesFor({ timeS, cacheBytes }: CalibrateOptions): number[] {
  if (timeS < 10) return [4 * MIB, 8 * MIB, 16 * MIB]
  const most = timeS < 30 ? 64 * MIB : 256 * MIB
  const beyond = 2 ** Math.ceil(Math.log2(4 * (cacheBytes ?? 16 * MIB)))
  return [4 * MIB, 32 * MIB, Math.min(most, Math.max(64 * MIB, beyond))]
}

/**
 * Brings memory in once and gives it back, so that what is measured is memory that this machine has: the first touch
 * of memory that a virtual machine never used makes its host find a page. Gives how much dearer that was.
 */
function warmUp(bytes: number): number {
  const address = mapOwn(bytes)
  try {
    const pass = (): number => {
      const start = performance.now()
      libc().memset(address, 1, bytes)
      return performance.now() - start
    }
    const first = pass()
    libc().madvise(address, bytes, ADVICE_NUMBERS.dontneed)
    return first / pass()
  } finally {
    unmapOwn(address, bytes)
  }
}

/** The shortest time between two readings with next to nothing between them, of either clock. */
function clockTime({ capIpcLock }: Means): StepTime {
  const [program] = calibrationPrograms([2 * MIB], machineAsItIs('6.18'))
  if (program === undefined) throw new Error('there are no programs')
  const page = { on: 'a', length: 4096 } as const
  const ops = [
    { op: 'mmap', as: 'a', length: 4096 },
    { op: 'touch', access: 'write', ...page },
    { op: 'touch', access: 'read', ...page },
    { op: 'munmap', ...page },
  ] as const
  const clock = { program: { ...program.program, ops }, timed: [{ name: 'nothing', from: 2, to: 3 }] }
  const sampler = new Sampler({ ...program, ...clock }, { steps: [[]], minflt: 1 })
  for (let i = 0; i < 8; i++) sampler.visit({ capIpcLock, banHugePages: true })
  return sampler.shortest(0)
}

interface Counters {
  readonly scanned: number
  readonly stolen: number
  readonly total: number
}

/** Reclaim, and processor time that the host of a virtual machine gave to others. */
function counters(): Counters {
  const vmstat = readFileSync('/proc/vmstat', 'latin1')
  const of = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(vmstat)?.[1] ?? 0)
  const ticks = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1]?.split(' ').map(Number) ?? []
  return {
    scanned: of('pgscan_kswapd') + of('pgscan_direct'),
    stolen: ticks[7] ?? 0,
    total: ticks.slice(0, 8).reduce((sum, one) => sum + one, 0),
  }
}

/** More than this is said. */
const MUCH = 0.05

function disturbances(samplers: readonly Sampler[], before: Counters, after: Counters): string[] {
  const sum = (of: (sampler: Sampler) => number): number =>
    samplers.reduce((total, one) => total + of(one), 0)
  const wall = sum(({ wallNs }) => wallNs)
  const lost = wall === 0 ? 0 : 1 - sum(({ cpuNs }) => cpuNs) / wall
  const stolen = (after.stolen - before.stolen) / Math.max(1, after.total - before.total)
  const percent = (share: number): string => `${Math.round(share * 100)} %`
  return [
    ...(lost > MUCH
      ? [`Others were on the processor for ${percent(lost)} of the time; only time on the processor counts.`]
      : []),
    ...(stolen > MUCH
      ? [`The host of this virtual machine took ${percent(stolen)} of the processor time for others.`]
      : []),
    ...(after.scanned > before.scanned ? ['Memory was short: the kernel reclaimed some meanwhile.'] : []),
  ]
}
