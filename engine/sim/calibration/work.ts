/** The work that the model says a calibration program is, step by step, and the faults that the kernel would count. */
import type { KernelProfile } from '../../kernels/releases.ts'
import type { Phase } from '../../work.ts'
import { Replay } from '../replay.ts'
import type { CalibrationProgram } from './programs.ts'

export interface ProgramWork {
  /** One for each timed step, in their order. */
  readonly steps: readonly (readonly Phase[])[]
  /** Minor faults of the whole program. */
  readonly minflt: number
}

/** Or why the modelled kernel refuses an operation of it: a call that this release does not have. */
export type Modelled =
  { readonly ok: true; readonly work: ProgramWork } | { readonly ok: false; readonly why: string }

export function workOfProgram({ program, timed }: CalibrationProgram, profile: KernelProfile): Modelled {
  const run = new Replay(program, { profile })
  const steps: Phase[][] = timed.map(() => [])
  let minflt = 0
  for (const [index, op] of program.ops.entries()) {
    const outcome = run.apply(op)
    if (outcome.result !== 0) return { ok: false, why: `${op.op} is ${outcome.result} on this kernel` }
    if ((op.pid ?? 'p0') === 'p0') minflt += outcome.minflt
    const step = timed.findIndex(({ from, to }) => index >= from && index < to)
    steps[step]?.push(...outcome.phases)
  }
  return { ok: true, work: { steps, minflt } }
}
