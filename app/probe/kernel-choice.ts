/** The kernel of a probed machine: the one that its release names, corrected by what its calls did. */
import { CHANGES } from '../../engine/kernels/changes.ts'
import type { KernelChoice } from '../../engine/scenario.ts'
import { changeIdsOf, type KnownRelease } from '../../formats/import/kernel-release.ts'
import type { FeatureFinding } from '../../host/probe/features.ts'

export interface ChosenKernel {
  readonly kernel: KernelChoice
  /** In sentences: where the calls contradict the release. */
  readonly surprises: readonly string[]
}

/** What could not be told stays as the release has it. */
export function kernelChoiceOf({ kernel }: KnownRelease, findings: readonly FeatureFinding[]): ChosenKernel {
  const has = changeIdsOf(kernel)
  const plus = findings.filter(({ change, state }) => state === 'present' && !has.has(change))
  const minus = findings.filter(({ change, state }) => state === 'absent' && has.has(change))
  return {
    kernel: {
      name: kernel.name,
      plus: plus.map(({ change }) => change),
      minus: minus.map(({ change }) => change),
    },
    surprises: [
      ...plus.map(one => `It has what ${kernel.title} has not: ${surprise(one)}`),
      ...minus.map(one => `It has not what ${kernel.title} has: ${surprise(one)}`),
    ],
  }
}

function surprise({ change, by }: FeatureFinding): string {
  const effect = CHANGES.find(({ id }) => id === change)?.effect ?? change
  return `${effect} Found by ${by}.`
}
