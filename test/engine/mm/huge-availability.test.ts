import { describe, expect, it } from 'vitest'
import {
  DEFRAG_MODES,
  KHUGEPAGED_DEFAULTS,
  hugeAvailability,
  hugeEffort,
  khugepagedBytesPerS,
  unusableFreeIndex,
} from '../../../engine/mm/huge-availability.ts'

const GIB = 2 ** 18

describe('defrag', () => {
  it('decides whether a fault compacts, has it done later, or gives up', () => {
    const efforts = (madvised: boolean): string[] => DEFRAG_MODES.map(mode => hugeEffort(mode, madvised))
    expect(efforts(false)).toEqual(['compacts', 'wakes-kcompactd', 'wakes-kcompactd', 'gives-up', 'gives-up'])
    expect(efforts(true)).toEqual(['compacts', 'wakes-kcompactd', 'compacts', 'compacts', 'gives-up'])
  })
})

describe('free memory', () => {
  it('is unusable for a size as far as it lies in smaller blocks', () => {
    const blocks = [512, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]
    expect(unusableFreeIndex(blocks, 9)).toBe(0.5)
    expect(unusableFreeIndex(blocks, 0)).toBe(0)
    expect(unusableFreeIndex([100], 4)).toBe(1)
    expect(unusableFreeIndex([], 9)).toBe(1)
  })

  it('that is not fragmented can be had as huge pages in full', () => {
    const memory = { freePages: GIB, fragmentedShare: 0, compactableShare: 1 }
    expect(hugeAvailability(memory, 9, 'gives-up')).toEqual({
      readyPages: GIB,
      compactedPages: 0,
      laterPages: 0,
      copiedPages: 0,
    })
  })

  it('that is fragmented can be had as 64 KiB folios more easily than as 2 MiB', () => {
    const memory = { freePages: GIB, fragmentedShare: 0.9, compactableShare: 0.5 }
    const huge = hugeAvailability(memory, 9, 'gives-up').readyPages
    const medium = hugeAvailability(memory, 4, 'gives-up').readyPages
    expect(huge / GIB).toBeCloseTo(0.1, 2)
    expect(medium / GIB).toBeCloseTo(0.6, 2)
  })

  it('can be compacted as far as its neighbours are movable, at the price of copies', () => {
    const memory = { freePages: GIB, fragmentedShare: 1, compactableShare: 0.5 }
    const got = hugeAvailability(memory, 9, 'compacts')
    expect(got.compactedPages).toBe(GIB / 2)
    expect(got.copiedPages).toBe(got.compactedPages)
    expect(hugeAvailability(memory, 9, 'wakes-kcompactd')).toMatchObject({
      compactedPages: 0,
      laterPages: GIB / 2,
    })
  })

  it('is never promised twice', () => {
    for (const order of [0, 2, 4, 9]) {
      for (const fragmentedShare of [0, 0.3, 1]) {
        const got = hugeAvailability(
          { freePages: 12_345, fragmentedShare, compactableShare: 1 },
          order,
          'compacts',
        )
        expect(got.readyPages + got.compactedPages).toBeLessThanOrEqual(12_345)
      }
    }
  })
})

describe('khugepaged', () => {
  const work = { collapsibleShare: 1, scanBlockNs: 0, collapseBlockNs: 0, allocFailShare: 0 }

  it('collapses 16 MiB in 10 s at its defaults', () => {
    expect(khugepagedBytesPerS(KHUGEPAGED_DEFAULTS, work)).toBe((16 * 2 ** 20) / 10)
  })

  it('is slowed down by the collapses themselves once it hardly sleeps', () => {
    const eager = { ...KHUGEPAGED_DEFAULTS, scanSleepMillisecs: 0 }
    expect(khugepagedBytesPerS(eager, { ...work, collapseBlockNs: 1e6 })).toBeCloseTo(2 * 2 ** 20 * 1000, 0)
  })

  it('sleeps longer when no huge page is free', () => {
    const failing = khugepagedBytesPerS(KHUGEPAGED_DEFAULTS, { ...work, allocFailShare: 0.5 })
    expect(failing).toBeLessThan((khugepagedBytesPerS(KHUGEPAGED_DEFAULTS, work) * 0.5) / 6)
    expect(khugepagedBytesPerS(KHUGEPAGED_DEFAULTS, { ...work, allocFailShare: 1 })).toBe(0)
  })
})
