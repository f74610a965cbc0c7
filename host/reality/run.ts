/**
 * Runs a scaled plan on the running kernel: its tasks carry out the operations that the model carries out, then access
 * their memory at random. One thread does everything: it lets operations begin, looks whether they are over, and takes
 * samples. It leaves no process, no file, no setting behind, however it ends.
 */
import { tmpdir } from 'node:os'
import type { MeasuredEvent, MeasuredStall } from '../../engine/planner/reality/measured.ts'
import type { Scenario } from '../../engine/scenario.ts'
import type { Snapshot } from '../../engine/sim/result.ts'
import { ProgramFiles } from '../files.ts'
import { checked, libc } from '../libc.ts'
import { recoverJournals } from '../journal.ts'
import { MachineLock } from '../machine-lock.ts'
import { pause } from '../pause.ts'
import { CannotRun, refusalOf, type LiveRefusal } from '../refusal.ts'
import { closeStartImage } from '../start-process.ts'
import type { RealityHooks, RealityJob, RealityOutcome, TimedStep } from './job.ts'
import {
  MeminfoReader,
  numbersOf,
  rollupOf,
  snapshotAt,
  STATUS_NUMBERS,
  statOf,
  taskSnapshot,
} from './look.ts'
import { requireLinux } from './machine.ts'
import { RunSurroundings } from './surroundings.ts'
import { LiveTask, type LiveTaskSpec, type TaskWitness } from './task.ts'
import { ProcFile } from '../proc-file.ts'

const WAIT_MS = 60_000
/** While operations are under way the runner looks so often; what takes less is seen that much late. */
const LOOK_MS = 0.15
/** A single thread that has just begun is watched without a pause, so that short operations are not lengthened. */
const SPIN_MS = 0.4
/** Walking page tables may take so much of the time between two samples. */
const ROLLUP_SHARE = 0.05
const SYS_FADVISE64 = 221
const POSIX_FADV_DONTNEED = 4
const KIB = 1024

export type RealityResult = { readonly ok: true; readonly outcome: RealityOutcome } | LiveRefusal

/** Holds up the calling thread until the run is over. */
export function runReality(job: RealityJob, hooks: RealityHooks = {}): RealityResult {
  let lock: MachineLock | undefined
  try {
    requireLinux()
    lock = MachineLock.acquire(WAIT_MS)
    recoverJournals(lock)
    return { ok: true, outcome: new RealityRun(job, hooks).go(lock) }
  } catch (error) {
    return refusalOf(error)
  } finally {
    lock?.release()
  }
}

class RealityRun {
  readonly #job: RealityJob
  readonly #hooks: RealityHooks
  readonly #events: MeasuredEvent[] = []
  readonly #steps: TimedStep[] = []
  readonly #samples: Snapshot[] = []
  readonly #tasks: LiveTask[] = []
  readonly #shared = new Map<string, ProgramFiles>()
  readonly #rollups = new Map<LiveTask, Record<string, number>>()
  readonly #lastFaults = new Map<LiveTask, Record<string, number>>()
  #lookingMs = 0
  #rollupMs = 0
  #startMs = 0
  #statFiles = new Map<LiveTask, ProcFile>()

  constructor(job: RealityJob, hooks: RealityHooks) {
    this.#job = job
    this.#hooks = hooks
  }

  go(lock: MachineLock): RealityOutcome {
    const { machine } = this.#job.scenario
    const surroundings = new RunSurroundings(lock, machine)
    const meminfo = new MeminfoReader()
    const measured = { cancelled: false, notRestored: [] as readonly string[] }
    try {
      surroundings.prepare(machine, this.#hasDiskFiles() ? (this.#job.directory ?? tmpdir()) : null)
      this.#startTasks(surroundings)
      measured.cancelled = this.#watch(meminfo)
    } finally {
      this.#endAll()
      meminfo.close()
      closeStartImage()
      measured.notRestored = surroundings.restore()
    }
    const sum = (of: (task: LiveTask) => number): number => this.#tasks.reduce((n, task) => n + of(task), 0)
    return {
      samples: this.#samples,
      events: this.#events,
      stalls: stallsOf(this.#tasks),
      steps: this.#steps,
      accessesWanted: sum(task => task.accessesWanted),
      accessesMade: sum(task => task.accessesMade),
      lookingS: this.#lookingMs / 1000,
      ...measured,
    }
  }

  #hasDiskFiles(): boolean {
    const all = this.#job.scripts.flatMap(([, { script }]) => Object.values(script.files))
    return all.some(({ kind }) => kind === 'file')
  }

  #startTasks(surroundings: RunSurroundings): void {
    const { scenario, limitBytes } = this.#job
    const hasOwn = scenario.workloads.some(
      ({ memcg }) => memcg.maxBytes !== null || memcg.highBytes !== null || memcg.swapMaxBytes !== null,
    )
    surroundings.divide(limitBytes, hasOwn)
    const witness: TaskWitness = {
      event: event => void this.#events.push(event),
      step: step => void this.#steps.push(step),
    }
    for (const given of specsOf(this.#job)) {
      const task = new LiveTask(given, this.#filesOf(given), witness)
      this.#tasks.push(task)
      this.#statFiles.set(task, new ProcFile(`/proc/${task.process.tracee.pid}/stat`))
      surroundings.confine(task.process.tracee.pid, given.spec.memcg, hasOwn)
    }
  }

  /** Files that a workload names are one for all its instances; others each instance has for itself. */
  #filesOf({ spec, instance, scripted }: LiveTaskSpec): ProgramFiles {
    const { files, areas } = scripted.script
    const named = areas.some(({ file }) => file !== undefined)
    const key = named ? spec.name : `${spec.name}/${instance}`
    const known = this.#shared.get(key)
    if (known !== undefined) return known
    const made = new ProgramFiles(files, this.#job.directory)
    for (const { file, bytes } of areas) {
      if (file?.kind !== 'file' || file.cachedShare >= 1) continue
      const from = Math.round((bytes * file.cachedShare) / 4096) * 4096
      checked(
        'fadvise64',
        libc().syscall(SYS_FADVISE64, Number(made.fd(file.name)), from, 0, POSIX_FADV_DONTNEED, 0, 0),
      )
    }
    this.#shared.set(key, made)
    return made
  }

  /** True if it was cancelled. */
  #watch(meminfo: MeminfoReader): boolean {
    const { scenario, sampleS } = this.#job
    this.#startMs = performance.now()
    let nextSampleS = 0
    let nextAskS = 0
    for (;;) {
      const nowS = (performance.now() - this.#startMs) / 1000
      for (const task of this.#tasks) task.advance(() => (performance.now() - this.#startMs) / 1000)
      if (nowS >= nextSampleS || nowS >= scenario.horizonS) {
        this.#sample(nowS, meminfo)
        nextSampleS = Math.max(nextSampleS + sampleS, nowS)
      }
      if (nowS >= scenario.horizonS) return false
      if (nowS >= nextAskS) {
        if (this.#hooks.isCancelled?.() === true) return true
        nextAskS = nowS + 0.1
      }
      if (this.#tasks.every(task => !task.isAlive)) return false
      this.#wait(nextSampleS - nowS)
    }
  }

  #busySinceMs = 0

  #wait(untilSampleS: number): void {
    const busy = this.#tasks.filter(task => task.isBusy)
    if (busy.length === 0) {
      this.#busySinceMs = 0
      pause(Math.max(0.05, Math.min(1, untilSampleS * 1000)))
      return
    }
    const nowMs = performance.now()
    if (this.#busySinceMs === 0) this.#busySinceMs = nowMs
    if (busy.length === 1 && nowMs - this.#busySinceMs < SPIN_MS) return
    pause(LOOK_MS)
  }

  #sample(atS: number, meminfo: MeminfoReader): void {
    const beganMs = performance.now()
    const tasks = this.#tasks.filter(task => task.state !== 'waiting').map(task => this.#look(task))
    const sample = snapshotAt(atS, meminfo.numbers(), tasks.map(taskSnapshot))
    this.#samples.push(sample)
    this.#lookingMs += performance.now() - beganMs
    this.#hooks.onSample?.(sample)
  }

  #look(task: LiveTask): {
    workload: string
    instance: number
    state: string
    status: Record<string, number>
  } {
    const { spec, instance, state } = task
    // The faults of one that has ended stay counted.
    if (!task.isAlive)
      return { workload: spec.name, instance, state, status: this.#lastFaults.get(task) ?? {} }
    const status = numbersOf(task.process.status.text(), STATUS_NUMBERS)
    const own = task.ownBytes / KIB
    if (status['VmRSS'] !== undefined) status['VmRSS'] = Math.max(0, status['VmRSS'] - own)
    if (status['RssShmem'] !== undefined) status['RssShmem'] = Math.max(0, status['RssShmem'] - own)
    const { minflt, majflt } = statOf(this.#statFiles.get(task)?.text() ?? '')
    this.#lastFaults.set(task, { minflt, majflt })
    return {
      workload: spec.name,
      instance,
      state,
      status: { ...status, ...this.#rollup(task), minflt, majflt },
    }
  }

  /** Not at every sample where it would cost too much: the last one then stands. */
  #rollup(task: LiveTask): Record<string, number> {
    const elapsedMs = performance.now() - this.#startMs
    const known = this.#rollups.get(task)
    const mayLook = this.#rollupMs <= ROLLUP_SHARE * elapsedMs
    // It waits for the lock of the address space: not while an operation may hold it.
    if (known !== undefined && (!mayLook || (task.state === 'starting' && task.isBusy))) return known
    if (task.state === 'starting' && task.isBusy) return {}
    const beganMs = performance.now()
    const { Locked = 0, AnonHugePages = 0 } = rollupOf(task.process.tracee.pid)
    this.#rollupMs += performance.now() - beganMs
    const found = { Locked, AnonHugePages }
    this.#rollups.set(task, found)
    return found
  }

  #endAll(): void {
    for (const task of this.#tasks) task.end('stopped')
    for (const file of this.#statFiles.values()) file.close()
    for (const files of this.#shared.values()) files.close()
  }
}

function specsOf({ scenario, scripts }: RealityJob): LiveTaskSpec[] {
  const byName = new Map(scripts)
  return scenario.workloads.flatMap((spec, w) =>
    Array.from({ length: spec.count }, (_, instance): LiveTaskSpec => {
      const scripted = byName.get(spec.name)
      if (scripted === undefined) throw new CannotRun('program', `${spec.name} has no operations.`)
      const startS = spec.startS + instance * spec.staggerS
      return { spec, instance, startS, scripted, seed: seedOf(scenario, w, instance) }
    }),
  )
}

const seedOf = ({ seed }: Scenario, workload: number, instance: number): number =>
  seed * 1_000_003 + workload * 1009 + instance

/** The longest of each workload. */
function stallsOf(tasks: readonly LiveTask[]): MeasuredStall[] {
  const longest = new Map<string, MeasuredStall>()
  for (const { stall } of tasks)
    if (stall !== null && stall.longestNs > (longest.get(stall.workload)?.longestNs ?? 0))
      longest.set(stall.workload, stall)
  return [...longest.values()]
}
