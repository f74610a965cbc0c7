import { describe, expect, it } from 'vitest'
import { equalParts, indexAt, meansOver, peakOf, tickStep, valueAtTime } from '../../charts/model.ts'

describe('charts', () => {
  it('a burst counts with its work, not with its height', () => {
    // 1000 a second for a hundredth of a second, in parts of one second: 10 a second in the first.
    expect(meansOver([0, 0.01, 4], [1000, 0, 0], equalParts(0, 4, 4))).toEqual([10, 0, 0, 0, 0])
  })

  it('a rate that spans several parts is whole in each of them', () => {
    expect(meansOver([0, 1.5, 4], [8, 2, 2], equalParts(0, 4, 4))).toEqual([8, 5, 2, 2, 2])
  })

  it('the cursor reads levels between points and rates from the point before', () => {
    const layer = { id: 'x', label: 'x', colour: '--accent', values: [0, 10] }
    expect(valueAtTime([0, 4], { ...layer, shape: 'level' }, 1)).toBe(2.5)
    expect(valueAtTime([0, 4], { ...layer, shape: 'rate' }, 1)).toBe(0)
    expect([-1, 0, 3.9, 4, 9].map(atS => indexAt([0, 4], atS))).toEqual([0, 0, 0, 1, 1])
  })

  it('the peak of a stack is that of its sum', () => {
    expect(peakOf([{ values: [5, 1, 3] }, { values: [0, 3, 3] }])).toEqual({ value: 6, at: 2 })
  })

  it('an axis has at most six steps, in whole units of clocks', () => {
    expect([1, 60, 600, 1800, 86_400].map(tickStep)).toEqual([0.2, 10, 120, 300, 21_600])
  })
})
