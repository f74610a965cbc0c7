/** The model, run for tests: a few operations, what each came to, and a look at what is there afterwards. */
import { kernelNamed, type KernelProfile } from '../../engine/kernels/releases.ts'
import type { Op } from '../../engine/op.ts'
import type { ObservedProcess, ObservedVma, VmaNumber } from '../../engine/program.ts'
import { Replay, type Outcome } from '../../engine/sim/replay.ts'
import { program, type Settings } from '../conformance/programs/build.ts'

export type { Settings } from '../conformance/programs/build.ts'

/** The kernel of an offered name such as `6.18` or `debian12`. */
export function profile(name: string): KernelProfile {
  const kernel = kernelNamed(name)
  if (kernel === undefined) throw new Error(`kernel ${name} is not on offer`)
  return kernel
}

/** Operations that were carried out, and the state they left. Quantities are pages. */
export class Model {
  readonly outcomes: readonly Outcome[]
  readonly replay: Replay

  constructor(ops: readonly Op[], how: Settings = {}, kernel: KernelProfile = profile('6.18')) {
    this.replay = new Replay(program('test', '', ops, how).program, { profile: kernel })
    this.outcomes = ops.map(op => this.replay.apply(op))
  }

  /** What the last operation came to. */
  get last(): Outcome {
    const outcome = this.outcomes.at(-1)
    if (outcome === undefined) throw new Error('no operation')
    return outcome
  }

  get results(): Outcome['result'][] {
    return this.outcomes.map(({ result }) => result)
  }

  process(pid = 'p0'): ObservedProcess {
    const found = this.replay.observe().procs[pid]
    if (found === undefined) throw new Error(`process ${pid} does not exist`)
    return found
  }

  vmas(area: string, pid = 'p0'): ObservedVma[] {
    return this.process(pid).areas[area] ?? []
  }

  /** A number of smaps, summed over the mappings of an area. KiB or pages, as smaps has it. */
  sum(area: string, number: VmaNumber, pid = 'p0'): number {
    return this.vmas(area, pid).reduce((sum, vma) => sum + (vma[number] ?? 0), 0)
  }

  flags(area: string, pid = 'p0'): string[] {
    return this.vmas(area, pid).map(({ flags }) => flags)
  }

  get lockedVm(): number {
    return this.process().VmLck / 4
  }

  get pinnedVm(): number {
    return this.process().VmPin / 4
  }

  get mlocked(): number {
    return this.replay.observe().sys.Mlocked / 4
  }
}

export const run = (ops: readonly Op[], how: Settings = {}, kernel: string | KernelProfile = '6.18'): Model =>
  new Model(ops, how, typeof kernel === 'string' ? profile(kernel) : kernel)
