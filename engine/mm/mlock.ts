/** mlock, munlock, mlockall: mm/mlock.c. */
import { refuse, type Errno, type Refusal } from '../errno.ts'
import { HPAGE_PMD_NR, orderPages } from '../units.ts'
import type { U64 } from '../op.ts'
import { mmPopulate } from './gup.ts'
import { canDoMlock, memlockLimitPages, type Kernel, type Task } from './kernel.ts'
import { mlockFolios, munlockFolios } from './mlock-folio.ts'
import {
  PG_ANON,
  PG_CACHE,
  PG_DIRTY,
  PG_DOUBLE_MAP,
  PG_MLOCKED,
  PTE_DIRTY,
  PTE_PMD,
  PTE_WRITE,
  VM_DROPPABLE,
  VM_HUGETLB,
  VM_LOCKED,
  VM_LOCKED_MASK,
  VM_LOCKONFAULT,
  VM_SPECIAL,
  mapsFrames,
  type AddressSpace,
  type PteRun,
  type Vma,
  type VmFlags,
} from './mm-types.ts'
import { changeFolios, folioMapcount, foliosIn, frameAt, type FolioSpan } from './rmap.ts'
import { findVma, isRefusal, vmaIndexAfter, vmaModifyFlags, vmasOver } from './vma.ts'
import { roundRange, type RoundedRange } from './range.ts'

export const MCL_CURRENT = 1
export const MCL_FUTURE = 2
export const MCL_ONFAULT = 4
export const MLOCK_ONFAULT = 1

/** Memory of the task that the limit of mlock is compared with. */
export function countedForMlock(k: Kernel, mm: AddressSpace): number {
  return k.behaviour.limitCountsPinned ? mm.lockedVm + mm.pinnedVm : mm.lockedVm
}

/**
 * Kernel: mlock_future_ok(), mm/mmap.c
 * Whether `nrPages` more may become locked. Compares the whole length: nothing that will be replaced is credited.
 */
export function mlockFutureOk(k: Kernel, task: Task, flags: VmFlags, nrPages: number): Refusal | null {
  if (!(flags & VM_LOCKED) || task.capIpcLock) return null
  const counted = countedForMlock(k, task.mm)
  const limit = memlockLimitPages(task)
  if (counted + nrPages <= limit) return null
  return refuse('EAGAIN', 'RLIMIT_MEMLOCK', { asked: nrPages, counted, limit })
}

/** Areas that the mlock family passes over: they are neither marked nor counted, and the caller still sees success. */
export function isExemptFromMlock(vma: Vma): boolean {
  return (vma.flags & (VM_SPECIAL | VM_HUGETLB | VM_DROPPABLE)) !== 0 || vma.file?.kind === 'secretmem'
}

/**
 * Kernel: mlock_fixup(), mm/mlock.c
 * Gives [start, end) of one area its new lock flags, counts it, and marks or unmarks the pages that are present.
 */
export function mlockFixup(k: Kernel, vma: Vma, start: number, end: number, flags: VmFlags): Refusal | null {
  const before = vma.flags
  if (flags === before || isExemptFromMlock(vma)) return null
  const area = vmaModifyFlags(k, vma, start, end, flags)
  if (isRefusal(area)) return area
  const nr = end - start
  k.behaviour.accountLock(area.mm, before, flags, nr)
  const was = (before & VM_LOCKED) !== 0
  const is = (flags & VM_LOCKED) !== 0
  if (was !== is) mlockVmaPagesRange(k, area, start, end)
  return null
}

/**
 * Kernel: mlock_vma_pages_range(), mm/mlock.c
 * The walk over present pages that goes with a change of VM_LOCKED.
 */
function mlockVmaPagesRange(k: Kernel, vma: Vma, start: number, end: number): void {
  k.drain()
  const lock = (vma.flags & VM_LOCKED) !== 0
  if (!k.behaviour.mlockCount) {
    if (!lock) for (const run of presentIn(vma, start, end)) munlockVmaPages(k, vma, run)
    return
  }
  for (const run of joinLinear(presentIn(vma, start, end))) {
    if (run.bits & PTE_PMD) {
      k.spend('walkPmd', (run.end - run.start) / HPAGE_PMD_NR)
      markRange(k, run.target, run.target + (run.end - run.start), lock)
    } else {
      k.spend('walkPage', run.end - run.start)
      markPtes(k, run, lock)
    }
  }
}

/** Present entries with frames, clipped to [start, end); PMD mappings are never cut by the ends of a walk. */
function presentIn(vma: Vma, start: number, end: number): PteRun[] {
  const found: PteRun[] = []
  for (const run of vma.mm.pages.over(start, end)) {
    if (!mapsFrames(run.bits)) continue
    const from = Math.max(run.start, start)
    const to = Math.min(run.end, end)
    found.push({ start: from, end: to, target: run.target + (from - run.start), bits: run.bits })
  }
  return found
}

/** Entries that map consecutive frames count as one run, whatever else they say (folio_pte_batch). */
function joinLinear(runs: readonly PteRun[]): PteRun[] {
  const joined: PteRun[] = []
  for (const run of runs) {
    const last = joined[joined.length - 1]
    const continues =
      last?.end === run.start &&
      last.target + (last.end - last.start) === run.target &&
      (last.bits & PTE_PMD) === (run.bits & PTE_PMD)
    if (continues) last.end = run.end
    else joined.push(run)
  }
  return joined
}

/** Takes the marks of everything an area maps, before it is unmapped (until 5.17). */
export function munlockArea(k: Kernel, vma: Vma): void {
  for (const run of presentIn(vma, vma.start, vma.end)) munlockVmaPages(k, vma, run)
}

function markRange(k: Kernel, start: number, end: number, lock: boolean): void {
  if (lock) mlockFolios(k, start, end)
  else munlockFolios(k, start, end)
}

/**
 * Small entries: a small folio always, a large one for locking only if this very run maps all of it inside one page
 * table, for unlocking if it is met at all.
 */
function markPtes(k: Kernel, run: PteRun, lock: boolean): void {
  const to = run.target + (run.end - run.start)
  for (const part of foliosIn(k, run.target, to)) {
    if (!lock || part.order === 0) markRange(k, part.start, part.end, lock)
    else if (k.behaviour.mlockWholePteMappedFolio && part.whole && inOneTable(run, part))
      mlockFolios(k, part.start, part.end)
  }
}

/** Large folios that lie at multiples of their size never cross page tables; others are looked at as they are. */
function inOneTable(run: PteRun, part: FolioSpan): boolean {
  const size = orderPages(part.order)
  if ((run.start - run.target) % size === 0) return true
  const vpn = run.start + (part.start - run.target)
  return Math.floor(vpn / HPAGE_PMD_NR) === Math.floor((vpn + (part.end - part.start) - 1) / HPAGE_PMD_NR)
}

/**
 * Kernel: munlock_vma_pages_range(), mm/mlock.c (until 5.17)
 * There is no count of lockers yet: the mark goes, and comes back if another locked area maps the page.
 */
function munlockVmaPages(k: Kernel, vma: Vma, run: PteRun): void {
  const to = run.target + (run.end - run.start)
  for (const frame of k.frames.over(run.target, to)) {
    if (!(frame.bits & PG_MLOCKED)) continue
    const size = orderPages(frame.order)
    const from = Math.max(frame.start, run.target)
    const start = from - (from % size)
    const last = Math.min(frame.end, to)
    const end = Math.ceil(last / size) * size
    munlockUncounted(k, vma, start, end)
  }
}

/** Takes the mark of [start, end); small pages that another locked area maps get it back. */
export function munlockUncounted(k: Kernel, vma: Vma, start: number, end: number): void {
  munlockFolios(k, start, end)
  if (frameAt(k, start).order === 0 && folioMapcount(k, start) > 1) remarkForOthers(k, vma, start, end)
}

/** try_to_munlock(): another VM_LOCKED area that maps the frames marks them again. */
function remarkForOthers(k: Kernel, vma: Vma, start: number, end: number): void {
  for (const task of k.tasks) {
    for (const other of task.mm.vmas) {
      if (other === vma || !(other.flags & VM_LOCKED)) continue
      for (const run of presentIn(other, other.start, other.end)) {
        const from = Math.max(start, run.target)
        const to = Math.min(end, run.target + (run.end - run.start))
        if (from >= to) continue
        mlockFolios(k, from, to)
      }
    }
  }
}

/**
 * Marks what populate passes: until 5.17 the only place besides new anonymous pages where pages become mlocked.
 * Kernel: follow_page_pte(), mm/gup.c (FOLL_MLOCK, until 5.17)
 */
export function markPopulated(k: Kernel, vma: Vma, start: number, end: number, write: boolean): void {
  for (const run of presentIn(vma, start, end)) {
    if (write && !(run.bits & PTE_WRITE)) continue
    const to = run.target + (run.end - run.start)
    if (write && !(run.bits & PTE_DIRTY)) dirtyPassed(k, run.target, to)
    for (const part of foliosIn(k, run.target, to)) {
      if (part.order === 0) markSmall(k, part.start, part.end)
      else if (run.bits & PTE_PMD) markHuge(k, part)
    }
  }
}

function markSmall(k: Kernel, start: number, end: number): void {
  for (let pfn = start; pfn < end;) {
    const frame = frameAt(k, pfn)
    const until = Math.min(frame.end, end)
    if (!(frame.bits & PG_MLOCKED)) mlockFolios(k, pfn, until)
    pfn = until
  }
}

function markHuge(k: Kernel, part: FolioSpan): void {
  for (let head = part.start; head < part.end; head += HPAGE_PMD_NR) {
    const { bits } = frameAt(k, head)
    if (!(bits & PG_MLOCKED) && pmdMarkable(k, bits, head)) mlockFolios(k, head, head + HPAGE_PMD_NR)
  }
}

function dirtyPassed(k: Kernel, start: number, end: number): void {
  changeFolios(k, start, end, run => (run.bits |= PG_DIRTY))
}

/** A huge page is marked only while its one mapping is by PMD. */
function pmdMarkable(k: Kernel, bits: number, pfn: number): boolean {
  if (bits & PG_CACHE) return (bits & PG_DOUBLE_MAP) === 0
  const frame = frameAt(k, pfn)
  return (bits & PG_ANON) === 0 || (frame.pmdMapcount === 1 && frame.mapcount === 0)
}

/**
 * Kernel: apply_vma_lock_flags(), mm/mlock.c
 * Walks the areas of [start, end) in order; what a failure leaves behind is what was done so far.
 */
export function applyVmaLockFlags(
  k: Kernel,
  mm: AddressSpace,
  start: number,
  end: number,
  change: (flags: VmFlags) => VmFlags,
): Refusal | null {
  let position = start
  while (position < end) {
    const vma = findVma(mm, position)
    if (vma === undefined || vma.start > position) return refuse('ENOMEM', 'hole in range')
    const until = Math.min(vma.end, end)
    const refusal = mlockFixup(k, vma, position, until, change(vma.flags))
    if (refusal !== null) return refusal
    position = until
  }
  return null
}

/** count_mm_mlocked_page_nr(): pages of [start, end) that are locked already. */
function lockedPagesIn(mm: AddressSpace, start: number, end: number): number {
  let sum = 0
  for (const vma of vmasOver(mm, start, end))
    if (vma.flags & VM_LOCKED) sum += Math.min(vma.end, end) - Math.max(vma.start, start)
  return sum
}

/**
 * Kernel: do_mlock(), mm/mlock.c
 * Checks the limit, sets the flags under the write lock, then populates under the read lock. Flags and charge stay
 * when populating fails.
 */
export function doMlock(
  k: Kernel,
  task: Task,
  addr: number,
  length: U64,
  lockFlags: VmFlags,
): Refusal | null {
  if (!canDoMlock(task))
    return refuse('EPERM', 'RLIMIT_MEMLOCK is 0', { asked: 0, counted: task.mm.lockedVm, limit: 0 })
  const range = roundRange(addr, length)
  k.holding('mmap-write')
  const refusal = checkMlockLimit(k, task, range)
  if (refusal !== null) return refusal
  if (range.wraps) return refuse('EINVAL', 'end before start')
  const end = range.start + range.nrPages
  const failed = applyVmaLockFlags(
    k,
    task.mm,
    range.start,
    end,
    flags => (flags & ~VM_LOCKED_MASK) | lockFlags,
  )
  if (failed !== null) return failed
  const error = mmPopulate(k, task, range.start, end, false)
  return error === null ? null : mlockPosixErrorReturn(error)
}

function checkMlockLimit(k: Kernel, task: Task, range: RoundedRange): Refusal | null {
  const { nrPages } = range
  if (task.capIpcLock) return null
  const limit = memlockLimitPages(task)
  let counted = countedForMlock(k, task.mm)
  if (counted + nrPages > limit && k.behaviour.mlockCreditsOverlap)
    counted -= range.wraps
      ? wrappedCredit(k, task.mm, range)
      : lockedPagesIn(task.mm, range.start, range.start + nrPages)
  if (counted + nrPages <= limit) return null
  return refuse('ENOMEM', 'RLIMIT_MEMLOCK', { asked: nrPages, counted, limit })
}

/** The count of locked pages in a range that wraps: until 5.18 a locked area around its ends is credited in full. */
function wrappedCredit(k: Kernel, mm: AddressSpace, range: RoundedRange): number {
  if (!k.behaviour.mlockCreditWraps) return lockedPagesIn(mm, range.start, Infinity)
  const vma = findVma(mm, range.start)
  const end = range.start - (2 ** 52 - range.nrPages)
  const around = vma !== undefined && (vma.flags & VM_LOCKED) !== 0 && vma.start < end && end < vma.end
  return around ? range.nrPages : 0
}

/**
 * Kernel: __mlock_posix_error_return(), mm/mlock.c
 */
export function mlockPosixErrorReturn(error: Errno): Refusal {
  if (error === 'EFAULT') return refuse('ENOMEM', 'page cannot be faulted in')
  if (error === 'ENOMEM') return refuse('EAGAIN', 'no memory')
  return refuse(error, 'populate')
}

/** mlock2(2): unknown flags are refused before everything else. */
export function mlock2(k: Kernel, task: Task, addr: number, length: U64, flags: number): Refusal | null {
  if (!k.behaviour.mlock2) return refuse('ENOSYS', 'kernel without mlock2')
  if ((flags & ~MLOCK_ONFAULT) !== 0) return refuse('EINVAL', 'unknown flag')
  return doMlock(k, task, addr, length, flags & MLOCK_ONFAULT ? VM_LOCKED | VM_LOCKONFAULT : VM_LOCKED)
}

/** munlock(2): needs neither privilege nor limit; what stands before a hole is unlocked. */
export function munlock(k: Kernel, task: Task, addr: number, length: U64): Refusal | null {
  const range = roundRange(addr, length)
  k.holding('mmap-write')
  if (range.wraps) return refuse('EINVAL', 'end before start')
  return applyVmaLockFlags(
    k,
    task.mm,
    range.start,
    range.start + range.nrPages,
    flags => flags & ~VM_LOCKED_MASK,
  )
}

/**
 * Kernel: apply_mlockall_flags(), mm/mlock.c
 * Sets what future mappings get, and with MCL_CURRENT (or to unlock) changes every area. Failures of single areas are
 * ignored.
 */
function applyMlockallFlags(k: Kernel, mm: AddressSpace, flags: number): void {
  mm.defFlags &= ~VM_LOCKED_MASK
  if (flags & MCL_FUTURE) {
    mm.defFlags |= flags & MCL_ONFAULT ? VM_LOCKED | VM_LOCKONFAULT : VM_LOCKED
    if (!(flags & MCL_CURRENT)) return
  }
  const lock = flags & MCL_CURRENT ? (flags & MCL_ONFAULT ? VM_LOCKED | VM_LOCKONFAULT : VM_LOCKED) : 0
  for (let i = 0; i < mm.vmas.length;) {
    const vma = mm.vmas[i] as Vma
    const end = vma.end
    mlockFixup(k, vma, vma.start, vma.end, (vma.flags & ~VM_LOCKED_MASK) | lock)
    i = vmaIndexAfter(mm, end - 1) + 1
  }
}

/** mlockall(2): the size of the whole address space is compared with the limit, whatever is locked already. */
export function mlockall(k: Kernel, task: Task, flags: number): Refusal | null {
  const known = k.behaviour.mlock2 ? MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT : MCL_CURRENT | MCL_FUTURE
  if (flags === 0 || (flags & ~known) !== 0 || flags === MCL_ONFAULT) return refuse('EINVAL', 'flags')
  if (!canDoMlock(task))
    return refuse('EPERM', 'RLIMIT_MEMLOCK is 0', { asked: 0, counted: task.mm.lockedVm, limit: 0 })
  k.holding('mmap-write')
  const limit = memlockLimitPages(task)
  if (flags & MCL_CURRENT && task.mm.totalVm > limit && !task.capIpcLock)
    return refuse('ENOMEM', 'RLIMIT_MEMLOCK', { asked: task.mm.totalVm, counted: 0, limit })
  applyMlockallFlags(k, task.mm, flags)
  if (flags & MCL_CURRENT) mmPopulate(k, task, 0, Infinity, true)
  return null
}

/** munlockall(2). */
export function munlockall(k: Kernel, task: Task): null {
  k.holding('mmap-write')
  applyMlockallFlags(k, task.mm, 0)
  return null
}
