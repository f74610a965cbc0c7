import { describe, expect, it } from 'vitest'
import {
  DIRTY_DEFAULTS,
  dirtyEquilibrium,
  dirtyFreerunCeiling,
  dirtyRatePerWriter,
  dirtySetpoint,
  domainDirtyLimits,
  globalDirtyableMemory,
  posRatioPolynom,
} from '../../../engine/mm/page-writeback.ts'
import { onLinux, procNumbers, sysctl, zoneInfo } from '../../support/proc.ts'

const limits = domainDirtyLimits(1_000_000, DIRTY_DEFAULTS)

describe('dirty limits', () => {
  it('are shares of what is free or cache, in 4096ths', () => {
    expect(limits).toEqual({
      threshPages: Math.floor((819 * 1_000_000) / 4096),
      backgroundPages: Math.floor((409 * 1_000_000) / 4096),
    })
  })

  it('are rounded up from bytes', () => {
    const bytes = { ...DIRTY_DEFAULTS, dirtyBytes: 8193, dirtyBackgroundBytes: 4096 }
    expect(domainDirtyLimits(1_000_000, bytes)).toEqual({ threshPages: 3, backgroundPages: 1 })
  })

  it('keep the background limit below the threshold', () => {
    const same = { ...DIRTY_DEFAULTS, dirtyBackgroundRatio: 20 }
    const { threshPages, backgroundPages } = domainDirtyLimits(1_000_000, same)
    expect(backgroundPages).toBe(Math.floor(threshPages / 2))
  })

  it('do not count what locked memory has taken', () => {
    expect(globalDirtyableMemory(1000, 300, 200)).toBe(901)
    expect(globalDirtyableMemory(100, 300, 200)).toBe(201)
  })

  it('are those of /proc/vmstat on the running kernel', ctx => {
    if (!onLinux) ctx.skip('there is no /proc/vmstat')
    if (sysctl('vm/dirty_bytes') > 0 || sysctl('vm/dirty_background_bytes') > 0) ctx.skip('set in bytes')
    const vmstat = procNumbers('/proc/vmstat')
    const meminfo = procNumbers('/proc/meminfo')
    const reserve = zoneInfo().reduce(
      (sum, zone) => sum + Math.min(zone.managedPages, Math.max(...zone.protection) + zone.highPages),
      0,
    )
    const file = (vmstat.get('nr_active_file') ?? 0) + (vmstat.get('nr_inactive_file') ?? 0)
    const got = domainDirtyLimits(globalDirtyableMemory((meminfo.get('MemFree') ?? 0) / 4, reserve, file), {
      ...DIRTY_DEFAULTS,
      dirtyRatio: sysctl('vm/dirty_ratio'),
      dirtyBackgroundRatio: sysctl('vm/dirty_background_ratio'),
    })
    const shown = vmstat.get('nr_dirty_threshold') ?? 0
    // Free memory changes between the readings.
    expect(Math.abs(got.threshPages - shown)).toBeLessThan(shown * 0.02)
    expect(Math.abs(got.backgroundPages - (vmstat.get('nr_dirty_background_threshold') ?? 0))).toBeLessThan(
      shown * 0.02,
    )
  })
})

describe('writers', () => {
  it('are free up to half-way between the limits', () => {
    expect(dirtyRatePerWriter(dirtyFreerunCeiling(limits), limits, 1000, 1)).toBe(Infinity)
  })

  it('get the rate of the device at the setpoint, twice that at the ceiling, nothing at the threshold', () => {
    expect(posRatioPolynom(dirtySetpoint(limits), limits)).toBe(1)
    expect(posRatioPolynom(dirtyFreerunCeiling(limits), limits)).toBeCloseTo(2, 3)
    expect(posRatioPolynom(limits.threshPages, limits)).toBeCloseTo(0, 3)
    expect(dirtyRatePerWriter(dirtySetpoint(limits), limits, 1000, 4)).toBe(250)
  })

  it('settle at the setpoint if they want more than the device does', () => {
    expect(dirtyEquilibrium(5000, 1000, limits)).toEqual({
      dirtyPages: dirtySetpoint(limits),
      pagesPerS: 1000,
      throttled: true,
    })
  })

  it('are not slowed down if the device keeps up', () => {
    expect(dirtyEquilibrium(500, 1000, limits)).toEqual({
      dirtyPages: 15_000,
      pagesPerS: 500,
      throttled: false,
    })
  })
})
