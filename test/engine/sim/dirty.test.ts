import { describe, expect, it } from 'vitest'
import { dirtyFreerunCeiling, dirtySetpoint } from '../../../engine/mm/page-writeback.ts'
import { DEFAULT_COSTS } from '../../../engine/sim/default-costs.ts'
import { untilDirtyS, writeBack, writebackSeconds, writerShare } from '../../../engine/sim/dirty.ts'
import { newPopulation, type Population } from '../../../engine/sim/population.ts'
import { Run } from '../../../engine/sim/run.ts'
import { summarise } from '../../../engine/sim/summary.ts'
import { GIB, MIB, scenario, workload } from '../../support/scenarios.ts'

const limits = { threshPages: 200_000, backgroundPages: 100_000 }
const state = (dirtyPages: number, demandPagesPerS: number, diskPagesPerS = 1000) => ({
  ...{ dirtyPages, demandPagesPerS, diskPagesPerS, limits },
})

function mapped(ratePerS: number, clean: number): Population {
  const p = newPopulation({ kind: 'file', nrFolios: 1000, ratePerS, writeShare: 0.5 })
  return Object.assign(p, { absent: 0, active: 1000, clean })
}

describe('dirty pages of a file', () => {
  it('settle where as many become dirty as are written', () => {
    const p = mapped(0.02, 1000)
    writeBack(p, 1e5, 30)
    expect(p.clean).toBeCloseTo(1000 / 30 / (0.01 + 1 / 30), 6)
    expect(p.writebackPages / 1e5).toBeCloseTo((1000 - p.clean) / 30, 2)
  })

  it('come out the same in one step as in many', () => {
    const [one, many] = [mapped(0.1, 900), mapped(0.1, 900)]
    writeBack(one, 50, 30)
    for (let i = 0; i < 500; i++) writeBack(many, 0.1, 30)
    expect(one.clean).toBeCloseTo(many.clean, 6)
    expect(one.writebackPages).toBeCloseTo(many.writebackPages, 6)
  })

  it('stay dirty without writeback', () => {
    const p = mapped(10, 1000)
    writeBack(p, 100, Infinity)
    expect([p.clean, p.writebackPages]).toEqual([expect.closeTo(0, 6), expect.closeTo(0, 6)])
  })
})

describe('the flusher', () => {
  it('writes pages after 30 s, sooner once the background limit would be passed', () => {
    expect(writebackSeconds(state(0, 100, 1e6))).toBe(30)
    expect(writebackSeconds(state(1000, 50_000, 1e6))).toBe(2)
  })

  it('is no faster than the disk', () => {
    expect(writebackSeconds(state(150_000, 500))).toBe(150)
    expect(writebackSeconds(state(150_000, 5000))).toBe(150)
  })
})

describe('a writer', () => {
  it('is not slowed down below the freerun ceiling', () => {
    expect(writerShare(state(dirtyFreerunCeiling(limits), 1e6), 1)).toBe(1)
  })

  it('gets on as fast as the disk at the setpoint, and not at all at the threshold', () => {
    expect(writerShare(state(dirtySetpoint(limits), 4000), 1)).toBeCloseTo(0.25, 9)
    expect(writerShare(state(limits.threshPages + 1, 4000), 1)).toBeLessThan(1e-3)
  })

  it('is looked at again before dirty memory reaches the setpoint', () => {
    const s = untilDirtyS(state(0, 5000))
    expect(s * 5000).toBeCloseTo(dirtySetpoint(limits), -2)
    expect(untilDirtyS(state(0, 900))).toBe(Infinity)
  })
})

describe('a workload that writes to a shared file', () => {
  const area = (ratePerS: number): object => ({
    ...{ name: 'data', bytes: 32 * GIB, backing: 'file', sharing: 'shared', prot: 'rw' },
    file: { name: 'data', kind: 'file', cachedShare: 1 },
    access: {
      ...{ ratePerS, writeShare: 1, footprintShare: 1, layout: 'contiguous' },
      popularity: { kind: 'uniform' },
    },
  })
  const go = (ratePerS: number, horizonS = 600) => {
    const params = { areas: JSON.stringify([area(ratePerS)]), ops: '[]' }
    const run = new Run(
      scenario([workload({ kind: 'generic', strategy: 'none', params })], {
        machine: { disk: 'sata-ssd', swap: [] },
        horizonS,
      }),
      DEFAULT_COSTS,
    )
    run.go(horizonS)
    const result = summarise(run)
    const dirty = result.series.find(({ name }) => name === 'Dirty')?.values ?? new Float64Array()
    return {
      run,
      result,
      dirty,
      last: dirty[dirty.length - 1] ?? NaN,
      share: run.groups[0]?.progressShare ?? NaN,
    }
  }

  it('keeps what it wrote in the last 30 s dirty if that is little', () => {
    const { last, share, run } = go(1000)
    expect(last / (30 * 1000 * 4096)).toBeCloseTo(1, 1)
    expect(share).toBe(1)
    expect(last).toBeLessThan(run.host.dirty.limits.backgroundPages * 4096)
  })

  it('is held at the background limit by the flusher if the disk keeps up', () => {
    const { last, run, share } = go(70_000)
    expect(last / (run.host.dirty.limits.backgroundPages * 4096)).toBeCloseTo(1, 1)
    expect(share).toBe(1)
  })

  it('is slowed down to what the disk writes otherwise', () => {
    const { run, last, share, result } = go(1e6)
    const { limits: l, diskPagesPerS } = run.host.dirty
    expect(last).toBeGreaterThan(dirtyFreerunCeiling(l) * 4096)
    expect(last).toBeLessThan(l.threshPages * 4096)
    expect(share).toBeLessThan(0.5)
    expect((share * 1e6) / diskPagesPerS).toBeGreaterThan(0.7)
    expect((share * 1e6) / diskPagesPerS).toBeLessThan(1.6)
    expect(result.steps).toBeLessThan(5000)
  })

  it('has nothing dirty when it only reads', () => {
    const params = {
      areas: JSON.stringify([{ ...area(1e5), prot: 'r' }]),
      ops: '[]',
    }
    const run = new Run(scenario([workload({ kind: 'generic', strategy: 'none', params })]), DEFAULT_COSTS)
    run.go(60)
    expect(run.host.dirty.dirtyPages * 4096).toBeLessThan(MIB)
  })
})
