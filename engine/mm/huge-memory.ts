/** Transparent huge pages: mm/huge_memory.c. */
import { HPAGE_PMD_NR, HPAGE_PMD_ORDER, orderPages } from '../units.ts'
import type { Kernel, Task } from './kernel.ts'
import {
  PG_ANON,
  PG_ANON_EXCLUSIVE,
  PG_CACHE,
  PG_DIRTY,
  PG_MLOCKED,
  PG_STORED,
  PG_SWAPBACKED,
  PG_UNEVICTABLE,
  PTE_DIRTY,
  PTE_PMD,
  PTE_PRESENT,
  PTE_WRITE,
  PTE_ZERO,
  VM_HUGEPAGE,
  VM_LOCKED,
  VM_NOHUGEPAGE,
  VM_WRITE,
  blockStart,
  mapsFrames,
  type AddressSpace,
  type PteRun,
  type Vma,
} from './mm-types.ts'
import { anonVmaPrepare } from './anon-vma.ts'
import { mlockFolios, munlockFolios } from './mlock-folio.ts'
import { addTables, pmdNone } from './pgtable.ts'
import {
  allocFolios,
  changeFrames,
  folioRefCount,
  frameAt,
  freeUnused,
  isMlockable,
  removePmdRmap,
  removeRmap,
} from './rmap.ts'

/** Bits of a fresh anonymous folio in `vma`. */
export function newAnonBits(vma: Vma): number {
  const base = PG_ANON | PG_ANON_EXCLUSIVE | PG_SWAPBACKED
  return isMlockable(vma) ? base | PG_MLOCKED | PG_UNEVICTABLE : base
}

/**
 * Kernel: vma_thp_disabled(), include/linux/huge_mm.h
 */
export function vmaThpDisabled(vma: Vma): boolean {
  if (vma.flags & VM_NOHUGEPAGE) return true
  const mode = vma.mm.thpDisabled
  return mode === 'all' || (mode === 'unadvised' && !(vma.flags & VM_HUGEPAGE))
}

/**
 * Kernel: thp_vma_allowable_order(), include/linux/huge_mm.h
 * Whether a fault in this anonymous area may use a PMD-sized folio, as far as settings and advice go.
 */
export function thpAllowed(k: Kernel, vma: Vma): boolean {
  const enabled = k.host.thp.enabled
  if (enabled === 'never' || vma.file !== null) return false
  if (enabled === 'madvise' && !(vma.flags & VM_HUGEPAGE)) return false
  return !vmaThpDisabled(vma)
}

/** The 2 MiB block at `block` lies inside the area and nothing is in its place yet. */
export function blockIsFree(vma: Vma, block: number): boolean {
  return block >= vma.start && block + HPAGE_PMD_NR <= vma.end && pmdNone(vma.mm, block)
}

/** How many blocks from `block` on are free and touch [block, end). */
function freeBlocks(vma: Vma, block: number, end: number): number {
  const mm = vma.mm
  let limit = Math.min(vma.end, end + HPAGE_PMD_NR - 1)
  const entry = mm.pages.next(block)
  if (entry !== undefined) limit = Math.min(limit, entry.start)
  const table = mm.tables.next(block / HPAGE_PMD_NR)
  if (table !== undefined) limit = Math.min(limit, table.start * HPAGE_PMD_NR)
  return Math.floor((limit - block) / HPAGE_PMD_NR)
}

/**
 * Kernel: do_huge_pmd_anonymous_page(), mm/huge_memory.c
 * Serves faults on the free blocks from the one that holds `vpn` up to `end`, one fault each. Returns the first page
 * behind them, or `vpn` if that block cannot be huge.
 */
export function doHugePmdAnonymousPage(
  k: Kernel,
  task: Task,
  vma: Vma,
  vpn: number,
  end: number,
  write: boolean,
): number {
  const block = blockStart(vpn)
  if (!thpAllowed(k, vma) || !blockIsFree(vma, block)) return vpn
  anonVmaPrepare(k, vma)
  const blocks = freeBlocks(vma, block, end)
  const until = block + blocks * HPAGE_PMD_NR
  task.minflt += blocks
  if (!write && k.host.thp.zeroPage) {
    vma.mm.pages.insert({ start: block, end: until, target: 0, bits: PTE_PRESENT | PTE_ZERO | PTE_PMD })
    k.spend('mapHugeZeroPage', blocks)
  } else mapNewHugePages(k, vma, block, until)
  return until
}

function mapNewHugePages(k: Kernel, vma: Vma, start: number, end: number): void {
  const nr = end - start
  const bits = newAnonBits(vma)
  const pfn = allocFolios(k, nr, {
    order: HPAGE_PMD_ORDER,
    bits,
    pmdMapcount: 1,
    mlockCount: bits & PG_MLOCKED && k.behaviour.mlockCount ? 1 : 0,
  })
  const writable = vma.flags & VM_WRITE ? PTE_WRITE | PTE_DIRTY : k.behaviour.newHugePmdDirty ? PTE_DIRTY : 0
  vma.mm.pages.insert({ start, end, target: pfn, bits: PTE_PRESENT | PTE_PMD | writable })
  vma.mm.rssAnon += nr
  k.spend('clearLargePage', nr)
  k.spend('mapHugePage', nr / HPAGE_PMD_NR)
}

/**
 * Kernel: do_huge_pmd_wp_page(), mm/huge_memory.c
 * A write to a write-protected PMD mapping of anonymous memory: reused, replaced (huge zero page) or split. True if
 * the fault is done, false if the block is split and the caller goes on with small entries.
 */
export function doHugePmdWpPage(k: Kernel, task: Task, vma: Vma, vpn: number): boolean {
  const block = blockStart(vpn)
  const mm = vma.mm
  const run = mm.pages.at(vpn) as PteRun
  if (run.bits & PTE_ZERO) {
    if (!k.behaviour.writeOverHugeZeroPageIsHuge) {
      splitPmd(k, vma, block)
      return false
    }
    mm.pages.take(block, block + HPAGE_PMD_NR)
    mapNewHugePages(k, vma, block, block + HPAGE_PMD_NR)
    task.minflt++
    return true
  }
  const pfn = run.target + (block - run.start)
  const frame = frameAt(k, pfn)
  const exclusive = (frame.bits & PG_ANON_EXCLUSIVE) !== 0 && k.behaviour.anonExclusive
  if (!exclusive && (folioRefCount(k, pfn) > 1 || !(frame.bits & PG_ANON))) {
    splitPmd(k, vma, block)
    return false
  }
  changeFrames(k, pfn, pfn + HPAGE_PMD_NR, part => (part.bits |= PG_ANON_EXCLUSIVE))
  for (const part of mm.pages.cut(block, block + HPAGE_PMD_NR)) part.bits |= PTE_WRITE | PTE_DIRTY
  mm.pages.heal(block, block + HPAGE_PMD_NR)
  task.minflt++
  k.spend('makeWritable', 1)
  return true
}

/**
 * Kernel: __split_huge_pmd(), mm/huge_memory.c
 * Replaces the PMD mapping of one block by 512 small entries of the same folio. A page cache folio is merely unmapped,
 * to be mapped again by faults.
 */
export function splitPmd(k: Kernel, vma: Vma, block: number): void {
  const mm = vma.mm
  const end = block + HPAGE_PMD_NR
  const [run] = mm.pages.cut(block, end)
  if (run === undefined || !(run.bits & PTE_PMD)) return
  k.spend('splitPmd', 1)
  if (run.bits & PTE_ZERO) {
    run.bits &= ~PTE_PMD
    finishSplit(mm, block, end)
    return
  }
  const pfn = run.target
  const frame = frameAt(k, pfn)
  if (!(frame.bits & PG_ANON)) {
    mm.pages.take(block, end)
    if (!k.behaviour.mlockCount) munlockFolios(k, pfn, pfn + HPAGE_PMD_NR)
    removePmdRmap(k, vma, pfn, pfn + HPAGE_PMD_NR, (run.bits & PTE_DIRTY) !== 0)
    return
  }
  run.bits &= ~PTE_PMD
  const dirty = (run.bits & PTE_DIRTY) !== 0
  if (dirty && !k.behaviour.splitPmdKeepsDirty) run.bits &= ~PTE_DIRTY
  if (!k.behaviour.anonExclusive && !(run.bits & PTE_WRITE)) run.bits &= ~PTE_WRITE
  changeFrames(k, pfn, pfn + HPAGE_PMD_NR, part => {
    part.pmdMapcount--
    part.mapcount++
    if (dirty) part.bits |= PG_DIRTY
  })
  unmarkSplit(k, vma, pfn)
  finishSplit(mm, block, end)
}

function unmarkSplit(k: Kernel, vma: Vma, pfn: number): void {
  if (k.behaviour.splitPmdKeepsMlock) return
  if (!(frameAt(k, pfn).bits & PG_MLOCKED)) return
  if (k.behaviour.mlockCount) {
    if (vma.flags & VM_LOCKED) munlockFolios(k, pfn, pfn + HPAGE_PMD_NR)
  } else munlockFolios(k, pfn, pfn + HPAGE_PMD_NR)
}

function finishSplit(mm: AddressSpace, block: number, end: number): void {
  addTables(mm, block, end)
  mm.pages.heal(block, end)
}

/** Splits the PMD mapping that `vpn` lies inside of, unless it lies on its edge: split_huge_pmd_if_needed(). */
export function splitPmdAcross(k: Kernel, vma: Vma, vpn: number): void {
  if (vpn % HPAGE_PMD_NR === 0) return
  const run = vma.mm.pages.at(vpn)
  if (run !== undefined && run.bits & PTE_PMD) splitPmd(k, vma, blockStart(vpn))
}

/** Splits what is cut by the ends of [start, end). */
export function splitPmdsAtEnds(k: Kernel, vma: Vma, start: number, end: number): void {
  splitPmdAcross(k, vma, start)
  splitPmdAcross(k, vma, end)
}

/** Orders of mTHP that the settings allow for this area, largest first. */
export function mthpOrders(k: Kernel, vma: Vma): readonly number[] {
  const sizes = k.host.thp.mthp
  if (sizes.length === 0 || !k.behaviour.mthp || vma.file !== null || vmaThpDisabled(vma)) return []
  const advised = (vma.flags & VM_HUGEPAGE) !== 0
  return sizes.filter(s => s.mode === 'always' || (s.mode === 'madvise' && advised)).map(s => s.order)
}

/**
 * Kernel: split_folio(), mm/huge_memory.c
 * Splits a large folio into pages wherever it is mapped. Refused (false) while anybody but its mappings holds it.
 */
export function splitFolio(k: Kernel, pfn: number): boolean {
  const size = orderPages(frameAt(k, pfn).order)
  const start = pfn - (pfn % size)
  return splitFolioInto(k, start, () => 0)
}

/**
 * Kernel: try_folio_split(), include/linux/huge_mm.h
 * Splits a folio so that a new one begins at `at`, into the largest folios that allow it.
 */
export function splitFolioAt(k: Kernel, at: number): boolean {
  const order = frameAt(k, at).order
  const start = at - (at % orderPages(order))
  if (!k.behaviour.splitsNonUniformly) return splitFolioInto(k, start, () => 0)
  return splitFolioInto(k, start, page => {
    for (let o = order - 1; o > 0; o--) {
      const size = orderPages(o)
      if (Math.floor(page / size) !== Math.floor(at / size)) return o
    }
    return 0
  })
}

function splitFolioInto(k: Kernel, start: number, orderOf: (page: number) => number): boolean {
  const frame = frameAt(k, start)
  const end = start + orderPages(frame.order)
  if (frame.pins > 0) return false
  k.spend('splitFolio', 1)
  const anonymous = (frame.bits & PG_ANON) !== 0
  if (anonymous) {
    for (const task of k.tasks) splitMappings(k, task.mm, start, end)
    munlockWhole(k, start, end)
  } else unmapAll(k, start, end)
  for (let page = start; page < end;) {
    const order = orderOf(page)
    const until = order === 0 ? smallUntil(page, end, orderOf) : page + orderPages(order)
    changeFrames(k, page, until, part => (part.order = order))
    page = until
  }
  if (anonymous && k.behaviour.splitDropsZeroPages) dropZeroPages(k, start, end)
  if (anonymous) relock(k, start, end)
  freeUnused(k, start, end)
  return true
}

/** Page cache folios are unmapped for the split, and left to be mapped again by faults. */
function unmapAll(k: Kernel, start: number, end: number): void {
  const found: { vma: Vma; run: PteRun }[] = []
  forEachMapping(k, start, end, (vma, run) => found.push({ vma, run }))
  for (const { vma, run } of found) {
    vma.mm.pages.take(run.start, run.end)
    const to = run.target + (run.end - run.start)
    if (run.bits & PTE_PMD) removePmdRmap(k, vma, run.target, to, (run.bits & PTE_DIRTY) !== 0)
    else removeRmap(k, vma, run.target, to, (run.bits & PTE_DIRTY) !== 0)
  }
}

function smallUntil(page: number, end: number, orderOf: (page: number) => number): number {
  let until = page + 1
  while (until < end && orderOf(until) === 0) until++
  return until
}

function munlockWhole(k: Kernel, start: number, end: number): void {
  changeFrames(k, start, end, part => {
    part.bits &= ~(PG_MLOCKED | PG_UNEVICTABLE)
    part.mlockCount = 0
  })
}

/** Every mapping of [start, end) in an address space, clipped to its area. */
function forEachMapping(k: Kernel, start: number, end: number, visit: (vma: Vma, run: PteRun) => void): void {
  for (const task of k.tasks) {
    const mm = task.mm
    if (
      !mm.pages.items.some(
        run => mapsFrames(run.bits) && run.target < end && run.target + (run.end - run.start) > start,
      )
    )
      continue
    for (const vma of mm.vmas) {
      for (const run of mm.pages.over(vma.start, vma.end)) {
        if (!mapsFrames(run.bits)) continue
        const shift = run.start - run.target
        const from = Math.max(start + shift, run.start, vma.start)
        const to = Math.min(end + shift, run.end, vma.end)
        if (from < to) visit(vma, { start: from, end: to, target: from - shift, bits: run.bits })
      }
    }
  }
}

/** The pieces are mapped anew, so each is marked where its area is locked. */
function relock(k: Kernel, start: number, end: number): void {
  forEachMapping(k, start, end, (vma, run) => {
    if (!isMlockable(vma)) return
    for (const frame of k.frames.over(run.target, run.target + (run.end - run.start))) {
      const from = Math.max(frame.start, run.target)
      const to = Math.min(frame.end, run.target + (run.end - run.start))
      if (frame.order === 0) mlockFolios(k, from, to)
    }
  })
}

function splitMappings(k: Kernel, mm: AddressSpace, start: number, end: number): void {
  for (const run of [...mm.pages.items]) {
    if (!mapsFrames(run.bits) || !(run.bits & PTE_PMD)) continue
    const from = Math.max(start, run.target)
    const to = Math.min(end, run.target + (run.end - run.start))
    if (from >= to) continue
    const vpn = run.start + (from - run.target)
    const vma = mm.vmas.find(v => v.start <= vpn && vpn < v.end)
    if (vma !== undefined) splitPmd(k, vma, blockStart(vpn))
  }
}

/** try_to_map_unused_to_zeropage(): pages that nobody stored into go back as the zero page, unless they are locked. */
function dropZeroPages(k: Kernel, start: number, end: number): void {
  forEachMapping(k, start, end, (vma, run) => {
    if (!(vma.flags & VM_LOCKED)) dropZeroPart(k, vma.mm, run)
  })
}

function dropZeroPart(k: Kernel, mm: AddressSpace, run: PteRun): void {
  const to = run.target + (run.end - run.start)
  for (const frame of k.frames.over(run.target, to)) {
    if (frame.bits & (PG_STORED | PG_CACHE)) continue
    const first = Math.max(frame.start, run.target)
    const last = Math.min(frame.end, to)
    const start = run.start + (first - run.target)
    const end = run.start + (last - run.target)
    mm.pages.put({ start, end, target: 0, bits: PTE_PRESENT | PTE_ZERO })
    mm.rssAnon -= end - start
    changeFrames(k, first, last, part => part.mapcount--)
  }
}

/** Whether another address space maps a part of the folio: folio_maybe_mapped_shared(). */
export function mappedElsewhere(k: Kernel, mm: AddressSpace, pfn: number): boolean {
  if (k.tasks.length < 2) return false
  const size = orderPages(frameAt(k, pfn).order)
  const start = pfn - (pfn % size)
  for (const task of k.tasks) {
    if (task.mm === mm) continue
    for (const run of task.mm.pages.items) {
      if (run.target >= start + size || run.target + (run.end - run.start) <= start) continue
      if (mapsFrames(run.bits)) return true
    }
  }
  return false
}

/**
 * Kernel: thp_vma_suitable_order(), include/linux/huge_mm.h
 * The 2 MiB block at `block` lies inside the area, and area and file are aligned alike.
 */
export function thpVmaSuitable(vma: Vma, block: number): boolean {
  if (block < vma.start || block + HPAGE_PMD_NR > vma.end || block % HPAGE_PMD_NR !== 0) return false
  return vma.file === null || (vma.start - vma.pgoff) % HPAGE_PMD_NR === 0
}
