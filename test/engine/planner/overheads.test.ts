import { describe, expect, it } from 'vitest'
import { budgetVerdict, lockedBudget, unlockedFits } from '../../../engine/planner/locked-budget.ts'
import {
  hostPageTableBytes,
  secondLevelTableBytes,
  structPageBytes,
} from '../../../engine/planner/overheads.ts'
import { GIB, KIB, MIB } from '../../../engine/quantity.ts'

describe('what memory costs', () => {
  it('64 GiB: 1 GiB of struct pages, 128 MiB of page tables, as much again of second-level tables', () => {
    expect(structPageBytes(64 * GIB)).toBe(GIB)
    expect(hostPageTableBytes(64 * GIB, '4k')).toBe(128 * MIB)
    expect(secondLevelTableBytes(64 * GIB, '4k')).toBe(128 * MIB)
  })

  it('huge pages give back the struct pages that all look alike', () => {
    const twoMeg = [{ pageBytes: 2 * MIB, count: 1024 }]
    const oneGig = [{ pageBytes: GIB, count: 2 }]
    expect(structPageBytes(4 * GIB, twoMeg, true)).toBe(64 * MIB - 1024 * 7 * 4096)
    expect(structPageBytes(4 * GIB, oneGig, true)).toBe(64 * MIB - 2 * 4095 * 4096)
    expect(structPageBytes(4 * GIB, oneGig, false)).toBe(64 * MIB)
  })

  it('hugetlb needs entries only; transparent huge pages keep a spare table each', () => {
    expect(hostPageTableBytes(64 * GIB, '2m')).toBe(256 * KIB)
    expect(hostPageTableBytes(64 * GIB, '1g')).toBe(512)
    expect(hostPageTableBytes(64 * GIB, 'thp')).toBe(128 * MIB + 256 * KIB)
    expect(secondLevelTableBytes(64 * GIB, 'thp')).toBe(256 * KIB)
    expect(hostPageTableBytes(1, '4k')).toBe(4096)
  })
})

describe('the locked budget', () => {
  const host = {
    memTotalBytes: 64 * GIB,
    hugetlbBytes: 16 * GIB,
    hostReserveBytes: 4 * GIB,
    highWatermarksBytes: GIB,
    kernelUnreclaimableBytes: GIB,
    pageTablesBytes: GIB,
    pageCacheFloorBytes: GIB,
  }

  it('is what is left of MemTotal, line by line', () => {
    const { maxBytes, lines } = lockedBudget(host)
    expect(maxBytes).toBe(40 * GIB)
    expect(lines).toHaveLength(7)
    expect(lockedBudget({ ...host, hugetlbBytes: 99 * GIB }).maxBytes).toBe(0)
  })

  it('is tight from 80 % and over beyond all of it', () => {
    expect(budgetVerdict(32 * GIB - 1, 40 * GIB)).toBe('fits')
    expect(budgetVerdict(32 * GIB, 40 * GIB)).toBe('tight')
    expect(budgetVerdict(40 * GIB, 40 * GIB)).toBe('tight')
    expect(budgetVerdict(40 * GIB + 1, 40 * GIB)).toBe('over')
    expect(budgetVerdict(0, 0)).toBe('fits')
  })

  it('swap holds what is not locked', () => {
    const rest = {
      unlockedPeakBytes: 24 * GIB,
      memTotalBytes: 64 * GIB,
      lockedBytes: 30 * GIB,
      hugetlbBytes: 16 * GIB,
    }
    expect(unlockedFits({ ...rest, swapBytes: 6 * GIB })).toBe(true)
    expect(unlockedFits({ ...rest, swapBytes: 5 * GIB })).toBe(false)
  })
})
