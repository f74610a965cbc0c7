import { describe, expect, it } from 'vitest'
import {
  getSwapPages,
  putSwapPages,
  swapPriorities,
  totalSwapPages,
  usedSwapPages,
  type SwapAreaState,
} from '../../../engine/mm/swapfile.ts'

function area(id: string, priority: number, slots: number, usedSlots = 0): SwapAreaState {
  return { id, priority, slots, usedSlots }
}

describe('swap areas', () => {
  it('get falling priorities from -2 on if they were given none', () => {
    expect(swapPriorities([null, 5, null, null])).toEqual([-2, 5, -3, -4])
  })

  it('fill by priority', () => {
    const grant = getSwapPages([area('disk', -2, 1000), area('zram', 100, 300)], 500)
    expect(grant).toMatchObject({ taken: [200, 300], short: 0 })
  })

  it('of one priority fill evenly', () => {
    const areas = [area('a', 5, 1000), area('b', 5, 1000), area('c', 1, 1000)]
    expect(getSwapPages(areas, 600).taken).toEqual([300, 300, 0])
  })

  it('of one priority take over from one that is full', () => {
    const areas = [area('a', 5, 10), area('b', 5, 1000), area('c', 5, 40)]
    expect(getSwapPages(areas, 600).taken).toEqual([10, 550, 40])
  })

  it('take turns from call to call', () => {
    let areas: readonly SwapAreaState[] = [area('a', 5, 100), area('b', 5, 100), area('c', 5, 100)]
    let turn = 0
    for (let i = 0; i < 7; i++) ({ areas, turn } = getSwapPages(areas, 1, turn))
    expect(areas.map(({ usedSlots }) => usedSlots)).toEqual([3, 2, 2])
  })

  it('leave pages in memory when all are full', () => {
    const areas = [area('a', 5, 10, 8), area('b', 4, 10, 10)]
    const grant = getSwapPages(areas, 5)
    expect(grant).toMatchObject({ taken: [2, 0], short: 3 })
    expect(usedSwapPages(grant.areas)).toBe(totalSwapPages(areas))
  })

  it('get slots back in proportion, every one of them', () => {
    const areas = [area('a', 5, 100, 30), area('b', 4, 100, 60), area('c', 3, 100, 1)]
    for (const pages of [0, 1, 7, 45, 90, 91, 1000]) {
      const after = putSwapPages(areas, pages)
      expect(usedSwapPages(after)).toBe(91 - Math.min(pages, 91))
      expect(Math.min(...after.map(({ usedSlots }) => usedSlots))).toBeGreaterThanOrEqual(0)
    }
  })
})
