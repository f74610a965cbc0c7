/** Page tables of an address space: entries kept as runs, and which 2 MiB blocks have a table. */
import { HPAGE_PMD_NR } from '../units.ts'
import type { AddressSpace, PteRun } from './mm-types.ts'

/** Writes entries into an empty range and gives its blocks a page table. */
export function setPtes(mm: AddressSpace, start: number, end: number, target: number, bits: number): void {
  addTables(mm, start, end)
  mm.pages.insert({ start, end, target, bits })
}

/** Replaces the entries of a range. */
export function replacePtes(
  mm: AddressSpace,
  start: number,
  end: number,
  target: number,
  bits: number,
): void {
  mm.pages.take(start, end)
  setPtes(mm, start, end, target, bits)
}

/** Gives every 2 MiB block of [start, end) a page table: pte_alloc(). */
export function addTables(mm: AddressSpace, start: number, end: number): void {
  const first = Math.floor(start / HPAGE_PMD_NR)
  const last = Math.floor((end - 1) / HPAGE_PMD_NR)
  const known = mm.tables.at(first)
  if (known !== undefined && known.end > last) return
  mm.tables.put({ start: first, end: last + 1 })
}

/** Takes the page tables of the whole blocks [firstBlock, lastBlock) away. */
export function dropTables(mm: AddressSpace, firstBlock: number, lastBlock: number): void {
  if (firstBlock < lastBlock) mm.tables.take(firstBlock, lastBlock)
}

/** pmd_none(): the block has neither a page table nor a PMD mapping. */
export function pmdNone(mm: AddressSpace, block: number): boolean {
  const table = Math.floor(block / HPAGE_PMD_NR)
  return mm.tables.at(table) === undefined && !mm.pages.any(block, block + HPAGE_PMD_NR)
}

/** End of the stretch of empty entries that begins at `vpn`, at most `limit`. */
export function emptyUntil(mm: AddressSpace, vpn: number, limit: number): number {
  const next = mm.pages.next(vpn)
  return next === undefined ? limit : Math.min(limit, next.start)
}

/** The entry run that covers `vpn`, if any. */
export function pteAt(mm: AddressSpace, vpn: number): PteRun | undefined {
  return mm.pages.at(vpn)
}
