/**
 * The inactive list as a queue of cells: a cell holds what came at about the same time, in numbers by population. What
 * comes goes into the cell at the head, what is looked at comes from the one at the tail. So the order in which pages
 * came is kept: what was touched first is looked at first, and a wave of pages is still a wave one round later.
 */
import type { LruPair } from './lru-lists.ts'
import { CELL_SLOTS, type Population } from './population.ts'

/** A part of the inactive list, from neighbours in time. */
export interface LruCell {
  /** Where populations keep their numbers: `cells[slot]`, and CELL_SLOTS further those that were looked at once. */
  readonly slot: number
  pages: number
  /** The most pages it had: what has been taken from it shows how far into the cell the tail of the list is. */
  fullPages: number
  /** When its first and its last pages came, by the clock of the lists. */
  startS: number
  endS: number
}

/** A cell at the head is closed when it has this part of the list. */
export const CELL_PART = 1 / 12
/** Slot 0 is where pages wait that came since the last step. */
export const ARRIVALS = 0

/** Puts what came since the last step at the head. `on` are the populations on the list. */
export function gather(on: readonly Population[], pair: LruPair, now: number): void {
  let pages = 0
  let total = 0
  const head = headCell(on, pair, now)
  for (const p of on) {
    const { cells } = p
    for (const base of [0, CELL_SLOTS]) {
      const came = cells[base + ARRIVALS] ?? 0
      if (came === 0) continue
      cells[base + ARRIVALS] = 0
      cells[base + head.slot] = (cells[base + head.slot] ?? 0) + came
      pages += came * p.folioPages
    }
    total += (p.fresh + p.seen) * p.folioPages
  }
  pair.inactivePages = total
  grow(head, pages, now)
}

/** Notes that pages have come into a cell. */
export function grow(cell: LruCell, pages: number, now: number): void {
  if (pages <= 0) return
  cell.pages += pages
  cell.fullPages = Math.max(cell.fullPages, cell.pages)
  cell.endS = now
}

/** The cell that pages are put into; a new one if the last is full. */
export function headCell(on: readonly Population[], pair: LruPair, now: number): LruCell {
  const head = pair.cells.at(-1)
  if (head !== undefined && head.pages < pair.inactivePages * CELL_PART) return head
  return newHead(on, pair, now)
}

/** An empty cell at the head. */
export function newHead(on: readonly Population[], pair: LruPair, now: number): LruCell {
  const cell = { slot: freeSlot(on, pair.cells), pages: 0, fullPages: 0, startS: now, endS: now }
  pair.cells.push(cell)
  return cell
}

/** The cell that pages are taken from. It is never the one that they are put into. */
export function tailCell(pair: LruPair): LruCell | undefined {
  while (pair.cells.length > 1 && (pair.cells[0]?.pages ?? 0) <= pair.inactivePages * 1e-9) pair.cells.shift()
  return pair.cells[0]
}

/** When the pages at the tail came: the further into the cell, the later. */
export function tailTime({ startS, endS, pages, fullPages }: LruCell): number {
  return fullPages > 0 ? startS + (endS - startS) * (1 - pages / fullPages) : endS
}

function freeSlot(on: readonly Population[], cells: LruCell[]): number {
  if (cells.length + 1 >= CELL_SLOTS) joinSmallest(on, cells)
  for (let slot = 1; slot < CELL_SLOTS; slot++)
    if (!cells.some(cell => cell.slot === slot)) {
      for (const p of on) p.cells[slot] = p.cells[CELL_SLOTS + slot] = 0 // what rounding left
      return slot
    }
  throw new Error('no free cell')
}

/** Two neighbours become one. */
function joinSmallest(on: readonly Population[], cells: LruCell[]): void {
  let at = 0
  const together = (i: number): number => (cells[i]?.pages ?? 0) + (cells[i + 1]?.pages ?? 0)
  for (let i = 1; i + 1 < cells.length; i++) if (together(i) < together(at)) at = i
  const [older, newer] = [cells[at], cells[at + 1]]
  if (older === undefined || newer === undefined) return
  for (const { cells: own } of on)
    for (const base of [0, CELL_SLOTS]) {
      own[base + newer.slot] = (own[base + newer.slot] ?? 0) + (own[base + older.slot] ?? 0)
      own[base + older.slot] = 0
    }
  newer.startS = older.startS
  newer.fullPages += older.fullPages
  newer.pages += older.pages
  cells.splice(at, 1)
}
