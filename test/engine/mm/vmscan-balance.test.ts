import { describe, expect, it } from 'vitest'
import {
  calculatePressureBalance,
  getScanCount,
  inactiveIsLow,
  lruNoteCost,
  type LruSizes,
  type ScanControl,
} from '../../../engine/mm/vmscan-balance.ts'

const GIB = 2 ** 18
const even: LruSizes = { inactiveAnon: GIB, activeAnon: GIB, inactiveFile: GIB, activeFile: GIB }
const control: ScanControl = {
  priority: 12,
  swappiness: 60,
  freeSwapPages: GIB,
  cgroupReclaim: false,
  freePages: 10_000,
  highWatermarkPages: 20_000,
  cost: { anonCost: 0, fileCost: 0 },
}
/** Cache that is in use: reclaim cannot simply trim it. */
const inUse = { ...control, refaultingFile: true, refaultingAnon: true }

describe('the inactive list', () => {
  it('is low at the ratios the kernel documents: 1 at 100 MiB, 3 at 1 GiB, 10 at 10 GiB, 101 at 1 TiB', () => {
    const ratioAt = (pages: number): number => {
      for (let ratio = 1; ; ratio++) {
        const inactive = Math.ceil(pages / (ratio + 1))
        if (!inactiveIsLow(inactive, pages - inactive)) continue
        return ratio - 1
      }
    }
    expect([25_600, GIB, 10 * GIB, 1024 * GIB].map(ratioAt)).toEqual([1, 3, 10, 101])
  })
})

describe('the balance of reclaim', () => {
  it('takes file pages alone if swap is off or full', () => {
    expect(getScanCount(even, { ...inUse, freeSwapPages: 0 })).toMatchObject({
      balance: 'file',
      reason: 'no swap left',
      anonShare: 0,
      scan: { inactiveAnon: 0, inactiveFile: 64 },
    })
  })

  it('trims cache that nobody asks back before it swaps', () => {
    expect(getScanCount(even, control)).toMatchObject({ balance: 'file', reason: 'cache trim mode' })
  })

  it('with swappiness 60 puts 3 parts in 10 on anonymous memory', () => {
    const { anonShare, fileShare, reason } = getScanCount(even, inUse)
    expect(reason).toBe('swappiness')
    expect([anonShare, fileShare]).toEqual([0.3, 0.7])
  })

  it('with swappiness 200 leaves file pages alone, with 0 anonymous ones', () => {
    expect(getScanCount(even, { ...inUse, swappiness: 200 }).fileShare).toBe(0)
    expect(getScanCount(even, { ...inUse, swappiness: 0 }).anonShare).toBe(0)
  })

  it('swappiness 0 forbids swapping inside a cgroup even at the last resort, outside it does not', () => {
    const last = { ...inUse, swappiness: 0, priority: 0 }
    expect(getScanCount(even, { ...last, cgroupReclaim: true }).reason).toBe('swappiness 0 in a cgroup')
    const tiny = { ...even, inactiveFile: 1000, activeFile: 1000 }
    const outside = { ...last, refaultingAnon: false, freePages: 5000 }
    expect(getScanCount({ ...tiny, inactiveAnon: 4 * GIB }, outside).reason).toBe('file is tiny')
  })

  it('scans both kinds in full at priority 0', () => {
    expect(getScanCount(even, { ...inUse, priority: 0 })).toMatchObject({ balance: 'equal', scan: even })
  })

  it('takes anonymous memory alone when the cache is as good as gone', () => {
    const tiny = { inactiveAnon: 4 * GIB, activeAnon: GIB, inactiveFile: 4000, activeFile: 4000 }
    expect(getScanCount(tiny, control)).toMatchObject({
      balance: 'anon',
      reason: 'file is tiny',
      fileShare: 0,
    })
  })

  it('scans a 2^priority-th of each list', () => {
    expect(getScanCount(even, { ...inUse, swappiness: 100, priority: 4 }).scan.inactiveAnon).toBe(
      GIB / 16 / 2,
    )
    const terabytes = { ...even, inactiveFile: 16 * 1024 * GIB }
    expect(getScanCount(terabytes, { ...control, priority: 1 }).scan.inactiveFile).toBe(8 * 1024 * GIB)
  })
})

describe('costs', () => {
  it('move the pressure to the kind that costs less, though never all of it', () => {
    const dear = calculatePressureBalance(100, { anonCost: 10_000_000, fileCost: 0 })
    // A third and two thirds, but for the kernel's whole numbers.
    expect(dear).toEqual({ anonShare: 149 / 448, fileShare: 299 / 448 })
  })

  it('count a page of I/O as 32 scanned in vain', () => {
    expect(lruNoteCost({ anonCost: 0, fileCost: 5 }, 'anon', 2, 3, 1e6)).toEqual({
      anonCost: 67,
      fileCost: 5,
    })
  })

  it('fade: both are halved beyond a quarter of the lists', () => {
    expect(lruNoteCost({ anonCost: 200, fileCost: 50 }, 'file', 0, 1, 1000)).toEqual({
      anonCost: 100,
      fileCost: 25,
    })
  })
})
