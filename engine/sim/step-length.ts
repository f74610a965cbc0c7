/** What a step has changed: its sums, how long the next one may be, and whether anything changes at all any more. */
import { type LruLists } from './lru-lists.ts'
import { memoryPages, type Population } from './population.ts'
import { putIn, touchShare } from './touch.ts'

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

/** Parts of all folios, and of those of one population, that may change place in one step. */
const STEP_CHANGE = 0.02
const POPULATION_CHANGE = 0.1
const GROWTH = 1.5
const SHRINKAGE = 0.2
/** Part of the inactive list that may be looked at in one step. */
const SCAN_PART = 0.08
/** No step is shorter than this part of the time so far, so that no run is endless. */
const SHORTEST = 1e-5
/** Of the room, what the step in which it becomes full evicts. */
const FIRST_EVICTIONS = 0.001
/** Pages that may be left to come without reclaim. */
const SETTLED_PAGES = 1e-3
/** Part of all folios: a smaller change in once round the list is none. */
const SETTLED_LAP = 5e-4
/** After so many rounds the demand is relaxed: what still swings then will go on swinging about the same mean. */
const PATIENT_LAPS = 30
/** What is locked when it is touched keeps its memory, so that it has to be nearly complete before it is left as it is. */
const LOCKED_WEIGHT = 50

/** Seconds of the very first step: the most popular folio is touched with this chance. */
export const FIRST_STEP_ACCESSES = 0.01

const PLACES = 7
const COUNTERS = 6
/** Notes where everything is, and how often what has happened. */
export function remember(p: Population): void {
  const { before } = p
  before[0] = p.absent
  before[1] = p.out
  before[2] = p.cached
  before[3] = p.fresh
  before[4] = p.seen
  before[5] = p.active
  before[6] = p.locked
  countersTo(p, before, PLACES)
}

function countersTo(p: Population, to: Float64Array, at: number): void {
  to[at] = p.minorFaults
  to[at + 1] = p.majorFaults
  to[at + 2] = p.swapInPages
  to[at + 3] = p.swapOutPages
  to[at + 4] = p.fileReadPages
  to[at + 5] = p.writebackPages
}

/** Folios that have changed place since {@link remember}. */
function moved(p: Population): number {
  const { before: was } = p
  const sum =
    Math.abs(p.absent - (was[0] ?? 0)) +
    Math.abs(p.out - (was[1] ?? 0)) +
    Math.abs(p.cached - (was[2] ?? 0)) +
    Math.abs(p.fresh - (was[3] ?? 0)) +
    Math.abs(p.seen - (was[4] ?? 0)) +
    Math.abs(p.active - (was[5] ?? 0)) +
    Math.abs(p.locked - (was[6] ?? 0))
  return sum / 2
}

/** Sums up the step since {@link remember}, and decides how long the next one may be. */
export function sumUp(
  populations: readonly Population[],
  lists: LruLists,
  usedPages: number,
  seconds: number,
): StepFlows {
  const flows = noFlows()
  let [worst, pages, all] = [0, 0, 0]
  for (const p of populations) {
    const { nrFolios } = p
    addTo(flows, p)
    const folios = moved(p)
    if (nrFolios > 0) worst = Math.max(worst, folios / nrFolios)
    pages += folios * p.folioPages
    all += nrFolios * p.folioPages
  }
  const part = all > 0 ? pages / all : 0
  noteSettled(populations, lists, all, seconds)
  lists.nextStepS = nextStep(lists, Math.max(worst / POPULATION_CHANGE, part / STEP_CHANGE), seconds)
  const full = untilFull(lists, flows.memoryPages, flows.memoryPages - usedPages, seconds)
  lists.nextStepS = Math.max(Math.min(lists.nextStepS, full), lists.clockS * SHORTEST)
  return flows
}

function nextStep({ anon, file }: LruLists, change: number, seconds: number): number {
  const factor = Math.min(GROWTH, Math.max(SHRINKAGE, 1 / Math.max(change, 1e-9)))
  const scanned = Math.max(anon.scannedPerStep, file.scannedPerStep)
  return seconds * Math.min(factor, scanned > 0 ? SCAN_PART / scanned : Infinity)
}

/** Seconds until the room is full, or those in which a small part of it comes: reclaim should start in a small step. */
function untilFull(lists: LruLists, usedPages: number, grownPages: number, seconds: number): number {
  const { lastLimitPages } = lists
  if (lastLimitPages === Infinity || grownPages <= 0) return Infinity
  const left = Math.max(lastLimitPages - usedPages, lastLimitPages * FIRST_EVICTIONS)
  return (seconds * left) / grownPages
}

/**
 * Without reclaim, nothing changes when next to nothing is left to come. With it, once round the inactive list is
 * compared with the round before: within a round, numbers come and go. Statistics that are flushed from outside alone
 * can change everything at any time.
 */
function noteSettled(
  populations: readonly Population[],
  lists: LruLists,
  all: number,
  seconds: number,
): void {
  if (lists.statsFlushS === null) return
  const scanned = Math.max(lists.anon.scannedPerStep, lists.file.scannedPerStep)
  lists.lap += scanned
  if (scanned === 0 ? leftToCome(populations) > SETTLED_PAGES : lists.lap < 1) return
  const lapS = scanned === 0 ? seconds : lists.clockS - lists.lapStartS
  if (scanned === 0) for (const p of populations) startLapAtStep(p)
  const change = all > 0 ? closeLap(populations, lists, lapS) / all : 0
  lists.isSettled =
    scanned === 0 || (lists.laps > 0 && change < SETTLED_LAP * Math.max(1, lists.laps / PATIENT_LAPS))
  lists.lap = 0
  lists.laps++
  lists.lapStartS = lists.clockS
}

/** Pages that accesses will bring in or map, sooner or later. */
function leftToCome(populations: readonly Population[]): number {
  let pages = 0
  for (const p of populations) if (p.ratePerS > 0) pages += (p.absent + p.out + p.cached) * p.folioPages
  return pages
}

/** Without reclaim, the last step stands for a round. */
function startLapAtStep({ before, lap }: Population): void {
  lap[1] = before[0] ?? 0
  for (let i = 0; i < COUNTERS; i++) lap[2 + i] = before[PLACES + i] ?? 0
}

/** Rates of the round that ends, and the pages by which it differs from the one before. */
function closeLap(populations: readonly Population[], lists: LruLists, lapS: number): number {
  let change = 0
  for (const p of populations) {
    const { lap, flow } = p
    const memory = memoryPages(p)
    const first = (lap[1] ?? 0) - p.absent
    const weight = canGiveWay(p, lists) ? 1 : LOCKED_WEIGHT
    change += Math.abs(memory - (lap[0] ?? 0)) + Math.abs(first) * p.folioPages * weight
    const [minor, major] = p.kind === 'file' ? [0, first] : [first, 0]
    flow.minorFaultsPerS = Math.max(0, p.minorFaults - (lap[2] ?? 0) - minor) / lapS
    flow.majorFaultsPerS = Math.max(0, p.majorFaults - (lap[3] ?? 0) - major) / lapS
    flow.swapInPagesPerS = (p.swapInPages - (lap[4] ?? 0)) / lapS
    flow.swapOutPagesPerS = (p.swapOutPages - (lap[5] ?? 0)) / lapS
    flow.fileReadPagesPerS = Math.max(0, p.fileReadPages - (lap[6] ?? 0) - major * p.folioPages) / lapS
    flow.writebackPagesPerS = (p.writebackPages - (lap[7] ?? 0)) / lapS
    lap[0] = memory
    lap[1] = p.absent
    countersTo(p, lap, 2)
  }
  return change
}

/** Whether a page of the population can take the place of another one without memory growing. */
const canGiveWay = (p: Population, { hasSwap }: LruLists): boolean =>
  p.lock === 'none' && !p.isPinned && (hasSwap || p.kind === 'file')

/**
 * The rates of the last round go on. What was never touched is touched, ever more rarely: it finds room, or takes the
 * place of something else, so that memory stays as full as it is.
 */
export function coast(populations: readonly Population[], lists: LruLists, seconds: number): StepFlows {
  const flows = noFlows()
  const isPressed = Math.max(lists.anon.scannedPerStep, lists.file.scannedPerStep) > 0
  lists.clockS += seconds
  for (const p of populations) {
    remember(p)
    const { flow } = p
    p.minorFaults += flow.minorFaultsPerS * seconds
    p.majorFaults += flow.majorFaultsPerS * seconds
    p.swapInPages += flow.swapInPagesPerS * seconds
    p.swapOutPages += flow.swapOutPagesPerS * seconds
    p.fileReadPages += flow.fileReadPagesPerS * seconds
    p.writebackPages += flow.writebackPagesPerS * seconds
    const share = touchShare(p.ratePerS, seconds)
    if (!isPressed) touchLast(p, p.absent * share, false)
    else if (canGiveWay(p, lists)) touchLast(p, p.absent * share, true)
    addTo(flows, p)
  }
  return flows
}

function touchLast(p: Population, first: number, isPressed: boolean): void {
  const pages = first * p.folioPages
  p.absent -= first
  if (p.kind === 'file') {
    p.majorFaults += first
    p.fileReadPages += pages
  } else p.minorFaults += first
  if (!isPressed) {
    putIn(p, first, 0)
    if (p.kind === 'file') p.clean += first * (1 - p.writeShare)
  } else {
    p.out += first
    if (p.kind !== 'file') p.swapOutPages += pages
  }
}

function addTo(flows: StepFlows, p: Population): void {
  const { before: was } = p
  flows.minorFaults += p.minorFaults - (was[PLACES] ?? 0)
  flows.majorFaults += p.majorFaults - (was[PLACES + 1] ?? 0)
  flows.swapInPages += p.swapInPages - (was[PLACES + 2] ?? 0)
  flows.swapOutPages += p.swapOutPages - (was[PLACES + 3] ?? 0)
  flows.fileReadPages += p.fileReadPages - (was[PLACES + 4] ?? 0)
  flows.writebackPages += p.writebackPages - (was[PLACES + 5] ?? 0)
  flows.memoryPages += memoryPages(p)
}

/** Pages in memory, of all populations. */
export function memoryOf(populations: readonly Population[]): number {
  let pages = 0
  for (const p of populations) pages += memoryPages(p)
  return pages
}

export const noFlows = (): StepFlows => ({
  ...{ minorFaults: 0, majorFaults: 0, swapInPages: 0, swapOutPages: 0, fileReadPages: 0 },
  ...{ writebackPages: 0, memoryPages: 0, shortPages: 0 },
})
