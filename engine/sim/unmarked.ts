/**
 * Locked memory without a mark: large folios on kernels that cannot mark them, and folios that straddle the edge of a
 * locked area. Reclaim finds them on its lists again and again (engine/mm/vmscan-locked.ts).
 */
import { PG_HUGETLB, PG_MLOCKED, VM_LOCKED, mapsFrames, type AddressSpace, type Vma } from '../mm/mm-types.ts'
import { frameAt } from '../mm/rmap.ts'
import { scanOfUnmarkedLocked, type UnmarkedBehaviour, type UnmarkedLocked } from '../mm/vmscan-locked.ts'
import { HPAGE_PMD_NR } from '../units.ts'
import type { Exemplar } from './exemplar.ts'

/** Share of the resident pages of an area that carry the mark; 1 where nothing is resident. */
export function markedShare(exemplar: Exemplar, vma: Vma): number {
  if (!(vma.flags & VM_LOCKED)) return 1
  let [resident, marked] = [0, 0]
  eachFrame(exemplar, vma, (pages, bits) => {
    resident += pages
    if (bits & PG_MLOCKED) marked += pages
  })
  return resident === 0 ? 1 : marked / resident
}

function eachFrame(
  exemplar: Exemplar,
  vma: Vma,
  visit: (pages: number, bits: number, order: number) => void,
): void {
  const k = exemplar.replay.kernel
  for (const run of vma.mm.pages.over(vma.start, vma.end)) {
    if (!mapsFrames(run.bits)) continue
    const from = Math.max(run.start, vma.start)
    const to = Math.min(run.end, vma.end)
    for (let vpn = from; vpn < to;) {
      const pfn = run.target + (vpn - run.start)
      const frame = frameAt(k, pfn)
      const until = Math.min(to, vpn + (frame.end - pfn))
      if (!(frame.bits & PG_HUGETLB)) visit(until - vpn, frame.bits, frame.order)
      vpn = until
    }
  }
}

/** What reclaim has done with the unmarked locked memory of a group so far, in pages and folios. */
export interface UnmarkedNotes {
  scannedPages: number
  foliosSplit: number
  heldByPinsPages: number
}

/** Counts the large folios of one task that reclaim will meet: wholly locked ones without a mark, and straddling ones. */
export function unmarkedOf(exemplar: Exemplar, referenced: number): UnmarkedLocked {
  const mm = exemplar.replay.kernel.tasks[0]?.mm
  const isPinned = (mm?.pinnedVm ?? 0) > 0 || exemplar.replay.kernel.tasks[0]?.buffer !== null
  let whole = 0
  const edges = new Map<number, number>()
  if (mm !== undefined) countLarge(exemplar, mm, pages => (whole += pages), edges)
  const lockedPages = [...edges.values()].reduce((sum, pages) => sum + pages, 0)
  return {
    smallPages: 0,
    whole: { folios: whole / HPAGE_PMD_NR, pagesPerFolio: HPAGE_PMD_NR, referenced },
    straddling: {
      folios: edges.size,
      pagesPerFolio: HPAGE_PMD_NR,
      lockedPagesPerFolio: edges.size === 0 ? 0 : lockedPages / edges.size,
      referencedOutside: referenced,
      referencedInside: referenced,
      pinnedFolios: isPinned ? edges.size : 0,
    },
  }
}

/** `edges` gets the locked pages of each 2 MiB folio (by its first frame) that is locked in part. */
function countLarge(
  exemplar: Exemplar,
  mm: AddressSpace,
  addWhole: (pages: number) => void,
  edges: Map<number, number>,
): void {
  const k = exemplar.replay.kernel
  for (const vma of mm.vmas) {
    if (!(vma.flags & VM_LOCKED)) continue
    for (const run of mm.pages.over(vma.start, vma.end)) {
      if (!mapsFrames(run.bits)) continue
      const from = Math.max(run.start, vma.start)
      const to = Math.min(run.end, vma.end)
      const first = run.target + (from - run.start)
      const frame = frameAt(k, first)
      if (frame.order !== 9 || frame.bits & PG_HUGETLB) continue
      const last = first + (to - from)
      const wholeFrom = Math.ceil(first / HPAGE_PMD_NR) * HPAGE_PMD_NR
      const wholeTo = Math.floor(last / HPAGE_PMD_NR) * HPAGE_PMD_NR
      if (!(frame.bits & PG_MLOCKED)) addWhole(Math.max(0, wholeTo - wholeFrom))
      if (first < wholeFrom) edges.set(wholeFrom - HPAGE_PMD_NR, Math.min(last, wholeFrom) - first)
      if (last > wholeTo && wholeTo >= wholeFrom) edges.set(wholeTo, last - wholeTo)
    }
  }
}

/** `passes` of reclaim over the lists (may be a fraction): what they scan in vain, and what they split. */
export function scanUnmarked(
  behaviour: UnmarkedBehaviour,
  state: UnmarkedLocked,
  passes: number,
  swapFreePages: number,
  notes: UnmarkedNotes,
): UnmarkedLocked {
  const scan = scanOfUnmarkedLocked(behaviour, state, swapFreePages)
  const share = Math.min(1, passes)
  notes.scannedPages += scan.scanned * passes
  notes.foliosSplit += scan.foliosSplit * share
  notes.heldByPinsPages = scan.heldByPins
  const between = (now: number, next: number): number => now + (next - now) * share
  return {
    smallPages: between(state.smallPages, scan.next.smallPages),
    whole: { ...state.whole, folios: between(state.whole.folios, scan.next.whole.folios) },
    straddling: {
      ...state.straddling,
      folios: between(state.straddling.folios, scan.next.straddling.folios),
    },
  }
}
