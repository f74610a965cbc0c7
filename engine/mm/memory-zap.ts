/** The removal of entries and page tables: mm/memory.c. */
import { HPAGE_PMD_NR } from '../units.ts'
import { splitPmdsAtEnds } from './huge-memory.ts'
import { hugetlbUnmap } from './hugetlb.ts'
import { type Kernel } from './kernel.ts'
import {
  PG_ANON,
  PTE_DIRTY,
  PTE_GUARD,
  PTE_PMD,
  PTE_SWAP,
  PTE_ZERO,
  type PteRun,
  VM_HUGETLB,
  type Vma,
} from './mm-types.ts'
import { dropTables } from './pgtable.ts'
import { removePmdRmap, removeRmap } from './rmap.ts'
import { freeSwap } from './swap.ts'

/** What zapping keeps in mind. */
export interface ZapDetails {
  /** MADV_DONTNEED and its like: an emptied page table is given back where the release does that. */
  readonly freeTables?: boolean
  /** Guard markers survive MADV_DONTNEED and go with the mapping. */
  readonly keepGuards?: boolean
  /** Only pages of the page cache, not private copies: unmap_mapping_range() with even_cows = 0. */
  readonly cacheOnly?: boolean
}

/**
 * Kernel: unmap_page_range(), mm/memory.c
 * Removes the entries of [start, end) inside one area.
 */
export function zapPageRange(
  k: Kernel,
  vma: Vma,
  start: number,
  end: number,
  details: ZapDetails = {},
): void {
  const mm = vma.mm
  if (vma.flags & VM_HUGETLB) {
    hugetlbUnmap(k, vma, start, end)
    return
  }
  splitPmdsAtEnds(k, vma, start, end)
  const kept: PteRun[] = []
  for (const run of mm.pages.take(start, end)) {
    if (run.bits & PTE_GUARD) {
      if (details.keepGuards) kept.push(run)
    } else if (run.bits & PTE_SWAP) {
      if (details.cacheOnly) kept.push(run)
      else {
        mm.swapEntries -= run.end - run.start
        freeSwap(k, run.target, run.target + (run.end - run.start))
      }
    } else if (run.bits & PTE_ZERO) {
      if (details.cacheOnly) kept.push(run)
    } else zapPresent(k, vma, run, details, kept)
  }
  for (const run of kept) mm.pages.insert(run)
  if (details.freeTables && k.behaviour.freeEmptyTables && kept.length === 0)
    dropTables(mm, Math.ceil(start / HPAGE_PMD_NR), Math.floor(end / HPAGE_PMD_NR))
}

function zapPresent(k: Kernel, vma: Vma, run: PteRun, details: ZapDetails, kept: PteRun[]): void {
  const to = run.target + (run.end - run.start)
  const pmd = (run.bits & PTE_PMD) !== 0
  if (details.cacheOnly) {
    for (const part of anonParts(k, run)) kept.push(part)
    for (const part of cacheParts(k, run)) {
      const nr = part.end - part.start
      const dirty = (run.bits & PTE_DIRTY) !== 0
      k.spend(pmd ? 'zapPmd' : 'zapCachePage', pmd ? nr / HPAGE_PMD_NR : nr)
      if (pmd) removePmdRmap(k, vma, part.target, part.target + nr, dirty)
      else removeRmap(k, vma, part.target, part.target + nr, dirty)
    }
    return
  }
  if (pmd) {
    removePmdRmap(k, vma, run.target, to, k.behaviour.zapHugeKeepsDirty && (run.bits & PTE_DIRTY) !== 0)
    k.spend('zapPmd', (run.end - run.start) / HPAGE_PMD_NR)
  } else {
    spendZap(k, run)
    removeRmap(k, vma, run.target, to, (run.bits & PTE_DIRTY) !== 0)
  }
}

/** Before the reverse map is told: frames that are free then are not there any more. */
function spendZap(k: Kernel, run: PteRun): void {
  const anon = anonParts(k, run).reduce((sum, part) => sum + part.end - part.start, 0)
  k.spend('zapPage', anon)
  k.spend('zapCachePage', run.end - run.start - anon)
}

function anonParts(k: Kernel, run: PteRun): PteRun[] {
  return framesParts(k, run, bits => (bits & PG_ANON) !== 0)
}

function cacheParts(k: Kernel, run: PteRun): PteRun[] {
  return framesParts(k, run, bits => (bits & PG_ANON) === 0)
}

function framesParts(k: Kernel, run: PteRun, wanted: (bits: number) => boolean): PteRun[] {
  const to = run.target + (run.end - run.start)
  const parts: PteRun[] = []
  for (const frame of k.frames.over(run.target, to)) {
    if (!wanted(frame.bits)) continue
    const from = Math.max(frame.start, run.target)
    const until = Math.min(frame.end, to)
    const start = run.start + (from - run.target)
    parts.push({ start, end: start + (until - from), target: from, bits: run.bits })
  }
  return parts
}

/**
 * Kernel: free_pgtables(), mm/memory.c
 * Page tables go with the mapping unless a neighbouring mapping in the same 2 MiB still uses them.
 */
export function freePgtables(vma: Vma, start: number, end: number, floor: number, ceiling: number): void {
  const first =
    Math.floor(start / HPAGE_PMD_NR) * HPAGE_PMD_NR < floor
      ? Math.ceil(start / HPAGE_PMD_NR)
      : Math.floor(start / HPAGE_PMD_NR)
  const last =
    Math.ceil(end / HPAGE_PMD_NR) * HPAGE_PMD_NR > ceiling
      ? Math.floor(end / HPAGE_PMD_NR)
      : Math.ceil(end / HPAGE_PMD_NR)
  dropTables(vma.mm, first, last)
}
