import { describe, expect, it } from 'vitest'
import { shrinkActiveList, shrinkKind } from '../../../engine/mm/vmscan-lists.ts'

const GIB = 2 ** 18

describe('the inactive list', () => {
  it('sorts pages into culled, activated and freed, and loses none', () => {
    const shares = { unmarkedLocked: 0.1, referenced: 0.5, dirty: 0.2 }
    const file = shrinkKind(1000, 100, shares, Infinity, true)
    expect(file).toMatchObject({ scanned: 100, culled: 10, dirtySkipped: 9, reclaimed: 36 })
    expect(file.activated).toBeCloseTo(54, 9)
  })

  it('keeps anonymous pages that find no slot in swap', () => {
    const shares = { unmarkedLocked: 0, referenced: 0, dirty: 1 }
    expect(shrinkKind(1000, 100, shares, 30, false)).toMatchObject({ reclaimed: 30, activated: 70 })
  })

  it('is not scanned beyond its end', () => {
    expect(shrinkKind(10, 100, { unmarkedLocked: 0, referenced: 0, dirty: 0 }, 100, false).scanned).toBe(10)
  })
})

describe('the active list', () => {
  it('is left alone while the inactive list is long enough', () => {
    expect(shrinkActiveList(GIB, GIB, 100, 0)).toEqual({ scanned: 0, deactivated: 0 })
  })

  it('gives up pages, in use or not, and keeps programs that run', () => {
    expect(shrinkActiveList(0, GIB, 100, 0)).toEqual({ scanned: 100, deactivated: 100 })
    expect(shrinkActiveList(0, GIB, 100, 0.25).deactivated).toBe(75)
    expect(shrinkActiveList(0, 10, 100, 0).deactivated).toBe(10)
  })
})
