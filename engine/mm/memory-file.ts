/** First access to a page of a file mapping: mm/memory.c. */
import { HPAGE_PMD_NR, orderPages } from '../units.ts'
import { anonVmaPrepare } from './anon-vma.ts'
import { cacheFault, cacheRunAt, fileFaultLimit } from './filemap.ts'
import { type Kernel, type Task } from './kernel.ts'
import { mapNewAnon } from './memory-anon.ts'
import { doFaultAround, doSetPmd, mapCache, mapWindow, pgoffOf, spendVainAround } from './memory-around.ts'
import { cleanPages, faultDirtySharedPage } from './memory-dirty.ts'
import { type FaultError } from './memory.ts'
import { blockStart, PG_STORED, PTE_PMD, VM_SHARED, type Vma } from './mm-types.ts'
import { emptyUntil } from './pgtable.ts'
import { changeFrames, frameAt } from './rmap.ts'

/**
 * Kernel: do_fault(), mm/memory.c
 * First access to a page of a file mapping.
 */
export function doFault(
  k: Kernel,
  task: Task,
  vma: Vma,
  vpn: number,
  end: number,
  write: boolean,
  inCall: boolean,
): number | FaultError {
  const limit = fileFaultLimit(k, vma, vpn, emptyUntil(vma.mm, vpn, end))
  if (!write) return doReadFault(k, task, vma, vpn, limit, inCall)
  return vma.flags & VM_SHARED
    ? doSharedFault(k, task, vma, vpn, limit, inCall)
    : doCowFault(k, task, vma, vpn, limit, inCall)
}

/**
 * Kernel: do_read_fault(), mm/memory.c
 * Maps what the page cache holds around the page (fault-around); fetches the page itself if that did not map it.
 */
function doReadFault(
  k: Kernel,
  task: Task,
  vma: Vma,
  vpn: number,
  end: number,
  inCall: boolean,
): number | FaultError {
  const mm = vma.mm
  const around = k.behaviour.faultAround && vma.file?.kind !== 'secretmem' ? k.host.faultAroundPages : 1
  if (around > 1) {
    const next = doFaultAround(k, task, vma, vpn, end, around)
    if (next > vpn) return next
  }
  const majorBefore = task.majflt
  const cachedBefore = vma.file?.pages.at(pgoffOf(vma, vpn)) !== undefined
  const error = cacheFault(k, task, vma, pgoffOf(vma, vpn), pgoffOf(vma, end), inCall)
  if (error !== null) return error
  if (vma.file?.kind === 'file') k.spend('filemapFault', 1)
  if (task.majflt > majorBefore && around > 1) {
    k.spend('faultAround', 1)
    return mapWindow(k, vma, vpn, around)
  }
  const until = finishFault(k, vma, vpn, end, false, around > 1)
  if (around > 1) spendVainAround(k, vma, vpn, until.next, until.faults, around, cachedBefore)
  const faults = mm.pages.at(vpn)?.bits ?? 0
  countFaults(task, faults & PTE_PMD ? 1 : until.faults, majorBefore)
  return until.next
}

/** Adds minor faults, less those that were already counted as major. */
function countFaults(task: Task, faults: number, majorBefore: number): void {
  task.minflt += faults - (task.majflt - majorBefore)
}

interface Finished {
  readonly next: number
  readonly faults: number
}

/**
 * Kernel: finish_fault(), mm/memory.c
 * Maps the pages that a fault brought into the cache: one each, or a whole folio where the release does that.
 */
function finishFault(
  k: Kernel,
  vma: Vma,
  vpn: number,
  end: number,
  write: boolean,
  _around: boolean,
): Finished {
  const file = vma.file
  const page = file?.pages.at(pgoffOf(vma, vpn))
  if (file === null || page === undefined) throw new Error('fault finished without a page')
  if (doSetPmd(k, vma, vpn, pgoffOf(vma, vpn), write))
    return { next: blockStart(vpn) + HPAGE_PMD_NR, faults: 1 }
  const pfn = page.target + (pgoffOf(vma, vpn) - page.start)
  const order = frameAt(k, pfn).order
  if (order === 0) {
    const until = Math.min(end, smallCachedUntil(k, vma, vpn, end))
    mapCache(k, vma, vpn, until, write)
    return { next: until, faults: until - vpn }
  }
  const wholeFolio = file.kind === 'shmem' ? k.behaviour.shmemFaultMapsFolio : k.behaviour.fileFaultMapsFolio
  if (wholeFolio) {
    const size = orderPages(order)
    const start = vpn - (pfn % size)
    const stop = start + size
    if (
      start >= vma.start &&
      stop <= vma.end &&
      start >= blockStart(vpn) &&
      stop <= blockStart(vpn) + HPAGE_PMD_NR
    ) {
      if (!vma.mm.pages.any(start, stop)) {
        mapCache(k, vma, start, stop, write)
        return { next: stop, faults: 1 }
      }
    }
  }
  mapCache(k, vma, vpn, vpn + 1, write)
  return { next: vpn + 1, faults: 1 }
}

/** End of the stretch of small cached pages from `vpn` on. */
function smallCachedUntil(k: Kernel, vma: Vma, vpn: number, end: number): number {
  const cached = cacheRunAt(vma, vpn)
  const until = Math.min(end, cached ?? vpn)
  const page = vma.file?.pages.at(pgoffOf(vma, vpn))
  if (page === undefined) return vpn
  const pfn = page.target + (pgoffOf(vma, vpn) - page.start)
  const frame = frameAt(k, pfn)
  return Math.min(until, vma.start + (page.end - vma.pgoff), vpn + (frame.end - pfn))
}

/**
 * Kernel: do_cow_fault(), mm/memory.c
 * First access to a private file page is a write: the page is copied at once.
 */
function doCowFault(
  k: Kernel,
  task: Task,
  vma: Vma,
  vpn: number,
  end: number,
  inCall: boolean,
): number | FaultError {
  anonVmaPrepare(k, vma)
  const majorBefore = task.majflt
  const error = cacheFault(k, task, vma, pgoffOf(vma, vpn), pgoffOf(vma, end), inCall)
  if (error !== null) return error
  const until = Math.min(end, cacheRunAt(vma, vpn) ?? vpn + 1)
  mapNewAnon(k, vma, vpn, until, 0, 'copied')
  markStoredLike(k, vma, vpn, until)
  if (vma.file?.kind === 'file') k.spend('filemapFault', until - vpn)
  countFaults(task, until - vpn, majorBefore)
  return until
}

/** A copy has the contents of its file page. */
function markStoredLike(k: Kernel, vma: Vma, vpn: number, end: number): void {
  const run = vma.mm.pages.at(vpn)
  if (run === undefined) return
  const pfn = run.target + (vpn - run.start)
  changeFrames(k, pfn, pfn + (end - vpn), frame => (frame.bits |= PG_STORED))
}

/**
 * Kernel: do_shared_fault(), mm/memory.c
 * First access to a shared file page is a write.
 */
function doSharedFault(
  k: Kernel,
  task: Task,
  vma: Vma,
  vpn: number,
  end: number,
  inCall: boolean,
): number | FaultError {
  const majorBefore = task.majflt
  const error = cacheFault(k, task, vma, pgoffOf(vma, vpn), pgoffOf(vma, end), inCall)
  if (error !== null) return error
  const readNow = task.majflt - majorBefore
  const done = finishFault(k, vma, vpn, end, true, false)
  const clean = cleanPages(k, vma, vpn, done.next) - readNow
  faultDirtySharedPage(k, vma, vpn, done.next)
  if (vma.file?.kind === 'file') k.spend('filemapFault', done.faults)
  if (k.behaviour.sharedWriteIsMajor) k.spend('retryFault', Math.max(0, Math.min(done.faults, clean)))
  const retried = k.behaviour.sharedWriteIsMajor && !inCall ? Math.max(0, Math.min(done.faults, clean)) : 0
  task.majflt += retried
  countFaults(task, done.faults, majorBefore)
  return done.next
}
