import { describe, expect, it } from 'vitest'
import { reclaimPages, type ReclaimState } from '../../../engine/mm/vmscan-scan.ts'

const GIB = 2 ** 18
const clean = { referenced: 0, unmarkedLocked: 0, dirty: 0 }
const control = {
  swappiness: 60,
  freeSwapPages: GIB,
  cgroupReclaim: false,
  freePages: 10_000,
  highWatermarkPages: 20_000,
  cost: { anonCost: 0, fileCost: 0 },
}
const cacheAndAnon: ReclaimState = {
  lru: { inactiveAnon: GIB, activeAnon: GIB, inactiveFile: GIB, activeFile: GIB },
  anon: clean,
  file: clean,
}
const inUse = { ...control, refaultingFile: true, refaultingAnon: true }

function lruTotal({ lru }: Pick<ReclaimState, 'lru'>): number {
  return lru.inactiveAnon + lru.activeAnon + lru.inactiveFile + lru.activeFile
}

function smallestList({ lru }: Pick<ReclaimState, 'lru'>): number {
  return Math.min(lru.inactiveAnon, lru.activeAnon, lru.inactiveFile, lru.activeFile)
}

describe('reclaim', () => {
  it('frees what it was asked for and scans no more than that of clean, unused cache', () => {
    const got = reclaimPages(cacheAndAnon, 1000, control)
    expect(got.reclaimed).toBeCloseTo(1000, 6)
    expect(got.swappedOut).toBe(0)
    expect(got.scanned).toBeCloseTo(1000, 6)
  })

  it('scans more the more pages are in use', () => {
    const scannedAt = (referenced: number): number =>
      reclaimPages({ ...cacheAndAnon, file: { ...clean, referenced } }, 1000, control).scanned
    expect(scannedAt(0.5)).toBeCloseTo(2000, 6)
    expect(scannedAt(0.9)).toBeCloseTo(10_000, 6)
  })

  it('swaps three pages in ten at swappiness 60 when the cache is in use', () => {
    const got = reclaimPages(cacheAndAnon, 100, inUse)
    expect(got.swappedOut / got.reclaimed).toBeCloseTo(0.3, 1)
    expect(got.reason).toBe('swappiness')
  })

  it('swaps nothing without swap, and stops short if the cache does not suffice', () => {
    const state = { ...cacheAndAnon, lru: { ...cacheAndAnon.lru, inactiveFile: 500, activeFile: 0 } }
    const got = reclaimPages(state, 5000, { ...control, freeSwapPages: 0 })
    expect(got).toMatchObject({ swappedOut: 0, priority: 0, reason: 'no swap left' })
    expect(got.reclaimed).toBeLessThanOrEqual(500)
    expect(got.reclaimed).toBeGreaterThan(490)
  })

  it('never swaps more than there is room for', () => {
    const got = reclaimPages(cacheAndAnon, 3 * GIB, { ...inUse, freeSwapPages: 777 })
    expect(got.swappedOut).toBeLessThanOrEqual(777)
  })

  it('leaves dirty cache to the flusher', () => {
    const got = reclaimPages({ ...cacheAndAnon, file: { ...clean, dirty: 0.5 } }, 1000, control)
    expect(got.dirtySkipped).toBeCloseTo(1000, 6)
    expect(got.activated).toBeCloseTo(1000, 6)
  })

  it('takes locked pages without a mark off the lists at the first scan', () => {
    const got = reclaimPages({ ...cacheAndAnon, file: { ...clean, unmarkedLocked: 0.25 } }, 900, control)
    expect(got.culled).toBeCloseTo(300, 6)
    expect(got.scanned).toBeCloseTo(1200, 6)
  })

  it('loses no page: what leaves the lists was freed or culled', () => {
    const shares = { referenced: 0.3, unmarkedLocked: 0.1, dirty: 0.2 }
    const state = { ...cacheAndAnon, anon: shares, file: shares }
    for (const goal of [10, 1000, 100_000, 2 * GIB]) {
      for (const sc of [
        control,
        inUse,
        { ...inUse, freeSwapPages: 100 },
        { ...inUse, cgroupReclaim: true },
      ]) {
        const got = reclaimPages(state, goal, sc)
        expect(lruTotal(state) - lruTotal(got)).toBeCloseTo(got.reclaimed + got.culled, 3)
        expect(got.reclaimed).toBeLessThanOrEqual(goal * 1.000001)
        expect(smallestList(got)).toBeGreaterThanOrEqual(-1e-6)
      }
    }
  })

  it('costs the same number of steps on a terabyte', () => {
    const lru = { inactiveAnon: 0, activeAnon: 0, inactiveFile: 1024 * GIB, activeFile: 0 }
    expect(reclaimPages({ ...cacheAndAnon, lru }, 32, control).reclaimed).toBeCloseTo(32, 6)
  })
})

/** Locks memory 32 pages at a time in a cgroup of 64 MiB that holds 40 MiB of clean cache and 15 MiB of cold memory. */
function lockInSmallCgroup(swappiness: number): { cacheMib: number; swapped: number; failed: boolean }[] {
  const limit = 16_384
  let lru = { inactiveAnon: 3840, activeAnon: 0, inactiveFile: 10_240, activeFile: 0 }
  let locked = 256 // what the process itself needs
  let swapped = 0
  let failed = false
  return [1, 2, 3, 4, 5].map(() => {
    for (let chunk = 0; chunk < 80 && !failed; chunk++) {
      const over = lruTotal({ lru }) + locked + 32 - limit
      if (over > 0) {
        const sc = { ...control, swappiness, cgroupReclaim: true }
        const got = reclaimPages({ ...cacheAndAnon, lru }, Math.max(32, over), sc)
        failed = got.reclaimed < over
        lru = got.lru
        swapped += got.swappedOut
      }
      locked += 32
    }
    return { cacheMib: lru.inactiveFile / 256, swapped, failed }
  })
}

describe('a cgroup that fills with locked memory', () => {
  it('loses its cache first, as measured on Linux 6.18', () => {
    const steps = lockInSmallCgroup(60)
    const measuredMib = [38, 28, 17, 6, 0]
    steps.forEach(({ cacheMib }, at) => {
      expect(Math.abs(cacheMib - (measuredMib[at] ?? 0)), String(at)).toBeLessThan(2.5)
    })
    expect(steps.slice(0, 4).every(({ swapped }) => swapped < 1)).toBe(true)
  })

  it('then swaps, or with swappiness 0 has nothing left to give', () => {
    expect(lockInSmallCgroup(60)[4]).toMatchObject({ failed: false })
    expect(lockInSmallCgroup(60)[4]?.swapped).toBeGreaterThan(500)
    expect(lockInSmallCgroup(0)[4]).toMatchObject({ failed: true, swapped: 0 })
  })
})
