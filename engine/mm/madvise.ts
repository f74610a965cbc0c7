/** madvise(2): mm/madvise.c. */
import { refuse, type Refusal } from '../errno.ts'
import type { Advice, U64 } from '../op.ts'
import { HPAGE_PMD_NR, PAGE_SIZE, alignDown, alignUp, orderPages } from '../units.ts'
import { anonVmaPrepare } from './anon-vma.ts'
import { fillFile } from './filemap.ts'
import { getUserPages, checkVmaFlags } from './gup.ts'
import { mappedElsewhere, splitFolio, splitPmd } from './huge-memory.ts'
import { madviseCollapse } from './khugepaged.ts'
import type { Kernel, Task } from './kernel.ts'
import { pgoffOf } from './memory-around.ts'
import { zapPageRange } from './memory-zap.ts'
import {
  PG_ANON,
  PG_DIRTY,
  PG_SWAPBACKED,
  PG_SWAPCACHE,
  PG_UNEVICTABLE,
  PTE_DIRTY,
  PTE_GUARD,
  PTE_PMD,
  PTE_SWAP,
  PTE_ZERO,
  VM_DONTCOPY,
  VM_DROPPABLE,
  VM_HUGEPAGE,
  VM_HUGETLB,
  VM_IO,
  VM_LOCKED,
  VM_MAYBE_GUARD,
  VM_MAYWRITE,
  VM_NOHUGEPAGE,
  VM_PFNMAP,
  VM_RAND_READ,
  VM_SEQ_READ,
  VM_SHARED,
  VM_SPECIAL,
  VM_WIPEONFORK,
  VM_WRITE,
  blockStart,
  mapsFrames,
  type FrameRun,
  type PteRun,
  type Vma,
  type VmFlags,
} from './mm-types.ts'
import { addTables } from './pgtable.ts'
import { changeFrames } from './rmap.ts'
import { alignedPages, isZero, wrapsAround } from './range.ts'
import { readSwapIntoCache } from './swap.ts'
import { fallocate, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE } from './truncate.ts'
import { findVma, isRefusal, vmaLookup, vmaModifyFlags } from './vma.ts'
import { pageoutRange } from './vmscan.ts'

/** madvise(2). Most advice goes on behind holes and reports them at the end. */
export function madvise(k: Kernel, task: Task, addr: number, length: U64, advice: Advice): Refusal | null {
  if (!k.behaviour.advices.has(advice)) return refuse('EINVAL', 'kernel without this advice')
  if (addr % PAGE_SIZE !== 0) return refuse('EINVAL', 'address is not page aligned')
  if (isZero(length)) return null
  const nr = alignedPages(length)
  if (nr === 0 || wrapsAround(addr, length)) return refuse('EINVAL', 'range wraps')
  const start = addr / PAGE_SIZE
  k.holding(k.behaviour.madviseLock(advice))
  if (advice === 'populate_read' || advice === 'populate_write')
    return madvisePopulate(k, task, start, start + nr, advice === 'populate_write')
  return walkVmas(k, task, start, start + nr, (vma, from, to) => visit(k, task, vma, from, to, advice))
}

type Visit = (vma: Vma, start: number, end: number) => Refusal | null

/**
 * Kernel: madvise_walk_vmas(), mm/madvise.c
 */
function walkVmas(_k: Kernel, task: Task, start: number, end: number, visitArea: Visit): Refusal | null {
  let unmapped: Refusal | null = null
  for (let position = start; position < end;) {
    const vma = findVma(task.mm, position)
    if (vma === undefined) return refuse('ENOMEM', 'hole in range')
    if (position < vma.start) {
      unmapped = refuse('ENOMEM', 'hole in range')
      position = vma.start
      if (position >= end) break
    }
    const until = Math.min(vma.end, end)
    const refusal = visitArea(vma, position, until)
    if (refusal !== null) return refusal
    position = until
  }
  return unmapped
}

/**
 * Kernel: madvise_populate(), mm/madvise.c
 * Faults in what is missing with exactly the access asked for; pages had before a failure stay.
 */
function madvisePopulate(k: Kernel, task: Task, start: number, end: number, write: boolean): Refusal | null {
  let hole: Refusal | null = null
  for (let vpn = start; vpn < end;) {
    let vma = vmaLookup(task.mm, vpn)
    if (vma === undefined) {
      hole = refuse('ENOMEM', 'hole in range')
      vma = k.behaviour.populateStopsAtHole ? undefined : findVma(task.mm, vpn)
      if (vma === undefined || vma.start >= end) return hole
      vpn = vma.start
    }
    const until = Math.min(vma.end, end)
    if (!checkVmaFlags(k, vma, { write, force: false }))
      return refuse('EINVAL', 'the mapping does not allow this access')
    const result = getUserPages(k, task, vma, vpn, until, { write, force: false })
    k.drain()
    if (result.error !== null) return refuse(result.error, 'page cannot be faulted in')
    vpn = until
  }
  return hole
}

/**
 * Kernel: madvise_vma_behavior(), mm/madvise.c
 */
function visit(k: Kernel, task: Task, vma: Vma, start: number, end: number, advice: Advice): Refusal | null {
  switch (advice) {
    case 'dontneed':
    case 'dontneed_locked':
    case 'free':
      return dontneedFree(k, vma, start, end, advice)
    case 'cold':
      return canReclaim(vma) ?? cold(k, vma, start, end)
    case 'pageout':
      return canReclaim(vma) ?? pageout(k, vma, start, end)
    case 'willneed':
      return willneed(k, vma, start, end)
    case 'remove':
      return remove(k, vma, start, end)
    case 'guard_install':
      return guardInstall(k, vma, start, end)
    case 'guard_remove':
      return guardRemove(vma, start, end, k)
    case 'collapse':
      return madviseCollapse(k, task, vma, start, end)
    default:
      return changeFlags(k, vma, start, end, advice)
  }
}

function changeFlags(k: Kernel, vma: Vma, start: number, end: number, advice: Advice): Refusal | null {
  const flags = adviceFlags(vma, advice)
  if (typeof flags !== 'number') return flags
  if (flags === vma.flags) return null
  const area = vmaModifyFlags(k, vma, start, end, flags)
  return isRefusal(area) ? area : null
}

function adviceFlags(vma: Vma, advice: Advice): VmFlags | Refusal {
  const flags = vma.flags
  switch (advice) {
    case 'normal':
      return flags & ~(VM_RAND_READ | VM_SEQ_READ)
    case 'sequential':
      return (flags & ~VM_RAND_READ) | VM_SEQ_READ
    case 'random':
      return (flags & ~VM_SEQ_READ) | VM_RAND_READ
    case 'dontfork':
      return flags | VM_DONTCOPY
    case 'dofork':
      return flags & VM_IO ? refuse('EINVAL', 'device memory') : flags & ~VM_DONTCOPY
    case 'wipeonfork':
      return vma.file !== null || flags & VM_SHARED
        ? refuse('EINVAL', 'not private anonymous')
        : flags | VM_WIPEONFORK
    case 'keeponfork':
      return flags & VM_DROPPABLE ? refuse('EINVAL', 'droppable') : flags & ~VM_WIPEONFORK
    case 'hugepage':
      return (flags & ~VM_NOHUGEPAGE) | VM_HUGEPAGE
    case 'nohugepage':
      return (flags & ~VM_HUGEPAGE) | VM_NOHUGEPAGE
    default:
      return refuse('EINVAL', 'unknown advice')
  }
}

/**
 * Kernel: madvise_dontneed_free(), mm/madvise.c
 */
function dontneedFree(k: Kernel, vma: Vma, start: number, end: number, advice: Advice): Refusal | null {
  let until = end
  if (vma.flags & VM_HUGETLB) {
    const known = advice !== 'free' && k.behaviour.dontneedHugetlb
    if (!known || start % HPAGE_PMD_NR !== 0) return refuse('EINVAL', 'hugetlb')
    until = alignDown(end, HPAGE_PMD_NR)
    if (start === until) return null
  } else {
    const forbidden = advice === 'dontneed_locked' ? VM_PFNMAP : VM_PFNMAP | VM_LOCKED
    if (vma.flags & forbidden) return refuse('EINVAL', 'the mapping is locked')
  }
  if (advice === 'free') return lazyFree(k, vma, start, end)
  zapPageRange(k, vma, start, until, { freeTables: true, keepGuards: true })
  return null
}

/**
 * Kernel: madvise_free_single_vma(), mm/madvise.c
 * Pages that this mapping alone uses become clean and droppable; large folios that are cut are split.
 */
function lazyFree(k: Kernel, vma: Vma, start: number, end: number): Refusal | null {
  if (vma.file !== null) return refuse('EINVAL', 'not private anonymous')
  splitCutFolios(k, vma, start, end, 'free')
  for (const run of vma.mm.pages.take(start, end)) {
    if (run.bits & PTE_SWAP) {
      vma.mm.swapEntries -= run.end - run.start
      dropSwapEntries(k, run)
    } else vma.mm.pages.insert(run)
  }
  for (const run of clippedRuns(vma, start, end)) if (mapsFrames(run.bits)) freeRun(k, vma, run)
  return null
}

function dropSwapEntries(k: Kernel, run: PteRun): void {
  for (const slot of k.swap.cut(run.target, run.target + (run.end - run.start))) slot.count--
  for (const slot of k.swap.over(run.target, run.target + (run.end - run.start)))
    if (slot.count <= 0 && slot.pfn < 0) k.swap.take(slot.start, slot.end)
}

function clippedRuns(vma: Vma, start: number, end: number): PteRun[] {
  return vma.mm.pages.over(start, end).map(run => {
    const from = Math.max(run.start, start)
    return {
      start: from,
      end: Math.min(run.end, end),
      target: run.target + (from - run.start),
      bits: run.bits,
    }
  })
}

function freeRun(k: Kernel, vma: Vma, run: PteRun): void {
  const to = run.target + (run.end - run.start)
  for (const frame of k.frames.over(run.target, to).map(part => ({ ...part }))) {
    if (!(frame.bits & PG_ANON)) continue
    const from = Math.max(frame.start, run.target)
    const until = Math.min(frame.end, to)
    const shared =
      run.bits & PTE_PMD || frame.order > 0 ? mappedElsewhere(k, vma.mm, from) : frame.mapcount > 1
    if (shared && (run.bits & PTE_PMD || frame.bits & (PG_DIRTY | PG_SWAPCACHE))) continue
    if (!(run.bits & PTE_PMD) && frame.order > 0 && isCut(frame, run)) continue
    const a = run.start + (from - run.target)
    const b = run.start + (until - run.target)
    for (const part of vma.mm.pages.cut(a, b)) part.bits &= ~PTE_DIRTY
    vma.mm.pages.heal(a, b)
    changeFrames(k, from, until, part => {
      if (!shared) part.bits &= ~PG_DIRTY
      if (!(part.bits & (PG_SWAPCACHE | PG_UNEVICTABLE))) part.bits &= ~PG_SWAPBACKED
    })
  }
}

/** Whether the run maps only a part of the large folios that it meets in this frame run. */
function isCut(frame: FrameRun, run: PteRun): boolean {
  const size = orderPages(frame.order)
  const from = alignDown(Math.max(frame.start, run.target), size)
  const to = Math.min(frame.end, run.target + (run.end - run.start))
  return from < run.target || alignUp(to, size) > run.target + (run.end - run.start)
}

/**
 * Splits large folios that [start, end) cuts (or, on older kernels, every one that is mapped by small entries), unless
 * somebody else maps them too.
 */
function splitCutFolios(k: Kernel, vma: Vma, start: number, end: number, _why: 'free' | 'cold'): void {
  const mm = vma.mm
  for (const edge of [start, end]) {
    const run = mm.pages.at(edge)
    if (run === undefined || !(run.bits & PTE_PMD) || edge % HPAGE_PMD_NR === 0) continue
    const block = blockStart(edge)
    if (run.bits & PTE_ZERO) continue
    const pfn = run.target + (block - run.start)
    if (mappedElsewhere(k, mm, pfn)) continue
    if (!splitFolio(k, pfn)) splitPmd(k, vma, block)
  }
  for (const run of clippedRuns(vma, start, end)) {
    if (run.bits & PTE_PMD || !mapsFrames(run.bits)) continue
    splitSmallMapped(k, vma, run)
  }
}

function splitSmallMapped(k: Kernel, vma: Vma, run: PteRun): void {
  const to = run.target + (run.end - run.start)
  for (let pfn = run.target; pfn < to;) {
    // Splitting a folio may have dropped pages that were still to come.
    const frame = k.frames.next(pfn)
    if (frame === undefined || frame.start >= to) return
    pfn = Math.max(pfn, frame.start)
    if (frame.order === 0) {
      pfn = Math.min(frame.end, to)
      continue
    }
    const size = orderPages(frame.order)
    const head = pfn - (pfn % size)
    const whole = head >= run.target && head + size <= to
    const split = !whole || k.behaviour.adviceSplitsPteMapped
    const alone = k.behaviour.adviceSplitsPteMapped ? frame.mapcount === 1 : !mappedElsewhere(k, vma.mm, pfn)
    if (split && alone) splitFolio(k, pfn)
    else if (split && k.behaviour.adviceSplitsPteMapped) return
    pfn = head + size
  }
}

function canReclaim(vma: Vma): Refusal | null {
  return vma.flags & (VM_LOCKED | VM_PFNMAP | VM_HUGETLB) ? refuse('EINVAL', 'the mapping is locked') : null
}

/**
 * Kernel: madvise_cold_or_pageout_pte_range(), mm/madvise.c
 */
function cold(k: Kernel, vma: Vma, start: number, end: number): null {
  splitCutFolios(k, vma, start, end, 'cold')
  return null
}

function pageout(k: Kernel, vma: Vma, start: number, end: number): null {
  splitCutFolios(k, vma, start, end, 'cold')
  for (const run of clippedRuns(vma, start, end)) if (mapsFrames(run.bits)) pageoutRange(k, vma, run)
  return null
}

/**
 * Kernel: madvise_willneed(), mm/madvise.c
 * Swapped pages are read into the swap cache, file pages into the page cache; nothing is mapped.
 */
function willneed(k: Kernel, vma: Vma, start: number, end: number): null {
  if (vma.file === null) {
    for (const run of clippedRuns(vma, start, end))
      if (run.bits & PTE_SWAP)
        for (let i = 0; i < run.end - run.start; i++) readSwapIntoCache(k, run.target + i)
    return null
  }
  const cache = vma.file
  const from = pgoffOf(vma, start)
  const to = pgoffOf(vma, end)
  if (cache.kind === 'shmem') {
    for (const run of cache.pages.over(from, to)) {
      if (!(run.bits & PTE_SWAP)) continue
      for (let at = Math.max(run.start, from); at < Math.min(run.end, to); at++)
        readSwapIntoCache(k, run.target + (at - run.start))
    }
  } else if (cache.kind === 'file')
    fillFile(k, cache, from, Math.min(to, Math.ceil(cache.sizeBytes / PAGE_SIZE)))
  return null
}

/**
 * Kernel: madvise_remove(), mm/madvise.c
 */
function remove(k: Kernel, vma: Vma, start: number, end: number): Refusal | null {
  if (vma.flags & VM_LOCKED) return refuse('EINVAL', 'the mapping is locked')
  if (vma.file === null) return refuse('EINVAL', 'not a file')
  const needed = k.behaviour.removeNeedsMayWriteOnly ? VM_SHARED | VM_MAYWRITE : VM_SHARED | VM_WRITE
  if ((vma.flags & needed) !== needed) return refuse('EACCES', 'not shared and writable')
  const offset = pgoffOf(vma, start) * PAGE_SIZE
  return fallocate(k, vma.file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, (end - start) * PAGE_SIZE)
}

function guardable(vma: Vma, allowLocked: boolean): boolean {
  return (vma.flags & (VM_SPECIAL | VM_HUGETLB | (allowLocked ? 0 : VM_LOCKED))) === 0
}

/**
 * Kernel: madvise_guard_install(), mm/madvise.c
 * Drops what is there and leaves markers that turn every access into SIGSEGV.
 */
function guardInstall(k: Kernel, vma: Vma, start: number, end: number): Refusal | null {
  if (!guardable(vma, false)) return refuse('EINVAL', 'the mapping cannot hold guard regions')
  if (vma.file === null || k.behaviour.guardFlag === 0) anonVmaPrepare(k, vma)
  vma.flags |= k.behaviour.guardFlag & VM_MAYBE_GUARD
  zapPageRange(k, vma, start, end)
  addTables(vma.mm, start, end)
  vma.mm.pages.insert({ start, end, target: 0, bits: PTE_GUARD })
  return null
}

/**
 * Kernel: madvise_guard_remove(), mm/madvise.c
 */
function guardRemove(vma: Vma, start: number, end: number, _k: Kernel): Refusal | null {
  if (!guardable(vma, true)) return refuse('EINVAL', 'the mapping cannot hold guard regions')
  for (const run of vma.mm.pages.take(start, end)) if (!(run.bits & PTE_GUARD)) vma.mm.pages.insert(run)
  return null
}
