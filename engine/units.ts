/** Sizes of the modelled architecture (x86-64, 4-level page tables). Memory quantities are pages unless named otherwise. */
export const PAGE_SIZE = 4096
export const PAGE_SHIFT = 12
export const KIB_PER_PAGE = PAGE_SIZE / 1024
/** Pages of a PMD-sized folio (2 MiB); also the entries of a page table. */
export const HPAGE_PMD_NR = 512
export const HPAGE_PMD_ORDER = 9
export const PTRS_PER_PTE = HPAGE_PMD_NR
export const HPAGE_PMD_SIZE = HPAGE_PMD_NR * PAGE_SIZE
/** End of user address space, in bytes (TASK_SIZE_MAX). */
export const TASK_SIZE = 2 ** 47 - PAGE_SIZE

/** 2 to the power of `order`, the pages of a folio of that order. */
export function orderPages(order: number): number {
  return 1 << order
}

/** `value` rounded down to a multiple of `step`; exact up to 2^53, where bit operations are not. */
export function alignDown(value: number, step: number): number {
  return value - (value % step)
}

/** `value` rounded up to a multiple of `step`. */
export function alignUp(value: number, step: number): number {
  const over = value % step
  return over === 0 ? value : value + step - over
}
