/** memfd_secret(2): mm/secretmem.c. */
import { memlockLimitPages, type Kernel, type Task } from './kernel.ts'
import { type FaultError } from './memory.ts'
import { PG_CACHE, PG_SECRETMEM, PG_UNEVICTABLE, PTE_PRESENT, type PageCache } from './mm-types.ts'
import { allocFolios } from './rmap.ts'

/**
 * Kernel: secretmem_fault(), mm/secretmem.c
 * Pages come one fault each. In the 2026 scheme each is charged to the user, whatever the capabilities.
 */
export function secretmemFault(
  k: Kernel,
  task: Task,
  cache: PageCache,
  pgoff: number,
  end: number,
): FaultError | null {
  if (cache.pages.at(pgoff) !== undefined) return null
  let until = Math.min(end, cache.pages.next(pgoff)?.start ?? end)
  if (k.behaviour.secretmem === 'charged-at-touch') {
    const room = memlockLimitPages(task) - k.userLockedVm
    if (room < 1) return 'SIGBUS'
    until = Math.min(until, pgoff + room)
    k.userLockedVm += until - pgoff
    cache.chargedPages += until - pgoff
  }
  const pfn = allocFolios(k, until - pgoff, {
    order: 0,
    bits: PG_SECRETMEM | PG_CACHE | PG_UNEVICTABLE,
  })
  cache.pages.insert({ start: pgoff, end: until, target: pfn, bits: PTE_PRESENT })
  k.spend('clearSmallPage', until - pgoff)
  return null
}
