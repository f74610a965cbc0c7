/** The work that the model says a calibration program is, step by step, and the faults that the kernel would count. */
import type { KernelProfile } from '../../kernels/releases.ts'
import type { Phase, WorkKind } from '../../work.ts'
import { Replay } from '../replay.ts'
import type { CalibrationProgram } from './programs.ts'

export interface ProgramWork {
  /** One for each timed step, in their order; locks do not matter to what is fitted, so that a step is one phase. */
  readonly steps: readonly (readonly Phase[])[]
  /** Minor faults of the whole program. */
  readonly minflt: number
}

/** Or why the modelled kernel refuses an operation of it: a call that this release does not have. */
export type Modelled =
  { readonly ok: true; readonly work: ProgramWork } | { readonly ok: false; readonly why: string }

export function workOfProgram({ program, timed }: CalibrationProgram, profile: KernelProfile): Modelled {
  const run = new Replay(program, { profile })
  const steps = timed.map(() => new Map<WorkKind, number>())
  let minflt = 0
  for (const [index, op] of program.ops.entries()) {
    const outcome = run.apply(op)
    if (outcome.result !== 0) return { ok: false, why: `${op.op} is ${outcome.result} on this kernel` }
    if ((op.pid ?? 'p0') === 'p0') minflt += outcome.minflt
    const step = timed.findIndex(({ from, to }) => index >= from && index < to)
    const sums = steps[step]
    for (const { kind, amount } of outcome.phases.flatMap(({ work }) => work))
      sums?.set(kind, (sums.get(kind) ?? 0) + amount)
  }
  const phases = steps.map(sums => [
    { lock: 'none', work: [...sums].map(([kind, amount]) => ({ kind, amount })) } as const,
  ])
  return { ok: true, work: { steps: phases, minflt } }
}
