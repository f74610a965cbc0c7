import { describe, expect, it } from 'vitest'
import { tornado } from '../../../charts/tornado.ts'
import { sweepLines, writtenValue } from '../../../renderer/state/explored.ts'

const row = (values: readonly unknown[], ready: number | null, holds = true) => ({
  ...{ values, holds, figures: { ready } },
})
const whole = { runs: 4, complete: true }

describe('a sweep as curves', () => {
  it('one field makes one curve, with the points at which the plan does not hold marked', () => {
    const sweep = { ...whole, axes: ['count'], rows: [row([1], 2), row([2], null, false)] }
    expect(sweepLines(sweep, 'ready')).toEqual([
      {
        name: 'ready',
        points: [
          { x: 1, y: 2, holds: true },
          { x: 2, y: null, holds: false },
        ],
      },
    ])
  })

  it('a second field makes a curve for each of its values', () => {
    const rows = [row([1, 'mlock'], 2), row([1, 'none'], 1), row([2, 'mlock'], 4), row([2, 'none'], 2)]
    const lines = sweepLines({ ...whole, axes: ['count', 'strategy'], rows }, 'ready')
    expect(lines?.map(({ name, points }) => [name, points.map(({ y }) => y)])).toEqual([
      ['strategy mlock', [2, 4]],
      ['strategy none', [1, 2]],
    ])
  })

  it('a field of names has a table and no curve', () => {
    expect(sweepLines({ ...whole, axes: ['strategy'], rows: [row(['mlock'], 1)] }, 'ready')).toBeNull()
    expect([writtenValue('6.18'), writtenValue(true)]).toEqual(['6.18', 'true'])
  })
})

describe('a tornado', () => {
  it('has a bar from the lesser to the greater figure, and says which way the input pulls', () => {
    const influence = (path: string, low: number | null, high: number | null) => ({
      ...{ path, low: { figure: low }, high: { figure: high }, swing: 1 },
    })
    const { bars, base } = tornado(10, [
      influence('up', 0, 20),
      influence('down', 15, 5),
      influence('gone', null, 1),
    ])
    expect(base).toBe(50)
    expect(bars).toEqual([
      { path: 'up', left: 0, width: 100, isRising: true },
      { path: 'down', left: 25, width: 50, isRising: false },
      { path: 'gone', left: null, width: 0, isRising: false },
    ])
  })
})
