import { alignUp, HPAGE_PMD_SIZE, PAGE_SIZE } from '../units.ts'

/** Memory that memory itself costs: struct pages, page tables of the host, second-level tables of KVM. In bytes. */

/** Bytes of one struct page. Kernel: sizeof(struct page), one per 4 KiB of RAM. */
const STRUCT_PAGE = 64
const GIGABYTE_PAGE = 2 ** 30

export interface HugePool {
  readonly pageBytes: number
  readonly count: number
}

/**
 * struct pages of all RAM: 1/64 of it, missing from MemTotal from the start. With hugetlb_free_vmemmap=on a huge page
 * gives back all but one of the pages that hold its struct pages: 7 of 8 for 2 MiB, 4095 of 4096 for 1 GiB.
 */
export function structPageBytes(
  ramBytes: number,
  pools: readonly HugePool[] = [],
  vmemmapOptimised = false,
): number {
  const saved = vmemmapOptimised
    ? pools.reduce((sum, pool) => sum + pool.count * savedPerPage(pool.pageBytes), 0)
    : 0
  return Math.floor(ramBytes / PAGE_SIZE) * STRUCT_PAGE - saved
}

function savedPerPage(pageBytes: number): number {
  const vmemmap = (pageBytes / PAGE_SIZE) * STRUCT_PAGE
  return Math.max(0, vmemmap - PAGE_SIZE)
}

/**
 * How memory is mapped. `thp`: anonymous huge pages, which keep a spare table of small entries each for the day they
 * are split; `2m` and `1g`: hugetlb, which does not.
 */
export const MAPPINGS = ['4k', 'thp', '2m', '1g'] as const
export type Mapping = (typeof MAPPINGS)[number]

/** Page tables of a process (VmPTE, PageTables) for so much mapped memory; tables of tables add a 512th, left out. */
export function hostPageTableBytes(bytes: number, mapping: Mapping): number {
  if (mapping === '4k') return tablesOf(bytes, HPAGE_PMD_SIZE)
  if (mapping === 'thp') return tablesOf(bytes, HPAGE_PMD_SIZE) + entriesOf(bytes, HPAGE_PMD_SIZE)
  return entriesOf(bytes, mapping === '2m' ? HPAGE_PMD_SIZE : GIGABYTE_PAGE)
}

/** Second-level tables of KVM (SecPageTables) for guest memory that was touched: as the host's, never with spares. */
export function secondLevelTableBytes(bytes: number, mapping: Mapping): number {
  return hostPageTableBytes(bytes, mapping === 'thp' ? '2m' : mapping)
}

/** One table for each `reach` bytes. */
const tablesOf = (bytes: number, reach: number): number => (alignUp(bytes, reach) / reach) * PAGE_SIZE
/** One entry of 8 bytes for each page of that size. */
const entriesOf = (bytes: number, pageBytes: number): number => (alignUp(bytes, pageBytes) / pageBytes) * 8
