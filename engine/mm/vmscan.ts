/** Reclaim of single folios, as MADV_PAGEOUT asks for it: mm/vmscan.c. */
import { HPAGE_PMD_NR, HPAGE_PMD_ORDER, orderPages } from '../units.ts'
import { dropPages } from './cache.ts'
import { splitFolio, splitPmd } from './huge-memory.ts'
import type { Kernel } from './kernel.ts'
import {
  PG_ANON,
  PG_ANON_EXCLUSIVE,
  PG_CACHE,
  PG_DIRTY,
  PG_SHMEM,
  PG_SWAPBACKED,
  PG_SWAPCACHE,
  PG_UNEVICTABLE,
  PTE_DIRTY,
  PTE_EXCLUSIVE,
  PTE_PMD,
  PTE_PRESENT,
  PTE_SWAP,
  PTE_ZERO,
  blockStart,
  type FrameRun,
  type PteRun,
  type Vma,
} from './mm-types.ts'
import { changeFrames, folioMapcount, frameAt, freeUnused, removePmdRmap, removeRmap } from './rmap.ts'
import { allocSlots, freeSlots } from './swap.ts'

/**
 * Kernel: shrink_folio_list(), mm/vmscan.c
 * Tries to reclaim every folio of the run that this mapping alone uses.
 */
export function pageoutRange(k: Kernel, vma: Vma, run: PteRun): void {
  const to = run.end
  for (let vpn = run.start; vpn < to;) {
    const entry = vma.mm.pages.at(vpn)
    if (entry === undefined || !(entry.bits & PTE_PRESENT) || entry.bits & PTE_ZERO) {
      vpn = Math.max(vpn + 1, Math.min(entry?.end ?? vpn + 1, to))
      continue
    }
    vpn = reclaimAt(k, vma, entry, vpn, to)
  }
}

/** Reclaims the folios from `vpn` on that are in the same state; returns the page behind them. */
function reclaimAt(k: Kernel, vma: Vma, entry: PteRun, vpn: number, to: number): number {
  const pfn = entry.target + (vpn - entry.start)
  const frame = frameAt(k, pfn)
  if (entry.bits & PTE_PMD) return reclaimPmd(k, vma, entry, vpn, frame)
  if (frame.order > 0) return reclaimLargeSmallMapped(k, vma, vpn, pfn, frame, to)
  const until = Math.min(to, entry.end, vpn + (frame.end - pfn))
  if (canReclaim(frame, frame.mapcount)) reclaimSmall(k, vma, { ...entry }, vpn, until, { ...frame })
  return until
}

function canReclaim(frame: FrameRun, mapcount: number): boolean {
  return mapcount === 1 && frame.pins === 0 && (frame.bits & PG_UNEVICTABLE) === 0
}

function reclaimPmd(k: Kernel, vma: Vma, entry: PteRun, vpn: number, frame: FrameRun): number {
  const block = blockStart(vpn)
  const pfn = entry.target + (block - entry.start)
  const end = block + HPAGE_PMD_NR
  if (!canReclaim(frame, folioMapcount(k, pfn))) return end
  if (!(frame.bits & PG_ANON)) {
    reclaimShmemPmd(k, vma, block, pfn)
    return end
  }
  if (!(frame.bits & PG_SWAPBACKED)) {
    dropLazyFree(k, vma, block, end)
    return end
  }
  const slots = k.host.swapPages > 0 ? allocSlots(k, HPAGE_PMD_NR, HPAGE_PMD_ORDER) : null
  if (slots === null) {
    splitFolio(k, pfn)
    for (let at = block; at < end;) {
      const small = vma.mm.pages.at(at)
      if (small === undefined || small.bits & PTE_ZERO || !(small.bits & PTE_PRESENT))
        at = Math.min(small?.end ?? at + 1, end)
      else at = reclaimAt(k, vma, small, at, end)
    }
    return end
  }
  splitPmd(k, vma, block)
  swapOut(k, vma, block, end, pfn, slots)
  return end
}

function reclaimShmemPmd(k: Kernel, vma: Vma, block: number, pfn: number): void {
  const frame = frameAt(k, pfn)
  const dirty = (frame.bits & PG_DIRTY) !== 0
  const run = vma.mm.pages.at(block)
  const wasDirty = run !== undefined && (run.bits & PTE_DIRTY) !== 0
  vma.mm.pages.take(block, block + HPAGE_PMD_NR)
  removePmdRmap(k, vma, pfn, pfn + HPAGE_PMD_NR, wasDirty)
  if (!dirty && !wasDirty) dropShmem(k, vma, block, pfn, HPAGE_PMD_NR)
  else if (k.host.swapPages > 0) writeShmem(k, vma, block, pfn, HPAGE_PMD_NR)
}

function reclaimLargeSmallMapped(
  k: Kernel,
  vma: Vma,
  vpn: number,
  pfn: number,
  frame: FrameRun,
  to: number,
): number {
  const size = orderPages(frame.order)
  const head = pfn - (pfn % size)
  const next = vpn + (head + size - pfn)
  if (next > to || folioMapcount(k, pfn) !== size) return Math.min(next, to)
  if (frame.pins > 0 || frame.bits & PG_UNEVICTABLE) return next
  if (!(frame.bits & PG_ANON)) return next
  if (!(frame.bits & PG_SWAPBACKED)) {
    dropLazyFree(k, vma, vpn, next)
    return next
  }
  const slots = k.host.swapPages > 0 ? allocSlots(k, size, frame.order) : null
  if (slots === null) splitFolio(k, pfn)
  else swapOut(k, vma, vpn, next, pfn, slots)
  return next
}

function reclaimSmall(k: Kernel, vma: Vma, entry: PteRun, vpn: number, until: number, frame: FrameRun): void {
  const pfn = entry.target + (vpn - entry.start)
  const nr = until - vpn
  if (frame.bits & PG_ANON) {
    if (!(frame.bits & PG_SWAPBACKED)) dropLazyFree(k, vma, vpn, until)
    else if (frame.bits & PG_SWAPCACHE) swapOutCached(k, vma, vpn, until, pfn)
    else {
      const room = Math.min(nr, k.host.swapPages > 0 ? freeSlots(k) : 0)
      const slots = room > 0 ? allocSlots(k, room) : null
      if (slots !== null) swapOut(k, vma, vpn, vpn + room, pfn, slots)
    }
    return
  }
  const dirty = (entry.bits & PTE_DIRTY) !== 0 || (frame.bits & PG_DIRTY) !== 0
  vma.mm.pages.take(vpn, until)
  removeRmap(k, vma, pfn, pfn + nr, (entry.bits & PTE_DIRTY) !== 0)
  if (!(frame.bits & PG_SHMEM)) {
    if (!dirty && vma.file !== null) dropPages(k, vma.file, pgoff(vma, vpn), pgoff(vma, until))
  } else if (!dirty) dropShmem(k, vma, vpn, pfn, nr)
  else if (k.host.swapPages > 0) writeShmem(k, vma, vpn, pfn, nr)
}

function pgoff(vma: Vma, vpn: number): number {
  return vma.pgoff + (vpn - vma.start)
}

/** Clean shared memory holds nothing but zeros: it is simply forgotten. */
function dropShmem(k: Kernel, vma: Vma, vpn: number, _pfn: number, nr: number): void {
  if (vma.file !== null) dropPages(k, vma.file, pgoff(vma, vpn), pgoff(vma, vpn) + nr)
}

/** shmem_writeout(): the page moves to swap, the file keeps the entry. */
function writeShmem(k: Kernel, vma: Vma, vpn: number, pfn: number, nr: number): void {
  const cache = vma.file
  const slots = allocSlots(k, nr)
  if (cache === null || slots === null) return
  const from = pgoff(vma, vpn)
  cache.pages.take(from, from + nr)
  cache.pages.insert({ start: from, end: from + nr, target: slots, bits: PTE_SWAP })
  for (const run of k.swap.cut(slots, slots + nr)) run.count = 1
  k.swap.heal(slots, slots + nr)
  changeFrames(k, pfn, pfn + nr, run => (run.bits &= ~PG_CACHE))
  freeUnused(k, pfn, pfn + nr)
  k.spend('swapOutPage', nr)
}

/** Pages given up by MADV_FREE go if nothing was stored since; otherwise they are ordinary again. */
function dropLazyFree(k: Kernel, vma: Vma, vpn: number, until: number): void {
  for (const run of vma.mm.pages.cut(vpn, until)) {
    const to = run.target + (run.end - run.start)
    const frame = frameAt(k, run.target)
    if (run.bits & PTE_DIRTY || frame.bits & PG_DIRTY) {
      changeFrames(k, run.target, to, part => (part.bits |= PG_SWAPBACKED))
      continue
    }
    vma.mm.pages.take(run.start, run.end)
    if (run.bits & PTE_PMD) removePmdRmap(k, vma, run.target, to, false)
    else removeRmap(k, vma, run.target, to, false)
  }
  vma.mm.pages.heal(vpn, until)
}

/** Writes anonymous pages to their slots and replaces the entries. */
function swapOut(k: Kernel, vma: Vma, vpn: number, until: number, pfn: number, slots: number): void {
  const mm = vma.mm
  const nr = until - vpn
  const exclusive: PteRun[] = []
  for (const frame of k.frames.over(pfn, pfn + nr)) {
    const from = Math.max(frame.start, pfn)
    const to = Math.min(frame.end, pfn + nr)
    const bit = frame.bits & PG_ANON_EXCLUSIVE && k.behaviour.anonExclusive ? PTE_EXCLUSIVE : 0
    exclusive.push({
      start: vpn + (from - pfn),
      end: vpn + (to - pfn),
      target: slots + (from - pfn),
      bits: PTE_SWAP | bit,
    })
  }
  mm.pages.take(vpn, until)
  removeRmap(k, vma, pfn, pfn + nr, false)
  for (const run of exclusive) mm.pages.insert(run)
  mm.swapEntries += nr
  for (const run of k.swap.cut(slots, slots + nr)) run.count = 1
  k.swap.heal(slots, slots + nr)
  k.spend('swapOutPage', nr)
}

/** Pages that still have their slots go back to them. */
function swapOutCached(k: Kernel, vma: Vma, vpn: number, until: number, pfn: number): void {
  for (let i = 0; i < until - vpn; i++) {
    const frame = frameAt(k, pfn + i)
    const slot = frame.slot + (pfn + i - frame.start)
    vma.mm.pages.take(vpn + i, vpn + i + 1)
    vma.mm.pages.insert({ start: vpn + i, end: vpn + i + 1, target: slot, bits: PTE_SWAP })
    vma.mm.swapEntries++
    for (const run of k.swap.cut(slot, slot + 1)) {
      run.count++
      run.pfn = -1
    }
    k.swap.heal(slot, slot + 1)
    changeFrames(k, pfn + i, pfn + i + 1, part => {
      part.bits &= ~PG_SWAPCACHE
      part.slot = -1
    })
    removeRmap(k, vma, pfn + i, pfn + i + 1, false)
  }
}
