/**
 * Whose pages reclaim looks at: mm/vmscan.c. Quantities are pages.
 * Since 5.8, when swappiness became a comparison of costs up to 200. The classic LRU, not the multi-generation one.
 */

export const DEF_PRIORITY = 12
/** Pages that reclaim takes off a list at a time, and that direct reclaim is content with. */
export const SWAP_CLUSTER_MAX = 32
export const MAX_SWAPPINESS = 200
const PAGES_PER_GIB = 2 ** 18

/** The four lists that reclaim scans. */
export interface LruSizes {
  readonly inactiveAnon: number
  readonly activeAnon: number
  readonly inactiveFile: number
  readonly activeFile: number
}

/** What scanning each kind has cost lately: see lruNoteCost(). */
export interface LruCost {
  readonly anonCost: number
  readonly fileCost: number
}

export interface ScanControl {
  /** 12 at first, down to 0: lists are scanned in parts of 1 / 2^priority. */
  readonly priority: number
  /** vm.swappiness, or memory.swappiness of v1, 0 to 200. */
  readonly swappiness: number
  /** Swap slots that the reclaimed memory may still use. */
  readonly freeSwapPages: number
  /** Reclaim inside a memory cgroup, because of its limit. */
  readonly cgroupReclaim: boolean
  /** Free pages and high watermarks of the node; they matter to reclaim outside of cgroups only. */
  readonly freePages: number
  readonly highWatermarkPages: number
  readonly cost: LruCost
  /** Pages of each kind refault into the active list: the inactive list holds no stale cache worth trimming first. */
  readonly refaultingAnon?: boolean
  readonly refaultingFile?: boolean
}

export type ScanBalance = 'file' | 'anon' | 'equal' | 'fract'

/** Which rule decided, for the explanation. */
export type ScanReason =
  | 'no swap left'
  | 'swappiness 0 in a cgroup'
  | 'last resort'
  | 'file is tiny'
  | 'cache trim mode'
  | 'swappiness'

export interface ScanCount {
  readonly balance: ScanBalance
  readonly reason: ScanReason
  /** Of the pressure, between 0 and 1. Both 1 if each list is scanned by its size alone. */
  readonly anonShare: number
  readonly fileShare: number
  /** Pages to scan of each list in this round. */
  readonly scan: LruSizes
}

/**
 * Kernel: inactive_is_low(), mm/vmscan.c
 * Whether pages should move from the active to the inactive list: below 1 GiB when there are fewer inactive ones, above
 * when fewer than one in the root of ten times the GiB.
 */
export function inactiveIsLow(inactive: number, active: number): boolean {
  const gib = Math.floor((inactive + active) / PAGES_PER_GIB)
  const ratio = gib > 0 ? Math.floor(Math.sqrt(10 * gib)) : 1
  return inactive * ratio < active
}

/**
 * Kernel: prepare_scan_control(), mm/vmscan.c
 * Whether cache alone is trimmed (plenty of inactive cache that nobody asks back), and whether the cache is so small
 * that anonymous memory has to go.
 */
export function prepareScanControl(
  lru: LruSizes,
  sc: ScanControl,
): { readonly cacheTrimMode: boolean; readonly fileIsTiny: boolean } {
  const shrinkAnon = sc.refaultingAnon === true || inactiveIsLow(lru.inactiveAnon, lru.activeAnon)
  const shrinkFile = sc.refaultingFile === true || inactiveIsLow(lru.inactiveFile, lru.activeFile)
  const cacheTrimMode = part(lru.inactiveFile, sc.priority) > 0 && !shrinkFile
  const fileIsTiny =
    !sc.cgroupReclaim &&
    lru.inactiveFile + lru.activeFile + sc.freePages <= sc.highWatermarkPages &&
    !shrinkAnon &&
    part(lru.inactiveAnon, sc.priority) > 0
  return { cacheTrimMode, fileIsTiny }
}

/**
 * Kernel: get_scan_count(), mm/vmscan.c
 * How many pages of each list one round of reclaim scans, and why.
 */
export function getScanCount(lru: LruSizes, sc: ScanControl): ScanCount {
  const { balance, reason } = scanBalance(lru, sc)
  const shares = pressureOf(balance, sc)
  const scan = (pages: number, share: number): number => Math.floor(part(pages, sc.priority) * share)
  return {
    balance,
    reason,
    ...shares,
    scan: {
      inactiveAnon: scan(lru.inactiveAnon, shares.anonShare),
      activeAnon: scan(lru.activeAnon, shares.anonShare),
      inactiveFile: scan(lru.inactiveFile, shares.fileShare),
      activeFile: scan(lru.activeFile, shares.fileShare),
    },
  }
}

function scanBalance(lru: LruSizes, sc: ScanControl): { balance: ScanBalance; reason: ScanReason } {
  if (sc.freeSwapPages <= 0) return { balance: 'file', reason: 'no swap left' }
  if (sc.cgroupReclaim && sc.swappiness === 0) return { balance: 'file', reason: 'swappiness 0 in a cgroup' }
  if (sc.priority === 0 && sc.swappiness > 0) return { balance: 'equal', reason: 'last resort' }
  const { cacheTrimMode, fileIsTiny } = prepareScanControl(lru, sc)
  if (fileIsTiny) return { balance: 'anon', reason: 'file is tiny' }
  if (cacheTrimMode) return { balance: 'file', reason: 'cache trim mode' }
  return { balance: 'fract', reason: 'swappiness' }
}

function pressureOf(balance: ScanBalance, sc: ScanControl): { anonShare: number; fileShare: number } {
  if (balance === 'fract') return calculatePressureBalance(sc.swappiness, sc.cost)
  return { anonShare: balance === 'file' ? 0 : 1, fileShare: balance === 'anon' ? 0 : 1 }
}

/**
 * Kernel: calculate_pressure_balance(), mm/vmscan.c
 * Shares of the pressure, inversely to what reclaiming each kind has cost, weighed by swappiness: at 100 both count the
 * same. Neither kind falls below a third of it before swappiness.
 */
export function calculatePressureBalance(
  swappiness: number,
  cost: LruCost,
): { readonly anonShare: number; readonly fileShare: number } {
  const sum = cost.anonCost + cost.fileCost
  const anonCost = sum + cost.anonCost
  const fileCost = sum + cost.fileCost
  const total = anonCost + fileCost
  const anon = Math.floor((swappiness * (total + 1)) / (anonCost + 1))
  const file = Math.floor(((MAX_SWAPPINESS - swappiness) * (total + 1)) / (fileCost + 1))
  return { anonShare: anon / (anon + file), fileShare: file / (anon + file) }
}

/**
 * Kernel: lru_note_cost(), mm/swap.c
 * Adds what reclaim of one kind cost: I/O (pages written, or refaulted) counts 32 times, a page scanned in vain once. Both
 * kinds are halved when together they pass a quarter of the pages on the lists.
 */
export function lruNoteCost(
  cost: LruCost,
  kind: 'anon' | 'file',
  nrIo: number,
  nrRotated: number,
  lruPages: number,
): LruCost {
  const added = nrIo * SWAP_CLUSTER_MAX + nrRotated
  const anonCost = cost.anonCost + (kind === 'anon' ? added : 0)
  const fileCost = cost.fileCost + (kind === 'file' ? added : 0)
  if (anonCost + fileCost <= lruPages / 4) return { anonCost, fileCost }
  return { anonCost: Math.floor(anonCost / 2), fileCost: Math.floor(fileCost / 2) }
}

/** Exact beyond 2^31, where shifts are not. */
function part(pages: number, priority: number): number {
  return Math.floor(pages / 2 ** priority)
}
