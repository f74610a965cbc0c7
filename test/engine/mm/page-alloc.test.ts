import { describe, expect, it } from 'vitest'
import type { Zone } from '../../../engine/mm/mmzone.ts'
import {
  calculateMinFreeKbytes,
  calculateTotalreservePages,
  setupPerZoneLowmemReserve,
  setupPerZoneWmarks,
  sumWatermarks,
  zoneWatermarks,
} from '../../../engine/mm/page-alloc.ts'
import { onLinux, sysctl, zoneInfo } from '../../support/proc.ts'

const MEASURED: readonly Zone[] = [
  { node: 0, name: 'DMA', managedPages: 3840 },
  { node: 0, name: 'DMA32', managedPages: 772_915 },
  { node: 0, name: 'Normal', managedPages: 1_114_112 },
]

describe('min_free_kbytes', () => {
  it('is the root of 16 times the memory in KiB', () => {
    expect(calculateMinFreeKbytes(24_684_096 / 4)).toBe(19_873)
    expect(calculateMinFreeKbytes(2 ** 28)).toBe(131_072)
  })

  it('is at least 128 KiB and at most 256 MiB (64 MiB before 5.8)', () => {
    expect(calculateMinFreeKbytes(16)).toBe(128)
    expect(calculateMinFreeKbytes(2 ** 32)).toBe(262_144)
    expect(calculateMinFreeKbytes(2 ** 32, 65_536)).toBe(65_536)
  })
})

describe('watermarks', () => {
  it('lie a quarter of min apart, or watermark_scale_factor of the zone if that is more', () => {
    expect(zoneWatermarks(14_769, 5_394_266, 10)).toEqual({
      minPages: 14_769,
      lowPages: 20_163,
      highPages: 25_557,
      promoPages: 30_951,
    })
    expect(zoneWatermarks(6906, 772_915)).toMatchObject({ lowPages: 8632, highPages: 10_358 })
  })

  it('share min_free_kbytes among the zones by size, as 6.18 did', () => {
    const marks = setupPerZoneWmarks(MEASURED, 67_584)
    expect(marks.map(({ minPages }) => minPages)).toEqual([34, 6906, 9955])
    expect(marks.map(({ lowPages }) => lowPages)).toEqual([42, 8632, 12_443])
    expect(marks.map(({ highPages }) => highPages)).toEqual([50, 10_358, 14_931])
    expect(sumWatermarks(marks).minPages).toBe(16_895)
  })

  it('are those of /proc/zoneinfo on the running kernel', ctx => {
    if (!onLinux) ctx.skip('there is no /proc/zoneinfo')
    const zones = zoneInfo()
    if (zones.some(({ name }) => !['DMA', 'DMA32', 'Normal'].includes(name)))
      ctx.skip('the machine has movable or device memory')
    const marks = setupPerZoneWmarks(
      zones.map(({ node, name, managedPages }) => ({ node, name: name as Zone['name'], managedPages })),
      sysctl('vm/min_free_kbytes'),
      sysctl('vm/watermark_scale_factor'),
    )
    // Managed pages may have changed a little since the watermarks were set up.
    zones.forEach((zone, at) => {
      expect(Math.abs((marks[at]?.minPages ?? 0) - zone.minPages)).toBeLessThanOrEqual(
        1 + zone.minPages * 0.02,
      )
      expect(Math.abs((marks[at]?.highPages ?? 0) - zone.highPages)).toBeLessThanOrEqual(
        2 + zone.highPages * 0.02,
      )
    })
  })
})

describe('reserves', () => {
  it('keep lower zones from requests that could use higher ones', () => {
    const reserves = setupPerZoneLowmemReserve(MEASURED)
    expect(reserves).toEqual([
      [0, 3019, 7371],
      [0, 0, 4352],
      [0, 0, 0],
    ])
  })

  it('are no larger than the zone', () => {
    const marks = setupPerZoneWmarks(MEASURED, 67_584)
    // DMA gives all of its 3840 pages, the others reserve and high watermark.
    expect(calculateTotalreservePages(MEASURED, marks)).toBe(3840 + (4352 + 10_358) + 14_931)
  })
})
