/** Mapping and unmapping: mm/mmap.c. */
import { refuse, type Refusal } from '../errno.ts'
import type { U64 } from '../op.ts'
import { HPAGE_PMD_NR, PAGE_SIZE, TASK_SIZE, alignUp } from '../units.ts'
import { anonVmaPrepare } from './anon-vma.ts'
import { newCache, releaseCache } from './cache.ts'
import { cachePages } from './filemap.ts'
import { mmPopulate } from './gup.ts'
import { hugetlbReserve, hugetlbUnreserve } from './hugetlb.ts'
import { canDoMlock, type Kernel, type Task } from './kernel.ts'
import { isExemptFromMlock, mlockFutureOk } from './mlock.ts'
import { munlockArea } from './mlock.ts'
import { freePgtables, zapPageRange } from './memory-zap.ts'
import {
  NO_SWAP_READ_AHEAD,
  VM_ACCOUNT,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_DROPPABLE,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_HUGETLB,
  VM_LOCKED,
  VM_LOCKED_MASK,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_NOHUGEPAGE,
  VM_NORESERVE,
  VM_PINNED,
  VM_READ,
  VM_SHARED,
  VM_WIPEONFORK,
  VM_WRITE,
  type AddressSpace,
  type PageCache,
  type Vma,
  type VmFlags,
} from './mm-types.ts'
import { alignedPages, beyondTaskSize, isZero } from './range.ts'
import {
  MAX_MAP_COUNT,
  findVma,
  insertVma,
  maySplit,
  isRefusal,
  splitVma,
  vmaIndexAfter,
  vmaMergeNew,
  vmasOver,
} from './vma.ts'

export const MAP_SHARED = 0x1
export const MAP_PRIVATE = 0x2
export const MAP_DROPPABLE = 0x8
const MAP_TYPE = 0xf
export const MAP_GROWSDOWN = 0x100
export const MAP_LOCKED = 0x2000
export const MAP_NORESERVE = 0x4000
export const MAP_POPULATE = 0x8000
export const MAP_NONBLOCK = 0x10000
export const MAP_STACK = 0x20000
export const MAP_HUGETLB = 0x40000

export interface MmapCall {
  /** Byte address; always MAP_FIXED. */
  readonly addr: number
  /** The address was never mapped before, so nothing is replaced (MAP_FIXED_NOREPLACE). */
  readonly length: U64
  /** VM_READ, VM_WRITE, VM_EXEC. */
  readonly prot: VmFlags
  readonly flags: number
  readonly file: PageCache | null
  /** Bytes. */
  readonly fileOffset: U64
}

const MAY_ALL = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC

/**
 * Kernel: do_mmap(), mm/mmap.c
 * Checks in the kernel's order, makes the area, and populates it after the write lock is gone; errors of populating are
 * ignored.
 */
export function doMmap(k: Kernel, task: Task, call: MmapCall): Refusal | null {
  const plan = planMapping(k, task, call)
  if (isRefusal(plan)) return plan
  const start = call.addr / PAGE_SIZE
  k.holding('mmap-write')
  if (plan.file !== null) plan.file.holders++
  const refusal = mmapRegion(k, task, start, start + plan.nrPages, plan)
  if (plan.file !== null) plan.file.holders--
  if (refusal !== null) return refusal
  const populate =
    (plan.flags & VM_LOCKED) !== 0 || (call.flags & (MAP_POPULATE | MAP_NONBLOCK)) === MAP_POPULATE
  if (populate) mmPopulate(k, task, start, start + plan.nrPages, true)
  return null
}

interface MappingPlan {
  readonly nrPages: number
  readonly flags: VmFlags
  readonly file: PageCache | null
  readonly pgoff: number
  readonly hugetlb: boolean
}

function planMapping(k: Kernel, task: Task, call: MmapCall): MappingPlan | Refusal {
  const offset = Number(call.fileOffset)
  if (call.file !== null && offset % PAGE_SIZE !== 0)
    return refuse('EINVAL', 'file offset is not page aligned')
  if (call.file !== null && call.flags & MAP_HUGETLB && call.file.kind !== 'hugetlb')
    return refuse('EINVAL', 'not a hugetlb file')
  if (isZero(call.length)) return refuse('EINVAL', 'length is 0')
  const hugetlb = call.file === null ? (call.flags & MAP_HUGETLB) !== 0 : call.file.kind === 'hugetlb'
  const pages = alignedPages(call.length)
  const nrPages = hugetlb ? alignUp(pages, HPAGE_PMD_NR) : pages
  if (nrPages === 0) return refuse('ENOMEM', 'length wraps')
  if (beyondTaskSize(call.addr, nrPages * PAGE_SIZE)) return refuse('ENOMEM', 'beyond the address space')
  if (call.addr % PAGE_SIZE !== 0) return refuse('EINVAL', 'address is not page aligned')
  if (hugetlb && (call.addr / PAGE_SIZE) % HPAGE_PMD_NR !== 0)
    return refuse('EINVAL', 'address is not huge page aligned')
  const flags = initialFlags(k, task.mm, call)
  if (call.flags & MAP_LOCKED && !canDoMlock(task))
    return refuse('EPERM', 'RLIMIT_MEMLOCK is 0', { asked: nrPages, counted: task.mm.lockedVm, limit: 0 })
  const limit = mlockFutureOk(k, task, flags, nrPages)
  if (limit !== null) return limit
  const typed = call.file === null && !hugetlb ? anonymousFlags(k, call, flags) : fileFlags(call, flags)
  if (isRefusal(typed)) return typed
  const noreserve = call.flags & MAP_NORESERVE ? VM_NORESERVE : 0
  const special = hugetlb ? VM_HUGETLB | VM_DONTEXPAND : 0
  const pgoff =
    call.file !== null ? offset / PAGE_SIZE : hugetlb || typed & VM_SHARED ? 0 : call.addr / PAGE_SIZE
  return { nrPages, flags: typed | noreserve | special, file: call.file, pgoff, hugetlb }
}

function initialFlags(k: Kernel, mm: AddressSpace, call: MmapCall): VmFlags {
  let flags = call.prot | mm.defFlags | MAY_ALL
  if (call.flags & MAP_GROWSDOWN) flags |= VM_GROWSDOWN
  if (call.flags & MAP_LOCKED) flags |= VM_LOCKED
  if (call.flags & MAP_STACK && k.behaviour.mapStackIsNohugepage) flags |= VM_NOHUGEPAGE
  return flags
}

function anonymousFlags(k: Kernel, call: MmapCall, flags: VmFlags): VmFlags | Refusal {
  const type = call.flags & MAP_TYPE
  if (type === MAP_SHARED) {
    if (flags & VM_GROWSDOWN) return refuse('EINVAL', 'a shared mapping cannot grow down')
    return flags | VM_SHARED | VM_MAYSHARE
  }
  if (type === MAP_DROPPABLE && k.behaviour.droppable) {
    if (call.flags & (MAP_LOCKED | MAP_HUGETLB)) return refuse('EINVAL', 'droppable memory cannot be locked')
    if (flags & VM_GROWSDOWN) return refuse('EINVAL', 'droppable memory cannot grow down')
    return flags | VM_DROPPABLE | VM_NORESERVE | VM_WIPEONFORK | VM_DONTDUMP
  }
  return type === MAP_PRIVATE ? flags : refuse('EINVAL', 'mapping type')
}

function fileFlags(call: MmapCall, flags: VmFlags): VmFlags | Refusal {
  const type = call.flags & MAP_TYPE
  const file = call.file
  if (type !== MAP_PRIVATE && type !== MAP_SHARED && type !== (MAP_SHARED | MAP_PRIVATE))
    return refuse('EINVAL', 'mapping type')
  let typed = flags
  if (type !== MAP_PRIVATE) {
    if (file !== null && !file.writable && flags & VM_WRITE) return refuse('EACCES', 'file is open read-only')
    typed |= VM_SHARED | VM_MAYSHARE
    if (file !== null && !file.writable) typed &= ~(VM_MAYWRITE | VM_SHARED)
  }
  if (typed & VM_GROWSDOWN) return refuse('EINVAL', 'a file mapping cannot grow down')
  if (file?.kind === 'secretmem') {
    if (typed & VM_EXEC) return refuse('EPERM', 'secret memory cannot be executed')
    typed &= ~VM_MAYEXEC
  }
  if (file?.kind === 'secretmem' && type === MAP_PRIVATE)
    return refuse('EINVAL', 'secret memory is always shared')
  if (file?.kind === 'hugetlb' && (Number(call.fileOffset) / PAGE_SIZE) % HPAGE_PMD_NR !== 0)
    return refuse('EINVAL', 'file offset is not huge page aligned')
  return typed
}

/** accountable_mapping(): private writable memory is promised, so it counts for overcommit. */
export function isAccountable(flags: VmFlags): boolean {
  return (flags & (VM_NORESERVE | VM_SHARED | VM_WRITE | VM_HUGETLB)) === VM_WRITE
}

/** The overcommit heuristic (mode 0): only a single request beyond all memory is refused. */
export function overcommits(k: Kernel, nrPages: number): boolean {
  return nrPages > k.host.ramPages + k.host.swapPages
}

/**
 * Kernel: mmap_region(), mm/vma.c
 * Unmaps what is in the way, then extends a neighbour or makes a new area.
 */
function mmapRegion(k: Kernel, task: Task, start: number, end: number, plan: MappingPlan): Refusal | null {
  const mm = task.mm
  const nr = end - start
  let flags = plan.flags
  if (isAccountable(flags) || (flags & VM_SHARED && plan.file === null && !(flags & VM_NORESERVE))) {
    if (overcommits(k, nr))
      return refuse('ENOMEM', 'overcommit', {
        asked: nr,
        counted: 0,
        limit: k.host.ramPages + k.host.swapPages,
      })
  }
  if (mm.vmas.length > MAX_MAP_COUNT) return refuse('ENOMEM', 'vm.max_map_count')
  const unmapped = unmapRange(k, mm, start, end)
  if (unmapped !== null) return k.behaviour.mmapKeepsUnmapError ? unmapped : { ...unmapped, errno: 'ENOMEM' }
  if (isAccountable(flags)) flags |= VM_ACCOUNT
  const secret = plan.file?.kind === 'secretmem'
  if (secret) {
    flags |= VM_DONTDUMP
    if (k.behaviour.secretmem === 'locked-at-mmap') {
      const refusal = mlockFutureOk(k, task, flags | VM_LOCKED, nr)
      if (refusal !== null) return refusal
      flags |= VM_LOCKED
    }
  }
  const file = plan.file ?? anonymousFile(k, plan, nr)
  const vma = placeArea(k, mm, start, end, flags, file, plan.pgoff)
  if (plan.hugetlb) {
    const refusal = hugetlbReserve(k, vma)
    if (refusal !== null) {
      removeVma(mm, vma)
      if (plan.file === null && file !== null) releaseCache(k, file)
      return refusal
    }
    growHugetlbFile(vma)
  }
  mm.totalVm += nr
  accountNewLock(mm, vma, nr, flags)
  k.spend('changeVma', 1)
  return null
}

/** Mapping a hugetlb file beyond its end for writing makes it larger. */
function growHugetlbFile(vma: Vma): void {
  const file = vma.file
  if (file === null || !(vma.flags & VM_WRITE)) return
  const end = vma.pgoff + (vma.end - vma.start)
  if (cachePages(file) < end) file.sizeBytes = end * PAGE_SIZE
}

function anonymousFile(k: Kernel, plan: MappingPlan, nr: number): PageCache | null {
  if (plan.hugetlb) return newCache(k, 'hugetlb', '', nr * PAGE_SIZE)
  return plan.flags & VM_SHARED ? newCache(k, 'shmem', '', nr * PAGE_SIZE) : null
}

function placeArea(
  k: Kernel,
  mm: AddressSpace,
  start: number,
  end: number,
  flags: VmFlags,
  file: PageCache | null,
  pgoff: number,
): Vma {
  const merged = vmaMergeNew(k, mm, start, end, { flags, file, pgoff })
  if (merged !== null) return merged
  const vma: Vma = {
    start,
    end,
    flags,
    mm,
    file,
    pgoff,
    anonVma: null,
    anonChain: 0,
    resv: null,
    swapReadAhead: NO_SWAP_READ_AHEAD,
  }
  insertVma(mm, vma)
  return vma
}

/** Counts a new mapping as locked; exempt areas lose the lock flags instead. */
function accountNewLock(mm: AddressSpace, vma: Vma, nr: number, flags: VmFlags): void {
  if (flags & VM_PINNED) mm.pinnedVm += nr
  else if (flags & VM_LOCKED) {
    if (isExemptFromMlock(vma) && vma.file?.kind !== 'secretmem') vma.flags &= ~VM_LOCKED_MASK
    else mm.lockedVm += nr
  }
}

function removeVma(mm: AddressSpace, vma: Vma): void {
  mm.vmas.splice(mm.vmas.indexOf(vma), 1)
}

/** munmap(2). */
export function munmap(k: Kernel, task: Task, addr: number, length: U64): Refusal | null {
  if (addr % PAGE_SIZE !== 0) return refuse('EINVAL', 'address is not page aligned')
  if (beyondTaskSize(addr, length)) return refuse('EINVAL', 'beyond the address space')
  const nr = alignedPages(length)
  if (nr === 0) return refuse('EINVAL', 'length is 0')
  k.holding('mmap-write')
  return unmapRange(k, task.mm, addr / PAGE_SIZE, addr / PAGE_SIZE + nr)
}

/**
 * Kernel: do_vmi_align_munmap(), mm/vma.c
 * Splits at both ends, uncounts, and frees what lies between.
 */
export function unmapRange(k: Kernel, mm: AddressSpace, start: number, end: number): Refusal | null {
  const first = findVma(mm, start)
  if (first === undefined || first.start >= end) return null
  const refusal = cutAt(k, first, start, end)
  if (refusal !== null) return refusal
  const gone = vmasOver(mm, start, end)
  const i = vmaIndexAfter(mm, start)
  const floor = mm.vmas[i - 1]?.end ?? 0
  const ceiling = mm.vmas[i + gone.length]?.start ?? Infinity
  for (const vma of gone) uncount(k, mm, vma)
  k.holding('mmap-write-downgraded')
  for (const vma of gone) zapPageRange(k, vma, vma.start, vma.end)
  for (const vma of gone) freePgtables(vma, vma.start, vma.end, floor, ceiling)
  mm.vmas.splice(i, gone.length)
  for (const vma of gone) closeVma(k, vma)
  return null
}

/** Splits the areas at both ends; what fails at the end leaves the start split. */
function cutAt(k: Kernel, first: Vma, start: number, end: number): Refusal | null {
  if (first.start < start) {
    const refusal = maySplit(first, start)
    if (refusal !== null) return refusal
    splitVma(k, first, start)
  }
  const last = findVma(first.mm, end - 1)
  if (last === undefined || last.start >= end || last.end <= end) return null
  const refusal = maySplit(last, end)
  if (refusal === null) splitVma(k, last, end)
  return refusal
}

function uncount(k: Kernel, mm: AddressSpace, vma: Vma): void {
  const nr = vma.end - vma.start
  mm.totalVm -= nr
  if (vma.flags & VM_PINNED) mm.pinnedVm -= nr
  else if (vma.flags & VM_LOCKED) mm.lockedVm -= nr
  if (!k.behaviour.mlockCount && vma.flags & VM_LOCKED) munlockArea(k, vma)
}

/** vm_ops->close() and the reference to the file. */
export function closeVma(k: Kernel, vma: Vma): void {
  if (vma.flags & VM_HUGETLB) hugetlbUnreserve(k, vma)
  const file = vma.file
  if (file?.name !== '' || file.holders > 0) return
  for (const task of k.tasks) if (task.mm.vmas.some(other => other.file === file)) return
  releaseCache(k, file)
}

/**
 * brk(2): moves the end of the heap; false if it did not move.
 */
export function brk(k: Kernel, task: Task, target: number): Refusal | null {
  const mm = task.mm
  if (target < mm.startBrk) return refuse('ENOMEM', 'below the start of the heap')
  k.holding('mmap-write')
  const before = Math.ceil(mm.brk / PAGE_SIZE)
  const after = Math.ceil(target / PAGE_SIZE)
  if (after < before) {
    const heap = findVma(mm, after)
    if (k.behaviour.brkShrinkNeedsMapping && (heap === undefined || heap.start >= before))
      return refuse('ENOMEM', 'nothing is mapped there')
    const refusal = unmapRange(k, mm, after, before)
    if (refusal !== null) return refuse('ENOMEM', refusal.rule)
  } else if (after > before) {
    const refusal = growHeap(k, task, before, after)
    if (refusal !== null) return refusal
  }
  mm.brk = target
  if (after > before && mm.defFlags & VM_LOCKED) mmPopulate(k, task, before, after, true)
  return null
}

/**
 * Kernel: do_brk_flags(), mm/mmap.c
 */
function growHeap(k: Kernel, task: Task, start: number, end: number): Refusal | null {
  const mm = task.mm
  const nr = end - start
  if (end * PAGE_SIZE > TASK_SIZE) return refuse('ENOMEM', 'beyond the address space')
  const next = findVma(mm, start)
  if (next !== undefined && next.start < end + 1) return refuse('ENOMEM', 'another mapping is in the way')
  const flags = VM_READ | VM_WRITE | MAY_ALL | VM_ACCOUNT | mm.defFlags
  const limit = mlockFutureOk(k, task, flags, nr)
  if (limit !== null) return { ...limit, errno: 'ENOMEM' }
  if (overcommits(k, nr)) return refuse('ENOMEM', 'overcommit')
  placeArea(k, mm, start, end, flags, null, start)
  k.spend('changeVma', 1)
  mm.totalVm += nr
  if (flags & VM_LOCKED) mm.lockedVm += nr
  return null
}

/** Pages that must stay free below a stack: stack_guard_gap. */
const STACK_GUARD_PAGES = 256
/** RLIMIT_STACK of 8 MiB. */
const STACK_LIMIT_PAGES = 2048

/**
 * Kernel: expand_downwards(), mm/vma.c
 * Grows the stack mapping `vma` down to `vpn`, charging a locked one for the whole extension; false means SIGSEGV.
 */
export function expandDownwards(k: Kernel, task: Task, vma: Vma, vpn: number): boolean {
  const mm = vma.mm
  const grow = vma.start - vpn
  if (vma.end - vpn > STACK_LIMIT_PAGES) return false
  const prev = mm.vmas[vmaIndexAfter(mm, vma.start) - 1]
  if (prev !== undefined && !(prev.flags & VM_GROWSDOWN) && prev.flags & (VM_READ | VM_WRITE | VM_EXEC)) {
    if (vpn - prev.end < STACK_GUARD_PAGES) return false
  }
  if (prev !== undefined && prev.end > vpn) return false
  anonVmaPrepare(k, vma)
  if (mlockFutureOk(k, task, vma.flags, grow) !== null) return false
  if (vma.flags & VM_LOCKED) mm.lockedVm += grow
  mm.totalVm += grow
  vma.pgoff -= grow
  vma.start = vpn
  return true
}
