/** Page faults and the removal of entries: mm/memory.c. */
import { doHugePmdAnonymousPage } from './huge-memory.ts'
import { hugetlbFault } from './hugetlb.ts'
import { type Kernel, type Task } from './kernel.ts'
import { doAnonymousPage } from './memory-anon.ts'
import { doFault } from './memory-file.ts'
import { doWpFault } from './memory-wp.ts'
import { PTE_GUARD, PTE_SWAP, VM_HUGETLB, type Vma } from './mm-types.ts'
import { doSwapPage } from './swap.ts'

/** Why a fault could not be served. `OOM` does not happen while memory is ample. */
export type FaultError = 'SIGBUS' | 'SIGSEGV' | 'OOM'

/**
 * Kernel: handle_mm_fault(), mm/memory.c
 * Serves the fault on page `vpn` and, where the following pages up to `end` would fault in the same way one after the
 * other, those as well. Returns the first page not dealt with, or why `vpn` failed. The entry must be missing, or not
 * allow the access. `inCall` tells faults taken on behalf of a system call from those of user code.
 */
export function handleMmFault(
  k: Kernel,
  task: Task,
  vma: Vma,
  vpn: number,
  end: number,
  write: boolean,
  inCall = false,
): number | FaultError {
  const until = Math.min(end, vma.end)
  if (vma.flags & VM_HUGETLB) return hugetlbFault(k, task, vma, vpn, write, inCall)
  const pte = vma.mm.pages.at(vpn)
  if (pte === undefined) {
    if (vma.file !== null) return doFault(k, task, vma, vpn, until, write, inCall)
    const huge = doHugePmdAnonymousPage(k, task, vma, vpn, until, write)
    return huge > vpn ? huge : doAnonymousPage(k, task, vma, vpn, until, write)
  }
  if (pte.bits & PTE_SWAP) return doSwapPage(k, task, vma, vpn, write, inCall)
  if (pte.bits & PTE_GUARD) return 'SIGSEGV'
  return doWpFault(k, task, vma, vpn, Math.min(until, pte.end), pte, inCall)
}
