/** What /proc shows of address spaces: fs/proc/task_mmu.c, fs/proc/array.c, and page flags. */
import type { ObservedProcess, ObservedVma, VmaNumber } from '../program.ts'
import { KIB_PER_PAGE, PAGE_SIZE, orderPages } from '../units.ts'
import type { Kernel } from './kernel.ts'
import {
  PG_ANON,
  PG_DIRTY,
  PG_HUGETLB,
  PG_MLOCKED,
  PG_SHMEM,
  PG_SWAPBACKED,
  PG_UNEVICTABLE,
  PTE_DIRTY,
  PTE_GUARD,
  PTE_PMD,
  PTE_SWAP,
  PTE_ZERO,
  VM_ACCESS_FLAGS,
  VM_ACCOUNT,
  VM_DONTCOPY,
  VM_DONTEXPAND,
  VM_DROPPABLE,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_HUGEPAGE,
  VM_HUGETLB,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_MAYBE_GUARD,
  VM_MAYSHARE,
  VM_NOHUGEPAGE,
  VM_NORESERVE,
  VM_RAND_READ,
  VM_READ,
  VM_SEQ_READ,
  VM_SHARED,
  VM_WIPEONFORK,
  VM_WRITE,
  folioStart,
  type AddressSpace,
  type FrameRun,
  type PteRun,
  type Vma,
} from './mm-types.ts'
import { folioMapcount } from './rmap.ts'

const FLAG_NAMES: readonly (readonly [number, string])[] = [
  [VM_READ, 'rd'],
  [VM_WRITE, 'wr'],
  [VM_EXEC, 'ex'],
  [VM_SHARED, 'sh'],
  [VM_MAYSHARE, 'ms'],
  [VM_GROWSDOWN, 'gd'],
  [VM_LOCKED, 'lo'],
  [VM_LOCKONFAULT, 'lf'],
  [VM_DONTCOPY, 'dc'],
  [VM_WIPEONFORK, 'wf'],
  [VM_DONTEXPAND, 'de'],
  [VM_ACCOUNT, 'ac'],
  [VM_NORESERVE, 'nr'],
  [VM_HUGETLB, 'ht'],
  [VM_HUGEPAGE, 'hg'],
  [VM_NOHUGEPAGE, 'nh'],
  [VM_RAND_READ, 'rr'],
  [VM_SEQ_READ, 'sr'],
  [VM_DROPPABLE, 'dp'],
  [VM_MAYBE_GUARD, 'gu'],
]

/** The VmFlags line of an area, as this kernel prints it. */
export function vmFlagsLine(k: Kernel, vma: Vma): string {
  const hidden =
    (k.behaviour.printsLockOnFault ? 0 : VM_LOCKONFAULT) | (k.behaviour.printsGuard ? 0 : VM_MAYBE_GUARD)
  const shown = vma.flags & ~hidden
  return FLAG_NAMES.filter(([bit]) => shown & bit)
    .map(([, name]) => name)
    .join(' ')
}

type Sums = Record<VmaNumber, number> & { pss: number }

function emptySums(): Sums {
  return {
    Rss: 0,
    Anonymous: 0,
    Locked: 0,
    AnonHugePages: 0,
    ShmemPmdMapped: 0,
    FilePmdMapped: 0,
    Shared_Clean: 0,
    Shared_Dirty: 0,
    Private_Clean: 0,
    Private_Dirty: 0,
    Shared_Hugetlb: 0,
    Private_Hugetlb: 0,
    LazyFree: 0,
    Swap: 0,
    fileOffset: 0,
    pgPresent: 0,
    pgZero: 0,
    pgLarge: 0,
    pgMlocked: 0,
    pgUnevictable: 0,
    pgSwapped: 0,
    pgGuard: 0,
    pss: 0,
  }
}

/** One page's share in units of 2^-12 bytes (PSS_SHIFT). */
const PSS_PAGE = PAGE_SIZE * 4096

/**
 * Kernel: smap_gather_stats(), fs/proc/task_mmu.c
 * Sums the entries of one area.
 */
export function observeVma(k: Kernel, vma: Vma, origin: number): ObservedVma {
  const sums = emptySums()
  for (const run of vma.mm.pages.over(vma.start, vma.end)) {
    const from = Math.max(run.start, vma.start)
    const to = Math.min(run.end, vma.end)
    addRun(k, sums, run, from, to, isHidden(k, vma, run))
  }
  if (vma.file?.kind === 'shmem') sums.Swap += shmemSwapped(vma) * KIB_PER_PAGE
  if (vma.flags & VM_LOCKED) sums.Locked = Math.floor(sums.pss / (4096 * 1024))
  if (vma.file !== null) sums.fileOffset = vma.pgoff * PAGE_SIZE
  const shown: ObservedVma = {
    start: (vma.start - origin) * PAGE_SIZE,
    end: (vma.end - origin) * PAGE_SIZE,
    flags: vmFlagsLine(k, vma),
  }
  for (const key of NUMBERS) if (sums[key] !== 0) shown[key] = sums[key]
  return shown
}

const NUMBERS = (Object.keys(emptySums()) as (keyof Sums)[]).filter((key): key is VmaNumber => key !== 'pss')

/** Releases around 6.1 pass over huge mappings of inaccessible areas in smaps, though pagemap shows them. */
function isHidden(k: Kernel, vma: Vma, run: PteRun): boolean {
  return (
    k.behaviour.smapsHidesInaccessiblePmd &&
    (run.bits & PTE_PMD) !== 0 &&
    (vma.flags & (VM_ACCESS_FLAGS | VM_HUGETLB)) === 0
  )
}

function addRun(k: Kernel, sums: Sums, run: PteRun, from: number, to: number, hidden: boolean): void {
  const nr = to - from
  if (run.bits & PTE_GUARD) sums.pgGuard += nr
  else if (run.bits & PTE_SWAP) {
    sums.pgSwapped += nr
    sums.Swap += nr * KIB_PER_PAGE
  } else {
    sums.pgPresent += nr
    if (run.bits & PTE_ZERO) {
      sums.pgZero += nr
      return
    }
    const pfn = run.target + (from - run.start)
    for (const frame of k.frames.over(pfn, pfn + nr)) {
      const pages = Math.min(frame.end, pfn + nr) - Math.max(frame.start, pfn)
      addPageFlags(sums, frame, pages)
      if (!hidden) addFrames(k, sums, run.bits, frame, pages)
    }
  }
}

/**
 * Kernel: smaps_account(), fs/proc/task_mmu.c
 */
function addFrames(k: Kernel, sums: Sums, bits: number, frame: FrameRun, nr: number): void {
  const kib = nr * KIB_PER_PAGE
  if (frame.bits & PG_HUGETLB) {
    if (folioMapcount(k, frame.start) > 1) sums.Shared_Hugetlb += kib
    else sums.Private_Hugetlb += kib
    return
  }
  const mapcount = frame.mapcount + frame.pmdMapcount
  const dirty = (bits & PTE_DIRTY) !== 0 || (frame.bits & PG_DIRTY) !== 0
  sums.Rss += kib
  sums.pss += Math.floor(PSS_PAGE / Math.max(1, mapcount)) * nr
  if (mapcount > 1) sums[dirty ? 'Shared_Dirty' : 'Shared_Clean'] += kib
  else sums[dirty ? 'Private_Dirty' : 'Private_Clean'] += kib
  if (frame.bits & PG_ANON) {
    sums.Anonymous += kib
    if (!(frame.bits & PG_SWAPBACKED) && !dirty) sums.LazyFree += kib
  }
  if (bits & PTE_PMD)
    sums[
      frame.bits & PG_ANON ? 'AnonHugePages' : frame.bits & PG_SHMEM ? 'ShmemPmdMapped' : 'FilePmdMapped'
    ] += kib
}

function addPageFlags(sums: Sums, frame: FrameRun, nr: number): void {
  if (frame.bits & PG_HUGETLB) return
  if (frame.order > 0) sums.pgLarge += nr
  if (frame.bits & PG_MLOCKED) sums.pgMlocked += nr
  if (frame.bits & PG_UNEVICTABLE) sums.pgUnevictable += nr
}

/** Pages of the mapped part of a shared memory file that are in swap. */
function shmemSwapped(vma: Vma): number {
  const from = vma.pgoff
  const to = from + (vma.end - vma.start)
  const partial = (vma.flags & (VM_SHARED | VM_WRITE)) === VM_WRITE
  let sum = 0
  for (const run of vma.file?.pages.over(from, to) ?? []) {
    if (!(run.bits & PTE_SWAP)) continue
    const a = Math.max(run.start, from)
    const b = Math.min(run.end, to)
    const start = vma.start + (a - from)
    sum += b - a - (partial ? vma.mm.pages.covered(start, start + (b - a)) : 0)
  }
  return sum
}

/** A place where areas are looked up and reported: origin and limits as page numbers. */
export interface AreaWindow {
  readonly name: string
  readonly origin: number
  readonly low: number
  readonly high: number
}

/** /proc/PID/status and smaps of one process, with its areas grouped by window. */
export function observeProcess(k: Kernel, mm: AddressSpace, windows: readonly AreaWindow[]): ObservedProcess {
  const areas: Record<string, ObservedVma[]> = {}
  for (const window of windows) {
    const shown: ObservedVma[] = []
    for (const vma of mm.vmas)
      if (vma.start >= window.low && vma.end <= window.high) shown.push(observeVma(k, vma, window.origin))
    if (shown.length > 0) areas[window.name] = shown
  }
  const hidden = k.behaviour.smapsHidesInaccessiblePmd ? hiddenRss(k, mm) : NOTHING
  return {
    VmSize: mm.totalVm * KIB_PER_PAGE,
    VmLck: mm.lockedVm * KIB_PER_PAGE,
    VmPin: mm.pinnedVm * KIB_PER_PAGE,
    RssAnon: (mm.rssAnon - hidden.anon) * KIB_PER_PAGE,
    RssFile: mm.rssFile * KIB_PER_PAGE,
    RssShmem: (mm.rssShmem - hidden.shmem) * KIB_PER_PAGE,
    VmSwap: mm.swapEntries * KIB_PER_PAGE,
    HugetlbPages: mm.hugetlbPages * KIB_PER_PAGE,
    areas,
  }
}

const NOTHING = { anon: 0, shmem: 0 }

/** What sums over smaps miss: for the releases where that matters, the Rss lines are such sums. */
function hiddenRss(k: Kernel, mm: AddressSpace): { anon: number; shmem: number } {
  const hidden = { anon: 0, shmem: 0 }
  for (const vma of mm.vmas) {
    for (const run of mm.pages.over(vma.start, vma.end)) {
      if (!isHidden(k, vma, run) || run.bits & PTE_ZERO || vma.flags & VM_HUGETLB) continue
      const pages = Math.min(run.end, vma.end) - Math.max(run.start, vma.start)
      if (vma.file === null) hidden.anon += pages
      else hidden.shmem += pages
    }
  }
  return hidden
}

/** What mapped folios contribute to Mlocked and Unevictable of /proc/meminfo, in KiB: whole folios, each once. */
export function observeSystem(k: Kernel): { Mlocked: number; Unevictable: number } {
  let mlocked = 0
  let unevictable = 0
  let counted = -1
  for (const frame of k.frames.items) {
    if (!(frame.bits & (PG_MLOCKED | PG_UNEVICTABLE)) || frame.bits & PG_HUGETLB) continue
    const [from, to] = mappedFolios(frame)
    const nr = to - Math.max(from, counted)
    if (nr <= 0) continue
    counted = to
    if (frame.bits & PG_MLOCKED) mlocked += nr
    if (frame.bits & PG_UNEVICTABLE) unevictable += nr
  }
  return { Mlocked: mlocked * KIB_PER_PAGE, Unevictable: unevictable * KIB_PER_PAGE }
}

/** The whole folios of a run, or nothing if it is not mapped. */
function mappedFolios(frame: FrameRun): [number, number] {
  if (frame.mapcount === 0 && frame.pmdMapcount === 0) return [0, 0]
  if (frame.order === 0) return [frame.start, frame.end]
  const size = orderPages(frame.order)
  return [folioStart(frame, frame.start), folioStart(frame, frame.end - 1) + size]
}
