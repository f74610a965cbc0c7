import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { thin } from '../../charts/thin.ts'

const seconds = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => i)

describe('a curve made fit for a chart', () => {
  it('stays as it is where it has few points', () => {
    const curve = Float64Array.of(3, 1, 2)
    expect(thin(seconds(3), [curve], { width: 2 })).toEqual({
      timesS: [0, 1, 2],
      values: [[3, 1, 2]],
      points: 3,
    })
  })

  it('keeps the smallest and the largest value of each pixel, in their order', () => {
    const curve = Float64Array.of(5, 9, 1, 5, 5, 0, 8, 5)
    expect(thin(seconds(8), [curve], { width: 2 })).toEqual({
      timesS: [0, 3, 4, 7],
      values: [[9, 1, 0, 8]],
      points: 8,
    })
  })

  it('a single outlier among a hundred thousand points is there', () => {
    const curve = new Float64Array(100_000).fill(1)
    curve[54_321] = 7
    const { timesS, values } = thin(seconds(100_000), [curve], { width: 800 })
    expect(timesS.length).toBeLessThanOrEqual(1600)
    const at = values[0]?.indexOf(7) ?? -1
    expect(Math.abs((timesS[at] ?? 0) - 54_321)).toBeLessThan(125)
  })

  it('shows a part of the time with one point on each side of it, so that lines reach the edge', () => {
    const { timesS } = thin(seconds(100), [seconds(100)], { width: 50, fromS: 10.5, toS: 20.5 })
    expect([timesS[0], timesS.at(-1), timesS.length]).toEqual([10, 21, 12])
  })

  it('is empty for a run without points', () => {
    expect(thin(seconds(0), [seconds(0)], { width: 10 })).toEqual({ timesS: [], values: [[]], points: 0 })
  })

  it('never loses an extreme, never has more than two points a pixel, and never goes back in time', () => {
    const point = fc.record({ stepS: fc.double({ min: 0.001, max: 10, noNaN: true }), value: fc.integer() })
    fc.assert(
      fc.property(fc.array(point, { maxLength: 500 }), fc.integer({ min: 1, max: 60 }), (points, width) => {
        let atS = 0
        const timesS = Float64Array.from(points, ({ stepS }) => (atS += stepS))
        const curve = Float64Array.from(points, ({ value }) => value)
        const thinned = thin(timesS, [curve, curve], { width })
        const [first = [], second] = thinned.values
        expect(second).toEqual(first)
        expect(thinned.timesS.length).toBe(first.length)
        expect(first.length).toBeLessThanOrEqual(Math.min(curve.length, 2 * width))
        expect(Math.max(...first)).toBe(Math.max(...curve))
        expect(Math.min(...first)).toBe(Math.min(...curve))
        expect(thinned.timesS).toEqual(thinned.timesS.toSorted((a, b) => a - b))
      }),
    )
  })
})
