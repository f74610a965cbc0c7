import { describe, expect, it } from 'vitest'
import { minFreeAfterBoot, setRecommendedMinFreeKbytes } from '../../../engine/mm/khugepaged-min-free.ts'
import { zonesOfMachine } from '../../../engine/mm/mmzone.ts'
import { initPerZoneWmarkMin, setupPerZoneWmarks } from '../../../engine/mm/page-alloc.ts'

describe('min_free_kbytes with huge pages', () => {
  it('is at least 22528 KiB per zone', () => {
    expect(minFreeAfterBoot(zonesOfMachine(24_684_096 / 4, 1), true).minFreeKbytes).toBe(67_584)
    expect(minFreeAfterBoot(zonesOfMachine(24_684_096 / 4, 1), false).minFreeKbytes).toBe(19_873)
  })

  it('stays at the larger value of a machine of 1 TiB with four zones', () => {
    expect(minFreeAfterBoot(zonesOfMachine(2 ** 28, 2), true).minFreeKbytes).toBe(131_072)
    expect(minFreeAfterBoot(zonesOfMachine(2 ** 26, 2), true).minFreeKbytes).toBe(90_112)
  })

  it('is not raised beyond a twentieth of small memory', () => {
    const zones = zonesOfMachine(65_536, 1)
    const { minFreeKbytes } = minFreeAfterBoot(zones, true)
    expect(minFreeKbytes).toBeLessThanOrEqual((65_536 / 20) * 4)
    expect(minFreeKbytes).toBeGreaterThan(initPerZoneWmarkMin(zones).minFreeKbytes)
  })

  it('is never lowered by khugepaged', () => {
    const zones = zonesOfMachine(6_171_021, 1)
    const before = { minFreeKbytes: 500_000, watermarks: setupPerZoneWmarks(zones, 500_000) }
    expect(setRecommendedMinFreeKbytes(zones, before).minFreeKbytes).toBe(500_000)
  })
})
