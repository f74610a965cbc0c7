/** Populations over time: a step of accesses and the reclaim that they cause, and how long a step may be. */
import { writeBack } from './dirty.ts'
import { evict } from './evict.ts'
import { type LruLists, type LruPair } from './lru-lists.ts'
import { gather } from './lru-cells.ts'
import { memoryPages, type Population } from './population.ts'
import {
  coast,
  FIRST_STEP_ACCESSES,
  memoryOf,
  noFlows,
  remember,
  sumUp,
  type StepFlows,
} from './step-length.ts'
import { arrive, pairOf, sendFor } from './touch.ts'

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

/** Of what is needed; the rest is rounding. */
const ENOUGH = 1 - 1e-6

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
  if (hasChanged(room, lists)) lists.isSettled = false
  lists.lastLimitPages = room.limitPages
  lists.hasSwap = room.swapFreePages > 0
  if (lists.isSettled) return coast(populations, lists, seconds)
  if (!(seconds > 0)) return { ...noFlows(), memoryPages: memoryOf(populations) }
  for (const p of populations) remember(p)
  const used = memoryOf(populations)
  let coming = 0
  for (const p of populations) coming += sendFor(p, lists, seconds)
  const need = used + coming - room.limitPages
  const freed =
    need > 0
      ? makeRoom(populations, lists, room, need, seconds)
      : quiet(populations, lists, lists.clockS + seconds)
  const admitted = coming > 0 ? Math.max(0, Math.min(1, (coming - Math.max(0, need - freed)) / coming)) : 1
  lists.clockS += seconds
  access(populations, lists, seconds, admitted)
  for (const p of populations) writeBack(p, seconds, room.writebackS ?? Infinity)
  const flows = sumUp(populations, lists, used, seconds)
  flows.shortPages = coming * (1 - admitted)
  if (flows.shortPages > 0) lists.isSettled = false
  return flows
}

/** A limit that moves by less than this part is the same. */
const SAME_LIMIT = 1e-6

const hasChanged = ({ limitPages, swapFreePages }: Room, { lastLimitPages, hasSwap }: LruLists): boolean =>
  hasSwap !== swapFreePages > 0 ||
  !(Math.abs(limitPages - lastLimitPages) <= SAME_LIMIT * limitPages || limitPages === lastLimitPages)

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
  if (freed < need * ENOUGH) freed += evict(populations, lists, anon, need - freed, options(anon))
  if (freed < need * ENOUGH) freed += evict(populations, lists, file, need - freed, options(file))
  return freed
}

function listPages(populations: readonly Population[], lists: LruLists, pair: LruPair): number {
  let pages = 0
  for (const p of populations)
    if (pairOf(lists, p) === pair && p.lock === 'none' && !p.isPinned) pages += memoryPages(p)
  return pages
}

/** Nothing is evicted in this step. */
function quiet(populations: readonly Population[], lists: LruLists, now: number): number {
  for (const pair of [lists.anon, lists.file]) {
    pair.evictingPagesPerS = pair.scannedPerStep = 0
    gather(
      populations.filter(p => pairOf(lists, p) === pair && p.lock === 'none' && !p.isPinned),
      pair,
      now,
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
  let pages = 1 + file.activePages // one, or a list that is empty would stay so
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
