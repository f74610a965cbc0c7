import { describe, expect, it } from 'vitest'
import { simulate } from '../../../engine/sim/simulate.ts'
import { GIB, scenario, workload } from '../../support/scenarios.ts'

const run = simulate(
  scenario([workload({ name: 'vm', kind: 'qemu-guest', strategy: 'mlock-onfault', count: 2 })], {
    machine: { hugetlb: { '2M': 512, '1G': 0 } },
  }),
)
const explained = new Map(run.explanations.map(each => [each.figure, each]))

describe('every figure of a run', () => {
  it('of the host is explained', () => {
    for (const field of Object.keys(run.host)) expect(explained.get(`host.${field}`), field).toBeDefined()
  })

  it('of a workload is explained', () => {
    for (const field of Object.keys(run.workloads[0] ?? {}))
      if (field !== 'workload') expect(explained.get(`vm.${field}`), field).toBeDefined()
  })

  it('of a curve is explained, and trusted as far as the curve says', () => {
    for (const { scope, name, trust } of run.series) {
      const why = explained.get(`${scope}/${name}`)
      expect(why, `${scope}/${name}`).toBeDefined()
      if (trust !== 'estimated') expect(why?.trust, `${scope}/${name}`).not.toBe('estimated')
    }
  })

  it('names its inputs with value, unit and source', () => {
    expect(explained.get('vm.finalVmLckBytes')?.inputs).toEqual([
      { name: 'VmLck of one task', value: 16 * GIB, unit: 'bytes', source: 'model of the kernel' },
      { name: 'tasks', value: 2, unit: 'count', source: 'plan, less those that ended' },
    ])
    const limit = explained.get('host.commitLimitBytes')
    const of = (name: string): number => Number(limit?.inputs.find(input => input.name === name)?.value)
    const pages = Math.floor(
      ((of('MemTotal') - of('hugetlb pools')) * of('vm.overcommit_ratio')) / 100 / 4096,
    )
    expect(run.host.commitLimitBytes).toBe(pages * 4096 + of('SwapTotal'))
  })

  it('has inputs that are numbers or names, never nothing', () => {
    for (const { figure, inputs } of run.explanations)
      for (const { name, value } of inputs)
        expect(typeof value === 'string' || Number.isFinite(value), `${figure}: ${name}`).toBe(true)
  })
})
