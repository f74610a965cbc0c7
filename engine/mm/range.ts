/** Address arithmetic of system calls: 64 bits, and it wraps. */
import type { U64 } from '../op.ts'
import { PAGE_SIZE, TASK_SIZE } from '../units.ts'

const U64_SIZE = 1n << 64n
const PAGE = BigInt(PAGE_SIZE)

export interface RoundedRange {
  /** First page. */
  readonly start: number
  readonly nrPages: number
  /** The end lies below the start. */
  readonly wraps: boolean
}

/** Whether plain number arithmetic is exact for a value near user addresses. */
function isSmall(value: U64): value is number {
  return typeof value === 'number' && value >= 0 && value <= 2 ** 52
}

/** A 64-bit quantity as the kernel sees it: unsigned. */
export function toU64(value: U64): bigint {
  return BigInt.asUintN(64, BigInt(value))
}

/** len' = align_up(len + addr mod 4096), addr' = align_down(addr), as mlock, mlock2 and munlock round. */
export function roundRange(addr: number, length: U64): RoundedRange {
  const offset = addr % PAGE_SIZE
  const start = (addr - offset) / PAGE_SIZE
  if (isSmall(length)) return { start, nrPages: Math.ceil((length + offset) / PAGE_SIZE), wraps: false }
  const rounded = roundUpU64(toU64(length) + BigInt(offset))
  const end = (BigInt(start) * PAGE + rounded) % U64_SIZE
  return { start, nrPages: Number(rounded / PAGE), wraps: end < BigInt(start) * PAGE }
}

function roundUpU64(value: bigint): bigint {
  return (((value % U64_SIZE) + PAGE - 1n) & ~(PAGE - 1n)) % U64_SIZE
}

/** PAGE_ALIGN(len) in pages; a length that wraps to nothing is 0. */
export function alignedPages(length: U64): number {
  if (isSmall(length)) return Math.ceil(length / PAGE_SIZE)
  return Number(roundUpU64(toU64(length)) / PAGE)
}

/** Whether a length (unsigned) is 0. */
export function isZero(length: U64): boolean {
  return length === 0 || length === 0n
}

/** Whether addr + align_up(length) wraps around the end of the 64-bit address space. */
export function wrapsAround(addr: number, length: U64): boolean {
  if (isSmall(length)) return false
  return BigInt(addr) + roundUpU64(toU64(length)) >= U64_SIZE
}

/** Whether [addr, addr + length) leaves user address space. */
export function beyondTaskSize(addr: number, length: U64): boolean {
  if (isSmall(length)) return length > TASK_SIZE || addr > TASK_SIZE - length
  const value = toU64(length)
  return value > BigInt(TASK_SIZE) || BigInt(addr) > BigInt(TASK_SIZE) - value
}
