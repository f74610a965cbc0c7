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
import type { Population } from './population.ts'
import { activationShare, pairOf, putIn, touchShare } from './touch.ts'

/** Pages that one call of reclaim is after (SWAP_CLUSTER_MAX, include/linux/swap.h). */
const SWAP_CLUSTER_MAX = 32
const PAGES_PER_GIB = 1 << 18
const TOLERANCE = 1e-3
const ITERATIONS = 12

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
  lookAhead(on, wanted, options.seconds)
  const available = evictable(on, options.seconds, 0)
  const isAll = wanted >= available * 0.98
  const ageS = isAll ? 0 : solveAge(on, pair, wanted, options.seconds)
  const scanned = isAll ? 1 : touchShare(1 / ageS, options.seconds)
  const got = isAll ? available : scanned * evictable(on, options.seconds, ageS)
  const scale = Math.min(1, (wanted / got) * scanned) // rounding of the solution
  return take(on, pair, { ...options, ageS, scanned: scale })
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

/** Pages that a look at the whole inactive list would evict, for folios that had T seconds to be touched in. */
function evictable(on: readonly Population[], seconds: number, ageS: number): number {
  let sum = 0
  for (const p of on)
    sum += (p.seen * Math.exp(-p.ratePerS * ageS) * staysOut(p, seconds) + p.cached) * p.folioPages
  return sum
}

/** The age at which one step's scanning finds as many pages as wanted: Newton's method on logarithms. */
function solveAge(on: readonly Population[], pair: LruPair, wanted: number, seconds: number): number {
  let u = Math.log(pair.ageS < Infinity && pair.ageS > 0 ? pair.ageS : seconds * 10)
  for (let i = 0; i < ITERATIONS; i++) {
    const age = Math.exp(u)
    let [sum, weighted] = [0, 0]
    for (const p of on) {
      const left = p.seen * Math.exp(-p.ratePerS * age) * staysOut(p, seconds) * p.folioPages
      sum += left + p.cached * p.folioPages
      weighted += left * p.ratePerS
    }
    const x = seconds / age
    const scanned = -Math.expm1(-x)
    const error = Math.log((scanned * sum) / wanted)
    if (Math.abs(error) < TOLERANCE) break
    const slope = (-x * Math.exp(-x)) / scanned - (age * weighted) / sum
    u -= Math.max(-2, Math.min(2, error / slope))
  }
  return Math.exp(u)
}

/** When too few folios had their first look, reclaim goes round until there are enough. */
function lookAhead(on: readonly Population[], wanted: number, seconds: number): void {
  for (const from of ['fresh', 'active'] as const) {
    const missing = 2 * wanted - evictable(on, seconds, 0)
    if (missing <= 0) return
    let there = 0
    for (const p of on) there += p[from] * p.folioPages * staysOut(p, seconds)
    if (there <= 0) continue
    const share = Math.min(1, missing / there)
    for (const p of on) {
      const looked = p[from] * share
      p[from] -= looked
      p.seen += looked
    }
  }
}

interface Scan extends EvictOptions {
  readonly ageS: number
  /** Part of the inactive list that is looked at in this step. */
  readonly scanned: number
}

/** One step's looks, at both lists. Returns the pages evicted for good. */
function take(on: readonly Population[], pair: LruPair, scan: Scan): number {
  const scannedActive = scan.scanned * activeScanShare(pair)
  const sum = { gone: 0, evicted: 0, activated: 0, refaulted: 0, inactive: 0, active: 0 }
  for (const p of on) {
    const spared = touchShare(p.ratePerS, scan.ageS)
    const looked = p.seen * scan.scanned
    const evicted = looked * (1 - spared)
    const backAgain = evicted * (1 - staysOut(p, scan.seconds))
    const unmapped = p.cached * scan.scanned
    const left = p.active * scannedActive
    const freshLooked = p.fresh * scan.scanned
    dropFrom(p, evicted, unmapped)
    p.seen += freshLooked + left - looked
    p.fresh -= freshLooked
    p.active += looked - evicted - left
    p.cached -= unmapped
    p.out += evicted + unmapped
    const refaulted = comeBack(p, backAgain, scan.windowS)
    sum.gone += (evicted - backAgain + unmapped) * p.folioPages
    sum.evicted += (evicted + unmapped) * p.folioPages
    sum.activated += (looked - evicted) * p.folioPages
    sum.refaulted += refaulted * p.folioPages
    sum.inactive += (p.fresh + p.seen + p.cached) * p.folioPages
    sum.active += p.active * p.folioPages
  }
  pair.ageS = scan.ageS
  pair.agingPagesPerS = (sum.evicted + sum.activated + sum.refaulted) / scan.seconds
  pair.evictingPagesPerS = sum.evicted / scan.seconds
  keepInactive(on, pair, sum)
  return sum.gone
}

/** Evicted folios: what is dirty is written first. */
function dropFrom(p: Population, evicted: number, unmapped: number): void {
  const mapped = p.fresh + p.seen + p.active + p.locked
  const clean = mapped > 0 ? Math.min(p.clean, (evicted * p.clean) / mapped) : 0
  p.clean -= clean
  const written = (evicted - clean) * p.folioPages
  if (p.kind === 'file') p.writebackPages += written
  else p.swapOutPages += written
  void unmapped // has its copy already
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
function keepInactive(
  on: readonly Population[],
  pair: LruPair,
  sum: { readonly inactive: number; readonly active: number },
): void {
  const gib = Math.floor((sum.inactive + sum.active) / PAGES_PER_GIB)
  const ratio = gib === 0 ? 1 : Math.floor(Math.sqrt(10 * gib))
  const excess = Math.max(0, (sum.active - sum.inactive * ratio) / (1 + ratio))
  const share = sum.active > 0 ? excess / sum.active : 0
  if (share > 0)
    for (const p of on) {
      const moved = p.active * share
      p.active -= moved
      p.seen += moved
    }
  pair.inactivePages = sum.inactive + excess
  pair.activePages = sum.active - excess
}
