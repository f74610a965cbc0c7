/** mremap(2): mm/mremap.c. */
import { refuse, type Refusal } from '../errno.ts'
import type { U64 } from '../op.ts'
import { HPAGE_PMD_NR, PAGE_SIZE, TASK_SIZE, alignUp } from '../units.ts'
import { mmPopulate } from './gup.ts'
import { splitPmdsAtEnds } from './huge-memory.ts'
import type { Kernel, Task } from './kernel.ts'
import { mlockFutureOk } from './mlock.ts'
import { overcommits, unmapRange } from './mmap.ts'
import {
  PTE_PMD,
  VM_ACCOUNT,
  VM_DONTEXPAND,
  VM_HUGETLB,
  VM_LOCKED,
  VM_LOCKED_MASK,
  VM_MAYSHARE,
  VM_PFNMAP,
  VM_SHARED,
  type Vma,
} from './mm-types.ts'
import { addTables, dropTables } from './pgtable.ts'
import { alignedPages } from './range.ts'
import { MAX_MAP_COUNT, insertVma, splitVma, vmaIndexAfter, vmaLookup, vmaMergeNew } from './vma.ts'

export const MREMAP_MAYMOVE = 1
export const MREMAP_FIXED = 2
export const MREMAP_DONTUNMAP = 4

export interface MremapCall {
  readonly addr: number
  readonly oldLength: U64
  readonly newLength: U64
  readonly flags: number
  /** Byte address, with MREMAP_FIXED. */
  readonly newAddr: number
}

/** One call in pages. */
interface Remap {
  readonly start: number
  readonly oldPages: number
  readonly newPages: number
  readonly flags: number
  /** Destination; the source itself without MREMAP_FIXED. */
  readonly to: number
}

/** mremap(2). */
export function mremap(k: Kernel, task: Task, call: MremapCall): Refusal | null {
  const r = checkParams(k, task, call)
  if ('errno' in r) return r
  k.holding('mmap-write')
  if (!(r.flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))) return mremapAt(k, task, r)
  if (k.behaviour.mremapMovesSeveral && r.flags & MREMAP_FIXED && r.oldPages === r.newPages)
    return remapMove(k, task, r)
  return mremapTo(k, task, r)
}

function checkParams(k: Kernel, task: Task, call: MremapCall): Remap | Refusal {
  const { flags } = call
  const known =
    MREMAP_MAYMOVE | MREMAP_FIXED | (k.behaviour.mremapDontunmap === 'none' ? 0 : MREMAP_DONTUNMAP)
  if ((flags & ~known) !== 0) return refuse('EINVAL', 'flags')
  if (flags & MREMAP_FIXED && !(flags & MREMAP_MAYMOVE))
    return refuse('EINVAL', 'MREMAP_FIXED without MREMAP_MAYMOVE')
  const oldPages = alignedPages(call.oldLength)
  const newPages = alignedPages(call.newLength)
  if (flags & MREMAP_DONTUNMAP && (!(flags & MREMAP_MAYMOVE) || oldPages !== newPages))
    return refuse('EINVAL', 'MREMAP_DONTUNMAP does not resize')
  if (call.addr % PAGE_SIZE !== 0) return refuse('EINVAL', 'address is not page aligned')
  if (newPages === 0) return refuse('EINVAL', 'new length is 0')
  const start = call.addr / PAGE_SIZE
  const fixed = (flags & MREMAP_FIXED) !== 0
  const r = { start, oldPages, newPages, flags, to: fixed ? call.newAddr / PAGE_SIZE : start }
  const known2 = k.behaviour.mremapLooksFirst
  if (known2 !== 'late' && vmaLookup(task.mm, start) === undefined && !willMoveSeveral(k, r)) {
    if (known2 === 'first' || !fixed) return refuse('EFAULT', 'source is not mapped')
  }
  if (!fixed)
    return newPages * PAGE_SIZE > TASK_SIZE && k.behaviour.mremapLooksFirst === 'after-checks'
      ? refuse('EINVAL', 'length')
      : r
  return checkDestination(task, call, r) ?? r
}

function willMoveSeveral(k: Kernel, r: Remap): boolean {
  return k.behaviour.mremapMovesSeveral && (r.flags & MREMAP_FIXED) !== 0 && r.oldPages === r.newPages
}

function checkDestination(task: Task, call: MremapCall, r: Remap): Refusal | null {
  if (call.newAddr % PAGE_SIZE !== 0) return refuse('EINVAL', 'new address is not page aligned')
  if (r.newPages * PAGE_SIZE > TASK_SIZE || call.newAddr > TASK_SIZE - r.newPages * PAGE_SIZE)
    return refuse('EINVAL', 'destination beyond the address space')
  if (r.start + r.oldPages > r.to && r.to + r.newPages > r.start)
    return refuse('EINVAL', 'source and destination overlap')
  if (task.mm.vmas.length + 2 >= MAX_MAP_COUNT - 3) return refuse('ENOMEM', 'vm.max_map_count')
  return null
}

/** A call without a new place: shrink, stay, or grow at the end of the area. */
function mremapAt(k: Kernel, task: Task, r: Remap): Refusal | null {
  const mm = task.mm
  const vma = vmaLookup(mm, r.start)
  if (vma !== undefined && vma.flags & VM_HUGETLB) return resizeHugetlb(k, task, r)
  if (r.oldPages >= r.newPages) {
    if (r.oldPages === r.newPages) return null
    return unmapRange(k, mm, r.start + r.newPages, r.start + r.oldPages)
  }
  const checked = checkResize(k, task, r)
  if (checked !== null) return checked
  if (vma === undefined) return refuse('EFAULT', 'source is not mapped')
  if (r.start + r.oldPages !== vma.end || !isExpandable(k, vma, r.newPages - r.oldPages))
    return refuse('ENOMEM', 'no room to grow in place')
  return expandInPlace(k, task, vma, r)
}

function resizeHugetlb(k: Kernel, task: Task, r: Remap): Refusal | null {
  if (!k.behaviour.mremapMovesHugetlb) {
    if (r.oldPages < r.newPages) return refuse('EINVAL', 'hugetlb mappings do not grow')
    return r.oldPages === r.newPages
      ? null
      : unmapRange(k, task.mm, r.start + r.newPages, r.start + r.oldPages)
  }
  const oldPages = alignUp(r.oldPages, HPAGE_PMD_NR)
  const newPages = alignUp(r.newPages, HPAGE_PMD_NR)
  if (r.start % HPAGE_PMD_NR !== 0) return refuse('EINVAL', 'address is not huge page aligned')
  if (oldPages > newPages) return unmapRange(k, task.mm, r.start + newPages, r.start + oldPages)
  return oldPages === newPages ? null : refuse('EINVAL', 'hugetlb mappings do not grow')
}

/**
 * Kernel: vma_to_resize(), mm/mremap.c
 * Since 6.16 check_prep_vma().
 */
function checkResize(k: Kernel, task: Task, r: Remap): Refusal | null {
  const vma = vmaLookup(task.mm, r.start)
  if (vma === undefined) return refuse('EFAULT', 'source is not mapped')
  if (vma.flags & VM_HUGETLB && !k.behaviour.mremapMovesHugetlb) return refuse('EINVAL', 'hugetlb')
  if (r.oldPages === 0 && !(vma.flags & (VM_SHARED | VM_MAYSHARE)))
    return refuse('EINVAL', 'a private mapping cannot be duplicated')
  if (r.flags & MREMAP_DONTUNMAP) {
    const anonymousOnly = k.behaviour.mremapDontunmap === 'anonymous'
    if (anonymousOnly && (vma.file !== null || vma.flags & VM_SHARED))
      return refuse('EINVAL', 'MREMAP_DONTUNMAP of a file')
    if (vma.flags & (VM_DONTEXPAND | VM_PFNMAP)) return refuse('EINVAL', 'MREMAP_DONTUNMAP of a special area')
  }
  if (r.start + r.oldPages > vma.end) return refuse('EFAULT', 'range leaves the area')
  if (r.newPages === r.oldPages) return null
  if (vma.flags & (VM_DONTEXPAND | VM_PFNMAP)) return refuse('EFAULT', 'the area may not grow')
  const grow = r.newPages - r.oldPages
  return grow > 0 ? mlockFutureOk(k, task, vma.flags, grow) : null
}

/** vma_expandable(): nothing is mapped where the area would grow. */
function isExpandable(_k: Kernel, vma: Vma, pages: number): boolean {
  const next = vma.mm.vmas[vmaIndexAfter(vma.mm, vma.start) + 1]
  if ((vma.end + pages) * PAGE_SIZE > TASK_SIZE && vma.end * PAGE_SIZE <= TASK_SIZE) return false
  return next === undefined || next.start >= vma.end + pages
}

function expandInPlace(k: Kernel, task: Task, vma: Vma, r: Remap): Refusal | null {
  const mm = task.mm
  const grow = r.newPages - r.oldPages
  if (vma.flags & VM_ACCOUNT && overcommits(k, grow)) return refuse('ENOMEM', 'overcommit')
  const from = vma.end
  growArea(k, vma, from + grow)
  mm.totalVm += grow
  k.spend('changeVma', 1)
  if (!(vma.flags & VM_LOCKED)) return null
  mm.lockedVm += grow
  mmPopulate(k, task, from, from + grow, true)
  return null
}

function growArea(k: Kernel, vma: Vma, end: number): void {
  const mm = vma.mm
  const next = mm.vmas[vmaIndexAfter(mm, vma.start) + 1]
  const key = { flags: vma.flags, file: vma.file, pgoff: vma.pgoff + (vma.end - vma.start) }
  if (next?.start === end && k.behaviour.mremapGrowthMerges) {
    const merged = vmaMergeNew(k, mm, vma.end, end, key)
    if (merged === vma) return
    if (merged !== null) {
      merged.pgoff += end - merged.start
      merged.start = end
    }
  }
  vma.end = end
}

/**
 * Kernel: remap_move(), mm/mremap.c
 * Moves every area of the range, each with its own flags; holes are skipped.
 */
function remapMove(k: Kernel, task: Task, r: Remap): Refusal | null {
  let seen = false
  const end = r.start + r.oldPages
  for (let position = r.start; position < end;) {
    const vma = task.mm.vmas[vmaIndexAfter(task.mm, position)]
    if (vma === undefined || vma.start >= end) break
    if (!seen && r.start < vma.start) return refuse('EFAULT', 'source is not mapped')
    const from = Math.max(vma.start, position)
    const pages = Math.min(vma.end, end) - from
    const part = {
      start: from,
      oldPages: pages,
      newPages: pages,
      flags: r.flags,
      to: r.to + (from - r.start),
    }
    const refusal = checkResize(k, task, part) ?? mremapTo(k, task, part)
    if (refusal !== null) return refusal
    seen = true
    position = from + pages
  }
  return seen ? null : refuse('EFAULT', 'source is not mapped')
}

/**
 * Kernel: mremap_to(), mm/mremap.c
 */
function mremapTo(k: Kernel, task: Task, call: Remap): Refusal | null {
  const mm = task.mm
  const source = vmaLookup(mm, call.start)
  let r = call
  if (source !== undefined && source.flags & VM_HUGETLB) {
    if (r.start % HPAGE_PMD_NR !== 0 || r.to % HPAGE_PMD_NR !== 0)
      return refuse('EINVAL', 'address is not huge page aligned')
    r = { ...r, oldPages: alignUp(r.oldPages, HPAGE_PMD_NR), newPages: alignUp(r.newPages, HPAGE_PMD_NR) }
    if (r.newPages > r.oldPages) return refuse('EINVAL', 'hugetlb mappings do not grow')
  }
  if (k.behaviour.failingMremapChangesNothing) {
    const early = checkResize(k, task, r.oldPages > r.newPages ? { ...r, oldPages: r.newPages } : r)
    if (early !== null) return early
  }
  if (r.flags & MREMAP_FIXED) {
    const refusal = unmapRange(k, mm, r.to, r.to + r.newPages)
    if (refusal !== null) return refusal
  }
  if (r.oldPages > r.newPages) {
    const refusal = unmapRange(k, mm, r.start + r.newPages, r.start + r.oldPages)
    if (refusal !== null) return refusal
    r = { ...r, oldPages: r.newPages }
  }
  const refusal = checkResize(k, task, r)
  if (refusal !== null) return refusal
  const vma = vmaLookup(mm, r.start)
  if (vma === undefined) return refuse('EFAULT', 'source is not mapped')
  return moveVma(k, task, vma, r)
}

/**
 * Kernel: move_vma(), mm/mremap.c
 */
function moveVma(k: Kernel, task: Task, vma: Vma, r: Remap): Refusal | null {
  const mm = task.mm
  const flags = vma.flags
  const grow = r.newPages - (r.flags & MREMAP_DONTUNMAP ? 0 : r.oldPages)
  if (flags & VM_ACCOUNT && overcommits(k, grow)) return refuse('ENOMEM', 'overcommit')
  copyVma(k, vma, r)
  movePageTables(k, vma, r)
  mm.totalVm += r.newPages
  k.spend('changeVma', 2)
  const locked = (flags & VM_LOCKED) !== 0
  if (r.flags & MREMAP_DONTUNMAP) {
    keepOldArea(k, task, r, locked)
    return null
  }
  const source = vmaLookup(mm, r.start)
  if (r.oldPages > 0 && source !== undefined) unmapRange(k, mm, r.start, r.start + r.oldPages)
  if (locked) {
    mm.lockedVm += r.newPages
    if (r.newPages > r.oldPages) mmPopulate(k, task, r.to + r.oldPages, r.to + r.newPages, true)
  }
  return null
}

/** MREMAP_DONTUNMAP: the emptied source stays, without its lock; how that is counted varies. */
function keepOldArea(k: Kernel, task: Task, r: Remap, locked: boolean): void {
  const mm = task.mm
  let old = vmaLookup(mm, r.start)
  if (old === undefined) return
  const end = r.start + r.oldPages
  if (k.behaviour.dontunmapAccountsNext && old.flags & VM_ACCOUNT && old.start < r.start && end < old.end) {
    const next = mm.vmas[vmaIndexAfter(mm, old.start) + 1]
    if (next !== undefined) next.flags |= VM_ACCOUNT
  }
  if (locked && k.behaviour.dontunmapUnlocks === 'moved-part') {
    if (old.start < r.start) old = splitVma(k, old, r.start)
    if (old.end > end) splitVma(k, old, end)
  }
  if (k.behaviour.dontunmapForgetsPages && old.start === r.start && old.end === end) {
    old.anonVma = null
    old.anonChain = 0
  }
  if (k.behaviour.dontunmapDropsAccount) old.flags &= ~VM_ACCOUNT
  if (!locked) return
  old.flags &= ~VM_LOCKED_MASK
  if (k.behaviour.dontunmapChargesTwice) mm.lockedVm += r.newPages
}

/**
 * Kernel: copy_vma(), mm/vma.c
 * The area at the new place, merged with a neighbour there if that fits. Memory never touched is numbered anew.
 */
function copyVma(k: Kernel, vma: Vma, r: Remap): Vma {
  const mm = vma.mm
  const untouched = vma.file === null && vma.anonVma === null
  const pgoff = untouched ? r.to : vma.pgoff + (r.start - vma.start)
  const end = r.to + r.newPages
  const merged = vmaMergeNew(k, mm, r.to, end, { flags: vma.flags, file: vma.file, pgoff }, vma)
  if (merged !== null) return merged
  const copy: Vma = { ...vma, start: r.to, end, pgoff }
  if (vma.flags & VM_HUGETLB) vma.resv = null
  insertVma(mm, copy)
  return copy
}

/**
 * Kernel: move_page_tables(), mm/mremap.c
 * Entries move as they are; huge mappings stay huge only between places that are aligned alike.
 */
function movePageTables(k: Kernel, vma: Vma, r: Remap): void {
  const mm = vma.mm
  const end = r.start + Math.min(r.oldPages, r.newPages)
  const shift = r.to - r.start
  const aligned = shift % HPAGE_PMD_NR === 0
  splitPmdsAtEnds(k, vma, r.start, end)
  if (!aligned && !(vma.flags & VM_HUGETLB)) splitAll(k, vma, r.start, end)
  for (const run of mm.pages.take(r.start, end)) {
    const to = { start: run.start + shift, end: run.end + shift, target: run.target, bits: run.bits }
    if (!(run.bits & PTE_PMD)) addTables(mm, to.start, to.end)
    mm.pages.insert(to)
    k.spend(
      run.bits & PTE_PMD ? 'movePmd' : 'movePte',
      run.bits & PTE_PMD ? (run.end - run.start) / HPAGE_PMD_NR : run.end - run.start,
    )
  }
  if (aligned) moveTables(vma, r.start, end, shift)
}

/** Whole page tables move between aligned places. */
function moveTables(vma: Vma, start: number, end: number, shift: number): void {
  const first = Math.ceil(start / HPAGE_PMD_NR)
  const last = Math.floor(end / HPAGE_PMD_NR)
  for (const run of vma.mm.tables.over(first, last)) {
    const from = Math.max(run.start, first)
    const to = Math.min(run.end, last)
    addTables(vma.mm, from * HPAGE_PMD_NR + shift, to * HPAGE_PMD_NR + shift)
  }
  dropTables(vma.mm, first, last)
}

function splitAll(k: Kernel, vma: Vma, start: number, end: number): void {
  for (const run of vma.mm.pages.over(start, end).map(found => ({ ...found }))) {
    if (!(run.bits & PTE_PMD)) continue
    const to = Math.min(run.end, end)
    for (let block = Math.max(run.start, start); block < to; block += HPAGE_PMD_NR)
      splitPmdsAtEnds(k, vma, block + 1, block + 1)
  }
}
