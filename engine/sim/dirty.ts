/**
 * Dirty pages of files: writers make them, the flusher cleans them in the background, and above the limits writers get on
 * no faster than the disk does.
 */
import {
  DIRTY_DEFAULTS,
  dirtyFreerunCeiling,
  dirtySetpoint,
  domainDirtyLimits,
  globalDirtyableMemory,
  posRatioPolynom,
  type DirtyLimits,
} from '../mm/page-writeback.ts'
import type { AreaState } from './areas.ts'
import { dirtyPages, mappedFolios, type Population } from './population.ts'
import { comingPages } from './touch.ts'

/** Seconds after which the flusher writes a dirty page in any case (vm.dirty_expire_centisecs, 30 s). */
const EXPIRE_S = 30
/** Share of the setpoint by which dirty memory may grow in one step. */
const STEP_PART = 0.01

/** Dirty memory of a host at one moment. */
export interface DirtyState {
  readonly dirtyPages: number
  /** Pages that become dirty in a second as things are. */
  readonly demandPagesPerS: number
  /** What the disk can write. */
  readonly diskPagesPerS: number
  readonly limits: DirtyLimits
}

/** Memory that the limits are shares of, in pages. */
export interface DirtyableMemory {
  readonly freePages: number
  readonly totalreservePages: number
  readonly filePages: number
}

/** Counts the dirty pages of files, and those to come. Simplified: the default limits, one disk, reads take nothing of it. */
export function dirtyState(
  files: Iterable<{ readonly area: AreaState }>,
  memory: DirtyableMemory,
  diskPagesPerS: number,
): DirtyState {
  let [dirty, demandPagesPerS] = [0, 0]
  for (const { area } of files)
    for (const piece of area.pieces)
      for (const { population: p } of piece.members) {
        dirty += dirtyPages(p)
        if (p.writeShare === 0 || p.ratePerS === 0) continue
        demandPagesPerS +=
          p.writeShare * (p.ratePerS * (p.clean + p.cached) * p.folioPages + comingPages(p, 1, true))
      }
  const { freePages, totalreservePages, filePages } = memory
  const dirtyable = globalDirtyableMemory(Math.max(0, freePages), totalreservePages, filePages)
  return {
    dirtyPages: dirty,
    demandPagesPerS,
    diskPagesPerS,
    limits: domainDirtyLimits(Math.floor(dirtyable), DIRTY_DEFAULTS),
  }
}

/**
 * Time constant with which dirty pages are cleaned: as they expire, or sooner, so that no more than the background limit
 * gathers; never faster than the disk writes. Estimate: the bursts of the flusher are averaged.
 */
export function writebackSeconds(state: DirtyState): number {
  const { dirtyPages: dirty, demandPagesPerS, diskPagesPerS, limits } = state
  const soonest = dirty / diskPagesPerS
  if (demandPagesPerS >= diskPagesPerS)
    return dirty > limits.backgroundPages ? soonest : Math.max(soonest, EXPIRE_S)
  const background = demandPagesPerS > 0 ? limits.backgroundPages / demandPagesPerS : EXPIRE_S
  const above = Math.min(1, limits.backgroundPages / Math.max(1, dirty))
  return Math.max(soonest, Math.min(EXPIRE_S, background) * above ** 2, 1e-3)
}

/** Share of its full speed that a writer should go on at which makes `progressShare` of it now: balance_dirty_pages(). */
export function writerShare(state: DirtyState, progressShare: number): number {
  const { dirtyPages: dirty, demandPagesPerS, diskPagesPerS, limits } = state
  if (dirty <= dirtyFreerunCeiling(limits) || demandPagesPerS <= 0) return 1
  const rate = (diskPagesPerS / demandPagesPerS) * posRatioPolynom(dirty, limits)
  return Math.max(1e-6, Math.min(1, progressShare * rate))
}

/** Seconds until dirty memory is so much more that writers have to be looked at again; Infinity if it does not come to that. */
export function untilDirtyS(state: DirtyState): number {
  const { dirtyPages: dirty, demandPagesPerS, diskPagesPerS, limits } = state
  const setpoint = dirtySetpoint(limits)
  if (demandPagesPerS <= diskPagesPerS || dirty >= setpoint) return Infinity
  return (
    Math.max(setpoint - dirty, STEP_PART * setpoint) / (demandPagesPerS - dirty / writebackSeconds(state))
  )
}

/** Chance of a change below which it is taken to be linear in time. */
const LINEAR = 1e-4

/**
 * `seconds` of writes to the mapped folios of a file, each cleaned with a time constant, while others are being mapped at a
 * steady rate ({@link Population.step}): exact for any length of step.
 */
export function writeBack(p: Population, seconds: number, timeConstantS: number): void {
  const { came } = p.step
  p.step.came = 0
  if (p.kind !== 'file' || seconds <= 0) return
  const mapped = mappedFolios(p)
  const dirtied = p.ratePerS * p.writeShare
  const cleaned = 1 / timeConstantS
  const before = mapped - p.clean - came * p.writeShare
  const { dirty, dirtySeconds } = dirtyAfter(
    { dirty: before, mapped: mapped - came, mappedPerS: came / seconds, writeShare: p.writeShare },
    { dirtied, cleaned },
    seconds,
  )
  p.clean = Math.min(mapped, Math.max(0, mapped - dirty))
  p.writebackPages += Math.max(0, cleaned * dirtySeconds * p.folioPages)
}

/** Solves dirty' = dirtied (mapped - dirty) + writeShare mappedPerS - cleaned dirty. */
function dirtyAfter(
  start: { dirty: number; mapped: number; mappedPerS: number; writeShare: number },
  rates: { dirtied: number; cleaned: number },
  seconds: number,
): { dirty: number; dirtySeconds: number } {
  const { dirtied: a, cleaned } = rates
  const { dirty, mapped, mappedPerS: r, writeShare } = start
  const k = a + cleaned
  const x = k * seconds
  if (x < LINEAR) {
    const grown = (a * (mapped - dirty) + writeShare * r - cleaned * dirty) * seconds
    return { dirty: dirty + grown, dirtySeconds: (dirty + grown / 2) * seconds }
  }
  const slope = (a * r) / k
  const first = (a * mapped + writeShare * r - slope) / k
  const gone = -Math.expm1(-x)
  return {
    dirty: slope * seconds + first + (dirty - first) * (1 - gone),
    dirtySeconds: (slope * seconds * seconds) / 2 + first * seconds + ((dirty - first) * gone) / k,
  }
}

/** Whether an area's pages become dirty page cache. */
export const isDirtied = (area: AreaState): boolean =>
  area.pieces.some(piece => piece.members.some(({ population: p }) => p.kind === 'file' && p.writeShare > 0))
