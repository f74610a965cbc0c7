import { describe, expect, it } from 'vitest'
import { equalParts } from '../../charts/model.ts'
import { activityOf, clipOf, totalsOf } from '../../charts/spikes.ts'

const layer = (values: readonly number[]) => ({
  ...{ id: 'x', label: 'x', colour: '--accent', shape: 'rate' as const },
  values,
})
const chart = (values: readonly number[]) => ({
  timesS: equalParts(0, values.length - 1, values.length - 1),
  layers: [layer(values)],
})
const flat = (n: number, value: number): number[] => Array.from({ length: n }, () => value)

describe('a spike', () => {
  it('is cut where it is several times as high as everything else, and says how high it is and when', () => {
    const { at, ...peak } = clipOf(chart([...flat(50, 10), 600, ...flat(50, 9)]))!
    expect(at).toBeCloseTo(11)
    expect(peak).toEqual({ peak: 600, peakAtS: 50 })
  })

  it('is left where others come near, and where it is no exception', () => {
    expect(clipOf(chart([...flat(50, 10), 20, ...flat(50, 9)]))).toBeNull()
    expect(clipOf(chart([...flat(50, 10), ...flat(50, 600)]))).toBeNull()
    expect(clipOf(chart(flat(9, 0)))).toBeNull()
    expect(clipOf(chart([0, 5, 0]))).toBeNull()
  })

  it('counts with the sum of all layers', () => {
    expect(totalsOf([{ values: [1, 2] }, { values: [10, 20] }])).toEqual([11, 22])
  })
})

describe('a run in which something happens for a moment only', () => {
  it('has a part that is worth a closer look, with room on both sides', () => {
    const part = activityOf(chart([...flat(40, 0), ...flat(10, 5), ...flat(51, 0)]))!
    expect(part.fromS).toBeCloseTo(39)
    expect(part.toS).toBeCloseTo(51)
  })

  it('has none where it goes on for long, or nothing happens', () => {
    expect(activityOf(chart(flat(100, 1)))).toBeNull()
    expect(activityOf(chart(flat(100, 0)))).toBeNull()
  })
})
