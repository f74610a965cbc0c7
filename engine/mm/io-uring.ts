/** Long-term pins as io_uring fixed buffers: io_uring/rsrc.c. */
import { refuse, type Errno, type Refusal } from '../errno.ts'
import type { U64 } from '../op.ts'
import { PAGE_SIZE, orderPages } from '../units.ts'
import { getUserPages } from './gup.ts'
import { memlockLimitPages, type Kernel, type Task } from './kernel.ts'
import {
  PG_HUGETLB,
  PTE_PMD,
  PTE_PRESENT,
  PTE_WRITE,
  VM_SHARED,
  VM_WRITE,
  mapsFrames,
  type Vma,
} from './mm-types.ts'
import { changeFrames, freeUnused, frameAt } from './rmap.ts'
import { giveBackHuge } from './hugetlb.ts'
import { alignedPages } from './range.ts'
import { vmaLookup } from './vma.ts'

/**
 * Kernel: io_sqe_buffer_register(), io_uring/rsrc.c
 * Faults the range in for writing, pins its folios whole and charges each once.
 */
export function registerBuffer(k: Kernel, task: Task, addr: number, length: U64): Refusal | null {
  if (task.buffer !== null) return refuse('EBUSY', 'a buffer is registered')
  const bytes = Number(length)
  if (bytes <= 0) return refuse('EFAULT', 'length')
  const start = Math.floor(addr / PAGE_SIZE)
  const end = start + alignedPages((addr % PAGE_SIZE) + bytes)
  k.holding('mmap-read-droppable')
  const refusal = faultIn(k, task, start, end)
  if (refusal !== null) return refusal
  const folios = foliosOf(k, task, start, end)
  const charge = folios.reduce((sum, f) => sum + f.chargePages, 0)
  const ring = k.behaviour.ringMemoryPages
  if (!task.capIpcLock) {
    const limit = memlockLimitPages(task)
    if (k.userLockedVm + ring + charge > limit)
      return refuse('ENOMEM', 'RLIMIT_MEMLOCK (user->locked_vm)', {
        asked: charge,
        counted: k.userLockedVm + ring,
        limit,
      })
    k.userLockedVm += charge
  }
  const toMm = !task.capIpcLock || k.behaviour.pinsCountWithCapability
  if (toMm) task.mm.pinnedVm += charge
  for (const f of folios)
    changeFrames(k, f.start, f.end, run => {
      run.pins++
    })
  k.spend('pinPage', end - start)
  task.buffer = {
    frames: folios,
    chargedPages: charge,
    chargedToUser: !task.capIpcLock,
    chargedToMm: toMm,
  }
  return null
}

function faultIn(k: Kernel, task: Task, start: number, end: number): Refusal | null {
  const held: PinnedFolios[] = []
  const refusal = faultInHolding(k, task, start, end, held)
  for (const folio of held) release(k, folio)
  return refusal
}

function faultInHolding(
  k: Kernel,
  task: Task,
  start: number,
  end: number,
  held: PinnedFolios[],
): Refusal | null {
  let fast = true
  let diskFile = false
  for (let vpn = start; vpn < end;) {
    const vma = vmaLookup(task.mm, vpn)
    if (vma === undefined) return refuse('EFAULT', 'hole in range')
    const until = Math.min(vma.end, end)
    if (!(vma.flags & VM_WRITE)) return refuse('EFAULT', 'not writable')
    const shared = vma.file?.kind === 'file' && (vma.flags & VM_SHARED) !== 0
    if (shared && k.behaviour.pinChecksFileFirst)
      return refuse('EFAULT', 'shared file pages cannot be pinned for long')
    diskFile ||= vma.file?.kind === 'file'
    const slow: number = fast ? fastUntil(vma, vpn, until) : vpn
    fast &&= slow === until
    holdFolios(k, task, vpn, slow, held)
    const error = walkHolding(k, task, vma, slow, until, held)
    if (error !== null) return refuse(error, 'page cannot be faulted in')
    vpn = until
  }
  return diskFile && !k.behaviour.pinChecksFileFirst
    ? refuse('EOPNOTSUPP', 'file mappings cannot be registered')
    : null
}

/** Pins the folios mapped in [start, end) while the rest of the range is walked, and adds them to `held`. */
function holdFolios(k: Kernel, task: Task, start: number, end: number, held: PinnedFolios[]): void {
  if (start >= end) return
  for (const folio of foliosOf(k, task, start, end)) {
    changeFrames(k, folio.start, folio.end, run => run.pins++)
    // One by one: a buffer may have more folios than a call can have arguments.
    held.push(folio)
  }
}

function release(k: Kernel, folio: PinnedFolios): void {
  changeFrames(k, folio.start, folio.end, run => run.pins--)
}

/**
 * Pages are pinned as they are met. It matters for a huge page mapped by small entries: once one of its pages is pinned,
 * writing to the next one copies it.
 */
function walkHolding(
  k: Kernel,
  task: Task,
  vma: Vma,
  start: number,
  end: number,
  held: PinnedFolios[],
): Errno | null {
  for (let vpn = start; vpn < end;) {
    const until = largeAt(k, vma, vpn) ? vpn + 1 : Math.min(end, nextLarge(k, vma, vpn, end))
    const result = getUserPages(k, task, vma, vpn, until, { write: true, force: false })
    holdFolios(k, task, vpn, result.end, held)
    if (result.error !== null) return result.error
    vpn = until
  }
  return null
}

/** Whether a small entry of a large folio that does not allow writing stands at `vpn`. */
function largeAt(k: Kernel, vma: Vma, vpn: number): boolean {
  const pte = vma.mm.pages.at(vpn)
  if (pte === undefined || !mapsFrames(pte.bits) || pte.bits & (PTE_PMD | PTE_WRITE)) return false
  return frameAt(k, pte.target + (vpn - pte.start)).order > 0
}

function nextLarge(k: Kernel, vma: Vma, vpn: number, end: number): number {
  for (const pte of vma.mm.pages.over(vpn, end)) {
    const at = Math.max(pte.start, vpn)
    if (at > vpn && largeAt(k, vma, at)) return at
  }
  return end
}

/** gup_fast(): pages present and writable are taken as they are; everything from the first other page on is walked. */
function fastUntil(vma: Vma, vpn: number, until: number): number {
  let at = vpn
  for (let run = vma.mm.pages.at(at); at < until && run !== undefined; run = vma.mm.pages.at(at)) {
    if ((run.bits & (PTE_PRESENT | PTE_WRITE)) !== (PTE_PRESENT | PTE_WRITE)) break
    at = run.end
  }
  return Math.min(at, until)
}

interface PinnedFolios {
  readonly start: number
  readonly end: number
  readonly chargePages: number
}

/**
 * Folios of the range, those beside each other as one. Small pages are charged each time they are met, large folios once,
 * whole.
 */
function foliosOf(k: Kernel, task: Task, start: number, end: number): PinnedFolios[] {
  const found: PinnedFolios[] = []
  const seen = new Set<number>()
  for (const run of task.mm.pages.over(start, end)) {
    if (!mapsFrames(run.bits)) continue
    const from = run.target + (Math.max(run.start, start) - run.start)
    const to = run.target + (Math.min(run.end, end) - run.start)
    for (let pfn = from; pfn < to;) {
      const frame = frameAt(k, pfn)
      if (frame.order === 0) {
        const until = Math.min(frame.end, to)
        addFolio(found, pfn, until)
        pfn = until
        continue
      }
      const size = orderPages(frame.order)
      const head = pfn - (pfn % size)
      if (!seen.has(head)) addFolio(found, head, head + size)
      seen.add(head)
      pfn = head + size
    }
  }
  return found
}

/** Hundreds of gigabytes have hundreds of thousands of folios: their frames are changed a run at a time. */
function addFolio(found: PinnedFolios[], start: number, end: number): void {
  const last = found.at(-1)
  if (last?.end === start)
    found[found.length - 1] = { start: last.start, end, chargePages: last.chargePages + end - start }
  else found.push({ start, end, chargePages: end - start })
}

/** Lets go of the registered buffer. */
export function unregisterBuffers(k: Kernel, task: Task): Refusal | null {
  const buffer = task.buffer
  if (buffer === null) return refuse('EBADF', 'no ring is open')
  task.buffer = null
  if (buffer.chargedToUser) k.userLockedVm -= buffer.chargedPages
  if (buffer.chargedToMm) task.mm.pinnedVm -= buffer.chargedPages
  for (const f of buffer.frames) {
    const huge = (frameAt(k, f.start).bits & PG_HUGETLB) !== 0
    changeFrames(k, f.start, f.end, run => {
      run.pins--
    })
    if (huge) giveBackHuge(k, f.start)
    else freeUnused(k, f.start, f.end)
    k.spend('unpinPage', f.end - f.start)
  }
  return null
}
