import { describe, expect, it } from 'vitest'
import { withSet } from '../../../renderer/state/written-set.ts'

const plan = { kernel: '6.18', workloads: [{ name: 'a', params: { ram: '1 GiB' } }, { name: 'b' }] }

describe('values of a variant, written into a plan', () => {
  it('go where their paths say, and the rest stays', () => {
    const set = { 'workloads[0].params.prealloc': true, 'machine.hugetlb.2M': 512, kernel: { name: '5.14' } }
    expect(withSet(plan, set)).toEqual({
      kernel: { name: '5.14' },
      machine: { hugetlb: { '2M': 512 } },
      workloads: [{ name: 'a', params: { ram: '1 GiB', prealloc: true } }, { name: 'b' }],
    })
    expect(plan.workloads[0]).toEqual({ name: 'a', params: { ram: '1 GiB' } })
  })

  it('a star stands for every item of a list', () => {
    expect(withSet(plan, { 'workloads[*].strategy': 'mlock' })['workloads']).toEqual([
      { name: 'a', params: { ram: '1 GiB' }, strategy: 'mlock' },
      { name: 'b', strategy: 'mlock' },
    ])
  })
})
