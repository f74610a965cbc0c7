/**
 * Locked memory without a mark: large folios on kernels that cannot mark them, and folios that straddle the edge of a
 * locked area. Reclaim finds them on its lists again and again (engine/mm/vmscan-locked.ts).
 */
import { PG_HUGETLB, PG_MLOCKED, VM_LOCKED, mapsFrames, type AddressSpace, type Vma } from '../mm/mm-types.ts'
import { frameAt } from '../mm/rmap.ts'
import { scanOfUnmarkedLocked, type UnmarkedBehaviour, type UnmarkedLocked } from '../mm/vmscan-locked.ts'
import { orderPages } from '../units.ts'
import type { Exemplar } from './exemplar.ts'

/** Share of the resident pages of an area that carry the mark; 1 where nothing is resident. */
export function markedShare(exemplar: Exemplar, vma: Vma): number {
  if (!(vma.flags & VM_LOCKED)) return 1
  let [resident, marked] = [0, 0]
  eachFrame(exemplar, vma, (from, to, bits) => {
    resident += to - from
    if (bits & PG_MLOCKED) marked += to - from
  })
  return resident === 0 ? 1 : marked / resident
}

type VisitFrames = (from: number, to: number, bits: number, order: number) => void

/** The frames that an area maps, in runs of one state. */
function eachFrame(exemplar: Exemplar, vma: Vma, visit: VisitFrames): void {
  const k = exemplar.replay.kernel
  for (const run of vma.mm.pages.over(vma.start, vma.end)) {
    if (!mapsFrames(run.bits)) continue
    const last = run.target + (Math.min(run.end, vma.end) - run.start)
    for (let pfn = run.target + (Math.max(run.start, vma.start) - run.start); pfn < last;) {
      const frame = frameAt(k, pfn)
      const until = Math.min(last, frame.end)
      if (!(frame.bits & PG_HUGETLB)) visit(pfn, until, frame.bits, frame.order)
      pfn = until
    }
  }
}

/** What reclaim has done with the unmarked locked memory of a group so far, in pages and folios. */
export interface UnmarkedNotes {
  scannedPages: number
  foliosSplit: number
  heldByPinsPages: number
}

/** Large folios of one order: those wholly locked and without a mark, and the locked pages of those that straddle. */
interface LargeOf {
  wholePages: number
  /** By the first frame of the folio. */
  readonly edges: Map<number, number>
}

/**
 * The large folios of one task that reclaim will meet, by size: wholly locked ones without a mark, and straddling ones.
 * `referenced` is the share of them that is used between two scans.
 */
export function unmarkedOf(exemplar: Exemplar, referenced: number): UnmarkedLocked[] {
  const [task] = exemplar.replay.kernel.tasks
  if (task === undefined) return []
  const isPinned = task.mm.pinnedVm > 0 || task.buffer !== null
  const byOrder = new Map<number, LargeOf>()
  countLarge(exemplar, task.mm, byOrder)
  return [...byOrder].map(([order, { wholePages, edges }]) => {
    const pagesPerFolio = orderPages(order)
    const lockedPages = [...edges.values()].reduce((sum, pages) => sum + pages, 0)
    return {
      smallPages: 0,
      whole: { folios: wholePages / pagesPerFolio, pagesPerFolio, referenced },
      straddling: {
        folios: edges.size,
        pagesPerFolio,
        lockedPagesPerFolio: edges.size === 0 ? 0 : lockedPages / edges.size,
        referencedOutside: 0,
        referencedInside: referenced,
        pinnedFolios: isPinned ? edges.size : 0,
      },
    }
  })
}

function countLarge(exemplar: Exemplar, mm: AddressSpace, byOrder: Map<number, LargeOf>): void {
  for (const vma of mm.vmas) {
    if (!(vma.flags & VM_LOCKED)) continue
    eachFrame(exemplar, vma, (from, to, bits, order) => {
      if (order === 0) return
      const large = byOrder.get(order) ?? { wholePages: 0, edges: new Map<number, number>() }
      byOrder.set(order, large)
      const size = orderPages(order)
      const wholeFrom = Math.ceil(from / size) * size
      const wholeTo = Math.floor(to / size) * size
      if (!(bits & PG_MLOCKED)) large.wholePages += Math.max(0, wholeTo - wholeFrom)
      if (from < wholeFrom) large.edges.set(wholeFrom - size, Math.min(to, wholeFrom) - from)
      if (to > wholeTo && wholeTo >= wholeFrom) large.edges.set(wholeTo, to - wholeTo)
    })
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
  notes.heldByPinsPages += scan.heldByPins
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
