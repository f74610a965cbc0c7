import { describe, expect, it } from 'vitest'
import { linesModel } from '../../charts/lines.ts'
import { scaled, scaleOf } from '../../charts/metric-scale.ts'

const GIB = 2 ** 30

describe('a column of a metric', () => {
  it('has the unit in which its largest figure is best read', () => {
    expect(scaleOf('bytes', [3 * GIB, null, 1]).name).toBe('GiB')
    expect(scaleOf('s', [0.085, 70]).name).toBe('s')
    expect(scaleOf('ns', [100, 279]).name).toBe('ns')
    expect(scaleOf('ns', [5e6]).name).toBe('ms')
    expect(scaled(0.085, scaleOf('s', [0.085, 70]))).toBe('0.085')
    expect(scaled(null, scaleOf('s', []))).toBe('–')
  })
})

describe('curves over a figure', () => {
  it('are sorted, scaled, and say where the plan no longer holds', () => {
    const { lines, y, summary } = linesModel(
      { title: 'instances', unit: 'count' },
      { title: 'budget', unit: 'share' },
      [
        {
          name: 'mlock',
          points: [
            { x: 30, y: 1.2, holds: false },
            { x: 1, y: 0.04, holds: true },
            { x: 2, y: null, holds: true },
          ],
        },
      ],
    )
    expect(y).toBe('budget [%]')
    expect(lines[0]?.points.map(point => point.x)).toEqual([1, 30])
    expect(summary).toBe('mlock: 4 at 1 to 120 at 30, does not hold from 30 on')
  })
})
