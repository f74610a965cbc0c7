/** Swap entries, swap-out of single folios and swap-in: mm/swapfile.c, mm/swap_state.c, do_swap_page(). */
import { HPAGE_PMD_NR, orderPages } from '../units.ts'
import { mthpOrders } from './huge-memory.ts'
import type { Kernel, Task } from './kernel.ts'
import { type FaultError } from './memory.ts'
import {
  PG_ANON,
  PG_ANON_EXCLUSIVE,
  PG_CACHE,
  PG_DIRTY,
  PG_MLOCKED,
  PG_READAHEAD,
  PG_SHMEM,
  PG_STORED,
  PG_SWAPBACKED,
  PG_SWAPCACHE,
  PG_UNEVICTABLE,
  PG_WAS_MAPPED,
  PTE_DIRTY,
  PTE_EXCLUSIVE,
  PTE_PRESENT,
  PTE_SWAP,
  PTE_WRITE,
  VM_LOCKED,
  VM_WRITE,
  blockStart,
  type PageCache,
  type PteRun,
  type SwapRun,
  type Vma,
} from './mm-types.ts'
import { setPtes } from './pgtable.ts'
import { allocFolios, changeFrames, frameAt, freeUnused, isMlockable } from './rmap.ts'
import { handleMmFault } from './memory.ts'

/** 2 to the power of vm.page-cluster: pages that one swap-in reads ahead. */
const CLUSTER = 8

/**
 * Kernel: folio_alloc_swap(), mm/swapfile.c
 * Reserves slots for `nr` pages side by side; null if swap is off or full.
 */
export function allocSlots(k: Kernel, nr: number, order = 0): number | null {
  if (nr > freeSlots(k)) return null
  const start = k.takeSlots(nr, order)
  k.swap.insert({ start, end: start + nr, count: 0, pfn: -1 })
  return start
}

/** Slots that nothing uses. */
export function freeSlots(k: Kernel): number {
  let used = 0
  for (const run of k.swap.items) used += run.end - run.start
  return Math.max(0, k.host.swapPages - used)
}

/** swap_duplicate(): one more entry names each slot. */
export function duplicateSwap(k: Kernel, start: number, end: number): void {
  for (const run of k.swap.cut(start, end)) run.count++
  k.swap.heal(start, end)
}

/**
 * Kernel: free_swap_and_cache_nr(), mm/swapfile.c
 * One entry less names each slot; a slot that none names goes, with its page in the swap cache unless that is mapped.
 */
export function freeSwap(k: Kernel, start: number, end: number): void {
  for (const run of k.swap.cut(start, end)) {
    run.count--
    if (run.count === 0 && run.pfn >= 0) dropFromSwapCache(k, run)
  }
  for (const run of k.swap.cut(start, end)) if (run.count <= 0 && run.pfn < 0) k.swap.take(run.start, run.end)
  k.swap.heal(start, end)
}

function dropFromSwapCache(k: Kernel, run: SwapRun): void {
  const from = run.pfn
  const to = run.pfn + (run.end - run.start)
  changeFrames(k, from, to, frame => {
    frame.bits &= ~PG_SWAPCACHE
    frame.slot = -1
  })
  run.pfn = -1
  freeUnused(k, from, to)
}

/**
 * Kernel: do_swap_page(), mm/memory.c
 * The swap device answers at once, so a page that only this entry names bypasses the swap cache; a shared one is read
 * into it, with its neighbours in the area.
 */
export function doSwapPage(
  k: Kernel,
  task: Task,
  vma: Vma,
  vpn: number,
  write: boolean,
  inCall: boolean,
): number | FaultError {
  const entry = vma.mm.pages.at(vpn) as PteRun
  const slot = entry.target + (vpn - entry.start)
  const swap = k.swap.at(slot)
  if (swap === undefined) throw new Error('a swap entry names a slot that is not in use')
  const exclusive = (entry.bits & PTE_EXCLUSIVE) !== 0
  let cached = swap.pfn < 0 ? -1 : swap.pfn + (slot - swap.start)
  const major = cached < 0
  let ownPage = false
  if (cached >= 0) noteHit(k, vma, vpn, cached)
  else {
    if (swap.count === 1 && swapInLargeFolio(k, task, vma, vpn, write)) return vpn + 1
    if (swap.count === 1) {
      cached = newSwappedPage(k)
      ownPage = true
    } else cached = readAhead(k, vma, vpn, slot)
  }
  if (major) task.majflt++
  else task.minflt++
  mapSwapped(k, vma, vpn, slot, cached, { write, exclusive, ownPage, inCall })
  if (write && !((vma.mm.pages.at(vpn) as PteRun).bits & PTE_WRITE)) {
    const before = task.minflt
    const next = handleMmFault(k, task, vma, vpn, vpn + 1, true)
    task.minflt = before
    return next
  }
  return vpn + 1
}

function newSwappedPage(k: Kernel): number {
  k.spend('swapInPage', 1)
  return allocFolios(k, 1, { order: 0, bits: PG_ANON | PG_SWAPBACKED | PG_STORED })
}

interface SwapFault {
  readonly write: boolean
  readonly exclusive: boolean
  readonly ownPage: boolean
  readonly inCall: boolean
}

function mapSwapped(k: Kernel, vma: Vma, vpn: number, slot: number, pfn: number, fault: SwapFault): void {
  const mm = vma.mm
  mm.pages.take(vpn, vpn + 1)
  mm.swapEntries--
  mm.rssAnon++
  const locked = (vma.flags & VM_LOCKED) !== 0
  if (fault.ownPage) freeSwap(k, slot, slot + 1)
  else releaseEntry(k, slot, pfn, locked || k.behaviour.swapInThroughCache, fault.write)
  const mayTake = fault.write || !k.behaviour.swapInThroughCache
  const alone = fault.exclusive || (mayTake && k.swap.at(slot) === undefined && isAlone(k, pfn))
  const known = (frameAt(k, pfn).bits & PG_WAS_MAPPED) !== 0
  const mark = isMlockable(vma) && (known || k.behaviour.swapInMarks === 'always')
  changeFrames(k, pfn, pfn + 1, frame => {
    frame.mapcount++
    frame.bits |= PG_WAS_MAPPED
    if (alone) frame.bits |= PG_ANON_EXCLUSIVE
    if (fault.ownPage && k.behaviour.swapInThroughCache) frame.bits |= PG_DIRTY
    if (mark) {
      frame.bits |= PG_MLOCKED | PG_UNEVICTABLE
      if (k.behaviour.mlockCount) frame.mlockCount++
    }
  })
  const writable = (vma.flags & VM_WRITE) !== 0 && alone && (fault.write || k.behaviour.swapInReadIsWritable)
  let bits = PTE_PRESENT
  if (writable) bits |= PTE_WRITE
  if (writable && fault.write) bits |= PTE_DIRTY
  setPtes(mm, vpn, vpn + 1, pfn, bits)
}

function isAlone(k: Kernel, pfn: number): boolean {
  const frame = k.frames.at(pfn)
  return frame !== undefined && frame.mapcount === 0 && (frame.bits & PG_SWAPCACHE) === 0
}

/** One entry less; a slot that nobody names any more is given back when that helps (should_try_to_free_swap). */
function releaseEntry(k: Kernel, slot: number, pfn: number, tryToFree: boolean, write: boolean): void {
  for (const run of k.swap.cut(slot, slot + 1)) run.count--
  const run = k.swap.at(slot)
  const frame = frameAt(k, pfn)
  const helps = tryToFree || (frame.bits & PG_MLOCKED) !== 0 || (write && frame.mapcount === 0)
  if (run !== undefined && run.count === 0 && helps) {
    changeFrames(k, pfn, pfn + 1, frame => {
      frame.bits = (frame.bits & ~PG_SWAPCACHE) | PG_DIRTY
      frame.slot = -1
    })
    k.swap.take(slot, slot + 1)
  }
  k.swap.heal(slot, slot + 1)
}

/**
 * Kernel: swap_vma_readahead(), mm/swap_state.c
 * Reads a shared slot and the neighbouring entries of the area into the swap cache; returns the page of `slot`.
 */
function readAhead(k: Kernel, vma: Vma, vpn: number, slot: number): number {
  const [from, to] = k.behaviour.swapInReadsAhead ? readAheadWindow(vma, vpn) : [vpn, vpn + 1]
  for (let p = from; p < to; p++) {
    const entry = vma.mm.pages.at(p)
    if (p === vpn || entry === undefined || !(entry.bits & PTE_SWAP)) continue
    readSwapIntoCache(k, entry.target + (p - entry.start), true)
  }
  return readSwapIntoCache(k, slot)
}

/**
 * Kernel: swap_vma_ra_win(), mm/swap_state.c
 * The window follows the direction of the last access and grows with the hits since.
 */
function readAheadWindow(vma: Vma, vpn: number): [number, number] {
  const last = vma.swapReadAhead
  const window = swapinPages(last.vpn, vpn, last.hits, last.window)
  vma.swapReadAhead = { vpn, window, hits: 0 }
  if (window === 1) return [vpn, vpn + 1]
  const left = Math.floor((window - 1) / 2)
  let from = vpn - left
  let to = vpn + window - left
  if (vpn === last.vpn + 1) [from, to] = [vpn, vpn + window]
  else if (last.vpn === vpn + 1) [from, to] = [vpn - window + 1, vpn + 1]
  const block = blockStart(vpn)
  return [Math.max(from, vma.start, block), Math.min(to, vma.end, block + HPAGE_PMD_NR)]
}

/**
 * Kernel: __swapin_nr_pages(), mm/swap_state.c
 */
function swapinPages(before: number, now: number, hits: number, lastWindow: number): number {
  let pages = hits + 2
  if (pages === 2) {
    if (now !== before + 1 && now !== before - 1) pages = 1
  } else {
    let rounded = 4
    while (rounded < pages) rounded *= 2
    pages = rounded
  }
  return Math.max(Math.min(pages, CLUSTER), Math.floor(lastWindow / 2))
}

/** A page found in the swap cache: remembers whether reading it ahead was worth it. */
function noteHit(k: Kernel, vma: Vma, vpn: number, pfn: number): void {
  const ahead = (frameAt(k, pfn).bits & PG_READAHEAD) !== 0
  if (ahead) changeFrames(k, pfn, pfn + 1, frame => (frame.bits &= ~PG_READAHEAD))
  const { window, hits } = vma.swapReadAhead
  vma.swapReadAhead = { vpn, window, hits: ahead ? Math.min(hits + 1, 63) : hits }
}

/** Reads a slot into the swap cache unless it is there; returns its page. */
export function readSwapIntoCache(k: Kernel, slot: number, ahead = false): number {
  const [run] = k.swap.cut(slot, slot + 1)
  if (run === undefined) throw new Error('a swap entry names a slot that is not in use')
  if (run.pfn < 0) {
    run.pfn = newSwappedPage(k)
    changeFrames(k, run.pfn, run.pfn + 1, frame => {
      frame.bits |= ahead ? PG_SWAPCACHE | PG_READAHEAD : PG_SWAPCACHE
      frame.slot = slot
    })
  }
  const pfn = run.pfn
  k.swap.heal(slot, slot + 1)
  return pfn
}

/** shmem_swapin_folio(): a page of shared memory comes back; its neighbours with it where the release reads ahead. */
export function shmemSwapin(k: Kernel, task: Task, cache: PageCache, pgoff: number): void {
  const entry = cache.pages.at(pgoff) as PteRun
  const slot = entry.target + (pgoff - entry.start)
  const swap = k.swap.at(slot)
  let pfn = swap === undefined || swap.pfn < 0 ? -1 : swap.pfn + (slot - swap.start)
  if (pfn < 0) {
    task.majflt++
    for (const s of k.behaviour.shmemSwapReadAhead ? clusterOf(k, slot) : [slot])
      readSwapIntoCache(k, s, s !== slot)
    const now = k.swap.at(slot) as SwapRun
    pfn = now.pfn + (slot - now.start)
  } else if (frameAt(k, pfn).bits & PG_READAHEAD) k.swapReadAheadHits++
  cache.pages.take(pgoff, pgoff + 1)
  changeFrames(k, pfn, pfn + 1, frame => {
    frame.bits = (frame.bits & ~(PG_ANON | PG_SWAPCACHE | PG_READAHEAD)) | PG_SHMEM | PG_CACHE | PG_DIRTY
    frame.slot = -1
  })
  k.swap.take(slot, slot + 1)
  cache.pages.insert({ start: pgoff, end: pgoff + 1, target: pfn, bits: PTE_PRESENT })
}

/**
 * Kernel: swap_cluster_readahead(), mm/swap_state.c
 * The aligned slots around `slot`; how many depends on how well reading ahead went lately, on the whole machine.
 */
function clusterOf(k: Kernel, slot: number): number[] {
  const state = k.swapClusterState
  const pages = swapinPages(state.slot, slot, k.swapReadAheadHits, state.window)
  k.swapClusterState = { slot: k.swapReadAheadHits === 0 ? slot : state.slot, window: pages }
  k.swapReadAheadHits = 0
  const from = slot - (slot % pages)
  const slots: number[] = []
  for (let s = from; s < from + pages; s++) if (s === slot || k.swap.at(s) !== undefined) slots.push(s)
  return slots
}

/**
 * Kernel: alloc_swap_folio(), mm/memory.c
 * An enabled folio size whose block is swapped out side by side, as one folio was, comes back as one.
 */
function swapInLargeFolio(k: Kernel, task: Task, vma: Vma, vpn: number, write: boolean): boolean {
  if (!k.behaviour.swapInLargeFolios) return false
  for (const order of mthpOrders(k, vma)) {
    const size = orderPages(order)
    const start = vpn - (vpn % size)
    if (start < vma.start || start + size > vma.end) continue
    const entry = vma.mm.pages.at(start)
    if (entry === undefined || !(entry.bits & PTE_SWAP) || entry.end < start + size) continue
    const slot = entry.target + (start - entry.start)
    const swap = k.swap.at(slot)
    if (slot % size !== 0 || swap?.count !== 1 || swap.pfn >= 0 || swap.end < slot + size) continue
    mapSwappedFolio(k, vma, start, order, slot, write)
    task.majflt++
    return true
  }
  return false
}

function mapSwappedFolio(
  k: Kernel,
  vma: Vma,
  start: number,
  order: number,
  slot: number,
  write: boolean,
): void {
  const mm = vma.mm
  const size = orderPages(order)
  mm.pages.take(start, start + size)
  mm.swapEntries -= size
  mm.rssAnon += size
  freeSwap(k, slot, slot + size)
  const dirty = k.behaviour.swapInThroughCache ? PG_DIRTY : 0
  const pfn = allocFolios(k, size, {
    order,
    bits: PG_ANON | PG_SWAPBACKED | PG_STORED | PG_ANON_EXCLUSIVE | dirty,
    mapcount: 1,
  })
  const access = vma.flags & VM_WRITE ? PTE_WRITE | (write ? PTE_DIRTY : 0) : 0
  setPtes(mm, start, start + size, pfn, PTE_PRESENT | access)
  k.spend('swapInPage', size)
}
