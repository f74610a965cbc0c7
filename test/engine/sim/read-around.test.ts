/** Random reads of a file that is not cached, compared with 6.18.44 (ext4, read_ahead_kb 128). */
import { describe, expect, it } from 'vitest'
import { doSyncMmapReadahead } from '../../../engine/mm/filemap-readahead.ts'
import { VM_RAND_READ } from '../../../engine/mm/mm-types.ts'
import { newLists } from '../../../engine/sim/lru-lists.ts'
import { memoryPages, newPopulation, type Population } from '../../../engine/sim/population.ts'
import { advance } from '../../../engine/sim/population-step.ts'
import { readAround } from '../../../engine/sim/read-around.ts'
import { simulate } from '../../../engine/sim/simulate.ts'
import { GIB, MIB, scenario, workload } from '../../support/scenarios.ts'

const FILE_PAGES = (256 * MIB) / 4096

/** Touches, pages cached and major faults, of two runs on a file of 256 MiB. */
const MEASURED = [
  { touches: 10, cached: [320, 320], major: [10, 10] },
  { touches: 100, cached: [3094, 3093], major: [97, 98] },
  { touches: 1000, cached: [24_689, 24_064], major: [804, 782] },
  { touches: 5000, cached: [55_824, 56_221], major: [2077, 2072] },
  { touches: 40_000, cached: [65_429, 65_437], major: [2773, 2778] },
] as const

const mean = ([a, b]: readonly [number, number]): number => (a + b) / 2

function cold(folioPages: number, windowFolios: number): Population {
  const nrFolios = FILE_PAGES / folioPages
  return newPopulation({
    kind: 'file',
    nrFolios,
    folioPages,
    ratePerS: 1 / nrFolios,
    windowFolios,
    writeShare: 0,
  })
}

/** One touch a second. */
function touch(p: Population, times: number, steps: number): void {
  const lists = newLists()
  for (let i = 0; i < steps; i++)
    advance([p], lists, { limitPages: Infinity, swapFreePages: 0 }, times / steps)
}

describe('a random touch of a cold file', () => {
  it.each(MEASURED)('caches what the kernel caches after $touches touches', ({ touches, cached, major }) => {
    const { came, faulted } = readAround(32, FILE_PAGES, FILE_PAGES, touches / FILE_PAGES)
    expect(came / mean(cached)).toBeCloseTo(1, 1)
    expect(faulted / mean(major)).toBeGreaterThan(0.95)
    expect(faulted / mean(major)).toBeLessThan(1.15)
  })

  it.each(MEASURED)(
    'does so in units of what fault-around maps, in steps ($touches)',
    ({ touches, cached, major }) => {
      const p = cold(16, 2)
      touch(p, touches, 50)
      expect(memoryPages(p) / mean(cached)).toBeGreaterThan(0.93)
      expect(memoryPages(p) / mean(cached)).toBeLessThan(1.07)
      expect(p.majorFaults / mean(major)).toBeGreaterThan(0.93)
      expect(p.majorFaults / mean(major)).toBeLessThan(1.12)
      expect(p.fileReadPages).toBeCloseTo(memoryPages(p), 3)
    },
  )

  it('reads twice what it maps, at first', () => {
    const p = cold(16, 2)
    touch(p, 1, 1)
    expect(p.fileReadPages / p.majorFaults).toBeCloseTo(32, 1)
    expect(p.cached / p.fresh).toBeCloseTo(1, 1)
  })

  it('comes to the same in one step as in many', () => {
    const [one, many] = [cold(16, 2), cold(16, 2)]
    touch(one, 3000, 1)
    touch(many, 3000, 500)
    expect(Math.abs(one.majorFaults / many.majorFaults - 1)).toBeLessThan(0.01)
    expect(Math.abs(memoryPages(one) / memoryPages(many) - 1)).toBeLessThan(0.01)
  })

  it('reads one page after MADV_RANDOM: 9254 of 10000 touches were major, all different pages', () => {
    expect(doSyncMmapReadahead(0)).toBe(32)
    expect(doSyncMmapReadahead(VM_RAND_READ)).toBe(1)
    const { came, faulted } = readAround(1, FILE_PAGES, FILE_PAGES, 10_000 / FILE_PAGES)
    expect(came).toBe(faulted)
    expect(faulted / 9254).toBeCloseTo(1, 2)
  })
})

describe('a workload that reads a cold file at random', () => {
  it('reads 128 KiB with a major fault, so that its pages come sooner', () => {
    const area = {
      ...{ name: 'data', bytes: GIB, backing: 'file', sharing: 'shared', prot: 'r' },
      file: { name: 'data', kind: 'file', cachedShare: 0 },
      access: {
        ...{ ratePerS: 100, writeShare: 0, footprintShare: 1, layout: 'contiguous' },
        popularity: { kind: 'uniform' },
      },
    }
    const params = { areas: JSON.stringify([area]), ops: '[]' }
    const run = simulate(
      scenario([workload({ kind: 'generic', strategy: 'none', params })], { horizonS: 10 }),
    )
    const cached = run.series.find(({ name }) => name === 'Cached')?.values ?? []
    const came = (cached[cached.length - 1] ?? 0) - (cached[0] ?? 0)
    expect(came / (32 * 4096 * (run.workloads[0]?.majorFaultsAfterReady ?? NaN))).toBeGreaterThan(0.9)
  })
})
