/**
 * Which pages reclaim takes. The kernel's classic lists (mm/vmscan.c): what comes in by a fault is put on the inactive
 * list; the first look at it only marks it (every page was touched by the fault that mapped it), the second evicts it
 * or, if it was touched in between, makes it active; what leaves the active list has one more round to be touched in.
 *
 * Between two looks a folio waits for the eviction age T; a folio with rate r is spared with probability
 * 1 - exp(-rT). T is what makes the evictions match the need: Che's approximation of LRU (Che, Tung, Wang, 2002), with
 * the kernel's second chance in place of a single list.
 */
import { lowBy, type LruLists, type LruPair } from './lru-lists.ts'
import { CELL_PART, gather, grow, headCell, newHead, tailCell, tailTime, type LruCell } from './lru-cells.ts'
import { CELL_SLOTS, type Population } from './population.ts'
import { activationShare, keepSlots, pairOf, putIn, untouchedShare } from './touch.ts'

/** Pages that one call of reclaim is after (SWAP_CLUSTER_MAX, include/linux/swap.h). */
const SWAP_CLUSTER_MAX = 32
/** The first round of a call looks at a list's size shifted right by so much. */
const DEF_PRIORITY = 12
/** Looks at the tail in one call: three times round the list. */
const LOOKS = 3 * CELL_SLOTS

export interface EvictOptions {
  /** Free swap slots, pages: anonymous memory goes nowhere else. */
  readonly swapFreePages: number
  /** Seconds since the last step, over which the evictions are spread. */
  readonly seconds: number
  /** Seconds during which a refault goes to the active list. */
  readonly windowS: number
}

/**
 * Takes so many pages from the populations on the given pair of lists. Returns the pages that were evicted, which are
 * fewer if there are no more; locked and pinned ones stay. Folios that were touched again within the step have come
 * back already, and are counted as evicted and as faults, not in the return value.
 */
export function evict(
  populations: readonly Population[],
  lists: LruLists,
  pair: LruPair,
  pages: number,
  options: EvictOptions,
): number {
  const on = populations.filter(p => pairOf(lists, p) === pair && !p.isPinned && p.lock === 'none')
  const wanted = pair === lists.anon ? Math.min(pages, freeableToSwap(on, options.swapFreePages)) : pages
  if (wanted <= 0) return 0
  const scan = {
    ...options,
    now: lists.clockS + options.seconds,
    ageS: 0,
    share: 0,
    lists,
  }
  const sum: Sum = { gone: 0, evicted: 0, activated: 0, refaulted: 0, looked: 0 }
  gather(on, pair, scan.now)
  const before = pair.inactivePages
  for (let look = 0; look < LOOKS && sum.gone < wanted * (1 - 1e-9); look++) {
    const tail = tailCell(pair)
    if (tail === undefined) break
    scan.ageS = Math.max(0, scan.now - tailTime(tail))
    const there = evictable(on, tail, scan)
    scan.share = there > 0 ? Math.min(1, (wanted - sum.gone) / there) : 1
    lookAtTail(on, pair, tail, scan, sum)
  }
  pair.ageS = scan.ageS
  pair.scannedPerStep = before > 0 ? sum.looked / before : 0
  pair.agingPagesPerS = (sum.evicted + sum.activated + sum.refaulted) / options.seconds
  pair.evictingPagesPerS = sum.evicted / options.seconds
  keepInactive(on, lists, pair, sum, scan.now)
  return sum.gone
}

/** Clean pages with a slot need no new one. */
function freeableToSwap(on: readonly Population[], swapFreePages: number): number {
  let slots = swapFreePages
  for (const p of on) slots += (p.clean + p.cached) * p.folioPages
  return slots
}

interface Scan extends EvictOptions {
  readonly lists: LruLists
  readonly now: number
  /** Seconds that the folios at the tail have had to be touched in. */
  ageS: number
  /** Part of the tail that is looked at. */
  share: number
}

/** Pages, of one call of {@link evict}. */
interface Sum {
  gone: number
  evicted: number
  activated: number
  refaulted: number
  looked: number
}

/** Pages that a look at the whole cell would evict for good. Counts the pages in it. */
function evictable(on: readonly Population[], cell: LruCell, { ageS }: Scan): number {
  let sum = 0
  cell.pages = 0
  for (const p of on) {
    const seen = p.cells[CELL_SLOTS + cell.slot] ?? 0
    cell.pages += ((p.cells[cell.slot] ?? 0) + seen) * p.folioPages
    if (seen !== 0) {
      p.step.untouched = untouchedShare(p, ageS)
      sum += seen * p.step.untouched * p.step.stays * p.folioPages
    }
    sum += p.cached * CELL_PART * p.folioPages
  }
  return sum
}

/** A look at a part of the cell at the tail, and at as large a part of the active list. */
function lookAtTail(on: readonly Population[], pair: LruPair, tail: LruCell, scan: Scan, sum: Sum): void {
  const looked = tail.pages * scan.share
  const ofActive = pair.inactivePages > 0 ? looked / pair.inactivePages : 1
  const activeShare = Math.min(1, ofActive) * activeScanShare(pair, scan.lists.statsFlushS)
  tail.pages -= looked
  const head = tail === pair.cells.at(-1) ? newHead(on, pair, scan.now) : headCell(on, pair, scan.now)
  let toHead = 0
  for (const p of on) {
    const { cells } = p
    const first = (cells[tail.slot] ?? 0) * scan.share
    const second = (cells[CELL_SLOTS + tail.slot] ?? 0) * scan.share
    const evicted = second === 0 ? 0 : second * p.step.untouched
    const left = p.active * activeShare
    cells[tail.slot] = (cells[tail.slot] ?? 0) - first
    cells[CELL_SLOTS + tail.slot] = (cells[CELL_SLOTS + tail.slot] ?? 0) - second
    cells[CELL_SLOTS + head.slot] = (cells[CELL_SLOTS + head.slot] ?? 0) + first + left
    toHead += (first + left) * p.folioPages
    dropFrom(p, evicted)
    p.fresh -= first
    p.seen += first + left - second
    p.active += second - evicted - left
    const unmapped = p.cached * CELL_PART * scan.share
    p.cached -= unmapped
    p.out += evicted + unmapped
    const backAgain = evicted === 0 ? 0 : evicted * (1 - p.step.stays)
    sum.refaulted += comeBack(p, scan.lists, backAgain, scan.windowS) * p.folioPages
    sum.gone += (evicted - backAgain + unmapped) * p.folioPages
    sum.evicted += (evicted + unmapped) * p.folioPages
    sum.activated += (second - evicted) * p.folioPages
  }
  sum.looked += looked
  grow(head, toHead, scan.now)
}

/** Evicted folios: what is dirty is written first. */
function dropFrom(p: Population, evicted: number): void {
  const mapped = p.fresh + p.seen + p.active + p.locked
  const clean = mapped > 0 ? Math.min(p.clean, (evicted * p.clean) / mapped) : 0
  p.clean -= clean
  const written = Math.max(0, evicted - clean) * p.folioPages
  if (p.kind === 'file') p.writebackPages += written
  else p.swapOutPages += written
}

/** Folios that were evicted and touched within one step. Returns those that went to the active list. */
function comeBack(p: Population, lists: LruLists, folios: number, windowS: number): number {
  if (folios === 0) return 0
  const share = activationShare(p, windowS)
  p.out -= folios
  p.majorFaults += folios
  if (p.kind === 'file') p.fileReadPages += folios * p.folioPages
  else p.swapInPages += folios * p.folioPages
  keepSlots(p, lists, 0, folios)
  putIn(p, folios, share)
  return folios * share
}

/**
 * Part of the calls of reclaim that also take from the active list, because the inactive one is low or because a call
 * found that refaults were activated since the last one (prepare_scan_control(), mm/vmscan.c). The latter shows in the
 * statistics alone, so that of all calls between two flushes one finds it.
 */
function activeScanShare(pair: LruPair, statsFlushS: number | null): number {
  if (pair.isLow) return 1
  if (statsFlushS === null || pair.activatingPagesPerS <= 0) return 0
  return Math.min(1, SWAP_CLUSTER_MAX / Math.max(1, pair.evictingPagesPerS * statsFlushS))
}

/**
 * Every round of a call that finds the inactive list low moves SWAP_CLUSTER_MAX pages from the active list to it
 * (shrink_lruvec(), mm/vmscan.c). A call has as many rounds as it takes, from a 4096th of the list on and twice as
 * much in each, to find what it is after. With statistics that are newer than a step, until the list is not low.
 */
function keepInactive(
  on: readonly Population[],
  lists: LruLists,
  pair: LruPair,
  sum: Sum,
  now: number,
): void {
  let [inactive, active] = [0, 0]
  for (const p of on) {
    inactive += (p.fresh + p.seen) * p.folioPages
    active += p.active * p.folioPages
  }
  pair.inactivePages = inactive
  pair.activePages = active
  const calls = sum.evicted / SWAP_CLUSTER_MAX
  const rounds = Math.min(
    DEF_PRIORITY + 1,
    Math.log2(1 + ((sum.looked / calls) * 2 ** DEF_PRIORITY) / inactive),
  )
  const most = calls * rounds * SWAP_CLUSTER_MAX
  const wanted = lists.statsFlushS === null ? (pair.isLow ? most : 0) : Math.min(most, lowBy(pair))
  const moved = Math.min(wanted, active)
  if (!(moved > 0)) return
  const head = headCell(on, pair, now)
  for (const p of on) {
    const part = (p.active * moved) / active
    p.active -= part
    p.seen += part
    p.cells[CELL_SLOTS + head.slot] = (p.cells[CELL_SLOTS + head.slot] ?? 0) + part
  }
  grow(head, moved, now)
  pair.inactivePages += moved
  pair.activePages -= moved
}
