/** What work costs: the table of unit costs, and what phases of work come to with it. */
import { PAGE_SIZE } from '../units.ts'
import type { Phase, WorkKind } from '../work.ts'

/** How a unit cost came about: `fitted` to measured programs, or `estimated` from other sources, which are named. */
export type CostBasis = 'fitted' | 'estimated'

/** What one unit of one kind of work costs a thread that has the machine to itself. */
export interface UnitCost {
  readonly kind: WorkKind
  /** Nanoseconds a unit while the memory worked on fits the caches. */
  readonly ns: number
  /** Standard deviation of `ns`. */
  readonly spreadNs: number
  /** Nanoseconds on top for each unit beyond the caches; 0 where the cache makes no difference. */
  readonly beyondCacheNs: number
  readonly beyondCacheSpreadNs: number
  readonly basis: CostBasis
  readonly source: string
  /** What a unit is, in a sentence. */
  readonly meaning: string
}

/** How well a table says again what it was fitted to. Shares of the measured time, not per cent. */
export interface Residuals {
  readonly rows: number
  readonly medianError: number
  readonly p95Error: number
  readonly maxError: number
  /** Each row predicted by a table fitted to all the others. */
  readonly looMedianError: number
  readonly looP95Error: number
  readonly looMaxError: number
}

/** Unit costs of one machine. */
export interface CostTable {
  readonly id: string
  readonly title: string
  readonly source: string
  /** Last-level cache: work on more memory than this at once pays the `beyondCacheNs` for the rest. */
  readonly cacheBytes: number
  readonly units: readonly UnitCost[]
  readonly residuals: Residuals
}

/** Bytes of memory that a unit passes through the caches, where being beyond them costs extra. */
const BYTES_PASSED: Partial<Record<WorkKind, number>> = {
  clearSmallPage: PAGE_SIZE,
  clearLargePage: PAGE_SIZE,
  copyPage: 2 * PAGE_SIZE,
  touchPage: PAGE_SIZE,
  // struct page
  allocShmemPage: 64,
  addFilePage: 64,
}

/** Kinds that a cost beyond the caches is known for. */
export const CACHE_SENSITIVE = Object.keys(BYTES_PASSED) as WorkKind[]

/**
 * Kinds that touch what the kernel keeps of each small page: its struct page, its entry, its place in a list. Since that
 * was last in use the page itself has passed the caches, so that they find it there or not as they would find the page.
 */
export const ABOUT_PAGES: readonly WorkKind[] = [
  'mapCachePage',
  'mlockFolio',
  'munlockFolio',
  'protectPage',
  'zapCachePage',
  'freePage',
  'freeCachePage',
]

/** Units of one kind: how many, and how many of them were beyond the caches. */
export interface WorkAmount {
  readonly amount: number
  readonly beyondCache: number
}

/**
 * Sums up the work of phases that followed each other closely enough to share the caches. Of a stream of more bytes than
 * the cache holds, all but the cache's worth is beyond it. A page that the same work has just cleared is still cached
 * when it is touched.
 */
export function workAmounts(phases: readonly Phase[], cacheBytes: number): Map<WorkKind, WorkAmount> {
  const sums = new Map<WorkKind, number>()
  for (const phase of phases)
    for (const { kind, amount } of phase.work) sums.set(kind, (sums.get(kind) ?? 0) + amount)
  const cleared = (sums.get('clearSmallPage') ?? 0) + (sums.get('clearLargePage') ?? 0)
  const passing = (kind: WorkKind): number =>
    kind === 'touchPage' ? Math.max(0, (sums.get(kind) ?? 0) - cleared) : (sums.get(kind) ?? 0)
  let bytes = 0
  for (const kind of CACHE_SENSITIVE) bytes += passing(kind) * (BYTES_PASSED[kind] ?? 0)
  const share = bytes > cacheBytes ? 1 - cacheBytes / bytes : 0
  const amounts = new Map<WorkKind, WorkAmount>()
  addAboutPages(sums, cacheBytes, amounts)
  for (const [kind, amount] of sums) {
    if (amounts.has(kind)) continue
    const beyondCache = BYTES_PASSED[kind] === undefined ? 0 : passing(kind) * share
    amounts.set(kind, { amount, beyondCache })
  }
  return amounts
}

function addAboutPages(
  sums: ReadonlyMap<WorkKind, number>,
  cacheBytes: number,
  into: Map<WorkKind, WorkAmount>,
): void {
  let pages = 0
  for (const kind of ABOUT_PAGES) pages = Math.max(pages, sums.get(kind) ?? 0)
  const bytes = pages * PAGE_SIZE
  const share = bytes > cacheBytes ? 1 - cacheBytes / bytes : 0
  for (const kind of ABOUT_PAGES) {
    const amount = sums.get(kind)
    if (amount !== undefined) into.set(kind, { amount, beyondCache: amount * share })
  }
}

const byKind = new WeakMap<CostTable, ReadonlyMap<WorkKind, UnitCost>>()

/** The cost of one kind of work. */
export function unitCost(table: CostTable, kind: WorkKind): UnitCost {
  let units = byKind.get(table)
  if (units === undefined) {
    units = new Map(table.units.map(unit => [unit.kind, unit]))
    byKind.set(table, units)
  }
  const unit = units.get(kind)
  if (unit === undefined) throw new Error(`cost table ${table.id} has no cost for ${kind}`)
  return unit
}

/** Nanoseconds of a phase, by kind of work. One thread, nobody else around. */
export function kindShares(table: CostTable, phase: Phase): Map<WorkKind, number> {
  return sharesOf(table, [phase])
}

function sharesOf(table: CostTable, phases: readonly Phase[]): Map<WorkKind, number> {
  const shares = new Map<WorkKind, number>()
  for (const [kind, { amount, beyondCache }] of workAmounts(phases, table.cacheBytes)) {
    const unit = unitCost(table, kind)
    shares.set(kind, amount * unit.ns + beyondCache * unit.beyondCacheNs)
  }
  return shares
}

const total = (shares: ReadonlyMap<WorkKind, number>): number => {
  let ns = 0
  for (const share of shares.values()) ns += share
  return ns
}

/** Nanoseconds that a phase takes one thread with nobody else around. */
export function costOfPhase(table: CostTable, phase: Phase): number {
  return total(kindShares(table, phase))
}

/**
 * Nanoseconds of phases that follow each other at once, by one thread with nobody else around. They share the caches, so
 * this can be more than the sum of each by itself.
 */
export function costOfPhases(table: CostTable, phases: readonly Phase[]): number {
  return total(sharesOf(table, phases))
}

/** Bytes that a phase moves through the memory bus if nothing is cached: written to clear, read and written to copy. */
export function clearedBytes(phase: Phase): number {
  let bytes = 0
  for (const { kind, amount } of phase.work) {
    if (kind === 'clearSmallPage' || kind === 'clearLargePage') bytes += amount * PAGE_SIZE
    else if (kind === 'copyPage') bytes += amount * 2 * PAGE_SIZE
  }
  return bytes
}
