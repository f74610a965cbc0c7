/** MADV_COLLAPSE: mm/khugepaged.c. */
import { refuse, type Refusal } from '../errno.ts'
import { HPAGE_PMD_NR, HPAGE_PMD_ORDER, alignDown, alignUp } from '../units.ts'
import { dropPages } from './cache.ts'
import { newAnonBits, thpVmaSuitable } from './huge-memory.ts'
import type { Kernel, Task } from './kernel.ts'
import { doSetPmd, pgoffOf } from './memory-around.ts'
import { zapPageRange } from './memory-zap.ts'
import { doSwapPage } from './swap.ts'
import {
  PG_ANON,
  PG_CACHE,
  PG_DIRTY,
  PG_FILE,
  PG_MLOCKED,
  PG_SHMEM,
  PG_STORED,
  PG_SWAPBACKED,
  PTE_DIRTY,
  PTE_GUARD,
  PTE_PMD,
  PTE_PRESENT,
  PTE_SWAP,
  PTE_WRITE,
  PTE_ZERO,
  VM_HUGETLB,
  VM_NOHUGEPAGE,
  VM_SPECIAL,
  VM_WRITE,
  mapsFrames,
  type Vma,
} from './mm-types.ts'
import { dropTables } from './pgtable.ts'
import { allocFolios, frameAt, removeRmap } from './rmap.ts'

/**
 * Kernel: madvise_collapse(), mm/khugepaged.c
 * Collapses every aligned 2 MiB block of the range into one huge page.
 */
export function madviseCollapse(k: Kernel, task: Task, vma: Vma, start: number, end: number): Refusal | null {
  if (!collapsible(k, vma)) return refuse('EINVAL', 'the mapping cannot hold a huge page')
  const first = alignUp(start, HPAGE_PMD_NR)
  const last = alignDown(end, HPAGE_PMD_NR)
  if (first > last && !k.behaviour.collapseOfLessThanBlockIsFine)
    return refuse('EINVAL', 'range holds no huge page')
  let failure: Refusal | null = null
  for (let block = first; block < last; block += HPAGE_PMD_NR) {
    const refusal = vma.file === null ? collapseAnon(k, task, vma, block) : collapseFile(k, vma, block)
    if (refusal === null) continue
    failure = refusal
    if (!GOES_ON.has(refusal.rule)) break
  }
  return failure
}

/** Blocks that cannot be collapsed for these reasons are passed over; any other reason ends the call. */
const GOES_ON: ReadonlySet<string> = new Set(['pinned', 'guard region', 'nothing in it is writable'])

/** Whether the area could ever hold a huge page; settings do not matter, advice against it does. */
function collapsible(k: Kernel, vma: Vma): boolean {
  if (vma.flags & (VM_SPECIAL | VM_HUGETLB | VM_NOHUGEPAGE)) return false
  if (vma.mm.thpDisabled === 'all') return false
  const kind = vma.file?.kind ?? 'shmem'
  if (kind !== 'shmem' && !(kind === 'file' && k.behaviour.collapsesFiles)) return false
  const block = alignDown(vma.end, HPAGE_PMD_NR) - HPAGE_PMD_NR
  return thpVmaSuitable(vma, block) && (vma.file !== null || vma.anonVma !== null)
}

/**
 * Kernel: collapse_huge_page(), mm/khugepaged.c
 */
function collapseAnon(k: Kernel, task: Task, vma: Vma, block: number): Refusal | null {
  const mm = vma.mm
  const end = block + HPAGE_PMD_NR
  const runs = mm.pages.over(block, end)
  if (runs.length === 0)
    return mm.tables.at(block / HPAGE_PMD_NR) === undefined
      ? refuse('EINVAL', 'no page table')
      : replaceByHuge(k, vma, block)
  if (runs.some(run => run.bits & PTE_PMD)) return null
  if (runs.some(run => run.bits & PTE_GUARD)) return refuse('EINVAL', 'guard region')
  for (const run of runs) {
    if (!mapsFrames(run.bits)) continue
    const pfn = run.target + (Math.max(run.start, block) - run.start)
    for (const frame of k.frames.over(pfn, pfn + (Math.min(run.end, end) - Math.max(run.start, block)))) {
      if (!(frame.bits & PG_ANON)) return refuse('EINVAL', 'not anonymous')
      if (frame.pins > 0) return refuse('EAGAIN', 'pinned')
    }
  }
  if (!k.behaviour.collapsesReadOnly && !runs.some(run => run.bits & PTE_WRITE))
    return refuse('EINVAL', 'nothing in it is writable')
  swapInBlock(k, task, vma, block, end)
  return replaceByHuge(k, vma, block)
}

function swapInBlock(k: Kernel, task: Task, vma: Vma, block: number, end: number): void {
  for (let vpn = block; vpn < end; vpn++) {
    const entry = vma.mm.pages.at(vpn)
    if (entry === undefined || !(entry.bits & PTE_SWAP)) continue
    doSwapPage(k, task, vma, vpn, false, true)
  }
}

function replaceByHuge(k: Kernel, vma: Vma, block: number): null {
  const mm = vma.mm
  const end = block + HPAGE_PMD_NR
  let stored = 0
  for (const run of mm.pages.take(block, end)) {
    if (run.bits & PTE_ZERO) continue
    const to = run.target + (run.end - run.start)
    if (k.frames.over(run.target, to).some(frame => frame.bits & PG_STORED)) stored = PG_STORED
    removeRmap(k, vma, run.target, to, false)
    k.spend('copyPage', run.end - run.start)
  }
  dropTables(mm, block / HPAGE_PMD_NR, end / HPAGE_PMD_NR)
  const bits = newAnonBits(vma) | stored
  const pfn = allocFolios(k, HPAGE_PMD_NR, {
    order: HPAGE_PMD_ORDER,
    bits,
    pmdMapcount: 1,
    mlockCount: bits & PG_MLOCKED && k.behaviour.mlockCount ? 1 : 0,
  })
  const access = vma.flags & VM_WRITE ? PTE_WRITE : 0
  mm.pages.insert({ start: block, end, target: pfn, bits: PTE_PRESENT | PTE_PMD | PTE_DIRTY | access })
  mm.rssAnon += HPAGE_PMD_NR
  k.spend('collapseFolio', 1)
  return null
}

/**
 * Kernel: collapse_file(), mm/khugepaged.c
 * Gathers the pages of shared memory into one folio; every mapping of them is dropped, the caller's is made huge.
 */
function collapseFile(k: Kernel, vma: Vma, block: number): Refusal | null {
  const cache = vma.file
  if (cache === null) return null
  const from = vma.pgoff + (block - vma.start)
  const to = from + HPAGE_PMD_NR
  const whole = cache.pages.at(from)
  if (whole !== undefined && whole.bits & PTE_PRESENT) {
    const frame = frameAt(k, whole.target + (from - whole.start))
    if (frame.order === HPAGE_PMD_ORDER) return mapCollapsed(k, vma, block)
  }
  if (!cache.pages.any(from, to)) return refuse('EINVAL', 'nothing is cached there')
  for (const run of cache.pages.over(from, to)) {
    if (!(run.bits & PTE_PRESENT)) continue
    const a = run.target + (Math.max(run.start, from) - run.start)
    const b = run.target + (Math.min(run.end, to) - run.start)
    for (const frame of k.frames.over(a, b)) if (frame.pins > 0) return refuse('EAGAIN', 'pinned')
  }
  unmapEverywhere(k, vma, from, to)
  dropPages(k, cache, from, to)
  const pfn = allocFolios(k, HPAGE_PMD_NR, {
    order: HPAGE_PMD_ORDER,
    bits:
      cache.kind === 'file'
        ? PG_FILE | PG_CACHE | PG_STORED
        : PG_SHMEM | PG_CACHE | PG_SWAPBACKED | PG_DIRTY | PG_STORED,
  })
  cache.pages.insert({ start: from, end: to, target: pfn, bits: PTE_PRESENT })
  k.spend('collapseFolio', 1)
  return mapCollapsed(k, vma, block)
}

function unmapEverywhere(k: Kernel, vma: Vma, from: number, to: number): void {
  for (const task of k.tasks) {
    for (const other of task.mm.vmas) {
      if (other.file !== vma.file) continue
      const start = Math.max(other.start, other.start + (from - other.pgoff))
      const end = Math.min(other.end, other.start + (to - other.pgoff))
      if (start >= end) continue
      zapPageRange(k, other, start, end, { cacheOnly: true, keepGuards: true })
    }
  }
}

/**
 * Kernel: collapse_pte_mapped_thp(), mm/khugepaged.c
 * The cache holds a huge page already: small entries of it give way to a PMD mapping.
 */
function mapCollapsed(k: Kernel, vma: Vma, block: number): Refusal | null {
  const mm = vma.mm
  const end = block + HPAGE_PMD_NR
  const runs = mm.pages.over(block, end)
  if (runs.some(run => run.bits & PTE_PMD)) return null
  for (const run of runs)
    if (!mapsFrames(run.bits) || frameAt(k, run.target).bits & PG_ANON)
      return refuse('EINVAL', 'private pages')
  for (const run of mm.pages.take(block, end))
    removeRmap(k, vma, run.target, run.target + (run.end - run.start), (run.bits & PTE_DIRTY) !== 0)
  dropTables(mm, block / HPAGE_PMD_NR, block / HPAGE_PMD_NR + 1)
  doSetPmd(k, vma, block, pgoffOf(vma, block), false)
  return null
}
