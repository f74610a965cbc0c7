/**
 * Locked memory that carries no mark, and large folios that straddle the edge of a locked area: both stay on the lists that
 * reclaim scans. folio_referenced() in mm/rmap.c, shrink_folio_list() in mm/vmscan.c. Quantities are pages, expectations.
 */
import type { KernelBehaviour } from '../kernels/behaviour.ts'

/** Large folios mapped by small entries. */
export interface LargeFolios {
  readonly folios: number
  readonly pagesPerFolio: number
}

export interface WholeLocked extends LargeFolios {
  /** Share of the folios that is used between two scans. */
  readonly referenced: number
}

export interface Straddling extends LargeFolios {
  /** Pages of each folio that lie in the locked area. */
  readonly lockedPagesPerFolio: number
  /** Share of the folios of which a page outside, or inside, the locked area is used between two scans. */
  readonly referencedOutside: number
  readonly referencedInside: number
  /** Folios with a long-term pin on any page: they can be neither split nor freed. */
  readonly pinnedFolios: number
}

export interface UnmarkedLocked {
  /** Small locked pages without a mark, such as pages swapped in on kernels that do not mark those. */
  readonly smallPages: number
  readonly whole: WholeLocked
  readonly straddling: Straddling
}

/** What one scan of all of it did, and what is left for the next one. */
export interface UnmarkedScan {
  readonly scanned: number
  /** Pages marked and taken off the lists. */
  readonly culled: number
  readonly foliosSplit: number
  /** Unlocked pages written to swap and freed. */
  readonly reclaimed: number
  /** Locked pages of folios that were split: they stay, as marked small pages. */
  readonly kept: number
  /** Unlocked pages of folios that were split, for which swap had no room: they stay, as small pages. */
  readonly unswapped: number
  /** Unlocked pages that pins keep in memory together with the rest of their folio. */
  readonly heldByPins: number
  readonly next: UnmarkedLocked
}

/** The fields of the behaviour that decide: marks of large folios since 6.7, and who counts as a user since 5.18. */
export type UnmarkedBehaviour = Pick<KernelBehaviour, 'mlockCount' | 'mlockWholePteMappedFolio'>

/**
 * Kernel: folio_referenced_one(), mm/rmap.c
 * One pass of reclaim over all unmarked locked memory.
 * - Small pages are marked and culled, so that they cost one scan.
 * - A large folio that lies in a locked area whole is marked and culled too since 6.7 (`mlockWholePteMappedFolio`).
 *   Before, no large folio could be marked: one in use comes back at every scan, one that is not is split, and its
 *   pages are marked one by one.
 * - A straddling folio is split, its unlocked pages go to swap. Since 6.7 only use of its unlocked part protects it;
 *   from 5.18 on that of the locked part did as well; before 5.18 neither did.
 * - A pinned folio cannot be split. It is scanned every time, and its unlocked pages stay.
 * - Without room in swap, anonymous lists are not scanned at all: nothing is spent and nothing freed.
 * Simplified: anonymous folios, mapped by one process; a slot in swap for a whole folio is not found (THP swap).
 */
export function scanOfUnmarkedLocked(
  behaviour: UnmarkedBehaviour,
  state: UnmarkedLocked,
  freeSwapPages: number,
): UnmarkedScan {
  if (freeSwapPages <= 0) return notScanned(state)
  const small = { scanned: state.smallPages, culled: state.smallPages }
  const whole = scanWhole(behaviour, state.whole)
  const edge = scanStraddling(behaviour, state.straddling, freeSwapPages)
  return {
    scanned: small.scanned + whole.scanned + edge.scanned,
    culled: small.culled + whole.culled + edge.kept,
    foliosSplit: whole.foliosSplit + edge.foliosSplit,
    reclaimed: edge.reclaimed,
    kept: edge.kept,
    unswapped: edge.unswapped,
    heldByPins: edge.heldByPins,
    next: {
      smallPages: 0,
      whole: { ...state.whole, folios: whole.left },
      straddling: { ...state.straddling, folios: edge.left },
    },
  }
}

function notScanned(state: UnmarkedLocked): UnmarkedScan {
  const { pagesPerFolio, lockedPagesPerFolio, pinnedFolios, folios } = state.straddling
  const heldByPins = Math.min(pinnedFolios, folios) * (pagesPerFolio - lockedPagesPerFolio)
  const none = { scanned: 0, culled: 0, foliosSplit: 0, reclaimed: 0, kept: 0, unswapped: 0 }
  return { ...none, heldByPins, next: state }
}

function scanWhole(
  behaviour: UnmarkedBehaviour,
  whole: WholeLocked,
): { scanned: number; culled: number; foliosSplit: number; left: number } {
  const scanned = whole.folios * whole.pagesPerFolio
  if (behaviour.mlockWholePteMappedFolio) return { scanned, culled: scanned, foliosSplit: 0, left: 0 }
  const left = behaviour.mlockCount ? whole.folios * whole.referenced : 0
  const foliosSplit = whole.folios - left
  const culled = foliosSplit * whole.pagesPerFolio
  return { scanned: scanned + culled, culled, foliosSplit, left }
}

function scanStraddling(
  behaviour: UnmarkedBehaviour,
  edge: Straddling,
  freeSwapPages: number,
): {
  scanned: number
  foliosSplit: number
  reclaimed: number
  kept: number
  unswapped: number
  heldByPins: number
  left: number
} {
  const unlockedPerFolio = edge.pagesPerFolio - edge.lockedPagesPerFolio
  const pinned = Math.min(edge.pinnedFolios, edge.folios)
  const foliosSplit = (edge.folios - pinned) * (1 - protection(behaviour, edge))
  const freeable = foliosSplit * unlockedPerFolio
  const reclaimed = Math.min(freeable, freeSwapPages)
  return {
    // Pages of a folio that was split are looked at once more, one by one.
    scanned: (edge.folios + foliosSplit) * edge.pagesPerFolio,
    foliosSplit,
    reclaimed,
    kept: foliosSplit * edge.lockedPagesPerFolio,
    unswapped: freeable - reclaimed,
    heldByPins: pinned * unlockedPerFolio,
    left: edge.folios - foliosSplit,
  }
}

/** Share of the straddling folios that use protects from this scan. */
function protection(behaviour: UnmarkedBehaviour, edge: Straddling): number {
  if (behaviour.mlockWholePteMappedFolio) return edge.referencedOutside
  if (!behaviour.mlockCount) return 0
  return 1 - (1 - edge.referencedOutside) * (1 - edge.referencedInside)
}

/** What `scans` passes of reclaim cost and bring, added up; stops early once nothing changes any more. */
export function scansOfUnmarkedLocked(
  behaviour: UnmarkedBehaviour,
  state: UnmarkedLocked,
  freeSwapPages: number,
  scans: number,
): UnmarkedScan {
  let total = notScanned(state)
  for (let done = 0; done < scans; done++) {
    const round = scanOfUnmarkedLocked(behaviour, total.next, freeSwapPages - total.reclaimed)
    if (round.culled < 0.5 && round.foliosSplit < 0.5)
      return { ...total, scanned: total.scanned + round.scanned * (scans - done) }
    total = addScans(total, round)
  }
  return total
}

function addScans(sum: UnmarkedScan, round: UnmarkedScan): UnmarkedScan {
  return {
    scanned: sum.scanned + round.scanned,
    culled: sum.culled + round.culled,
    foliosSplit: sum.foliosSplit + round.foliosSplit,
    reclaimed: sum.reclaimed + round.reclaimed,
    kept: sum.kept + round.kept,
    unswapped: sum.unswapped + round.unswapped,
    heldByPins: round.heldByPins,
    next: round.next,
  }
}
