/** The five kernel proposals that Holdfast is built from, each as a change of the kernel that can be taken out or put in. */
import { changesOf, kernelNamed } from '../../kernels/releases.ts'
import type { KernelChoice } from '../../scenario.ts'

export interface Proposal {
  /** Number of the text that it comes from. */
  readonly seed: string
  readonly title: string
  /** Id of the change of the kernel. */
  readonly change: string
  /** What it claims, to be seen on one's own workload. */
  readonly claim: string
}

export const PROPOSALS: readonly Proposal[] = [
  {
    ...{ seed: '000', title: 'VM_LOCKONFAULT', change: 'mlock2' },
    claim: 'Locked on fault, only what is used is held. Without it there is mlock of everything.',
  },
  {
    ...{ seed: '001', title: 'MADV_POPULATE', change: 'madv-populate' },
    claim: 'Memory is populated by one call that reports errors. Without it every page is touched.',
  },
  {
    ...{ seed: '002', title: 'mlock of large folios', change: 'mlock-large-folios' },
    claim: 'Large folios inside a locked range leave the lists that reclaim scans; without it they stay.',
  },
  {
    ...{ seed: '003', title: 'mm_populate()', change: 'mm-populate' },
    claim: 'Populating lets go of the mmap lock. Without it every other thread of the process waits.',
  },
  {
    ...{ seed: '004', title: 'VM_PINNED', change: 'vm-pinned' },
    claim: 'Pinned and locked memory share one limit. Without it they are counted apart, and twice.',
  },
]

/** Whether a kernel has a change. */
export function hasChange(choice: KernelChoice, change: string): boolean {
  const offered = kernelNamed(choice.name)
  if (offered === undefined) return choice.plus.includes(change)
  const plus = [...(offered.plus ?? []), ...choice.plus]
  const minus = [...(offered.minus ?? []), ...choice.minus]
  return changesOf({ ...offered, plus, minus }).some(({ id }) => id === change)
}

/** The same kernel with a change or without it. */
export function kernelWith(choice: KernelChoice, change: string, has: boolean): KernelChoice {
  const others = (list: readonly string[]): string[] => list.filter(id => id !== change)
  const bare = { ...choice, plus: others(choice.plus), minus: others(choice.minus) }
  if (hasChange(bare, change) === has) return bare
  return has ? { ...bare, plus: [...bare.plus, change] } : { ...bare, minus: [...bare.minus, change] }
}
