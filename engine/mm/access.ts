/** Loads and stores of user code: the hardware's part, and arch/x86/mm/fault.c. */
import type { FatalSignal } from '../errno.ts'
import { PAGE_SIZE } from '../units.ts'
import type { LockMode } from '../work.ts'
import type { Kernel, Task } from './kernel.ts'
import { handleMmFault } from './memory.ts'
import { dirtyPtes, storeTo } from './memory-store.ts'
import { expandDownwards } from './mmap.ts'
import {
  PTE_GUARD,
  PTE_PRESENT,
  PTE_WRITE,
  VM_ACCESS_FLAGS,
  VM_GROWSDOWN,
  VM_SHARED,
  VM_WRITE,
  type Vma,
} from './mm-types.ts'
import { findVma, isExecuteOnly } from './vma.ts'

/** One byte read or written at `first`, `first + stride`, ... */
export interface Accesses {
  readonly first: number
  readonly stride: number
  readonly accesses: number
  readonly write: boolean
}

/** How many accesses completed, and the signal that ended them. */
export interface AccessResult {
  readonly touched: number
  readonly signal: FatalSignal | null
}

/** Carries out the accesses in order. Strides up to a page visit every page, so they go by ranges of pages. */
export function accessPages(k: Kernel, task: Task, a: Accesses): AccessResult {
  if (a.stride <= PAGE_SIZE) {
    const start = Math.floor(a.first / PAGE_SIZE)
    const end = Math.floor((a.first + (a.accesses - 1) * a.stride) / PAGE_SIZE) + 1
    const failed = accessRange(k, task, start, end, a.write)
    if (failed === null) return { touched: a.accesses, signal: null }
    const before = Math.ceil((failed.vpn * PAGE_SIZE - a.first) / a.stride)
    return { touched: Math.max(0, before), signal: failed.signal }
  }
  for (let i = 0; i < a.accesses; i++) {
    const vpn = Math.floor((a.first + i * a.stride) / PAGE_SIZE)
    const failed = accessRange(k, task, vpn, vpn + 1, a.write)
    if (failed !== null) return { touched: i, signal: failed.signal }
  }
  return { touched: a.accesses, signal: null }
}

interface Failed {
  readonly vpn: number
  readonly signal: FatalSignal
}

function accessRange(k: Kernel, task: Task, start: number, end: number, write: boolean): Failed | null {
  for (let vpn = start; vpn < end;) {
    const vma = areaFor(k, task, vpn)
    if (vma === null || accessError(k, vma, write)) return { vpn, signal: 'SIGSEGV' }
    const until = Math.min(end, vma.end)
    const next = accessArea(k, task, vma, vpn, until, write)
    if (typeof next !== 'number') return next
    vpn = next
  }
  return null
}

/** lock_mm_and_find_vma(): a stack grows down to the page. */
function areaFor(k: Kernel, task: Task, vpn: number): Vma | null {
  const vma = findVma(task.mm, vpn)
  if (vma === undefined) return null
  if (vma.start <= vpn) return vma
  if (!(vma.flags & VM_GROWSDOWN)) return null
  return expandDownwards(k, task, vma, vpn) ? vma : null
}

/**
 * Kernel: access_error(), arch/x86/mm/fault.c
 * Any access right lets reads through: the hardware cannot forbid them alone.
 */
function accessError(k: Kernel, vma: Vma, write: boolean): boolean {
  if (isExecuteOnly(k, vma)) return true
  return write ? (vma.flags & VM_WRITE) === 0 : (vma.flags & VM_ACCESS_FLAGS) === 0
}

/**
 * Kernel: lock_vma_under_rcu(), mm/mmap_lock.c
 * The lock that a fault is handled under: that of the area where the kernel has such locks and the kind of fault can do
 * with it, else that of the address space. The first fault of an area that has no anon_vma yet always needs the latter.
 */
function faultLock(k: Kernel, vma: Vma, write: boolean): LockMode {
  const { faultsUnderVmaLock: may } = k.behaviour
  if (may === 'none') return 'mmap-read'
  if (vma.anonVma === null && needsAnonVma(k, vma, write)) return 'mmap-read'
  if (vma.file === null || may === 'all') return 'vma-read'
  return may === 'cached-reads' && !write ? 'vma-read' : 'mmap-read'
}

/** Private memory that is written; up to 6.9 every fault on anonymous memory was asked for one. */
function needsAnonVma(k: Kernel, vma: Vma, write: boolean): boolean {
  if (vma.flags & VM_SHARED) return false
  return write || (vma.file === null && k.behaviour.readsNeedAnonVma)
}

function accessArea(
  k: Kernel,
  task: Task,
  vma: Vma,
  start: number,
  end: number,
  write: boolean,
): number | Failed {
  let resident = end - start
  for (let vpn = start; vpn < end;) {
    const pte = vma.mm.pages.at(vpn)
    if (pte !== undefined && pte.bits & PTE_GUARD) return { vpn, signal: 'SIGSEGV' }
    if (pte !== undefined && pte.bits & PTE_PRESENT && (!write || pte.bits & PTE_WRITE)) {
      const until = Math.min(pte.end, end)
      if (write) {
        storeTo(k, vma, vpn, until)
        dirtyPtes(vma, vpn, until)
      }
      vpn = until
      continue
    }
    const before = task.minflt + task.majflt
    const lock = faultLock(k, vma, write)
    k.holding(lock)
    // Where only the first fault of an area needs the mmap lock, it is taken by itself.
    const alone = write && lock === 'mmap-read' && k.behaviour.faultsUnderVmaLock !== 'none' && !vma.anonVma
    const next = handleMmFault(k, task, vma, vpn, alone ? vpn + 1 : end, write)
    if (typeof next !== 'number') return { vpn, signal: next === 'SIGBUS' ? 'SIGBUS' : 'SIGSEGV' }
    const faults = task.minflt + task.majflt - before
    k.spend('trap', faults)
    k.spend('handleFault', faults)
    k.holding('none')
    resident -= faults
    if (write) continue
    vpn = next
  }
  k.spend('touchPage', Math.max(0, resident))
  return end
}
