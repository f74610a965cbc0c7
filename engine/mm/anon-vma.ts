/** Which areas may hold each other's anonymous pages: the anon_vma part of mm/rmap.c and mm/vma.c. */
import type { Kernel } from './kernel.ts'
import { VM_ACCESS_FLAGS, type AnonVma, type Vma } from './mm-types.ts'

/**
 * Kernel: __anon_vma_prepare(), mm/rmap.c
 * Gives the area an anon_vma before its first anonymous page, a neighbour's where that is compatible.
 */
export function anonVmaPrepare(k: Kernel, vma: Vma): void {
  if (vma.anonVma !== null) return
  vma.anonVma = findMergeableAnonVma(vma) ?? k.newAnonVma()
  vma.anonChain = 1
}

/**
 * Kernel: find_mergeable_anon_vma(), mm/vma.c
 * A neighbour that differs in nothing but access rights lends its anon_vma, so that the two can merge later.
 */
function findMergeableAnonVma(vma: Vma): AnonVma | null {
  const vmas = vma.mm.vmas
  const i = vmas.indexOf(vma)
  return reusableAnonVma(vma, vmas[i + 1], false) ?? reusableAnonVma(vma, vmas[i - 1], true)
}

function reusableAnonVma(vma: Vma, neighbour: Vma | undefined, before: boolean): AnonVma | null {
  if (neighbour === undefined || neighbour.anonVma === null || neighbour.anonChain !== 1) return null
  const [a, b] = before ? [neighbour, vma] : [vma, neighbour]
  const compatible =
    a.end === b.start &&
    a.file === b.file &&
    ((a.flags ^ b.flags) & ~VM_ACCESS_FLAGS) === 0 &&
    b.pgoff === a.pgoff + (a.end - a.start)
  return compatible ? neighbour.anonVma : null
}
