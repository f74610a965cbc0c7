import { describe, expect, it } from 'vitest'
import { DEFAULT_COSTS } from '../../../engine/sim/default-costs.ts'
import { FRAGMENTED_SHARE } from '../../../engine/sim/huge-pages.ts'
import type { RunResult } from '../../../engine/sim/result.ts'
import { Run } from '../../../engine/sim/run.ts'
import { simulate } from '../../../engine/sim/simulate.ts'
import type { MachineProfile, WorkloadSpec } from '../../../engine/scenario.ts'
import { GIB, HOST, MIB, scenario, workload } from '../../support/scenarios.ts'

const always = { ...HOST.thp, enabled: 'always' } as const
const noSwap = { swap: [], otherCacheBytes: 0 } as const

const memory = (bytes: number, over: Partial<WorkloadSpec> = {}): WorkloadSpec =>
  workload({
    kind: 'generic',
    strategy: 'none',
    params: {
      areas: JSON.stringify([{ name: 'memory', bytes }]),
      ops: JSON.stringify([{ op: 'touch', on: 'memory', length: bytes, access: 'write' }]),
    },
    ...over,
  })

const run = (workloads: WorkloadSpec[], machine: Partial<MachineProfile>, horizonS = 600): RunResult =>
  simulate(scenario(workloads, { machine: { ...noSwap, ...machine }, horizonS }))

const curve = (result: RunResult, name: string): Float64Array =>
  result.series.find(series => series.scope === 'host' && series.name === name)?.values ?? new Float64Array()
const last = (values: Float64Array): number => values[values.length - 1] ?? NaN
const most = (values: Float64Array): number => values.reduce((top, value) => Math.max(top, value), 0)

describe('huge pages on a host with ample memory', () => {
  it('are there for everybody with THP always, for nobody with never', () => {
    expect(last(curve(run([memory(8 * GIB)], { thp: always }), 'AnonHugePages'))).toBe(8 * GIB)
    const never = { ...always, enabled: 'never' } as const
    expect(last(curve(run([memory(8 * GIB)], { thp: never }), 'AnonHugePages'))).toBe(0)
  })
})

describe('huge pages on a host that is nearly full', () => {
  const tight = { thp: always, ramBytes: 16 * GIB, hostReserveBytes: GIB }
  const result = run([memory(14 * GIB)], tight, 10)

  it('go as far as there are free blocks of 2 MiB; the rest is small', () => {
    const huge = last(curve(result, 'AnonHugePages'))
    const free = curve(result, 'MemFree')[0] ?? 0
    expect(huge).toBeLessThan(free * (1 - FRAGMENTED_SHARE) + 20 * MIB)
    expect(huge).toBeGreaterThan(free * (1 - FRAGMENTED_SHARE) - 512 * MIB)
    expect(result.workloads[0]?.finalRssBytes).toBeCloseTo(14 * GIB, -3)
  })

  it('go further where faults compact memory themselves', () => {
    const compacting = run([memory(14 * GIB)], { ...tight, thp: { ...always, defrag: 'always' } }, 10)
    expect(last(curve(compacting, 'AnonHugePages'))).toBeGreaterThan(
      last(curve(result, 'AnonHugePages')) + GIB / 2,
    )
  })

  it('make set-up shorter than small ones', () => {
    const small = run([memory(14 * GIB)], { ...tight, thp: { ...always, enabled: 'never' } }, 20)
    const mixed = run([memory(14 * GIB)], tight, 20)
    const all = run([memory(14 * GIB)], { ...tight, ramBytes: 64 * GIB }, 20)
    const [s, m, a] = [small, mixed, all].map(r => r.workloads[0]?.timeUntilReadyS ?? NaN)
    expect(a).toBeLessThan(m ?? NaN)
    expect(m).toBeLessThan(s ?? NaN)
  })

  it('go to whom comes first', () => {
    const two = run(
      [memory(8 * GIB, { name: 'first' }), memory(6 * GIB, { name: 'second', startS: 10 })],
      tight,
      20,
    )
    const huge = curve(two, 'AnonHugePages')
    expect(huge[two.timesS.findLastIndex(t => t < 10)]).toBe(8 * GIB)
    expect(last(huge)).toBeLessThan(14 * GIB)
  })
})

describe('khugepaged', () => {
  const tight = { thp: always, ramBytes: 16 * GIB, hostReserveBytes: GIB }
  const leaving = [
    memory(6 * GIB, { name: 'leaves', stopS: 60 }),
    memory(8 * GIB, { name: 'stays', startS: 10 }),
  ]
  const result = run(leaving, tight, 7200)
  const huge = curve(result, 'AnonHugePages')
  const at = (s: number): number => huge[result.timesS.findLastIndex(t => t <= s)] ?? NaN

  it('makes small pages huge once memory is free, at 1.6 MiB/s at most', () => {
    expect(last(huge)).toBeGreaterThan(at(61) + 100 * MIB)
    expect(last(huge) - at(61)).toBeLessThan(1.6 * MIB * (7200 - 61))
    expect(last(huge)).toBeLessThanOrEqual(8 * GIB + 1)
  })

  it('counts them', () => {
    const collapses = curve(result, 'thp_collapse_alloc')
    expect(most(collapses)).toBeGreaterThan(0)
    expect(most(collapses)).toBeLessThanOrEqual(0.8)
    const state = new Run(
      scenario(leaving, { machine: { ...noSwap, ...tight }, horizonS: 7200 }),
      DEFAULT_COSTS,
    )
    state.go(7200)
    expect((state.khugepaged.thpCollapseAlloc * 2 * MIB) / (last(huge) - at(61))).toBeGreaterThan(0.9)
  })

  it('leaves memory as much as it was', () => {
    expect(result.workloads[1]?.finalRssBytes).toBeCloseTo(8 * GIB, -3)
  })

  it('does nothing without free memory', () => {
    const full = run([memory(14.2 * GIB)], tight, 3600)
    const values = curve(full, 'AnonHugePages')
    expect(last(values) - (values[full.timesS.findLastIndex(t => t <= 30)] ?? NaN)).toBeLessThan(600 * MIB)
  })
})
