import { describe, expect, it } from 'vitest'
import {
  NO_LIMITS,
  highDelayNs,
  isCharged,
  memCgroupGetMax,
  memcgFreeSwapPages,
  tryCharge,
  type MemcgUsage,
} from '../../../engine/mm/memcontrol.ts'

function group(
  path: string,
  usagePages: number,
  limits: Partial<MemcgUsage['limits']>,
  reclaimablePages = 0,
): MemcgUsage {
  return { path, usagePages, limits: { ...NO_LIMITS, ...limits }, reclaimablePages }
}

describe('a charge', () => {
  it('within the limit is free', () => {
    expect(tryCharge([group('/a', 90, { maxPages: 100 })], 10)).toEqual({
      kind: 'charged',
      reclaim: [],
      overHigh: [],
    })
  })

  it('beyond memory.max reclaims inside the cgroup, 32 pages at a time', () => {
    const got = tryCharge([group('/a', 95, { maxPages: 100 }, 1000)], 10)
    expect(got).toMatchObject({ kind: 'charged', reclaim: [{ path: '/a', pages: 32 }] })
  })

  it('calls the OOM killer inside the cgroup if reclaim does not do: locked pages cannot be reclaimed', () => {
    expect(tryCharge([group('/a', 95, { maxPages: 100 }, 2)], 10)).toEqual({
      kind: 'oom',
      over: '/a',
      shortPages: 3,
    })
  })

  it('of a huge page falls back to small ones instead', () => {
    expect(tryCharge([group('/a', 95, { maxPages: 100 })], 512, 512)).toEqual({
      kind: 'fallback',
      over: '/a',
    })
  })

  it('meets the limits of every cgroup above', () => {
    const path = [group('/a/b', 10, { maxPages: 1000 }), group('/a', 500, { maxPages: 500 })]
    expect(tryCharge(path, 1)).toMatchObject({ kind: 'oom', over: '/a' })
  })

  it('reclaims no second time further up what it has reclaimed below', () => {
    const path = [group('/a/b', 100, { maxPages: 100 }, 64), group('/a', 200, { maxPages: 200 }, 64)]
    expect(tryCharge(path, 10)).toMatchObject({ reclaim: [{ path: '/a/b', pages: 32 }] })
  })

  it('beyond memory.high is granted, and says whose limit it passed', () => {
    const path = [group('/a/b', 10, { highPages: 5 }), group('/a', 500, {})]
    expect(tryCharge(path, 1)).toMatchObject({ kind: 'charged', overHigh: ['/a/b'] })
  })
})

describe('memory.high', () => {
  it('delays by the square of the excess, as the kernel’s table for 100 MiB says', () => {
    const high = 25_600
    const ms = (mib: number): number => highDelayNs([{ usagePages: mib * 256, highPages: high }], 64) / 1e6
    // 101 MiB: 6 ms, but sleeps below 10 ms are not taken.
    expect(ms(100)).toBe(0)
    expect(ms(101)).toBe(0)
    const table: readonly (readonly [number, number])[] = [
      [102, 25],
      [103, 57],
      [104, 102],
      [105, 159],
      [106, 230],
      [107, 313],
      [108, 409],
      [110, 639],
      [115, 1439],
      [117, 1849],
    ]
    for (const [mib, expected] of table) expect(Math.floor(ms(mib)), `${String(mib)} MiB`).toBe(expected)
    expect(ms(118)).toBe(2000)
    expect(ms(500)).toBe(2000)
  })

  it('delays by the pages charged since the last return', () => {
    const over = [{ usagePages: 110, highPages: 100 }]
    expect(highDelayNs(over, 32)).toBeCloseTo(highDelayNs(over, 64) / 2, 0)
  })

  it('counts the cgroup that is most over its limit', () => {
    const slight = { usagePages: 103, highPages: 100 }
    const far = { usagePages: 110, highPages: 100 }
    expect(highDelayNs([slight, far], 64)).toBe(highDelayNs([far], 64))
  })

  it('of 0 is no division by zero', () => {
    expect(highDelayNs([{ usagePages: 100, highPages: 0 }], 64)).toBe(2e9)
  })
})

describe('what is charged', () => {
  it('is everything a process uses, but hugetlb only with memory_hugetlb_accounting', () => {
    expect(isCharged('anon', false)).toBe(true)
    expect(isCharged('hugetlb', false)).toBe(false)
    expect(isCharged('hugetlb', true)).toBe(true)
    expect(isCharged('zeroPage', true)).toBe(false)
  })

  it('an OOM inside a cgroup compares with memory and swap that it may have', () => {
    const limits = { maxPages: 1000, swapMaxPages: 500 }
    expect(memCgroupGetMax(limits, 60, 9999)).toBe(1500)
    expect(memCgroupGetMax(limits, 60, 100)).toBe(1100)
    expect(memCgroupGetMax(limits, 0, 9999)).toBe(1000)
  })

  it('may swap what memory.swap.max of it and of those above leave', () => {
    const groups = [
      { swapUsagePages: 10, swapMaxPages: 100 },
      { swapUsagePages: 40, swapMaxPages: 60 },
    ]
    expect(memcgFreeSwapPages(groups, 1000)).toBe(20)
    expect(memcgFreeSwapPages(groups, 5)).toBe(5)
    expect(memcgFreeSwapPages([{ swapUsagePages: 7, swapMaxPages: 0 }], 5)).toBe(0)
  })
})
