/** What becomes of the pages that reclaim takes off a list: mm/vmscan.c. Quantities are pages, expectations. */
import { SWAP_CLUSTER_MAX, inactiveIsLow } from './vmscan-balance.ts'

/** Of the pages of one kind, which shares are in what state; 0 to 1 each. */
export interface PageShares {
  /** Used since the last scan: goes (back) to the active list. */
  readonly referenced: number
  /** Cannot be freed, locked and not marked: leaves the list at the first scan (see vmscan-locked.ts). */
  readonly unmarkedLocked: number
  /** File pages that must be written first. Anonymous pages are always written, to swap. */
  readonly dirty: number
}

export interface KindOutcome {
  readonly scanned: number
  readonly reclaimed: number
  readonly activated: number
  readonly culled: number
  readonly dirtySkipped: number
}

/**
 * Kernel: shrink_inactive_list(), mm/vmscan.c
 * Sorts `scan` pages of an inactive list into those that are freed, kept, activated and culled. Anonymous pages need room in
 * swap. Dirty file pages are activated and left to the flusher.
 */
export function shrinkKind(
  inactive: number,
  scan: number,
  shares: PageShares,
  room: number,
  isFile: boolean,
): KindOutcome {
  const scanned = Math.min(scan, inactive)
  const culled = scanned * shares.unmarkedLocked
  const referenced = (scanned - culled) * shares.referenced
  const candidates = scanned - culled - referenced
  const dirtySkipped = isFile ? candidates * shares.dirty : 0
  const reclaimed = Math.min(candidates - dirtySkipped, Math.max(0, room))
  // What finds no slot in swap goes back to the active list, as what is dirty does.
  const activated = scanned - culled - reclaimed
  return { scanned, reclaimed, activated, culled, dirtySkipped }
}

/**
 * Kernel: shrink_active_list(), mm/vmscan.c
 * Moves pages to the inactive list, used or not (only executable file pages in use stay), if that list is short.
 * `executableInUse` is the share that stays.
 */
export function shrinkActiveList(
  inactive: number,
  active: number,
  scan: number,
  executableInUse: number,
): { readonly scanned: number; readonly deactivated: number } {
  if (!inactiveIsLow(inactive, active)) return { scanned: 0, deactivated: 0 }
  const scanned = Math.min(active, Math.max(scan, Math.min(active, SWAP_CLUSTER_MAX)))
  return { scanned, deactivated: scanned * (1 - executableInUse) }
}
