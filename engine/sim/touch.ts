/** Random access to populations: which folios are touched, and which of them fault. */
import type { LruLists, LruPair } from './lru-lists.ts'
import { addFresh, type Population } from './population.ts'
import { readAround } from './read-around.ts'

/**
 * Expected number of distinct items among n when k of them are drawn, each with the same chance:
 * n(1 - (1 - 1/n)^k). Both may be fractions.
 */
export function expectedDistinct(n: number, k: number): number {
  if (n <= 0) return 0
  return n <= 1 ? Math.min(n, k) : -n * Math.expm1(k * Math.log1p(-1 / n))
}

/** Chance that a folio is touched at least once in so many seconds. */
export const touchShare = (ratePerS: number, seconds: number): number => -Math.expm1(-ratePerS * seconds)

/** The lists that a population's folios are on. Shared memory is on those of anonymous memory. */
export const pairOf = (lists: LruLists, { kind }: Population): LruPair =>
  kind === 'file' ? lists.file : lists.anon

/**
 * The faults of so many seconds of accesses: folios leave where they were and are on their way ({@link Population.step}).
 * Returns the pages by which memory grows if all of them find room.
 */
export function sendFor(p: Population, lists: LruLists, seconds: number): number {
  const { step } = p
  if (p.order === 'cyclic') sendInTurn(p, seconds)
  else {
    const accesses = p.ratePerS * seconds
    step.share = -Math.expm1(-accesses)
    step.stays = accesses < 1e-9 ? 1 : step.share / accesses
    step.first = p.absent * step.share
    step.back = p.out * step.share
  }
  if (p.kind === 'file') return sendAround(p, seconds)
  const more = step.back * (lists.swapReadPages - 1)
  step.ahead = Math.min(more, p.out - step.back)
  p.absent -= step.first
  p.out -= step.back + step.ahead
  return (step.first + step.back + step.ahead) * p.folioPages
}

/** Pages of a file come with those around them, of which some will be touched before they are read again. */
function sendAround(p: Population, seconds: number): number {
  const { step } = p
  const missing = p.absent + p.out
  if (p.windowFolios > 1 && p.order === 'random' && missing > 0) {
    const { came, faulted } = readAround(p.windowFolios, p.nrFolios, missing, p.ratePerS * seconds)
    step.first = (faulted * p.absent) / missing
    step.back = (faulted * p.out) / missing
    step.aheadFirst = ((came - faulted) * p.absent) / missing
    step.ahead = ((came - faulted) * p.out) / missing
  }
  p.absent -= step.first + step.aheadFirst
  p.out -= step.back + step.ahead
  return (step.first + step.aheadFirst + step.back + step.ahead) * p.folioPages
}

/** Pages by which `seconds` of accesses make memory grow: those never touched before, or those that are out as well. */
export function comingPages(p: Population, seconds: number, everything: boolean): number {
  const missing = p.absent + p.out
  const part = everything ? 1 : p.absent / missing
  if (!(missing > 0) || p.ratePerS <= 0) return 0
  const accesses = p.ratePerS * seconds
  const came =
    p.kind === 'file' && p.order === 'random'
      ? readAround(p.windowFolios, p.nrFolios, missing, accesses).came
      : -missing * Math.expm1(-accesses)
  return came * part * p.folioPages
}

/**
 * A cyclic sweep comes first to what it never reached, then to what it left longest ago: what is on the inactive list
 * it has just passed, so that its way leads through what is out, active or locked.
 */
function sendInTurn(p: Population, seconds: number): void {
  const { step } = p
  const visited = Math.min(p.nrFolios, p.nrFolios * p.ratePerS * seconds)
  step.share = visited / p.nrFolios || 0
  step.stays = 1
  step.first = Math.min(p.absent, visited)
  const ahead = p.out + p.active + p.locked
  step.back = ahead > 0 ? Math.min(p.out, ((visited - step.first) * p.out) / ahead) : 0
}

/** Chance that reclaim finds a folio untouched that it looked at so long ago. */
export function untouchedShare(p: Population, seconds: number): number {
  if (!p.hasRecency) return 1
  if (p.order === 'cyclic') return p.ratePerS * seconds < 1 ? 1 : 0
  return Math.exp(-p.ratePerS * seconds)
}

/**
 * Chance that a reclaimed folio comes back to the active list: that it is touched before more pages were evicted and
 * activated than the list has room for (workingset_refault() in mm/workingset.c).
 */
export function activationShare(p: Population, windowS: number): number {
  if (windowS === Infinity) return 1
  if (p.order === 'cyclic') return p.out < p.nrFolios * p.ratePerS * windowS ? 1 : 0
  return touchShare(p.ratePerS, windowS)
}

/**
 * What was sent for arrives. `admitted` is the share that found room; the accesses to the rest did not happen. Adds
 * to the counters of the population, and returns the folios that went to the active list.
 */
export function arrive(p: Population, lists: LruLists, windowS: number, admitted: number): number {
  const { step } = p
  const [first, back] = [step.first * admitted, step.back * admitted]
  const [ahead, aheadFirst] = [step.ahead * admitted, step.aheadFirst * admitted]
  p.absent += step.first + step.aheadFirst - first - aheadFirst
  p.out += step.back + step.ahead - back - ahead
  step.first = step.back = step.ahead = step.aheadFirst = 0
  const found = p.cached * step.share
  p.cached += ahead + aheadFirst - found
  writeTo(p, step.share)
  countFaults(p, first, back, found, ahead + aheadFirst)
  const active = putIn(p, back, activationShare(p, windowS))
  putIn(p, first + found, 0)
  keepSlots(p, lists, first, back + found)
  step.came = first + back + found
  return active
}

/** Mapped folios that just came: to the inactive or the active list, or out of reach of reclaim. Returns the active ones. */
export function putIn(p: Population, folios: number, activeShare: number): number {
  if (p.lock !== 'none') {
    p.locked += folios
    return 0
  }
  p.active += folios * activeShare
  addFresh(p, folios * (1 - activeShare))
  return folios * activeShare
}

function countFaults(p: Population, first: number, back: number, found: number, ahead: number): void {
  const isFile = p.kind === 'file'
  const read = isFile ? first + back : back
  p.majorFaults += read
  p.minorFaults += first + back + found - read
  if (isFile) p.fileReadPages += (read + ahead) * p.folioPages
  else p.swapInPages += (back + ahead) * p.folioPages
}

/** Of what came in, what stays clean: file pages that were read, and swap slots that survive a read. */
export function keepSlots(p: Population, lists: LruLists, first: number, back: number): void {
  if (p.kind === 'file') p.clean += (first + back) * (1 - p.writeShare)
  else if (lists.keepsSlots && p.lock === 'none') p.clean += back * (1 - p.writeShare)
}

/** Writes make clean folios dirty, and take their swap slots. Files have writeBack() for it. */
function writeTo(p: Population, share: number): void {
  if (p.clean === 0 || p.writeShare === 0 || p.kind === 'file') return
  p.clean *= p.writeShare === 1 ? 1 - share : Math.pow(1 - share, p.writeShare)
}
