/** Writes to present entries that do not allow them: mm/memory.c. */
import { orderPages } from '../units.ts'
import { anonVmaPrepare } from './anon-vma.ts'
import { doHugePmdWpPage, mappedElsewhere, splitPmd } from './huge-memory.ts'
import { type Kernel, type Task } from './kernel.ts'
import { mapNewAnon } from './memory-anon.ts'
import { cleanPages, faultDirtySharedPage } from './memory-dirty.ts'
import { type FaultError, handleMmFault } from './memory.ts'
import { munlockFolios } from './mlock-folio.ts'
import { munlockUncounted } from './mlock.ts'
import {
  blockStart,
  folioStart,
  type FrameRun,
  PG_ANON,
  PG_ANON_EXCLUSIVE,
  PG_CACHE,
  PG_DIRTY,
  PG_MLOCKED,
  PG_STORED,
  PG_SWAPCACHE,
  PTE_DIRTY,
  PTE_PMD,
  PTE_WRITE,
  PTE_ZERO,
  type PteRun,
  VM_LOCKED,
  VM_MAYSHARE,
  VM_SHARED,
  type Vma,
} from './mm-types.ts'
import { changeFrames, folioMapcount, frameAt, isMappedBy, removeRmap } from './rmap.ts'

/** A write to present entries that do not allow it. */
export function doWpFault(
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
  k.spend('makeWritable', end - vpn)
  if (k.behaviour.sharedWriteIsMajor) k.spend('retryFault', clean)
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
    k.spend('breakCow', end - vpn)
    task.minflt += end - vpn
    return end
  }
  const pfn = pte.target + (vpn - pte.start)
  const frame = frameAt(k, pfn)
  const until = alikeUntil(k, frame, pfn, vpn, end)
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
 * End of the pages from `vpn` on whose writes go alike: pages of one state, of one folio if that is large. Where only the
 * last mapped page of a large folio is reused, that one is left to a step of its own.
 */
function alikeUntil(k: Kernel, frame: FrameRun, pfn: number, vpn: number, end: number): number {
  if (frame.bits & PG_SWAPCACHE) return vpn + 1
  const until = Math.min(end, vpn + (frame.end - pfn))
  if (frame.order === 0) return until
  const folioEnd = vpn + (folioStart(frame, pfn) + orderPages(frame.order) - pfn)
  const inFolio = Math.min(until, folioEnd)
  if (isMappedBy(k, pfn, inFolio - vpn + 1)) return inFolio
  return Math.max(vpn + 1, vpn + folioMapcount(k, pfn) - 1)
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
    return frame.pins === 0 && isMappedBy(k, pfn, 2) && !mappedElsewhere(k, vma.mm, pfn)
  return rule === 'last-page' && frame.pins === 0 && !isMappedBy(k, pfn, 2)
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
  munlockOften(k, vma, pfn, end - vpn - 1)
  removeRmap(k, vma, pfn, to, false)
  if (!k.behaviour.mlockCount && markedBefore && vma.flags & VM_LOCKED) {
    const old = k.frames.at(pfn)
    if (old?.order === 0) munlockUncounted(k, vma, pfn, to)
  }
  mapNewAnon(k, vma, vpn, end, 0, 'copied')
  const run = vma.mm.pages.at(vpn) as PteRun
  const base = run.target + (vpn - run.start)
  for (const old of stored) {
    if (!(old.bits & (PG_STORED | PG_CACHE))) continue
    const from = base + (Math.max(old.start, pfn) - pfn)
    const until = base + (Math.min(old.end, to) - pfn)
    changeFrames(k, from, until, part => (part.bits |= PG_STORED))
  }
  k.spend('breakCow', end - vpn)
}

/** Each page of a large folio that is copied in a locked area munlocks the folio once; `times` of them do here. */
function munlockOften(k: Kernel, vma: Vma, pfn: number, times: number): void {
  if (!(vma.flags & VM_LOCKED) || !k.behaviour.mlockWholePteMappedFolio) return
  const frame = frameAt(k, pfn)
  if (frame.order === 0) return
  const start = folioStart(frame, pfn)
  const end = start + orderPages(frame.order)
  for (let i = 0; i < times && frameAt(k, pfn).bits & PG_MLOCKED; i++) munlockFolios(k, start, end)
}
