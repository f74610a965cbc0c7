/** Faulting pages in on behalf of calls: mm/gup.c. */
import type { Errno } from '../errno.ts'
import { HPAGE_PMD_NR } from '../units.ts'
import type { Kernel, Task } from './kernel.ts'
import { handleMmFault, type FaultError } from './memory.ts'
import { markPopulated } from './mlock.ts'
import {
  PG_DIRTY,
  PTE_DIRTY,
  PTE_PMD,
  PTE_PRESENT,
  PTE_WRITE,
  PTE_ZERO,
  VM_ACCESS_FLAGS,
  VM_IO,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_MAYREAD,
  VM_PFNMAP,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
  blockStart,
  type PteRun,
  type Vma,
} from './mm-types.ts'
import { changeFolios, frameAt } from './rmap.ts'
import { findVma, isExecuteOnly } from './vma.ts'

export interface GupFlags {
  readonly write: boolean
  /** FOLL_FORCE: read past a missing read permission. */
  readonly force: boolean
}

/** How far a walk came, and what stopped it there. */
export interface GupResult {
  readonly end: number
  readonly error: Errno | null
}

/**
 * Kernel: check_vma_flags(), mm/gup.c
 * Whether the area allows such an access at all.
 */
export function checkVmaFlags(k: Kernel, vma: Vma, gup: GupFlags): boolean {
  if (vma.flags & (VM_IO | VM_PFNMAP) || vma.file?.kind === 'secretmem') return false
  if (isExecuteOnly(k, vma)) return false
  if (gup.write) return (vma.flags & VM_WRITE) !== 0
  return (vma.flags & VM_READ) !== 0 || (gup.force && (vma.flags & VM_MAYREAD) !== 0)
}

function errnoOf(fault: FaultError): Errno {
  return fault === 'OOM' ? 'ENOMEM' : 'EFAULT'
}

/**
 * Kernel: __get_user_pages(), mm/gup.c
 * Walks [start, end) of one area and faults in what is missing. Stops at the first page that cannot be had.
 */
export function getUserPages(
  k: Kernel,
  task: Task,
  vma: Vma,
  start: number,
  end: number,
  gup: GupFlags,
): GupResult {
  if (!checkVmaFlags(k, vma, gup)) return { end: start, error: 'EFAULT' }
  const mm = vma.mm
  for (let vpn = start; vpn < end;) {
    const pte = mm.pages.at(vpn)
    if (pte !== undefined && allows(pte.bits, gup.write)) {
      const until = Math.min(pte.end, end)
      if (gup.write) touchForWrite(k, vma, vpn, until)
      k.spend('populateStep', entriesIn(pte, vpn, until))
      vpn = until
      continue
    }
    const before = task.minflt + task.majflt
    const next = handleMmFault(k, task, vma, vpn, end, gup.write, true)
    if (typeof next !== 'number') return { end: vpn, error: errnoOf(next) }
    k.spend('handleFault', Math.max(1, task.minflt + task.majflt - before))
    k.spend('populateStep', entriesIn(mm.pages.at(vpn), vpn, Math.min(next, end)))
    vpn = next
  }
  return { end, error: null }
}

/** A walk takes a huge page in one step. */
function entriesIn(pte: PteRun | undefined, start: number, end: number): number {
  return pte !== undefined && pte.bits & PTE_PMD ? Math.ceil((end - start) / HPAGE_PMD_NR) : end - start
}

function allows(bits: number, write: boolean): boolean {
  if (!(bits & PTE_PRESENT)) return false
  return !write || (bits & PTE_WRITE) !== 0
}

/** FOLL_TOUCH with FOLL_WRITE: a page that is clean everywhere becomes dirty, as if it had been written. */
function touchForWrite(k: Kernel, vma: Vma, start: number, end: number): void {
  const pte = vma.mm.pages.at(start) as PteRun
  if (pte.bits & (PTE_DIRTY | PTE_ZERO)) return
  if (pte.bits & PTE_PMD) {
    const from = blockStart(start)
    const to = blockStart(end - 1) + HPAGE_PMD_NR
    for (const run of vma.mm.pages.cut(from, to)) run.bits |= PTE_DIRTY
    vma.mm.pages.heal(from, to)
    return
  }
  const pfn = pte.target + (start - pte.start)
  const to = pfn + (end - start)
  const frame = frameAt(k, pfn)
  if (frame.end >= to && frame.bits & PG_DIRTY) return
  changeFolios(k, pfn, to, run => (run.bits |= PG_DIRTY))
}

/**
 * Kernel: populate_vma_page_range(), mm/gup.c
 * What mlock, MAP_LOCKED and MAP_POPULATE do to one area: write faults if it is private and writable, else reads. Ends
 * with lru_add_drain().
 */
export function populateVmaPageRange(k: Kernel, task: Task, vma: Vma, start: number, end: number): GupResult {
  const gup = {
    write: (vma.flags & (VM_WRITE | VM_SHARED)) === VM_WRITE,
    force: (vma.flags & VM_ACCESS_FLAGS) !== 0,
  }
  const onFault = (vma.flags & VM_LOCKONFAULT) !== 0
  if (k.behaviour.populateMarks) {
    if (!checkVmaFlags(k, vma, gup)) return { end: start, error: 'EFAULT' }
    if (onFault) {
      markPopulated(k, vma, start, end, gup.write)
      return { end, error: null }
    }
    const result = getUserPages(k, task, vma, start, end, gup)
    if (vma.flags & VM_LOCKED) markPopulated(k, vma, start, result.end, gup.write)
    return result
  }
  if (onFault) return { end, error: null }
  const result = getUserPages(k, task, vma, start, end, gup)
  k.drain()
  return result
}

/**
 * Kernel: __mm_populate(), mm/gup.c
 * Populates what areas there are in [start, end), in order of address. With `ignoreErrors` each area gets as far as it
 * gets; otherwise the first failure ends it.
 */
export function mmPopulate(
  k: Kernel,
  task: Task,
  start: number,
  end: number,
  ignoreErrors: boolean,
): Errno | null {
  k.holding(k.behaviour.populateUnderWriteLock && ignoreErrors ? 'mmap-write' : 'mmap-read-droppable')
  for (let vpn = start; vpn < end;) {
    const vma = findVma(task.mm, vpn)
    if (vma === undefined || vma.start >= end) break
    const until = Math.min(vma.end, end)
    if (!(vma.flags & (VM_IO | VM_PFNMAP))) {
      const result = populateVmaPageRange(k, task, vma, Math.max(vpn, vma.start), until)
      if (result.error !== null && !ignoreErrors) return result.error
    }
    vpn = until
  }
  return null
}
