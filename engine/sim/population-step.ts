/** Populations over time: a step of accesses and the reclaim that they cause, and how long a step may be. */
import { evict } from './evict.ts'
import { type LruLists, type LruPair } from './lru-lists.ts'
import { moveOn } from './lru-stages.ts'
import { memoryPages, PLACES, type Population, type PopulationFlow } from './population.ts'
import { arrive, pairOf, sendFor, writeBack } from './touch.ts'

/** The memory that populations share. */
export interface Room {
  /** Pages that all of them may take together, mapped or not: the limit of their cgroup less what else is in it. */
  readonly limitPages: number
  /** Free slots of swap, pages. */
  readonly swapFreePages: number
  /** Share of the evictions that files should bear, 0 to 1; by size of the lists if it is not given. */
  readonly fileShare?: number
  /** Time constant of periodic writeback in seconds; dirty file pages are written only to be evicted if not given. */
  readonly writebackS?: number
}

/** What happened in a step, in pages of 4 KiB and in faults, of all populations together. */
export interface StepFlows {
  minorFaults: number
  majorFaults: number
  swapInPages: number
  swapOutPages: number
  fileReadPages: number
  writebackPages: number
  /** Pages in memory at the end, mapped or not. */
  memoryPages: number
  /** Pages that were wanted and found no room because nothing was left to evict: out of memory. */
  shortPages: number
}

const COUNTERS = [
  'minorFaults',
  'majorFaults',
  'swapInPages',
  'swapOutPages',
  'fileReadPages',
  'writebackPages',
] as const

/** Parts of all folios, and of those of one population, that may change place in one step. */
const STEP_CHANGE = 0.02
const POPULATION_CHANGE = 0.1
const GROWTH = 1.5
/** Of the inactive list, that may be looked at in one step. */
const SCAN_PART = 0.08
/** Relative change per eviction age, or per step if nothing is evicted, below which nothing is said to change. */
const SETTLED = 1e-6
const FIRST_STEP_ACCESSES = 0.01

/**
 * All populations are accessed for so many seconds; what comes in displaces other pages once the room is full. The
 * step should be no longer than {@link suggestStep} says. Changes the populations and the lists.
 */
export function advance(
  populations: readonly Population[],
  lists: LruLists,
  room: Room,
  seconds: number,
): StepFlows {
  if (room.limitPages !== lists.lastLimitPages) lists.isSettled = false
  lists.lastLimitPages = room.limitPages
  if (lists.isSettled) return coast(populations, seconds)
  if (!(seconds > 0)) return { ...noFlows(), memoryPages: memoryOf(populations) }
  const before = remember(populations)
  const used = memoryOf(populations)
  let coming = 0
  for (const p of populations) coming += sendFor(p, lists, seconds)
  const need = used + coming - room.limitPages
  const freed =
    need > 0 ? makeRoom(populations, lists, room, need, seconds) : quiet(populations, lists, seconds)
  const admitted = coming > 0 ? Math.max(0, Math.min(1, (coming - Math.max(0, need - freed)) / coming)) : 1
  lists.clockS += seconds
  access(populations, lists, seconds, admitted)
  if (room.writebackS !== undefined) for (const p of populations) writeBack(p, seconds, room.writebackS)
  const flows = settle(populations, lists, before, seconds)
  return { ...flows, memoryPages: memoryOf(populations), shortPages: coming * (1 - admitted) }
}

/** Seconds that the next step may take; Infinity when only counters run on, until disturb() is called. */
export function suggestStep(populations: readonly Population[], lists: LruLists): number {
  if (lists.isSettled) return Infinity
  if (lists.nextStepS > 0) return lists.nextStepS
  let fastest = 0
  for (const p of populations) if (p.absent + p.out > 0) fastest = Math.max(fastest, p.ratePerS)
  return fastest === 0 ? Infinity : FIRST_STEP_ACCESSES / fastest
}

/** Evicts from both pairs of lists; what one cannot give the other must. */
function makeRoom(
  populations: readonly Population[],
  lists: LruLists,
  room: Room,
  need: number,
  seconds: number,
): number {
  const { anon, file } = lists
  const total = listPages(populations, lists, anon) + listPages(populations, lists, file)
  const share = total === 0 ? 0 : (room.fileShare ?? listPages(populations, lists, file) / total)
  const options = (pair: LruPair): Parameters<typeof evict>[4] => ({
    swapFreePages: room.swapFreePages,
    seconds,
    windowS: refaultWindow(lists, pair, room.swapFreePages > 0),
  })
  let freed = evict(populations, lists, file, need * share, options(file))
  freed += evict(populations, lists, anon, need - freed, options(anon))
  if (freed < need * 0.999) freed += evict(populations, lists, file, need - freed, options(file))
  return freed
}

function listPages(populations: readonly Population[], lists: LruLists, pair: LruPair): number {
  let pages = 0
  for (const p of populations)
    if (pairOf(lists, p) === pair && p.lock === 'none' && !p.isPinned) pages += memoryPages(p)
  return pages
}

/** Nothing is evicted in this step. */
function quiet(populations: readonly Population[], lists: LruLists, seconds: number): number {
  for (const pair of [lists.anon, lists.file]) {
    pair.evictingPagesPerS = pair.scannedPerStep = 0
    moveOn(
      populations.filter(p => pairOf(lists, p) === pair),
      pair,
      lists.clockS + seconds,
    )
    pair.agingPagesPerS = 0
  }
  return 0
}

/**
 * Seconds during which a refault counts as recent: until as many pages were evicted and activated as the lists hold
 * that could have been given up for it (workingset_test_recent(), mm/workingset.c).
 */
function refaultWindow({ anon, file }: LruLists, pair: LruPair, hasSwap: boolean): number {
  const aging = anon.agingPagesPerS + file.agingPagesPerS
  if (aging <= 0) return Infinity
  let pages = file.activePages
  if (pair === anon) pages += file.inactivePages
  if (hasSwap) pages += anon.activePages + (pair === file ? anon.inactivePages : 0)
  return pages / aging
}

function access(
  populations: readonly Population[],
  lists: LruLists,
  seconds: number,
  admitted: number,
): void {
  const { anon, file } = lists
  const windows = { anon: refaultWindow(lists, anon, true), file: refaultWindow(lists, file, true) }
  const activated = { anon: 0, file: 0 }
  for (const p of populations) {
    const list = p.kind === 'file' ? 'file' : 'anon'
    activated[list] += arrive(p, lists, windows[list], admitted) * p.folioPages
  }
  anon.activatingPagesPerS = activated.anon / seconds
  file.activatingPagesPerS = activated.file / seconds
  anon.agingPagesPerS += anon.activatingPagesPerS
  file.agingPagesPerS += file.activatingPagesPerS
}

type Counts = Record<(typeof COUNTERS)[number] | (typeof PLACES)[number], number>

function remember(populations: readonly Population[]): Counts[] {
  return populations.map(p => ({
    absent: p.absent,
    out: p.out,
    cached: p.cached,
    fresh: p.fresh,
    seen: p.seen,
    active: p.active,
    locked: p.locked,
    minorFaults: p.minorFaults,
    majorFaults: p.majorFaults,
    swapInPages: p.swapInPages,
    swapOutPages: p.swapOutPages,
    fileReadPages: p.fileReadPages,
    writebackPages: p.writebackPages,
  }))
}

/** Sums up a step, notes the rates, and decides how long the next one may be. */
function settle(
  populations: readonly Population[],
  lists: LruLists,
  before: readonly Counts[],
  seconds: number,
): StepFlows {
  const flows = noFlows()
  let [worst, moved, folios] = [0, 0, 0]
  populations.forEach((p, i) => {
    const was = before[i]
    if (was === undefined) return
    for (const name of COUNTERS) {
      const n = p[name] - was[name]
      flows[name] += n
      p.flow[`${name}PerS`] = n / seconds
    }
    let change = 0
    for (const place of PLACES) change += Math.abs(p[place] - was[place])
    worst = Math.max(worst, change / (2 * p.nrFolios || 1))
    moved += (change / 2) * p.folioPages
    folios += p.nrFolios * p.folioPages
  })
  const change = Math.max(worst / POPULATION_CHANGE, moved / (folios || 1) / STEP_CHANGE)
  const span = Math.max(1, Math.min(lists.anon.ageS, lists.file.ageS) / seconds)
  lists.isSettled = change * span < SETTLED / STEP_CHANGE
  const scanned = Math.max(lists.anon.scannedPerStep, lists.file.scannedPerStep)
  lists.nextStepS = Math.min(
    seconds * Math.min(GROWTH, Math.max(0.2, 1 / Math.max(change, 1e-9))),
    scanned > 0 ? (seconds * SCAN_PART) / scanned : Infinity,
  )
  return flows
}

/** The rates of the last step go on; nothing else changes. */
function coast(populations: readonly Population[], seconds: number): StepFlows {
  const flows = noFlows()
  for (const p of populations)
    for (const name of COUNTERS) {
      const n = p.flow[`${name}PerS` as keyof PopulationFlow] * seconds
      p[name] += n
      flows[name] += n
    }
  return { ...flows, memoryPages: memoryOf(populations) }
}

function memoryOf(populations: readonly Population[]): number {
  let pages = 0
  for (const p of populations) pages += memoryPages(p)
  return pages
}

const noFlows = (): StepFlows => ({
  ...{ minorFaults: 0, majorFaults: 0, swapInPages: 0, swapOutPages: 0, fileReadPages: 0 },
  ...{ writebackPages: 0, memoryPages: 0, shortPages: 0 },
})
