/**
 * Which pages reclaim takes. The kernel's classic lists (mm/vmscan.c): what comes in by a fault is put on the inactive
 * list; the first look at it only marks it (every page was touched by the fault that mapped it), the second evicts it
 * or, if it was touched in between, makes it active; what leaves the active list has one more round to be touched in.
 *
 * Between two looks a folio waits for the eviction age T; a folio with rate r is spared with probability
 * 1 - exp(-rT). T is what makes the evictions match the need: Che's approximation of LRU (Che, Tung, Wang, 2002), with
 * the kernel's second chance in place of a single list.
 */
import type { LruLists, LruPair } from './lru-lists.ts'
import { moveOn, TAIL } from './lru-stages.ts'
import { STAGES, type Population } from './population.ts'
import { activationShare, pairOf, putIn } from './touch.ts'

/** Pages that one call of reclaim is after (SWAP_CLUSTER_MAX, include/linux/swap.h). */
const SWAP_CLUSTER_MAX = 32
const PAGES_PER_GIB = 1 << 18
/** Looks at the tail in one call: three times round the list. */
const LOOKS = 3 * STAGES

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
  const scan = { ...options, now: lists.clockS + options.seconds, ageS: 0, share: 0 }
  const sum: Sum = { gone: 0, evicted: 0, activated: 0, refaulted: 0, looked: 0 }
  const before = pair.inactivePages
  for (let look = 0; look < LOOKS && sum.gone < wanted * (1 - 1e-9); look++) {
    moveOn(on, pair, scan.now)
    scan.ageS = Math.max(0, scan.now - (pair.stageBirthS[TAIL] ?? 0))
    const there = evictable(on, scan)
    scan.share = there > 0 ? Math.min(1, (wanted - sum.gone) / there) : 1
    lookAtTail(on, pair, scan, sum)
  }
  pair.ageS = scan.ageS
  pair.scannedPerStep = before > 0 ? sum.looked / before : 1
  pair.agingPagesPerS = (sum.evicted + sum.activated + sum.refaulted) / options.seconds
  pair.evictingPagesPerS = sum.evicted / options.seconds
  keepInactive(on, pair)
  return sum.gone
}

/** Clean pages with a slot need no new one. */
function freeableToSwap(on: readonly Population[], swapFreePages: number): number {
  let slots = swapFreePages
  for (const p of on) slots += (p.clean + p.cached) * p.folioPages
  return slots
}

/** Part of an eviction that is not undone by a fault in the same step. */
function staysOut(p: Population, seconds: number): number {
  const x = p.ratePerS * seconds
  return x < 1e-6 ? 1 : -Math.expm1(-x) / x
}

interface Scan extends EvictOptions {
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

/** Pages that a look at the whole tail would evict for good. */
function evictable(on: readonly Population[], { ageS, seconds }: Scan): number {
  let sum = 0
  for (const p of on) {
    const left = (p.stages[STAGES + TAIL] ?? 0) * Math.exp(-p.ratePerS * ageS)
    sum += (left * staysOut(p, seconds) + p.cached / STAGES) * p.folioPages
  }
  return sum
}

/** A look at the tail of the inactive list, and at as large a part of the active list. */
function lookAtTail(on: readonly Population[], pair: LruPair, scan: Scan, sum: Sum): void {
  const { stagePages } = pair
  const looked = (stagePages[TAIL] ?? 0) * scan.share
  const ofActive = pair.inactivePages > 0 ? looked / pair.inactivePages : 1
  const activeShare = Math.min(1, ofActive) * activeScanShare(pair)
  for (const p of on) {
    const { stages } = p
    const first = (stages[TAIL] ?? 0) * scan.share
    const second = (stages[STAGES + TAIL] ?? 0) * scan.share
    const evicted = second * Math.exp(-p.ratePerS * scan.ageS)
    const left = p.active * activeShare
    stages[TAIL] = (stages[TAIL] ?? 0) - first
    stages[STAGES + TAIL] = (stages[STAGES + TAIL] ?? 0) - second
    stages[STAGES] = (stages[STAGES] ?? 0) + first + left
    dropFrom(p, evicted)
    p.fresh -= first
    p.seen += first + left - second
    p.active += second - evicted - left
    const unmapped = (p.cached / STAGES) * scan.share
    p.cached -= unmapped
    p.out += evicted + unmapped
    const backAgain = evicted * (1 - staysOut(p, scan.seconds))
    sum.refaulted += comeBack(p, backAgain, scan.windowS) * p.folioPages
    sum.gone += (evicted - backAgain + unmapped) * p.folioPages
    sum.evicted += (evicted + unmapped) * p.folioPages
    sum.activated += (second - evicted) * p.folioPages
  }
  sum.looked += looked
}

/** Evicted folios: what is dirty is written first. */
function dropFrom(p: Population, evicted: number): void {
  const mapped = p.fresh + p.seen + p.active + p.locked
  const clean = mapped > 0 ? Math.min(p.clean, (evicted * p.clean) / mapped) : 0
  p.clean -= clean
  const written = (evicted - clean) * p.folioPages
  if (p.kind === 'file') p.writebackPages += written
  else p.swapOutPages += written
}

/** Folios that were evicted and touched within one step. Returns those that went to the active list. */
function comeBack(p: Population, folios: number, windowS: number): number {
  if (folios === 0) return 0
  const share = activationShare(p, windowS)
  p.out -= folios
  p.majorFaults += folios
  if (p.kind === 'file') p.fileReadPages += folios * p.folioPages
  else p.swapInPages += folios * p.folioPages
  putIn(p, folios, share)
  return folios * share
}

/**
 * The active list is scanned as fast as the inactive one while refaults are activated: a call of reclaim that finds
 * that one happened since the last call sets DEACTIVATE_ANON or DEACTIVATE_FILE (prepare_scan_control(), mm/vmscan.c).
 */
function activeScanShare(pair: LruPair): number {
  if (pair.evictingPagesPerS <= 0) return 0
  return -Math.expm1((-SWAP_CLUSTER_MAX * pair.activatingPagesPerS) / pair.evictingPagesPerS)
}

/** Moves folios from the active list while the inactive one is low (inactive_is_low(), mm/vmscan.c). */
function keepInactive(on: readonly Population[], pair: LruPair): void {
  let [inactive, active] = [0, 0]
  for (const p of on) {
    inactive += (p.fresh + p.seen) * p.folioPages
    active += p.active * p.folioPages
  }
  const gib = Math.floor((inactive + active) / PAGES_PER_GIB)
  const ratio = gib === 0 ? 1 : Math.floor(Math.sqrt(10 * gib))
  const excess = Math.max(0, (active - inactive * ratio) / (1 + ratio))
  const share = active > 0 ? excess / active : 0
  if (share > 0)
    for (const p of on) {
      const moved = p.active * share
      p.active -= moved
      p.seen += moved
      p.stages[STAGES] = (p.stages[STAGES] ?? 0) + moved
    }
  pair.inactivePages = inactive + excess
  pair.activePages = active - excess
}
