/** What reclaim finds on its lists, and what that costs: shrink_lruvec(), mm/vmscan.c. Quantities are pages, expectations. */
import {
  DEF_PRIORITY,
  getScanCount,
  type LruSizes,
  type ScanControl,
  type ScanReason,
} from './vmscan-balance.ts'
import { shrinkActiveList, shrinkKind, type KindOutcome, type PageShares } from './vmscan-lists.ts'

export interface ReclaimState {
  readonly lru: LruSizes
  readonly anon: PageShares
  readonly file: PageShares
}

/** Work and effect of reclaim. */
export interface ReclaimOutcome {
  readonly reclaimed: number
  readonly reclaimedFile: number
  /** Anonymous pages reclaimed; each was written to swap. */
  readonly swappedOut: number
  /** Pages looked at, on inactive and active lists: what `scanPage` prices. */
  readonly scanned: number
  readonly scannedActive: number
  readonly activated: number
  readonly deactivated: number
  /** Moved to the unevictable list and marked. */
  readonly culled: number
  /** File pages met dirty: kept, and written back by the flusher. */
  readonly dirtySkipped: number
  /** The last priority used; 0 means that reclaim went to the end. */
  readonly priority: number
  readonly reason: ScanReason
  readonly lru: LruSizes
}

/**
 * Kernel: do_try_to_free_pages(), shrink_lruvec(), mm/vmscan.c
 * Reclaims `goal` pages: rounds of rising pressure, from priority 12 down to 0, each of which scans a part of the lists
 * that getScanCount() chooses.
 * Estimate: pages of a kind are exchangeable, so a round meets each state in proportion, and a round that would bring more
 * than the goal is cut short. Exact in the sums of pages; order inside the lists is not modelled. Pages are taken to be in
 * swap as soon as they are written: with a slow device the kernel goes on to other pages meanwhile and swaps more than it
 * needs (measured in a cgroup: all of 15 MiB of cold memory, where 4 MiB would have done).
 */
export function reclaimPages(
  state: ReclaimState,
  goal: number,
  sc: Omit<ScanControl, 'priority'>,
): ReclaimOutcome {
  let total: ReclaimOutcome = { ...NOTHING, lru: state.lru }
  let freeSwapPages = sc.freeSwapPages
  for (let priority = DEF_PRIORITY; priority >= 0 && total.reclaimed < goal; priority--) {
    const control = { ...sc, priority, freeSwapPages, freePages: sc.freePages + total.reclaimed }
    const round = shrinkLruvec({ ...state, lru: total.lru }, goal - total.reclaimed, control)
    freeSwapPages -= round.swappedOut
    total = add(total, round)
  }
  return total
}

const NOTHING: ReclaimOutcome = {
  reclaimed: 0,
  reclaimedFile: 0,
  swappedOut: 0,
  scanned: 0,
  scannedActive: 0,
  activated: 0,
  deactivated: 0,
  culled: 0,
  dirtySkipped: 0,
  priority: DEF_PRIORITY,
  reason: 'swappiness',
  lru: { inactiveAnon: 0, activeAnon: 0, inactiveFile: 0, activeFile: 0 },
}

/** One round at one priority. */
function shrinkLruvec(state: ReclaimState, goal: number, sc: ScanControl): ReclaimOutcome {
  const { scan, reason } = getScanCount(state.lru, sc)
  const { lru } = state
  const anon = shrinkKind(lru.inactiveAnon, scan.inactiveAnon, state.anon, sc.freeSwapPages, false)
  const file = shrinkKind(lru.inactiveFile, scan.inactiveFile, state.file, Infinity, true)
  const found = anon.reclaimed + file.reclaimed
  const cut = found > goal ? goal / found : 1
  const a = scaled(anon, cut)
  const f = scaled(file, cut)
  const agedAnon = shrinkActiveList(lru.inactiveAnon, lru.activeAnon, scan.activeAnon * cut, 0)
  const agedFile = shrinkActiveList(lru.inactiveFile, lru.activeFile, scan.activeFile * cut, 0)
  const scannedActive = agedAnon.scanned + agedFile.scanned
  return {
    reclaimed: a.reclaimed + f.reclaimed,
    reclaimedFile: f.reclaimed,
    swappedOut: a.reclaimed,
    scanned: a.scanned + f.scanned + scannedActive,
    scannedActive,
    activated: a.activated + f.activated,
    deactivated: agedAnon.deactivated + agedFile.deactivated,
    culled: a.culled + f.culled,
    dirtySkipped: f.dirtySkipped,
    priority: sc.priority,
    reason,
    lru: {
      inactiveAnon: lru.inactiveAnon - a.reclaimed - a.activated - a.culled + agedAnon.deactivated,
      activeAnon: lru.activeAnon + a.activated - agedAnon.deactivated,
      inactiveFile: lru.inactiveFile - f.reclaimed - f.activated - f.culled + agedFile.deactivated,
      activeFile: lru.activeFile + f.activated - agedFile.deactivated,
    },
  }
}

function scaled(kind: KindOutcome, by: number): KindOutcome {
  return {
    scanned: kind.scanned * by,
    reclaimed: kind.reclaimed * by,
    activated: kind.activated * by,
    culled: kind.culled * by,
    dirtySkipped: kind.dirtySkipped * by,
  }
}

function add(sum: ReclaimOutcome, round: ReclaimOutcome): ReclaimOutcome {
  return {
    reclaimed: sum.reclaimed + round.reclaimed,
    reclaimedFile: sum.reclaimedFile + round.reclaimedFile,
    swappedOut: sum.swappedOut + round.swappedOut,
    scanned: sum.scanned + round.scanned,
    scannedActive: sum.scannedActive + round.scannedActive,
    activated: sum.activated + round.activated,
    deactivated: sum.deactivated + round.deactivated,
    culled: sum.culled + round.culled,
    dirtySkipped: sum.dirtySkipped + round.dirtySkipped,
    priority: round.priority,
    reason: round.reason,
    lru: round.lru,
  }
}
