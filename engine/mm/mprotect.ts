/** mprotect(2): mm/mprotect.c. */
import { refuse, type Refusal } from '../errno.ts'
import type { U64 } from '../op.ts'
import { HPAGE_PMD_NR, PAGE_SIZE } from '../units.ts'
import { populateVmaPageRange } from './gup.ts'
import { splitPmdsAtEnds } from './huge-memory.ts'
import type { Kernel, Task } from './kernel.ts'
import { protWritable } from './memory-around.ts'
import { isAccountable, overcommits } from './mmap.ts'
import {
  PG_ANON,
  PG_ANON_EXCLUSIVE,
  PTE_DIRTY,
  PTE_PMD,
  PTE_WRITE,
  PTE_ZERO,
  VM_ACCESS_FLAGS,
  VM_ACCOUNT,
  VM_HUGETLB,
  VM_LOCKED,
  VM_NORESERVE,
  VM_SHARED,
  VM_WRITE,
  mapsFrames,
  type PteRun,
  type Vma,
  type VmFlags,
} from './mm-types.ts'
import { alignedPages, isZero, wrapsAround } from './range.ts'
import { findVma, isRefusal, vmaModifyFlags } from './vma.ts'

/** mprotect(2): area by area; what a failure leaves behind is what was done so far. */
export function mprotect(k: Kernel, task: Task, addr: number, length: U64, prot: VmFlags): Refusal | null {
  if (addr % PAGE_SIZE !== 0) return refuse('EINVAL', 'address is not page aligned')
  if (isZero(length)) return null
  const nr = alignedPages(length)
  if (nr === 0 || wrapsAround(addr, length)) return refuse('ENOMEM', 'range wraps')
  k.holding('mmap-write')
  let position = addr / PAGE_SIZE
  const end = position + nr
  while (position < end) {
    const vma = findVma(task.mm, position)
    if (vma === undefined || vma.start > position) return refuse('ENOMEM', 'hole in range')
    const until = Math.min(vma.end, end)
    const flags = (vma.flags & ~VM_ACCESS_FLAGS) | prot
    if ((flags & ~(flags >> 4) & VM_ACCESS_FLAGS) !== 0)
      return refuse('EACCES', 'the mapping may not get this access')
    const refusal = mprotectFixup(k, task, vma, position, until, flags)
    if (refusal !== null) return refusal
    position = until
  }
  return null
}

/**
 * Kernel: mprotect_fixup(), mm/mprotect.c
 * A private locked area that becomes writable is populated on the spot, under the write lock.
 */
function mprotectFixup(
  k: Kernel,
  task: Task,
  vma: Vma,
  start: number,
  end: number,
  wanted: VmFlags,
): Refusal | null {
  const before = vma.flags
  if (wanted === before) return null
  const flags = accountedFlags(k, vma, wanted)
  if (flags & VM_ACCOUNT && !(before & VM_ACCOUNT) && overcommits(k, end - start))
    return refuse('ENOMEM', 'overcommit')
  const area = vmaModifyFlags(k, vma, start, end, flags)
  if (isRefusal(area)) return area
  changeProtection(k, area, start, end)
  const wasLockedReadOnly = (before & (VM_WRITE | VM_SHARED | VM_LOCKED)) === VM_LOCKED
  if (wasLockedReadOnly && flags & VM_WRITE && k.behaviour.mprotectPopulates)
    populateVmaPageRange(k, task, area, start, end)
  return null
}

function accountedFlags(k: Kernel, vma: Vma, flags: VmFlags): VmFlags {
  if (flags & VM_WRITE) {
    const counted = vma.flags & (VM_ACCOUNT | VM_WRITE | VM_HUGETLB | VM_SHARED | VM_NORESERVE)
    return counted === 0 && isAccountable(flags) ? flags | VM_ACCOUNT : flags
  }
  const unused = flags & VM_ACCOUNT && vma.file === null && vma.anonVma === null
  return unused && k.behaviour.mprotectDropsAccount ? flags & ~VM_ACCOUNT : flags
}

/**
 * Kernel: change_protection(), mm/mprotect.c
 * Gives present entries the area's new protection. Private entries lose write access, and get it back only where the
 * release upgrades pages that this mapping owns.
 */
export function changeProtection(k: Kernel, vma: Vma, start: number, end: number): void {
  const pages = vma.mm.pages
  splitPmdsAtEnds(k, vma, start, end)
  for (const run of pages.cut(start, end)) {
    if (run.bits & PTE_ZERO || !mapsFrames(run.bits)) continue
    k.spend('protectPage', run.bits & PTE_PMD ? (run.end - run.start) / HPAGE_PMD_NR : run.end - run.start)
    if (protWritable(vma)) run.bits |= PTE_WRITE
    else run.bits &= ~PTE_WRITE
  }
  pages.heal(start, end)
  if (!(vma.flags & VM_WRITE) || protWritable(vma)) return
  for (const run of pages.over(start, end)) {
    if (run.bits & (PTE_WRITE | PTE_ZERO) || !mapsFrames(run.bits)) continue
    upgradeRun(k, vma, { ...run }, start, end)
  }
}

function upgradeRun(k: Kernel, vma: Vma, run: PteRun, start: number, end: number): void {
  const from = Math.max(run.start, start)
  const to = Math.min(run.end, end)
  const first = run.target + (from - run.start)
  for (const frame of k.frames.over(first, first + (to - from))) {
    if (!mayUpgrade(k, vma, run, frame.bits)) continue
    const a = from + (Math.max(frame.start, first) - first)
    const b = from + (Math.min(frame.end, first + (to - from)) - first)
    for (const part of vma.mm.pages.cut(a, b)) part.bits |= PTE_WRITE
    vma.mm.pages.heal(a, b)
  }
}

/**
 * Kernel: can_change_pte_writable(), mm/mprotect.c
 */
function mayUpgrade(k: Kernel, vma: Vma, run: PteRun, frameBits: number): boolean {
  const rule = k.behaviour.mprotectUpgrades
  const dirty = (run.bits & PTE_DIRTY) !== 0
  if (vma.flags & VM_SHARED) return rule === 'never' ? k.behaviour.mprotectUpgradesShared && dirty : dirty
  if (rule === 'never' || vma.flags & VM_HUGETLB) return false
  const own = (frameBits & (PG_ANON | PG_ANON_EXCLUSIVE)) === (PG_ANON | PG_ANON_EXCLUSIVE)
  if (!own) return false
  return rule === 'owned' || (dirty && !(run.bits & PTE_PMD))
}
