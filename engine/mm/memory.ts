/** Page faults and the removal of entries: mm/memory.c. */
import { HPAGE_PMD_NR, alignDown, alignUp, orderPages } from '../units.ts'
import { anonVmaPrepare } from './anon-vma.ts'
import { cacheFault, cachePages, cacheRunAt, fileFaultLimit, isReady } from './filemap.ts'
import {
  blockIsFree,
  doHugePmdAnonymousPage,
  doHugePmdWpPage,
  mappedElsewhere,
  mthpOrders,
  newAnonBits,
  splitPmd,
  splitPmdsAtEnds,
  thpAllowed,
  vmaThpDisabled,
} from './huge-memory.ts'
import { hugetlbFault, hugetlbUnmap } from './hugetlb.ts'
import type { Kernel, Task } from './kernel.ts'
import { munlockUncounted } from './mlock.ts'
import { mlockFolios } from './mlock-folio.ts'
import {
  PG_ANON,
  PG_ANON_EXCLUSIVE,
  PG_CACHE,
  PG_DIRTY,
  PG_MLOCKED,
  PG_STORED,
  PG_SWAPCACHE,
  PTE_DIRTY,
  PTE_GUARD,
  PTE_PMD,
  PTE_PRESENT,
  PTE_SWAP,
  PTE_WRITE,
  PTE_ZERO,
  VM_DROPPABLE,
  VM_HUGETLB,
  VM_LOCKED,
  VM_MAYSHARE,
  VM_SHARED,
  VM_WRITE,
  PG_SWAPBACKED,
  blockStart,
  mapsFrames,
  type FrameRun,
  type PteRun,
  type Vma,
} from './mm-types.ts'
import { dropTables, emptyUntil, pmdNone, setPtes } from './pgtable.ts'
import {
  addFileRmap,
  allocFolios,
  changeFrames,
  countRss,
  folioMapcount,
  frameAt,
  isMlockable,
  markDirty,
  removePmdRmap,
  removeRmap,
} from './rmap.ts'
import { doSwapPage, freeSwap } from './swap.ts'

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

/** End of the stretch from `vpn` on in which no fault can be huge. */
function smallUntil(k: Kernel, vma: Vma, vpn: number, end: number): number {
  const limit = emptyUntil(vma.mm, vpn, end)
  if (!thpAllowed(k, vma)) return limit
  for (let block = alignUp(vpn + 1, HPAGE_PMD_NR); block < limit; block += HPAGE_PMD_NR)
    if (blockIsFree(vma, block)) return block
  return limit
}

/**
 * Kernel: do_anonymous_page(), mm/memory.c
 * Reads map the zero page, writes a folio of the largest enabled size below 2 MiB that fits.
 */
function doAnonymousPage(k: Kernel, task: Task, vma: Vma, vpn: number, end: number, write: boolean): number {
  const limit = smallUntil(k, vma, vpn, end)
  if (!write) {
    setPtes(vma.mm, vpn, limit, 0, PTE_PRESENT | PTE_ZERO)
    task.minflt += limit - vpn
    k.spend('mapZeroPage', limit - vpn)
    return limit
  }
  anonVmaPrepare(k, vma)
  const orders = mthpOrders(k, vma)
  if (orders.length > 0) return doMthpFault(k, task, vma, vpn, limit, orders)
  return mapNewSmallPages(k, task, vma, vpn, limit)
}

function mapNewSmallPages(k: Kernel, task: Task, vma: Vma, vpn: number, end: number): number {
  mapNewAnon(k, vma, vpn, end, 0)
  task.minflt += end - vpn
  return end
}

/** Maps new zeroed anonymous folios of one order at [start, end), which must be empty. */
function mapNewAnon(k: Kernel, vma: Vma, start: number, end: number, order: number): void {
  const bits = vma.flags & VM_DROPPABLE ? newAnonBits(vma) & ~PG_SWAPBACKED : newAnonBits(vma)
  const nr = end - start
  const pfn = allocFolios(k, nr, {
    order,
    bits,
    mapcount: 1,
    mlockCount: bits & PG_MLOCKED && k.behaviour.mlockCount ? 1 : 0,
  })
  const access = vma.flags & VM_WRITE ? PTE_WRITE | PTE_DIRTY : 0
  setPtes(vma.mm, start, end, pfn, PTE_PRESENT | access)
  vma.mm.rssAnon += nr
  if (order === 0) {
    k.spend('clearSmallPage', nr)
    k.spend('mapAnonPage', nr)
  } else {
    k.spend('clearLargePage', nr)
    k.spend('mapAnonFolio', nr / orderPages(order))
  }
}

/** alloc_anon_folio(): the largest order whose aligned block around the fault is inside the area and empty. */
function doMthpFault(
  k: Kernel,
  task: Task,
  vma: Vma,
  vpn: number,
  limit: number,
  orders: readonly number[],
): number {
  const mm = vma.mm
  let nextLarger = Infinity
  for (const order of orders) {
    const size = orderPages(order)
    const base = alignDown(vpn, size)
    if (base < vma.start || base + size > vma.end || mm.pages.any(base, base + size)) {
      nextLarger = Math.min(nextLarger, base + size)
      continue
    }
    const room = emptyUntil(mm, vpn, Math.min(vma.end, alignUp(limit, size)))
    const folios = Math.max(1, Math.floor((Math.min(room, nextLarger) - base) / size))
    mapNewAnon(k, vma, base, base + folios * size, order)
    task.minflt += folios
    return base + folios * size
  }
  const smallest = orderPages(orders[orders.length - 1] ?? 0)
  return mapNewSmallPages(k, task, vma, vpn, Math.min(limit, alignUp(vpn + 1, smallest)))
}

/** vm_page_prot: whether a fresh entry for page cache is writable at once, without waiting for a write fault. */
export function protWritable(vma: Vma): boolean {
  return (vma.flags & (VM_SHARED | VM_WRITE)) === (VM_SHARED | VM_WRITE) && vma.file?.kind !== 'file'
}

/** File offset (in pages) of `vpn`. */
export function pgoffOf(vma: Vma, vpn: number): number {
  return vma.pgoff + (vpn - vma.start)
}

/**
 * Kernel: do_fault(), mm/memory.c
 * First access to a page of a file mapping.
 */
function doFault(
  k: Kernel,
  task: Task,
  vma: Vma,
  vpn: number,
  end: number,
  write: boolean,
  inCall: boolean,
): number | FaultError {
  const limit = fileFaultLimit(vma, vpn, emptyUntil(vma.mm, vpn, end))
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
  const error = cacheFault(k, task, vma, pgoffOf(vma, vpn), pgoffOf(vma, end), inCall)
  if (error !== null) return error
  if (task.majflt > majorBefore && around > 1) return mapWindow(k, vma, vpn, around)
  const until = finishFault(k, vma, vpn, end, false, around > 1)
  const faults = mm.pages.at(vpn)?.bits ?? 0
  countFaults(task, faults & PTE_PMD ? 1 : until.faults, majorBefore)
  return until.next
}

/** Adds minor faults, less those that were already counted as major. */
function countFaults(task: Task, faults: number, majorBefore: number): void {
  task.minflt += faults - (task.majflt - majorBefore)
}

/**
 * Kernel: do_fault_around(), mm/memory.c
 * One fault maps the cached pages of an aligned window. Whole windows that are empty and cached go at once. Returns
 * the first page not mapped, or `vpn` if the page itself is not cached.
 */
function doFaultAround(k: Kernel, task: Task, vma: Vma, vpn: number, end: number, around: number): number {
  const mapped = mapWindow(k, vma, vpn, around)
  if (mapped === vpn) return vpn
  task.minflt++
  k.spend('faultAround', 1)
  if (mapped >= end || mapped % around !== 0) return mapped
  const cached = cacheRunAt(vma, mapped)
  const room = cached === undefined ? mapped : emptyUntil(vma.mm, mapped, Math.min(vma.end, cached))
  const windows = Math.floor((Math.min(alignUp(end, around), room) - mapped) / around)
  if (windows < 1 || hugeFolioAt(k, vma, mapped)) return mapped
  mapCache(k, vma, mapped, mapped + windows * around, false)
  task.minflt += windows
  k.spend('faultAround', windows)
  return mapped + windows * around
}

function hugeFolioAt(k: Kernel, vma: Vma, vpn: number): boolean {
  const page = vma.file?.pages.at(pgoffOf(vma, vpn))
  return (
    page !== undefined &&
    (page.bits & PTE_PRESENT) !== 0 &&
    frameAt(k, page.target + (pgoffOf(vma, vpn) - page.start)).order > 0
  )
}

/** Maps the cached pages of the window around `vpn`; returns the first page behind `vpn` that is not mapped. */
function mapWindow(k: Kernel, vma: Vma, vpn: number, around: number): number {
  const file = vma.file
  if (file === null) return vpn
  const block = blockStart(vpn)
  const from = Math.max(alignDown(vpn, around), vma.start)
  const last = vma.start + (cachePages(file) - vma.pgoff)
  const to = Math.min(from + around, block + HPAGE_PMD_NR, vma.end, last)
  const first = file.pages.next(pgoffOf(vma, from))
  if (first !== undefined && first.start < pgoffOf(vma, to) && (first.bits & PTE_PRESENT) !== 0) {
    if (doSetPmd(k, vma, vpn, Math.max(pgoffOf(vma, from), first.start), false)) return block + HPAGE_PMD_NR
  }
  for (let page = from; page < to;) {
    const empty = firstEmpty(vma, page, to)
    if (empty >= to) break
    const emptyEnd = emptyUntil(vma.mm, empty, to)
    for (const run of file.pages.over(pgoffOf(vma, empty), pgoffOf(vma, emptyEnd))) {
      if (!isReady(run)) continue
      const start = vma.start + (Math.max(run.start, pgoffOf(vma, empty)) - vma.pgoff)
      const stop = vma.start + (Math.min(run.end, pgoffOf(vma, emptyEnd)) - vma.pgoff)
      mapAround(k, vma, start, stop)
    }
    page = emptyEnd
  }
  let next = vpn
  for (let run = vma.mm.pages.at(next); run !== undefined && next < to; run = vma.mm.pages.at(next))
    next = run.end
  return next === vpn ? vpn : Math.min(next, vma.end)
}

/**
 * Kernel: filemap_map_folio_range(), mm/filemap.c
 * Maps the cached pages [start, end) and, where the release does that, all of each large folio among them that lies in
 * the area and in one page table.
 */
function mapAround(k: Kernel, vma: Vma, start: number, end: number): void {
  for (let vpn = start; vpn < end;) {
    const page = vma.file?.pages.at(pgoffOf(vma, vpn))
    if (page === undefined) return
    const pfn = page.target + (pgoffOf(vma, vpn) - page.start)
    const frame = frameAt(k, pfn)
    const size = orderPages(frame.order)
    const head = vpn - (pfn % size)
    const whole =
      frame.order > 0 &&
      k.behaviour.fileFaultMapsFolio &&
      head >= vma.start &&
      head + size <= vma.end &&
      blockStart(head) === blockStart(head + size - 1)
    const until = frame.order > 0 ? head + size : Math.min(end, vpn + (frame.end - pfn))
    if (whole) mapMissing(k, vma, head, head + size)
    else mapMissing(k, vma, vpn, Math.min(end, until))
    vpn = until
  }
}

/** Maps those pages of [start, end) that have no entry yet. */
function mapMissing(k: Kernel, vma: Vma, start: number, end: number): void {
  for (let vpn = firstEmpty(vma, start, end); vpn < end;) {
    const until = emptyUntil(vma.mm, vpn, end)
    mapCache(k, vma, vpn, until, false)
    vpn = firstEmpty(vma, until, end)
  }
}

function firstEmpty(vma: Vma, from: number, to: number): number {
  let page = from
  for (let run = vma.mm.pages.at(page); run !== undefined && page < to; run = vma.mm.pages.at(page))
    page = run.end
  return page
}

/**
 * Kernel: set_pte_range(), mm/memory.c
 * Maps cached pages [start, end), all of them cached and none mapped.
 */
function mapCache(k: Kernel, vma: Vma, start: number, end: number, write: boolean): void {
  const file = vma.file
  if (file === null) return
  const bits = PTE_PRESENT | (write ? PTE_WRITE | PTE_DIRTY : protWritable(vma) ? PTE_WRITE : 0)
  for (const run of file.pages.over(pgoffOf(vma, start), pgoffOf(vma, end))) {
    const from = Math.max(run.start, pgoffOf(vma, start))
    const to = Math.min(run.end, pgoffOf(vma, end))
    const pfn = run.target + (from - run.start)
    const vpn = vma.start + (from - vma.pgoff)
    setPtes(vma.mm, vpn, vpn + (to - from), pfn, bits)
    addFileRmap(k, vma, pfn, pfn + (to - from))
    k.spend('mapCachePage', to - from)
  }
}

/**
 * Kernel: do_set_pmd(), mm/memory.c
 * Maps a PMD-sized page cache folio by one entry, where area and file are aligned alike.
 */
export function doSetPmd(k: Kernel, vma: Vma, vpn: number, pgoff: number, write: boolean): boolean {
  const page = vma.file?.pages.at(pgoff)
  if (page === undefined || !(page.bits & PTE_PRESENT)) return false
  const pfn = page.target + (pgoff - page.start)
  if (frameAt(k, pfn).order !== 9) return false
  const block = blockStart(vpn)
  if (!blockIsFree(vma, block) || vmaThpDisabled(vma)) return false
  if ((vma.start - vma.pgoff) % HPAGE_PMD_NR !== 0 || !pmdNone(vma.mm, block)) return false
  const head = alignDown(pfn, HPAGE_PMD_NR)
  const bits = write ? PTE_WRITE | PTE_DIRTY : protWritable(vma) ? PTE_WRITE : 0
  vma.mm.pages.insert({
    start: block,
    end: block + HPAGE_PMD_NR,
    target: head,
    bits: PTE_PRESENT | PTE_PMD | bits,
  })
  changeFrames(k, head, head + HPAGE_PMD_NR, run => {
    run.pmdMapcount++
  })
  countRss(vma.mm, frameAt(k, head).bits, HPAGE_PMD_NR)
  if (isMlockable(vma) && k.behaviour.mlockShmemPmdAtMap) mlockFolios(k, head, head + HPAGE_PMD_NR)
  k.spend('mapHugePage', 1)
  return true
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
  mapNewAnon(k, vma, vpn, until, 0)
  markStoredLike(k, vma, vpn, until)
  k.spend('copyPage', until - vpn)
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
  const retried = k.behaviour.sharedWriteIsMajor && !inCall ? Math.max(0, Math.min(done.faults, clean)) : 0
  task.majflt += retried
  countFaults(task, done.faults, majorBefore)
  return done.next
}

/** Pages of [vpn, end) whose first shared write makes them dirty (or calls page_mkwrite). */
function cleanPages(k: Kernel, vma: Vma, vpn: number, end: number): number {
  const file = vma.file
  if (file === null || file.kind === 'secretmem') return 0
  if (file.kind === 'file') return end - vpn
  let clean = 0
  for (const run of file.pages.over(pgoffOf(vma, vpn), pgoffOf(vma, end))) {
    const from = Math.max(run.start, pgoffOf(vma, vpn))
    const to = Math.min(run.end, pgoffOf(vma, end))
    if (!(run.bits & PTE_PRESENT)) clean += to - from
    else {
      const pfn = run.target + (from - run.start)
      for (const frame of k.frames.over(pfn, pfn + (to - from)))
        if (!(frame.bits & PG_DIRTY))
          clean += Math.min(frame.end, pfn + (to - from)) - Math.max(frame.start, pfn)
    }
  }
  return clean
}

/**
 * Kernel: fault_dirty_shared_page(), mm/memory.c
 */
function faultDirtySharedPage(k: Kernel, vma: Vma, start: number, end: number): void {
  for (const run of vma.mm.pages.over(start, end)) {
    if (!mapsFrames(run.bits)) continue
    const from = run.target + (Math.max(run.start, start) - run.start)
    const to = run.target + (Math.min(run.end, end) - run.start)
    markDirty(k, from, to)
    k.spend('dirtySharedPage', to - from)
  }
}

/** A write to present entries that do not allow it. */
function doWpFault(
  k: Kernel,
  task: Task,
  vma: Vma,
  vpn: number,
  end: number,
  pte: PteRun,
  inCall: boolean,
): number | FaultError {
  if (pte.bits & PTE_PMD) {
    if (vma.file !== null && vma.flags & (VM_SHARED | VM_MAYSHARE)) splitPmd(k, vma, blockStart(vpn))
    else if (vma.file !== null && !(pte.bits & PTE_ZERO) && !isAnonAt(k, pte, vpn))
      splitPmd(k, vma, blockStart(vpn))
    else if (doHugePmdWpPage(k, task, vma, vpn)) return vpn + 1
    return handleMmFault(k, task, vma, vpn, vpn + 1, true, inCall)
  }
  if (vma.flags & (VM_SHARED | VM_MAYSHARE)) return wpPageShared(k, task, vma, vpn, end, inCall)
  return doWpPage(k, task, vma, vpn, end)
}

function isAnonAt(k: Kernel, pte: PteRun, vpn: number): boolean {
  return (frameAt(k, pte.target + (vpn - pte.start)).bits & PG_ANON) !== 0
}

/**
 * Kernel: wp_page_shared(), mm/memory.c
 * Write-notify: the file system is told before the first write through each entry.
 */
function wpPageShared(k: Kernel, task: Task, vma: Vma, vpn: number, end: number, inCall: boolean): number {
  const clean = cleanPages(k, vma, vpn, end)
  for (const run of vma.mm.pages.cut(vpn, end)) run.bits |= PTE_WRITE | PTE_DIRTY
  vma.mm.pages.heal(vpn, end)
  faultDirtySharedPage(k, vma, vpn, end)
  const major = k.behaviour.sharedWriteIsMajor && !inCall ? clean : 0
  task.majflt += major
  task.minflt += end - vpn - major
  return end
}

/**
 * Kernel: do_wp_page(), mm/memory.c
 * Private mappings: a page that this mapping alone owns is made writable, any other is copied.
 */
function doWpPage(k: Kernel, task: Task, vma: Vma, vpn: number, end: number): number {
  const pte = vma.mm.pages.at(vpn) as PteRun
  if (pte.bits & PTE_ZERO) {
    anonVmaPrepare(k, vma)
    vma.mm.pages.take(vpn, end)
    mapNewAnon(k, vma, vpn, end, 0)
    task.minflt += end - vpn
    return end
  }
  const pfn = pte.target + (vpn - pte.start)
  const frame = frameAt(k, pfn)
  const until = frame.order === 0 ? Math.min(end, vpn + (frame.end - pfn)) : vpn + 1
  if (canReuse(k, vma, frame, pfn)) {
    for (const run of vma.mm.pages.cut(vpn, until)) run.bits |= PTE_WRITE | PTE_DIRTY
    vma.mm.pages.heal(vpn, until)
    if (k.behaviour.anonExclusive)
      changeFrames(k, pfn, pfn + (until - vpn), run => (run.bits |= PG_ANON_EXCLUSIVE))
    k.spend('makeWritable', until - vpn)
  } else wpPageCopy(k, vma, vpn, until, pfn)
  task.minflt += until - vpn
  return until
}

/**
 * Kernel: wp_can_reuse_anon_folio(), mm/memory.c
 * Nobody else holds the page: then the write needs no copy.
 */
function canReuse(k: Kernel, vma: Vma, frame: FrameRun, pfn: number): boolean {
  if (!(frame.bits & PG_ANON)) return false
  if (k.behaviour.anonExclusive && frame.bits & PG_ANON_EXCLUSIVE) return true
  if (frame.order === 0) {
    if (frame.mapcount !== 1 || frame.pins > 0 || frame.pmdMapcount > 0) return false
    if (!(frame.bits & PG_SWAPCACHE)) return true
    return k.behaviour.anonExclusive && dropSwapCache(k, frame, pfn)
  }
  const rule = k.behaviour.reuseLargeFolio
  if (rule === 'unshared')
    return frame.pins === 0 && folioMapcount(k, pfn) > 1 && !mappedElsewhere(k, vma.mm, pfn)
  return rule === 'last-page' && folioMapcount(k, pfn) === 1 && frame.pins === 0
}

/** folio_free_swap(): a page of the swap cache that no entry names any more leaves it. */
function dropSwapCache(k: Kernel, frame: FrameRun, pfn: number): boolean {
  const slot = frame.slot + (pfn - frame.start)
  const entry = k.swap.at(slot)
  if (entry !== undefined && entry.count > 0) return false
  if (entry !== undefined) k.swap.take(slot, slot + 1)
  changeFrames(k, pfn, pfn + 1, run => {
    run.bits = (run.bits & ~PG_SWAPCACHE) | PG_DIRTY
    run.slot = -1
  })
  return true
}

/**
 * Kernel: wp_page_copy(), mm/memory.c
 * The copy belongs to this mapping alone; the old page loses it.
 */
function wpPageCopy(k: Kernel, vma: Vma, vpn: number, end: number, pfn: number): void {
  anonVmaPrepare(k, vma)
  vma.mm.pages.take(vpn, end)
  const to = pfn + (end - vpn)
  const stored = k.frames.over(pfn, to).map(run => ({ ...run }))
  const markedBefore = (frameAt(k, pfn).bits & PG_MLOCKED) !== 0
  removeRmap(k, vma, pfn, to, false)
  if (!k.behaviour.mlockCount && markedBefore && vma.flags & VM_LOCKED) {
    const old = k.frames.at(pfn)
    if (old?.order === 0) munlockUncounted(k, vma, pfn, to)
  }
  mapNewAnon(k, vma, vpn, end, 0)
  const run = vma.mm.pages.at(vpn) as PteRun
  const base = run.target + (vpn - run.start)
  for (const old of stored) {
    if (!(old.bits & (PG_STORED | PG_CACHE))) continue
    const from = base + (Math.max(old.start, pfn) - pfn)
    const until = base + (Math.min(old.end, to) - pfn)
    changeFrames(k, from, until, part => (part.bits |= PG_STORED))
  }
  k.spend('copyPage', end - vpn)
}

/** What zapping keeps in mind. */
export interface ZapDetails {
  /** MADV_DONTNEED and its like: an emptied page table is given back where the release does that. */
  readonly freeTables?: boolean
  /** Guard markers survive MADV_DONTNEED and go with the mapping. */
  readonly keepGuards?: boolean
  /** Only pages of the page cache, not private copies: unmap_mapping_range() with even_cows = 0. */
  readonly cacheOnly?: boolean
}

/**
 * Kernel: unmap_page_range(), mm/memory.c
 * Removes the entries of [start, end) inside one area.
 */
export function zapPageRange(
  k: Kernel,
  vma: Vma,
  start: number,
  end: number,
  details: ZapDetails = {},
): void {
  const mm = vma.mm
  if (vma.flags & VM_HUGETLB) {
    hugetlbUnmap(k, vma, start, end)
    return
  }
  splitPmdsAtEnds(k, vma, start, end)
  const kept: PteRun[] = []
  for (const run of mm.pages.take(start, end)) {
    if (run.bits & PTE_GUARD) {
      if (details.keepGuards) kept.push(run)
    } else if (run.bits & PTE_SWAP) {
      if (details.cacheOnly) kept.push(run)
      else {
        mm.swapEntries -= run.end - run.start
        freeSwap(k, run.target, run.target + (run.end - run.start))
      }
    } else if (run.bits & PTE_ZERO) {
      if (details.cacheOnly) kept.push(run)
    } else zapPresent(k, vma, run, details, kept)
  }
  for (const run of kept) mm.pages.insert(run)
  if (details.freeTables && k.behaviour.freeEmptyTables && kept.length === 0)
    dropTables(mm, Math.ceil(start / HPAGE_PMD_NR), Math.floor(end / HPAGE_PMD_NR))
}

function zapPresent(k: Kernel, vma: Vma, run: PteRun, details: ZapDetails, kept: PteRun[]): void {
  const to = run.target + (run.end - run.start)
  const pmd = (run.bits & PTE_PMD) !== 0
  if (details.cacheOnly) {
    for (const part of anonParts(k, run)) kept.push(part)
    for (const part of cacheParts(k, run)) {
      const nr = part.end - part.start
      const dirty = (run.bits & PTE_DIRTY) !== 0
      if (pmd) removePmdRmap(k, vma, part.target, part.target + nr, dirty)
      else removeRmap(k, vma, part.target, part.target + nr, dirty)
    }
    return
  }
  if (pmd) {
    removePmdRmap(k, vma, run.target, to, k.behaviour.zapHugeKeepsDirty && (run.bits & PTE_DIRTY) !== 0)
    k.spend('zapPmd', (run.end - run.start) / HPAGE_PMD_NR)
  } else {
    removeRmap(k, vma, run.target, to, (run.bits & PTE_DIRTY) !== 0)
    k.spend('zapPage', run.end - run.start)
  }
}

function anonParts(k: Kernel, run: PteRun): PteRun[] {
  return framesParts(k, run, bits => (bits & PG_ANON) !== 0)
}

function cacheParts(k: Kernel, run: PteRun): PteRun[] {
  return framesParts(k, run, bits => (bits & PG_ANON) === 0)
}

function framesParts(k: Kernel, run: PteRun, wanted: (bits: number) => boolean): PteRun[] {
  const to = run.target + (run.end - run.start)
  const parts: PteRun[] = []
  for (const frame of k.frames.over(run.target, to)) {
    if (!wanted(frame.bits)) continue
    const from = Math.max(frame.start, run.target)
    const until = Math.min(frame.end, to)
    const start = run.start + (from - run.target)
    parts.push({ start, end: start + (until - from), target: from, bits: run.bits })
  }
  return parts
}

/**
 * Kernel: free_pgtables(), mm/memory.c
 * Page tables go with the mapping unless a neighbouring mapping in the same 2 MiB still uses them.
 */
export function freePgtables(vma: Vma, start: number, end: number, floor: number, ceiling: number): void {
  const first =
    Math.floor(start / HPAGE_PMD_NR) * HPAGE_PMD_NR < floor
      ? Math.ceil(start / HPAGE_PMD_NR)
      : Math.floor(start / HPAGE_PMD_NR)
  const last =
    Math.ceil(end / HPAGE_PMD_NR) * HPAGE_PMD_NR > ceiling
      ? Math.floor(end / HPAGE_PMD_NR)
      : Math.ceil(end / HPAGE_PMD_NR)
  dropTables(vma.mm, first, last)
}

/** A store to pages that allow it: the hardware sets the dirty bits, the pages are no longer all zero. */
export function storeTo(k: Kernel, vma: Vma, start: number, end: number): void {
  for (const run of vma.mm.pages.over(start, end)) {
    if (!mapsFrames(run.bits)) continue
    const from = run.target + (Math.max(run.start, start) - run.start)
    const to = run.target + (Math.min(run.end, end) - run.start)
    markStored(k, from, to)
  }
}

function markStored(k: Kernel, from: number, to: number): void {
  const frame = frameAt(k, from)
  if (frame.end >= to && (frame.bits & PG_STORED) !== 0) return
  changeFrames(k, from, to, part => (part.bits |= PG_STORED))
}

/** Sets the dirty bit of writable entries, as a store does. */
export function dirtyPtes(vma: Vma, start: number, end: number): void {
  const pages = vma.mm.pages
  const only = pages.at(start)
  if (only !== undefined && only.end >= end && only.bits & PTE_DIRTY) return
  let from = start
  let to = end
  for (const run of pages.over(start, end)) {
    if (!(run.bits & PTE_PMD)) continue
    if (run.start < from) from = Math.max(run.start, blockStart(from))
    if (run.end > to) to = Math.min(run.end, alignUp(to, HPAGE_PMD_NR))
  }
  for (const run of pages.cut(from, to)) if (run.bits & PTE_WRITE) run.bits |= PTE_DIRTY
  pages.heal(from, to)
}
