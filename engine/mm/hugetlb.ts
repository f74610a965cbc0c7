/** hugetlb pages of 2 MiB: mm/hugetlb.c. */
import { refuse, type Refusal } from '../errno.ts'
import { RunList, SPAN } from '../runs.ts'
import { HPAGE_PMD_NR, HPAGE_PMD_ORDER, alignDown } from '../units.ts'
import { cachePages } from './filemap.ts'
import type { Kernel, Task } from './kernel.ts'
import { type FaultError } from './memory.ts'
import {
  PG_ANON,
  PG_ANON_EXCLUSIVE,
  PG_CACHE,
  PG_HUGETLB,
  PTE_DIRTY,
  PTE_PMD,
  PTE_PRESENT,
  PTE_WRITE,
  VM_MAYSHARE,
  VM_NORESERVE,
  VM_SHARED,
  VM_WRITE,
  type PageCache,
  type PteRun,
  type Vma,
} from './mm-types.ts'
import { allocFolios, changeFrames, folioMapcount, frameAt, freeUnused } from './rmap.ts'
import { vmasOver } from './vma.ts'

/**
 * Kernel: hugetlb_reserve_pages(), mm/hugetlb.c
 * Promises the pages of a new mapping: those of the file that nobody was promised yet, or all of a private mapping.
 */
export function hugetlbReserve(k: Kernel, vma: Vma): Refusal | null {
  if (vma.flags & VM_NORESERVE) return null
  const from = vma.pgoff
  const to = from + (vma.end - vma.start)
  const shared = (vma.flags & VM_MAYSHARE) !== 0
  const file = vma.file as PageCache
  const need = shared ? to - from - knownPages(file, from, to) : to - from
  const pages = need / HPAGE_PMD_NR
  const room = k.pool.free - k.pool.reserved
  if (room < pages)
    return refuse('ENOMEM', 'hugetlb pool', {
      asked: need,
      counted: k.pool.reserved * HPAGE_PMD_NR,
      limit: k.pool.free * HPAGE_PMD_NR,
    })
  k.pool.reserved += pages
  if (shared) promise(file, from, to)
  else {
    vma.resv = { reserved: new RunList(SPAN) }
    vma.resv.reserved.put({ start: from, end: to })
  }
  return null
}

function knownPages(file: PageCache, from: number, to: number): number {
  return file.reserved.covered(from, to) + file.pages.covered(from, to)
}

function promise(file: PageCache, from: number, to: number): void {
  for (let at = from; at < to; at += HPAGE_PMD_NR) {
    const end = at + HPAGE_PMD_NR
    if (file.pages.at(at) === undefined && file.reserved.at(at) === undefined)
      file.reserved.put({ start: at, end })
  }
}

/** What a private mapping was promised and did not use goes back to the pool: hugetlb_vm_op_close(). */
export function hugetlbUnreserve(k: Kernel, vma: Vma): void {
  if (vma.resv === null) return
  for (const run of vma.resv.reserved.take(vma.pgoff, vma.pgoff + (vma.end - vma.start)))
    k.pool.reserved -= (run.end - run.start) / HPAGE_PMD_NR
}

/**
 * Kernel: hugetlb_fault(), mm/hugetlb.c
 * One huge page a fault. A read allocates too. Returns the first page behind it.
 */
export function hugetlbFault(
  k: Kernel,
  task: Task,
  vma: Vma,
  vpn: number,
  write: boolean,
  inCall: boolean,
): number | FaultError {
  const block = alignDown(vpn, HPAGE_PMD_NR)
  const present = vma.mm.pages.at(block)
  const error = present === undefined ? hugetlbNoPage(k, vma, block, write) : hugetlbWp(k, vma, block)
  if (error !== null) return error
  if (!inCall || k.behaviour.hugetlbFaultsCountInCalls) task.minflt++
  k.spend('hugetlbFault', 1)
  return block + HPAGE_PMD_NR
}

/**
 * Kernel: hugetlb_no_page(), mm/hugetlb.c
 */
function hugetlbNoPage(k: Kernel, vma: Vma, block: number, write: boolean): FaultError | null {
  const file = vma.file as PageCache
  const pgoff = vma.pgoff + (block - vma.start)
  if (pgoff >= cachePages(file)) return 'SIGBUS'
  const cached = file.pages.at(pgoff)
  if (cached !== undefined) {
    mapHuge(k, vma, block, cached.target + (pgoff - cached.start), write && (vma.flags & VM_SHARED) !== 0)
    if (write && !(vma.flags & VM_SHARED)) return hugetlbWp(k, vma, block)
    return null
  }
  const shared = (vma.flags & VM_MAYSHARE) !== 0
  if (!takeFromPool(k, vma, file, pgoff, shared)) return 'SIGBUS'
  const bits = PG_HUGETLB | (shared ? PG_CACHE : PG_ANON | PG_ANON_EXCLUSIVE)
  const pfn = allocFolios(k, HPAGE_PMD_NR, { order: HPAGE_PMD_ORDER, bits })
  k.spend('clearLargePage', HPAGE_PMD_NR)
  if (shared) file.pages.insert({ start: pgoff, end: pgoff + HPAGE_PMD_NR, target: pfn, bits: PTE_PRESENT })
  mapHuge(k, vma, block, pfn, write)
  return null
}

/** Takes a page that was promised to this mapping, or one that nobody was promised. */
function takeFromPool(k: Kernel, vma: Vma, file: PageCache, pgoff: number, shared: boolean): boolean {
  const promised = shared ? file.reserved : vma.resv?.reserved
  if (promised?.at(pgoff) !== undefined) {
    promised.take(pgoff, pgoff + HPAGE_PMD_NR)
    k.pool.reserved--
    k.pool.free--
    return true
  }
  if (k.pool.free - k.pool.reserved < 1) return false
  k.pool.free--
  return true
}

function mapHuge(k: Kernel, vma: Vma, block: number, pfn: number, mayWrite: boolean): void {
  const shared = (vma.flags & VM_SHARED) !== 0
  const writable = (vma.flags & VM_WRITE) !== 0 && (shared || mayWrite)
  vma.mm.pages.insert({
    start: block,
    end: block + HPAGE_PMD_NR,
    target: pfn,
    bits: PTE_PRESENT | PTE_PMD | (writable ? PTE_WRITE | PTE_DIRTY : 0),
  })
  changeFrames(k, pfn, pfn + HPAGE_PMD_NR, run => {
    run.pmdMapcount++
  })
  vma.mm.hugetlbPages += HPAGE_PMD_NR
}

/**
 * Kernel: hugetlb_wp(), mm/hugetlb.c
 * Copy on write. The owner of a private mapping takes the page away from its children if the pool is empty; a child
 * gets SIGBUS.
 */
function hugetlbWp(k: Kernel, vma: Vma, block: number): FaultError | null {
  const mm = vma.mm
  const entry = mm.pages.at(block) as PteRun
  const pfn = entry.target + (block - entry.start)
  const frame = frameAt(k, pfn)
  const shared = (vma.flags & VM_SHARED) !== 0
  const alone = (frame.bits & PG_ANON) !== 0 && folioMapcount(k, pfn) === 1 && frame.pins === 0
  if (shared || alone) {
    if (!shared) changeFrames(k, pfn, pfn + HPAGE_PMD_NR, run => (run.bits |= PG_ANON_EXCLUSIVE))
    allowWrite(vma, block)
    return null
  }
  const pgoff = vma.pgoff + (block - vma.start)
  if (!takeFromPool(k, vma, vma.file as PageCache, pgoff, false)) {
    if (vma.resv === null || !(frame.bits & PG_ANON)) return 'SIGBUS'
    unmapFromOthers(k, vma, pfn)
    allowWrite(vma, block)
    changeFrames(k, pfn, pfn + HPAGE_PMD_NR, run => (run.bits |= PG_ANON_EXCLUSIVE))
    return null
  }
  hugetlbUnmap(k, vma, block, block + HPAGE_PMD_NR)
  const copy = allocFolios(k, HPAGE_PMD_NR, {
    order: HPAGE_PMD_ORDER,
    bits: PG_HUGETLB | PG_ANON | PG_ANON_EXCLUSIVE,
  })
  k.spend('copyPage', HPAGE_PMD_NR)
  mapHuge(k, vma, block, copy, true)
  return null
}

function allowWrite(vma: Vma, block: number): void {
  for (const run of vma.mm.pages.cut(block, block + HPAGE_PMD_NR)) run.bits |= PTE_WRITE | PTE_DIRTY
  vma.mm.pages.heal(block, block + HPAGE_PMD_NR)
}

/** unmap_ref_private(): the page is taken out of every other mapping, which will fault again and fail. */
function unmapFromOthers(k: Kernel, vma: Vma, pfn: number): void {
  for (const task of k.tasks) {
    for (const run of [...task.mm.pages.items]) {
      if (task.mm === vma.mm || !(run.bits & PTE_PRESENT)) continue
      if (run.target > pfn || pfn >= run.target + (run.end - run.start)) continue
      const at = run.start + (pfn - run.target)
      for (const other of vmasOver(task.mm, at, at + 1)) hugetlbUnmap(k, other, at, at + HPAGE_PMD_NR)
    }
  }
}

/**
 * Kernel: __unmap_hugepage_range(), mm/hugetlb.c
 * Pages that no file keeps go back to the pool.
 */
export function hugetlbUnmap(k: Kernel, vma: Vma, start: number, end: number): void {
  for (const run of vma.mm.pages.take(start, end)) {
    if (!(run.bits & PTE_PRESENT)) continue
    const nr = run.end - run.start
    changeFrames(k, run.target, run.target + nr, frame => {
      frame.pmdMapcount--
    })
    vma.mm.hugetlbPages -= nr
    k.spend('zapPmd', nr / HPAGE_PMD_NR)
    for (let pfn = run.target; pfn < run.target + nr; pfn += HPAGE_PMD_NR) {
      const given = giveBackHuge(k, pfn)
      if (given) restoreReserve(k, vma, run.start + (pfn - run.target))
    }
  }
}

/** free_huge_folio(): a page that nothing holds any more is free again. */
export function giveBackHuge(k: Kernel, pfn: number): boolean {
  const frame = k.frames.at(pfn)
  if (frame === undefined || frame.bits & PG_CACHE || frame.pmdMapcount > 0 || frame.pins > 0) return false
  freeUnused(k, pfn, pfn + HPAGE_PMD_NR)
  k.pool.free++
  return true
}

/** A page that the owner of a private mapping gives back stays promised to it. */
function restoreReserve(k: Kernel, vma: Vma, block: number): void {
  if (vma.resv === null || !k.behaviour.hugetlbKeepsReservation) return
  const pgoff = vma.pgoff + (block - vma.start)
  vma.resv.reserved.put({ start: pgoff, end: pgoff + HPAGE_PMD_NR })
  k.pool.reserved++
}
