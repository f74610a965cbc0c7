import { describe, expect, it } from 'vitest'
import { siMemAvailable } from '../../../engine/mm/show-mem.ts'
import { onLinux, procNumbers, zoneInfo } from '../../support/proc.ts'

describe('MemAvailable', () => {
  const input = {
    freePages: 100_000,
    activeFilePages: 30_000,
    inactiveFilePages: 10_000,
    reclaimableKernelPages: 6000,
    totalreservePages: 20_000,
    lowWatermarkPages: 5000,
  }

  it('leaves out reserves and the part of the cache that is assumed to be needed', () => {
    expect(siMemAvailable(input)).toBe(100_000 - 20_000 + 35_000 + 3000)
  })

  it('is never negative', () => {
    expect(siMemAvailable({ ...input, freePages: 0, activeFilePages: 0, inactiveFilePages: 0 })).toBe(0)
  })

  it('is that of /proc/meminfo on the running kernel', ctx => {
    if (!onLinux) ctx.skip('there is no /proc/meminfo')
    const zones = zoneInfo()
    const meminfo = procNumbers('/proc/meminfo')
    const pages = (key: string): number => (meminfo.get(key) ?? 0) / 4
    const sum = (of: (zone: (typeof zones)[number]) => number): number =>
      zones.reduce((total, zone) => total + of(zone), 0)
    const got = siMemAvailable({
      freePages: pages('MemFree'),
      activeFilePages: pages('Active(file)'),
      inactiveFilePages: pages('Inactive(file)'),
      reclaimableKernelPages: pages('KReclaimable'),
      totalreservePages: sum(zone =>
        Math.min(zone.managedPages, Math.max(...zone.protection) + zone.highPages),
      ),
      lowWatermarkPages: sum(zone => zone.lowPages),
    })
    // Other programs allocate and free between the two readings.
    expect(Math.abs(got - pages('MemAvailable'))).toBeLessThan(pages('MemTotal') * 0.01)
  })
})
