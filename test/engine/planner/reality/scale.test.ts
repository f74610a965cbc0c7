import { describe, expect, it } from 'vitest'
import type { LiveMachine } from '../../../../engine/planner/reality.ts'
import { modelledKernel, scalePlan, type ScaledPlan } from '../../../../engine/planner/reality/scale.ts'
import { runScenario } from '../../../../engine/planner/run.ts'
import type { Scenario } from '../../../../engine/scenario.ts'
import { GIB, HOST, MIB, scenario, workload } from '../../../support/scenarios.ts'

const LIVE: LiveMachine = {
  ...{ release: '6.18.44', ramBytes: 24 * GIB, availableBytes: 20 * GIB, cpus: 2 },
  ...{ isRoot: true, memlockHardBytes: 'unlimited', capIpcLock: true, mayRaiseLimits: true },
  thp: { ...HOST.thp, enabled: 'madvise' },
  ...{ swappiness: 60, pageCluster: 3, overcommitMode: 0, hasCgroup: true, swapBytes: 0, hasZram: true },
  ...{ lruGen: false, readAheadKib: 128 },
}
const NOBODY: LiveMachine = {
  ...LIVE,
  ...{ isRoot: false, capIpcLock: false, mayRaiseLimits: false, memlockHardBytes: 8 * MIB },
}
const USUAL = { memoryShare: 0.1, seconds: 20 }

function scaled(asked: Scenario, live = LIVE, options: Partial<typeof USUAL> = {}): ScaledPlan {
  const found = scalePlan(asked, live, { ...USUAL, ...options })
  if (!found.ok) throw new Error(found.sentence)
  return found.plan
}
const cache = workload({ kind: 'cache', strategy: 'mlock', params: { items: 40 * GIB, rate: 1000 } })

describe('a plan made small enough', () => {
  const plan = scaled(scenario([cache], { horizonS: 600 }))
  const script = plan.scripts.get('cache')?.script

  it('takes no more than its share of the memory that is available', () => {
    const bytes = script?.areas.reduce((sum, area) => sum + area.bytes, 0) ?? 0
    expect(bytes).toBeLessThan(2 * GIB)
    expect(bytes).toBeGreaterThan(1.9 * GIB)
    expect(script?.areas.every(area => area.bytes % 4096 === 0)).toBe(true)
  })

  it('locks and touches the same parts of its areas as before', () => {
    const ops = script?.threads.flatMap(({ steps }) =>
      steps.flatMap(step => (step.do === 'op' ? [step.op] : [])),
    )
    const items = script?.areas.find(({ name }) => name === 'items')?.bytes
    expect(ops?.find(({ op }) => op === 'mlock')).toMatchObject({ on: 'items', length: items })
    const touched = ops?.find(op => op.op === 'touch' && op.on === 'items')
    expect(
      Number(touched !== undefined && 'length' in touched ? touched.length : 0) / (items ?? 1),
    ).toBeCloseTo(0.9, 3)
  })

  it('is compressed in time, with as many accesses to each page', () => {
    expect(plan.scenario.horizonS).toBe(20)
    const { factor, timeFactor, rateFactor } = plan.by
    expect(rateFactor).toBeCloseTo(timeFactor / factor, 6)
  })

  it('gives one task a memory cgroup of the scaled host', () => {
    expect(plan.limitBytes).toBeGreaterThan(2 * GIB)
    expect(plan.scenario.workloads[0]?.memcg.maxBytes).toBe(plan.limitBytes)
  })

  it('runs on the model by the same operations', () => {
    const run = runScenario(plan.scenario, { scripts: plan.scripts })
    expect(run.workloads[0]?.finalVmLckBytes).toBe(script?.areas.find(({ name }) => name === 'items')?.bytes)
  })
})

describe('what of a plan cannot be run is named', () => {
  const reasonOf = (asked: Scenario, live = LIVE): string | undefined => {
    const found = scalePlan(asked, live, USUAL)
    return (found.ok ? found.plan.leftOut : found.leftOut)[0]?.reason
  }

  it('pages of 1 GiB, pools without root, strategies of kernels that do not exist', () => {
    const of = (strategy: string): Scenario =>
      scenario([workload({ kind: 'cache', strategy })], { machine: { hugetlb: { '2M': 20_000, '1G': 40 } } })
    expect(reasonOf(of('hugetlb-1g'))).toMatch(/pages of 1 GiB/)
    expect(reasonOf(of('hugetlb-2m'), NOBODY)).toMatch(/needs root/)
    expect(reasonOf(of('mpin'))).toMatch(/does not exist/)
  })

  it('the rest of the plan runs without them', () => {
    const both = scenario([cache, workload({ name: 'what-if', kind: 'cache', strategy: 'mpin' })])
    const plan = scaled(both)
    expect(plan.leftOut.map(({ workload: name }) => name)).toEqual(['what-if'])
    expect(plan.scenario.workloads.map(({ name }) => name)).toEqual(['cache'])
  })

  it('another kernel than the running one is said, and both sides follow the running one', () => {
    const plan = scaled(scenario([cache], { kernel: '5.10' }))
    expect(plan.scenario.kernel.name).toBe('6.18')
    expect(plan.notes.join(' ')).toContain('The plan is for kernel 5.10; this is Linux 6.18.44.')
  })

  it('more processes than are run at once', () => {
    const plan = scaled(scenario([{ ...cache, count: 64 }]))
    expect(plan.scenario.workloads[0]?.count).toBe(16)
    expect(plan.notes.join(' ')).toContain('16 of the plan’s 64 processes are run')
  })
})

describe('without privileges', () => {
  const plan = scaled(scenario([cache]), NOBODY)

  it('sizes are divided until the limit of the user is enough', () => {
    expect(plan.by.factor).toBeGreaterThan(5000)
    expect(plan.scenario.workloads[0]?.limits).toEqual({ memlockBytes: 8 * MIB, capIpcLock: false })
  })

  it('there is no cgroup and no swap, in the prediction either', () => {
    expect(plan.limitBytes).toBeNull()
    expect(plan.scenario.machine.swap).toEqual([])
    expect(plan.notes.join(' ')).toContain('Swap needs root and zram')
  })

  it('THP stays what it is', () => {
    const always = scenario([cache], { machine: { thp: { ...HOST.thp, enabled: 'always' } } })
    expect(scaled(always, NOBODY).scenario.machine.thp.enabled).toBe('madvise')
    expect(scaled(always).scenario.machine.thp.enabled).toBe('always')
  })
})

it('the kernel of a release is the one on offer, or the last before it', () => {
  expect(['6.18.44-x', '6.14.1', '5.10.223', '2.6.32'].map(modelledKernel)).toEqual([
    '6.18',
    '6.12',
    '5.10',
    '3.7',
  ])
})
