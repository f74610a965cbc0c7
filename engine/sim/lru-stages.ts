/**
 * The inactive list as a queue. It is divided by age into parts of equal size; folios move from part to part as others
 * are put in at the head and taken off at the tail. So the order in which pages came is kept, well enough: what was
 * touched first is looked at first, and a wave of pages that came together is still a wave one round later.
 */
import type { LruPair } from './lru-lists.ts'
import { STAGES, type Population } from './population.ts'

/** Last part: the folios that are looked at next. */
export const TAIL = STAGES - 1

const flux = new Float64Array(STAGES)

/**
 * Folios move on until the parts are equal again. `on` are the populations on the list; `now` is the clock of the
 * lists, at which what has been added to the first part since the last call is said to have come.
 */
export function moveOn(on: readonly Population[], pair: LruPair, now: number): void {
  const { stagePages, stageBirthS } = pair
  const before = stagePages[0] ?? 0
  const total = measure(on, pair)
  const head = stagePages[0] ?? 0
  const added = Math.max(0, head - before)
  if (head > 0) stageBirthS[0] = ((stageBirthS[0] ?? 0) * (head - added) + now * added) / head
  pair.inactivePages = total
  if (total <= 0) return
  sharesToMove(pair, total / STAGES)
  for (const p of on) {
    shift(p.stages, 0)
    shift(p.stages, STAGES)
  }
}

/** Pages in each part; returns their sum. */
function measure(on: readonly Population[], { stagePages }: LruPair): number {
  stagePages.fill(0)
  for (const { stages, folioPages } of on)
    for (let i = 0; i < STAGES; i++)
      stagePages[i] = (stagePages[i] ?? 0) + ((stages[i] ?? 0) + (stages[STAGES + i] ?? 0)) * folioPages
  let total = 0
  for (const pages of stagePages) total += pages
  return total
}

/** The share of each part that moves on to the next one, or back if negative; moves sizes and times along. */
function sharesToMove({ stagePages, stageBirthS }: LruPair, target: number): void {
  let excess = 0
  for (let i = 0; i < TAIL; i++) {
    excess += (stagePages[i] ?? 0) - target
    const from = excess > 0 ? i : i + 1
    const size = stagePages[from] ?? 0
    flux[i] = size > 0 ? Math.max(-1, Math.min(1, excess / size)) : 0
  }
  for (let i = TAIL - 1; i >= 0; i--) if ((flux[i] ?? 0) > 0) carry(i, i + 1, flux[i] ?? 0)
  for (let i = 0; i < TAIL; i++) if ((flux[i] ?? 0) < 0) carry(i + 1, i, -(flux[i] ?? 0))

  function carry(from: number, to: number, share: number): void {
    const moved = (stagePages[from] ?? 0) * share
    const there = stagePages[to] ?? 0
    if (moved + there > 0)
      stageBirthS[to] = ((stageBirthS[from] ?? 0) * moved + (stageBirthS[to] ?? 0) * there) / (moved + there)
    stagePages[from] = (stagePages[from] ?? 0) - moved
    stagePages[to] = there + moved
  }
}

/** The same order as in sharesToMove: on from the tail, then back from the head. */
function shift(stages: Float64Array, at: number): void {
  for (let i = TAIL - 1; i >= 0; i--) {
    const share = flux[i] ?? 0
    if (share <= 0) continue
    const moved = (stages[at + i] ?? 0) * share
    stages[at + i] = (stages[at + i] ?? 0) - moved
    stages[at + i + 1] = (stages[at + i + 1] ?? 0) + moved
  }
  for (let i = 0; i < TAIL; i++) {
    const share = -(flux[i] ?? 0)
    if (share <= 0) continue
    const moved = (stages[at + i + 1] ?? 0) * share
    stages[at + i + 1] = (stages[at + i + 1] ?? 0) - moved
    stages[at + i] = (stages[at + i] ?? 0) + moved
  }
}
