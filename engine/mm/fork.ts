/** fork and exit: kernel/fork.c and the copying part of mm/memory.c. */
import { HPAGE_PMD_NR, HPAGE_PMD_ORDER } from '../units.ts'
import { newAnonBits, splitPmd } from './huge-memory.ts'
import type { Kernel, Task } from './kernel.ts'
import { zapPageRange } from './memory-zap.ts'
import { munlockArea } from './mlock.ts'
import { closeVma } from './mmap.ts'
import {
  PG_ANON,
  PG_ANON_EXCLUSIVE,
  PG_MLOCKED,
  PG_STORED,
  PTE_DIRTY,
  PTE_EXCLUSIVE,
  PTE_GUARD,
  PTE_PMD,
  PTE_PRESENT,
  PTE_SWAP,
  PTE_WRITE,
  PTE_ZERO,
  VM_DONTCOPY,
  VM_HUGETLB,
  VM_LOCKED,
  VM_LOCKED_MASK,
  VM_MAYBE_GUARD,
  VM_MAYSHARE,
  VM_PINNED,
  VM_SHARED,
  VM_WIPEONFORK,
  VM_WRITE,
  mapsFrames,
  type AddressSpace,
  type PteRun,
  type Vma,
} from './mm-types.ts'
import { addTables } from './pgtable.ts'
import { allocFolios, changeFrames, countRss, frameAt } from './rmap.ts'
import { duplicateSwap } from './swap.ts'
import { unregisterBuffers } from './io-uring.ts'

/**
 * Kernel: dup_mmap(), mm/mmap.c
 * The child gets the areas without their locks and without the locks of future mappings.
 */
export function fork(k: Kernel, parent: Task, name: string): Task {
  k.holding('mmap-write')
  const mm = k.newMm()
  const old = parent.mm
  mm.startBrk = old.startBrk
  mm.brk = old.brk
  mm.thpDisabled = old.thpDisabled
  mm.totalVm = old.totalVm
  for (const vma of old.vmas) {
    if (vma.flags & VM_DONTCOPY) {
      mm.totalVm -= vma.end - vma.start
      continue
    }
    const copy = copyVma(k, mm, vma)
    mm.vmas.push(copy)
    if (copy.flags & VM_PINNED) mm.pinnedVm += copy.end - copy.start
    if (!(copy.flags & VM_WIPEONFORK)) copyPageRange(k, copy, vma)
  }
  const child: Task = { ...parent, name, mm, minflt: 0, majflt: 0, buffer: null }
  k.tasks.push(child)
  return child
}

function copyVma(k: Kernel, mm: AddressSpace, vma: Vma): Vma {
  const copy: Vma = { ...vma, mm, flags: vma.flags & ~VM_LOCKED_MASK, resv: null }
  if (vma.flags & VM_WIPEONFORK) {
    copy.anonVma = null
    copy.anonChain = 0
  } else if (vma.anonVma !== null) {
    copy.anonVma = k.newAnonVma()
    copy.anonChain = vma.anonChain + 1
  }
  return copy
}

/**
 * Kernel: copy_page_range(), mm/memory.c
 * Entries of shared and untouched file mappings are left to faults; all others are shared read-only from now on.
 */
function copyPageRange(k: Kernel, copy: Vma, vma: Vma): void {
  const needed =
    vma.anonVma !== null ||
    (vma.flags & VM_MAYBE_GUARD) !== 0 ||
    ((vma.flags & VM_HUGETLB) !== 0 && k.behaviour.forkCopiesSharedHugetlb)
  const privateHuge = (vma.flags & (VM_HUGETLB | VM_MAYSHARE)) === VM_HUGETLB
  if (!needed && !privateHuge) return
  splitPinned(k, vma)
  const cow = (vma.flags & (VM_SHARED | VM_WRITE)) !== VM_SHARED && (vma.flags & VM_SHARED) === 0
  for (const run of vma.mm.pages.cut(vma.start, vma.end)) copyRun(k, copy, run, cow)
  vma.mm.pages.heal(vma.start, vma.end)
  copyPinned(k, copy, vma)
}

function copyRun(k: Kernel, copy: Vma, run: PteRun, cow: boolean): void {
  const mm = copy.mm
  const nr = run.end - run.start
  if (!(run.bits & PTE_PMD)) addTables(mm, run.start, run.end)
  if (run.bits & (PTE_ZERO | PTE_GUARD)) {
    mm.pages.insert({ ...run })
    return
  }
  if (run.bits & PTE_SWAP) {
    run.bits &= ~PTE_EXCLUSIVE
    duplicateSwap(k, run.target, run.target + nr)
    mm.swapEntries += nr
    mm.pages.insert({ ...run })
    return
  }
  if (run.bits & PTE_PMD && !(copy.flags & VM_HUGETLB) && !(frameAt(k, run.target).bits & PG_ANON)) return
  if (cow) run.bits &= ~PTE_WRITE
  k.spend(run.bits & PTE_PMD ? 'copyPmd' : 'copyPte', run.bits & PTE_PMD ? nr / HPAGE_PMD_NR : nr)
  for (const frame of k.frames.cut(run.target, run.target + nr)) {
    if (run.bits & PTE_PMD) frame.pmdMapcount++
    else frame.mapcount++
    if (cow && frame.pins === 0) frame.bits &= ~PG_ANON_EXCLUSIVE
    if (copy.flags & VM_HUGETLB) mm.hugetlbPages += frame.end - frame.start
    else countRss(mm, frame.bits, frame.end - frame.start)
  }
  k.frames.heal(run.target, run.target + nr)
  mm.pages.insert({ ...run, bits: cow ? run.bits : run.bits & ~PTE_DIRTY })
}

/** A huge page with a long-term pin is mapped by small entries before it is copied. */
function splitPinned(k: Kernel, vma: Vma): void {
  for (const run of vma.mm.pages.over(vma.start, vma.end).map(found => ({ ...found }))) {
    if (!(run.bits & PTE_PMD) || !mapsFrames(run.bits) || vma.flags & VM_HUGETLB) continue
    const to = Math.min(run.end, vma.end)
    for (let block = Math.max(run.start, vma.start); block < to; block += HPAGE_PMD_NR) {
      const frame = frameAt(k, run.target + (block - run.start))
      if (frame.pins > 0 && frame.bits & PG_ANON) splitPmd(k, vma, block)
    }
  }
}

/** copy_present_page(): what is pinned stays the parent's own; the child gets copies at once. */
function copyPinned(k: Kernel, copy: Vma, vma: Vma): void {
  for (const run of [...copy.mm.pages.over(copy.start, copy.end)]) {
    if (!mapsFrames(run.bits)) continue
    const to = run.target + (run.end - run.start)
    for (const frame of k.frames.over(run.target, to).map(part => ({ ...part }))) {
      const pinned = frame.pins > 0 && frame.bits & PG_ANON
      if (!pinned || !(frame.bits & PG_ANON_EXCLUSIVE || !k.behaviour.anonExclusive)) continue
      const from = Math.max(frame.start, run.target)
      const until = Math.min(frame.end, to)
      copyNow(k, copy, vma, run.start + (from - run.target), from, until, run.bits)
    }
  }
}

function copyNow(
  k: Kernel,
  copy: Vma,
  vma: Vma,
  vpn: number,
  from: number,
  until: number,
  bits: number,
): void {
  const nr = until - from
  const huge = (bits & PTE_PMD) !== 0
  const stored = frameAt(k, from).bits & PG_STORED
  copy.mm.pages.take(vpn, vpn + nr)
  changeFrames(k, from, until, frame => {
    if (huge) frame.pmdMapcount--
    else frame.mapcount--
  })
  const pfn = allocFolios(k, nr, {
    order: huge ? HPAGE_PMD_ORDER : 0,
    bits: (newAnonBits(copy) & ~PG_MLOCKED) | stored | (frameAt(k, from).bits & 0x8),
    ...(huge ? { pmdMapcount: 1 } : { mapcount: 1 }),
  })
  const writable = copy.flags & VM_WRITE ? PTE_WRITE | PTE_DIRTY : PTE_DIRTY
  copy.mm.pages.insert({
    start: vpn,
    end: vpn + nr,
    target: pfn,
    bits: PTE_PRESENT | (bits & PTE_PMD) | writable,
  })
  if (vma.flags & VM_WRITE) for (const run of vma.mm.pages.cut(vpn, vpn + nr)) run.bits |= PTE_WRITE
  vma.mm.pages.heal(vpn, vpn + nr)
  k.spend('copyPage', nr)
}

/**
 * Kernel: exit_mmap(), mm/mmap.c
 */
export function exit(k: Kernel, task: Task): void {
  const mm = task.mm
  unregisterBuffers(k, task)
  k.tasks.splice(k.tasks.indexOf(task), 1)
  for (const vma of mm.vmas) {
    if (!k.behaviour.mlockCount && vma.flags & VM_LOCKED) {
      vma.flags &= ~VM_LOCKED_MASK
      munlockArea(k, vma)
    }
  }
  for (const vma of mm.vmas) zapPageRange(k, vma, vma.start, vma.end)
  const gone = mm.vmas.splice(0)
  for (const vma of gone) closeVma(k, vma)
}
