import { describe, expect, it } from 'vitest'
import { checkReality, clock, type Measurement, type RealityCheck } from '../../../engine/planner/reality.ts'
import { offsetByGrowth } from '../../../engine/planner/reality/align.ts'
import { CAUSE_RULES } from '../../../engine/planner/reality/causes.ts'
import { runScenario } from '../../../engine/planner/run.ts'
import type { Scenario, WorkloadSpec } from '../../../engine/scenario.ts'
import { GIB, HOST, MIB, scenario, workload } from '../../support/scenarios.ts'
import { measurementOf, realityOf } from './reality/synthetic.ts'

/** 1 GiB that is filled by accesses: every page is written. */
const cache = (spec: Partial<WorkloadSpec> = {}): WorkloadSpec =>
  workload({
    kind: 'cache',
    strategy: 'none',
    ...spec,
    params: {
      ...{ items: GIB, own: 16 * MIB, filled: 0, writes: 1, footprint: 1 },
      ...{ rate: 20_000, popularity: 'uniform', layout: 'contiguous' },
      ...spec.params,
    },
  })
const on = (spec: WorkloadSpec = cache(), machine: Partial<typeof HOST> = {}): Scenario =>
  scenario([spec], { horizonS: 60, machine: { thp: { ...HOST.thp, enabled: 'never' }, ...machine } })

const check = (planned: Scenario, measurement: Measurement): RealityCheck =>
  checkReality(runScenario(planned), planned, measurement)
const curve = (found: RealityCheck, name: string): RealityCheck['curves'][number] => {
  const one = found.curves.find(each => each.name === name)
  if (one === undefined) throw new Error(`no curve ${name}`)
  return one
}

describe('a measurement that is what was predicted', () => {
  it('agrees, with errors of nothing, and no cause', () => {
    const found = check(on(), realityOf(on()))
    expect(found).toMatchObject({ agrees: true, parts: null, causes: [] })
    expect(curve(found, 'VmRSS').meanError).toBeLessThan(1e-9)
    expect(found.verdict).toMatch(/^VmRSS of cache within 0\.0 % of its peak on average .*no curve parts/)
  })

  it('that has nothing of the run says so', () => {
    const empty = { ...realityOf(on()), samples: [] }
    expect(check(on(), empty)).toMatchObject({ agrees: false, curves: [] })
    expect(check(on(), empty).verdict).toContain('no curve can be compared')
  })
})

describe('errors of a curve', () => {
  const planned = on()
  const run = runScenario(planned)
  /** Every value so much larger from a moment on. */
  const larger = (factor: number, fromS: number): Measurement => {
    const measured = measurementOf(run)
    const samples = measured.samples.map(sample => ({
      ...sample,
      tasks: sample.tasks.map(task => ({
        ...task,
        status: { ...task.status, VmRSS: (task.status['VmRSS'] ?? 0) * (sample.atS < fromS ? 1 : factor) },
      })),
    }))
    return { ...measured, samples }
  }

  it('are shares of the largest value of either side', () => {
    const found = curve(check(planned, larger(1.25, 0)), 'VmRSS')
    expect(found.peak).toBeGreaterThan(1.2 * 900 * MIB)
    expect(found.worstError).toBeCloseTo(0.2, 5)
    expect(found.worstAtS).toBe(60)
    expect(found.bias).toBeCloseTo(found.meanError, 9)
  })

  it('part from the first of two samples that are beyond what the curve may be off', () => {
    const found = curve(check(planned, larger(1.25, 30)), 'VmRSS')
    expect(found).toMatchObject({ tolerance: 0.05, partsAtS: 30 })
    expect(check(planned, larger(1.02, 30)).parts).toBeNull()
  })

  it('are not stated for a curve that stays below a MiB', () => {
    expect(check(planned, realityOf(planned)).curves.map(({ name }) => name)).not.toContain('VmPin')
  })

  it('of one of several instances are those against its share', () => {
    const many = on(cache({ count: 4 }))
    const one = realityOf(on(), { source: 'followed' })
    expect(curve(check(many, one), 'VmRSS').meanError).toBeLessThan(0.001)
  })
})

describe('the offset of a measurement', () => {
  it('lays the first growth of memory upon that of the run', () => {
    const late = on(cache({ startS: 20 }))
    const offset = offsetByGrowth(runScenario(on(cache({ startS: 5 }))), realityOf(late), 'cache')
    expect(offset).toBeCloseTo(-15, 0)
  })

  it('is 0 where nothing grows', () => {
    expect(offsetByGrowth(runScenario(on()), { ...realityOf(on()), samples: [] }, 'cache')).toBe(0)
  })
})

describe('where the two sides part, the likeliest cause is', () => {
  const first = (planned: Scenario, measurement: Measurement): string | undefined =>
    check(planned, measurement).causes[0]?.id

  it('THP, where the machine has another setting and makes huge pages', () => {
    const thp = { ...HOST.thp, enabled: 'always' as const }
    const measured = realityOf(on(cache(), { thp }), { facts: { thp: 'always' } })
    expect(first(on(), measured)).toBe('thp')
    expect(check(on(), measured).causes[0]?.sentence).toMatch(/never in the plan and always on the machine/)
  })

  it('RLIMIT_MEMLOCK, where the process may lock less than the plan says', () => {
    const locking = (memlockBytes: number | 'unlimited'): Scenario =>
      on(cache({ strategy: 'mlock', limits: { memlockBytes, capIpcLock: false } }))
    const limits = { memlockBytes: 8 * MIB, capIpcLock: false }
    // mlock fails at once, and cache goes on without.
    const refused = realityOf(on(cache()), { source: 'followed', facts: limits })
    const found = check(locking('unlimited'), refused)
    expect(found.causes[0]).toMatchObject({ id: 'memlock', numbers: { limitBytes: 8 * MIB } })
    expect(found.causes[0]?.sentence).toContain('may lock 8 MiB, in the plan without limit')
  })

  it('swap, where the plan has none and the machine does', () => {
    const memcg = { maxBytes: 512 * MIB, highBytes: null, swapMaxBytes: null }
    const swap = [{ device: 'zram-lz4', sizeBytes: 4 * GIB, priority: 1 }]
    const measured = realityOf(on(cache({ memcg }), { swap }), {
      facts: { swapBytes: 4 * GIB, memoryMaxBytes: 512 * MIB },
    })
    const planned = on(cache({ memcg }), { swap: [] })
    expect(first(planned, measured)).toBe('swap')
  })

  it('memory.max, where the cgroup of the process is smaller', () => {
    const memcg = { maxBytes: 512 * MIB, highBytes: null, swapMaxBytes: null }
    const measured = realityOf(on(cache({ memcg })), { facts: { memoryMaxBytes: 512 * MIB } })
    expect(first(on(), measured)).toBe('memory-max')
  })

  it('popularity, where memory fills along another curve', () => {
    const zipf = on(cache({ params: { popularity: 'zipf', zipf: 1.1 } }))
    const found = check(on(), realityOf(zipf))
    expect(found.causes[0]).toMatchObject({ id: 'popularity' })
    expect(found.causes[0]?.sentence).toMatch(
      /fills more slowly than accesses that are uniform would fill it/,
    )
  })

  it('the part in use, where both sides have settled at other levels', () => {
    const used = (footprint: number): Scenario => on(cache({ params: { footprint, rate: 200_000 } }))
    expect(check(used(1), realityOf(used(0.6))).causes.map(({ id }) => id)).toContain('footprint')
  })

  it('the program’s own memory, where the difference is the same at every moment', () => {
    const own = (bytes: number): Scenario =>
      on(cache({ strategy: 'mlockall', params: { own: bytes, items: 512 * MIB, filled: 1, rate: 0 } }))
    expect(first(own(64 * MIB), realityOf(own(160 * MIB), { source: 'followed' }))).toBe('overhead')
  })

  it('the cost table, where the plan is ready at another time', () => {
    const planned = on(cache({ strategy: 'populate-write', params: { items: 16 * GIB, rate: 0 } }))
    const slow = realityOf(planned)
    const ready = runScenario(planned).workloads[0]?.timeUntilReadyS ?? 0
    const events = [
      { atS: 0, kind: 'start', workload: 'cache', instance: 0, text: 'starts' },
      { atS: 3 * ready, kind: 'ready', workload: 'cache', instance: 0, text: 'ready' },
    ] as const
    const samples = slow.samples.map(sample => ({
      ...sample,
      tasks: sample.tasks.map(task => ({
        ...task,
        status: { ...task.status, VmRSS: Math.min(1, sample.atS / (3 * ready)) * 16 * 2 ** 20 },
      })),
    }))
    const found = check(planned, { ...slow, events, samples })
    expect(found.causes[0]).toMatchObject({ id: 'costs' })
    expect(found.events[0]).toMatchObject({ what: 'ready', error: expect.closeTo(2, 5) as number })
  })

  it('the beginning, where a followed process is only later than the plan', () => {
    const late = realityOf(on(cache({ startS: 12 })), { source: 'followed' })
    const found = check(on(), late)
    expect(found.causes[0]).toMatchObject({
      id: 'alignment',
      numbers: { shiftS: expect.closeTo(-12, 0) as number },
    })
  })

  it('the zero page, where anonymous memory is read before it is written', () => {
    const reading = on(cache({ params: { writes: 0.3 } }))
    const measured = realityOf(reading)
    const samples = measured.samples.map(sample => ({
      ...sample,
      tasks: sample.tasks.map(task => ({
        ...task,
        status: { ...task.status, VmRSS: (task.status['VmRSS'] ?? 0) * 0.6 },
      })),
    }))
    expect(first(reading, { ...measured, samples })).toBe('zero-page')
  })

  it('another kernel, only where nothing else explains it', () => {
    const zipf = on(cache({ params: { popularity: 'zipf', zipf: 1.1 } }))
    const ids = check(on(), realityOf(zipf, { facts: { kernel: '5.10.223' } })).causes.map(({ id }) => id)
    expect(ids.slice(0, 2)).toEqual(['popularity', 'kernel'])
  })

  it('who ended, where a process was killed that was to live', () => {
    const events = [
      { atS: 9, kind: 'killed', workload: 'cache', instance: 0, text: 'ended by the kernel' },
    ] as const
    const found = check(on(), realityOf(on(), { events }))
    expect(found).toMatchObject({ agrees: false, causes: [{ id: 'ended' }] })
  })

  it('nothing, where nothing parts, whatever else is different', () => {
    expect(check(on(), realityOf(on(), { facts: { kernel: '5.10.223', thp: 'always' } })).causes).toEqual([])
  })
})

describe('the rules', () => {
  it('have ids of their own, and a fix each', () => {
    expect(new Set(CAUSE_RULES.map(({ id }) => id)).size).toBe(CAUSE_RULES.length)
    for (const { fix } of CAUSE_RULES) expect(fix).toMatch(/\.$/)
  })
})

it('times are read as a person says them', () => {
  expect([clock(0.12), clock(41.24), clock(41 * 60 + 5)]).toEqual(['0.12 s', '41.2 s', '41:05'])
})
