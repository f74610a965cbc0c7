/** One program on the running kernel and on the model. */
import type { Program } from '../../engine/program.ts'
import { replay } from '../../engine/sim/replay.ts'
import { kernelNamed } from '../../engine/kernels/releases.ts'
import { compareObserved, type Comparison } from '../../formats/replay/compare.ts'
import type { LiveReason, LiveSession } from '../../host/index.ts'

export type Check =
  | { readonly kind: 'compared'; readonly comparison: Comparison }
  /** The running kernel did not do the same twice: nothing to compare with. */
  | { readonly kind: 'unstable'; readonly comparison: Comparison }
  | { readonly kind: 'not run'; readonly reason: LiveReason; readonly sentence: string }

/** How often a kernel has to give the same answer before it is held against the model. */
const SURE = 6

/**
 * Compares; where the two disagree, the kernel is asked again, because it may not be sure itself. A processor that
 * still has the old entry of a page in its TLB, for one, takes a fault more.
 */
export function checkLive(session: LiveSession, program: Program): Check {
  const first = session.run(program)
  if (!first.ok) return { kind: 'not run', reason: first.reason, sentence: first.sentence }
  const comparison = compareWithModel(program, first.observed)
  if (comparison.exact) return { kind: 'compared', comparison }
  for (let times = 1; times < SURE; times++) {
    const again = session.run(program)
    if (!again.ok || !compareObserved(first.observed, again.observed).exact)
      return { kind: 'unstable', comparison }
  }
  return { kind: 'compared', comparison }
}

/** A model that fails has got all of it wrong: that too is a difference, and not the end of the search. */
export function compareWithModel(program: Program, observed: unknown): Comparison {
  try {
    return compareObserved(observed, replay(program))
  } catch (error) {
    const comparison = compareObserved(observed, null)
    const failure = { step: 0, field: 'model', path: '', expected: 'an answer', actual: String(error) }
    return { ...comparison, exact: false, differences: [failure, ...comparison.differences] }
  }
}

/** The offered kernel that models a release such as `6.18.44-generic`, by its first two numbers. */
export function modelOf(release: string): string | undefined {
  const [name] = /^\d+\.\d+/.exec(release) ?? []
  return name === undefined ? undefined : kernelNamed(name)?.name
}

/** A program for another kernel. */
export const forKernel = (program: Program, kernel: string): Program => ({
  ...program,
  machine: { ...program.machine, kernel },
})
