/** Samples of one program: it is started again and again, and the first time through is only there to warm it up. */
import type { CalibrationProgram } from '../../engine/sim/calibration/programs.ts'
import type { ProgramWork } from '../../engine/sim/calibration/work.ts'
import type { MeasuredStep } from '../../engine/sim/calibration/measured.ts'
import { CannotRun } from '../refusal.ts'
import { BatchProcess, type BatchOptions, type Cycle, type StepTime } from './batch.ts'

/** A visit goes on until it has taken so long or been through so many times, but through twice at least. */
const VISIT_MS = 60
const MOST_CYCLES = 8

export class Sampler {
  readonly program: CalibrationProgram
  readonly work: ProgramWork
  readonly #samples: StepTime[][]
  /** Time lost to others, of all that the steps took on the wall clock. */
  cpuNs = 0
  wallNs = 0
  visits = 0

  constructor(program: CalibrationProgram, work: ProgramWork) {
    this.program = program
    this.work = work
    this.#samples = program.timed.map(() => [])
  }

  /** Throws CannotRun where the kernel refuses it, or does other work than the model says. */
  visit(options: BatchOptions): void {
    const batch = new BatchProcess(this.program, options)
    try {
      const start = performance.now()
      this.#mustAgree(batch.cycle())
      let cycles = 0
      do {
        this.#take(batch.cycle())
        cycles++
      } while (cycles < MOST_CYCLES && performance.now() - start < VISIT_MS)
      this.visits++
    } finally {
      batch.close()
    }
  }

  /** Steps with what the clock itself takes taken off. */
  steps(clock: StepTime): MeasuredStep[] {
    const { name: program, family, bytes, timed } = this.program
    return timed.map(({ name: step }, i): MeasuredStep => ({
      ...{ program, family, bytes, step, phases: this.work.steps[i] ?? [] },
      ...undisturbed(this.#samples[i] ?? [], clock),
    }))
  }

  /** The least of all samples of a step, on each clock. */
  shortest(step: number): StepTime {
    const samples = this.#samples[step] ?? []
    return {
      cpuNs: Math.min(...samples.map(({ cpuNs }) => cpuNs)),
      wallNs: Math.min(...samples.map(({ wallNs }) => wallNs)),
    }
  }

  /** Faults tell whether the kernel did what the model says: huge pages that could not be had, for example. */
  #mustAgree({ minflt }: Cycle): void {
    // A process that has forked writes its own list of results once more.
    const own = this.program.program.ops.filter(({ op }) => op === 'fork').length
    if (minflt === this.work.minflt + own) return
    throw new CannotRun(
      'disturbed',
      `the kernel took ${minflt - own} faults where the model has ${this.work.minflt}`,
    )
  }

  #take(cycle: Cycle): void {
    // One that was disturbed is no sample.
    const own = this.program.program.ops.filter(({ op }) => op === 'fork').length
    if (cycle.minflt !== this.work.minflt + own) return
    cycle.steps.forEach((step, i) => {
      this.#samples[i]?.push(step)
      this.cpuNs += step.cpuNs
      this.wallNs += step.wallNs
    })
  }
}

/** The shortest on the wall clock may be longer than time on the processor by so much to be taken for undisturbed. */
const UNDISTURBED = 1.15

/**
 * What a step takes by itself. The shortest of all samples on the wall clock, if nobody else was on the processor then.
 * A step that is too long ever to be left alone on a busy machine has its time on the processor; that is the kernel's
 * own account, from which it takes what it believes the host of a virtual machine to have stolen, now too much and now
 * too little, so that the lower quarter stands for it and not the least.
 */
export function undisturbed(
  samples: readonly StepTime[],
  clock: StepTime,
): Pick<MeasuredStep, 'ns' | 'spreadNs' | 'clock' | 'samples'> {
  const sorted = (of: (step: StepTime) => number, off: number): number[] =>
    samples.map(step => Math.max(0, of(step) - off)).sort((a, b) => a - b)
  const wall = sorted(({ wallNs }) => wallNs, clock.wallNs)
  const cpu = sorted(({ cpuNs }) => cpuNs, clock.cpuNs)
  const at = (list: readonly number[], share: number): number => list[Math.floor(list.length * share)] ?? 0
  const isWall = at(wall, 0) <= at(cpu, 0.5) * UNDISTURBED
  const best = isWall ? at(wall, 0) : at(cpu, 0.25)
  const next = isWall ? at(wall, 0.25) : at(cpu, 0.5)
  return {
    ns: best,
    spreadNs: next - best,
    clock: isWall ? 'wall' : 'processor',
    samples: samples.length,
  }
}
