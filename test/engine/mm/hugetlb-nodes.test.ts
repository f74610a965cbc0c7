import { describe, expect, it } from 'vitest'
import { addPages, inTurns, takeSurplus } from '../../../engine/mm/hugetlb-nodes.ts'

describe('huge pages on nodes', () => {
  it('are spread evenly as far as each node has room', () => {
    expect(inTurns(10, [100, 100, 100])).toEqual([4, 3, 3])
    expect(inTurns(10, [1, 100, 0])).toEqual([1, 9, 0])
    expect(inTurns(10, [1, 2])).toEqual([1, 2])
    expect(inTurns(0, [5])).toEqual([0])
    expect(inTurns(3, [])).toEqual([])
  })

  it('are free when they come', () => {
    expect(addPages([{ total: 5, free: 1, surplus: 0 }], [3])).toEqual([{ total: 8, free: 4, surplus: 0 }])
  })

  it('become surplus and back, no more than there are', () => {
    const nodes = [
      { total: 5, free: 0, surplus: 0 },
      { total: 1, free: 0, surplus: 0 },
    ]
    const surplus = takeSurplus(nodes, 4)
    expect(surplus.map(node => node.surplus)).toEqual([3, 1])
    expect(takeSurplus(surplus, -4)).toEqual(nodes)
  })
})
