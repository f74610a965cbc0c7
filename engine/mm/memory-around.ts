/** Mapping what the page cache holds, ahead of demand: mm/memory.c and mm/filemap.c. */
import { alignDown, alignUp, HPAGE_PMD_NR, orderPages } from '../units.ts'
import { cachePages, cacheRunAt, isReady } from './filemap.ts'
import { blockIsFree, vmaThpDisabled } from './huge-memory.ts'
import { type Kernel, type Task } from './kernel.ts'
import { mlockFolios } from './mlock-folio.ts'
import {
  blockStart,
  PTE_DIRTY,
  PTE_PMD,
  PTE_PRESENT,
  PTE_WRITE,
  VM_SHARED,
  VM_WRITE,
  type PteRun,
  type Vma,
} from './mm-types.ts'
import { emptyUntil, pmdNone, setPtes } from './pgtable.ts'
import { addFileRmap, changeFrames, countRss, frameAt, isMlockable } from './rmap.ts'

/** vm_page_prot: whether a fresh entry for page cache is writable at once, without waiting for a write fault. */
export function protWritable(vma: Vma): boolean {
  return (vma.flags & (VM_SHARED | VM_WRITE)) === (VM_SHARED | VM_WRITE) && vma.file?.kind !== 'file'
}

/** File offset (in pages) of `vpn`. */
export function pgoffOf(vma: Vma, vpn: number): number {
  return vma.pgoff + (vpn - vma.start)
}

/**
 * Kernel: do_fault_around(), mm/memory.c
 * One fault maps the cached pages of an aligned window. Whole windows that are empty and cached go at once. Returns
 * the first page not mapped, or `vpn` if the page itself is not cached.
 */
export function doFaultAround(
  k: Kernel,
  task: Task,
  vma: Vma,
  vpn: number,
  end: number,
  around: number,
): number {
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

/**
 * The work of the windows that were looked through in vain, when the faults on [start, end) had to be served one by one.
 * Each finds the pages before it mapped already; pages that fallocate left uncleared stand in its way as well.
 */
export function spendVainAround(
  k: Kernel,
  vma: Vma,
  start: number,
  end: number,
  faults: number,
  around: number,
  cachedBefore: boolean,
): void {
  k.spend('faultAround', faults)
  if (faults !== end - start) return
  const firstEnd = Math.min(end, alignDown(start, around) + around)
  const lastStart = Math.max(firstEnd, alignDown(end, around))
  const whole = (lastStart - firstEnd) / around
  const seen = cachedBefore ? around * around : (around * (around - 1)) / 2
  k.spend(
    'skipCachedPage',
    skippedInPart(vma, start, firstEnd, around, cachedBefore) +
      whole * seen +
      skippedInPart(vma, lastStart, end, around, cachedBefore),
  )
}

/** The same for faults [start, end) of one window, of which other pages may be cached. */
function skippedInPart(vma: Vma, start: number, end: number, around: number, cachedBefore: boolean): number {
  const faults = end - start
  if (faults <= 0 || vma.file === null) return 0
  const from = Math.max(alignDown(start, around), vma.start)
  const to = Math.min(from + around, vma.end)
  const others = vma.file.pages.covered(pgoffOf(vma, from), pgoffOf(vma, to)) - faults
  return faults * others + (cachedBefore ? faults * faults : (faults * (faults - 1)) / 2)
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
export function mapWindow(k: Kernel, vma: Vma, vpn: number, around: number): number {
  const file = vma.file
  if (file === null) return vpn
  const block = blockStart(vpn)
  const from = Math.max(alignDown(vpn, around), vma.start)
  const last = vma.start + (cachePages(file) - vma.pgoff)
  const to = Math.min(from + around, block + HPAGE_PMD_NR, vma.end, last)
  const first = file.pages.next(pgoffOf(vma, from))
  if (first !== undefined && first.start < pgoffOf(vma, to) && isReady(first)) {
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
  for (let run = vma.mm.pages.at(next); isPresent(run) && next < to; run = vma.mm.pages.at(next))
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
export function mapCache(k: Kernel, vma: Vma, start: number, end: number, write: boolean): void {
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

function isPresent(run: PteRun | undefined): run is PteRun {
  return run !== undefined && (run.bits & PTE_PRESENT) !== 0
}
