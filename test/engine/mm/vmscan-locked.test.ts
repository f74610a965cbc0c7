import { describe, expect, it } from 'vitest'
import { behaviourOf } from '../../../engine/kernels/releases.ts'
import {
  scanOfUnmarkedLocked,
  scansOfUnmarkedLocked,
  type UnmarkedLocked,
} from '../../../engine/mm/vmscan-locked.ts'

const none: UnmarkedLocked = {
  smallPages: 0,
  whole: { folios: 0, pagesPerFolio: 512, referenced: 0 },
  straddling: {
    folios: 0,
    pagesPerFolio: 512,
    lockedPagesPerFolio: 1,
    referencedOutside: 0,
    referencedInside: 0,
    pinnedFolios: 0,
  },
}
const before = behaviourOf({ release: '6.6' })
const after = behaviourOf({ release: '6.8' })
const old = behaviourOf({ release: '5.10' })
const ROOM = 2 ** 20

describe('small locked pages without a mark', () => {
  it('are scanned once, marked, and never seen again', () => {
    const first = scanOfUnmarkedLocked(after, { ...none, smallPages: 100 }, ROOM)
    expect(first).toMatchObject({ scanned: 100, culled: 100, reclaimed: 0 })
    expect(scansOfUnmarkedLocked(after, { ...none, smallPages: 100 }, ROOM, 50).scanned).toBe(100)
  })
})

describe('large folios that are locked whole', () => {
  const state = { ...none, whole: { folios: 64, pagesPerFolio: 512, referenced: 1 } }

  it('are marked at the first scan since 6.7', () => {
    const got = scansOfUnmarkedLocked(after, state, ROOM, 100)
    expect(got).toMatchObject({ scanned: 64 * 512, culled: 64 * 512, foliosSplit: 0 })
  })

  it('come back at every scan before, as long as they are in use', () => {
    expect(scansOfUnmarkedLocked(before, state, ROOM, 100)).toMatchObject({
      scanned: 100 * 64 * 512,
      culled: 0,
      foliosSplit: 0,
    })
  })

  it('were split when not in use, and their pages marked one by one', () => {
    const idle = { ...state, whole: { ...state.whole, referenced: 0 } }
    expect(scanOfUnmarkedLocked(before, idle, ROOM)).toMatchObject({
      foliosSplit: 64,
      culled: 64 * 512,
      reclaimed: 0,
    })
  })

  it('were split before 5.18 even in use', () => {
    expect(scanOfUnmarkedLocked(old, state, ROOM).foliosSplit).toBe(64)
  })
})

describe('large folios that straddle the edge of a locked area', () => {
  const state: UnmarkedLocked = {
    ...none,
    straddling: { ...none.straddling, folios: 64, lockedPagesPerFolio: 1 },
  }

  it('are split; the unlocked pages are freed and the locked ones stay, marked', () => {
    expect(scanOfUnmarkedLocked(after, state, ROOM)).toMatchObject({
      foliosSplit: 64,
      reclaimed: 64 * 511,
      kept: 64,
      culled: 64,
      heldByPins: 0,
    })
  })

  it('are protected by use of their locked part before 6.7, and not since', () => {
    const busy = { ...state, straddling: { ...state.straddling, referencedInside: 1 } }
    expect(scanOfUnmarkedLocked(before, busy, ROOM).foliosSplit).toBe(0)
    expect(scanOfUnmarkedLocked(after, busy, ROOM).foliosSplit).toBe(64)
  })

  it('are protected by use of their unlocked part on both', () => {
    const busy = { ...state, straddling: { ...state.straddling, referencedOutside: 1 } }
    expect(scanOfUnmarkedLocked(before, busy, ROOM).reclaimed).toBe(0)
    expect(scanOfUnmarkedLocked(after, busy, ROOM).reclaimed).toBe(0)
  })

  it('cannot be split while a page of them is pinned: their unlocked pages stay, and each scan meets them', () => {
    const pinned = { ...state, straddling: { ...state.straddling, pinnedFolios: 16 } }
    const got = scansOfUnmarkedLocked(after, pinned, ROOM, 10)
    expect(got).toMatchObject({ foliosSplit: 48, heldByPins: 16 * 511, reclaimed: 48 * 511 })
    expect(got.scanned).toBe(64 * 512 + 48 * 512 + 9 * 16 * 512)
    expect(got.next.straddling.folios).toBe(16)
  })

  it('are not even scanned without swap', () => {
    expect(scanOfUnmarkedLocked(after, state, 0)).toMatchObject({ scanned: 0, foliosSplit: 0, next: state })
  })

  it('lose no page: each is freed, kept, without room in swap, or still in its folio', () => {
    for (const behaviour of [old, before, after]) {
      for (const room of [1, 5000, ROOM]) {
        const mixed = { ...state.straddling, pinnedFolios: 5, referencedOutside: 0.25, referencedInside: 0.5 }
        const got = scansOfUnmarkedLocked(behaviour, { ...none, straddling: mixed }, room, 3)
        expect(got.reclaimed + got.kept + got.unswapped + got.next.straddling.folios * 512).toBeCloseTo(
          64 * 512,
          6,
        )
        expect(got.reclaimed).toBeLessThanOrEqual(room)
      }
    }
  })
})
