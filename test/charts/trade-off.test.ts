import { describe, expect, it } from 'vitest'
import { multiples, HEIGHT, WIDTH } from '../../charts/multiples.ts'
import { radiusOf, tradeOff } from '../../charts/trade-off.ts'
import type { ComparedVariant } from '../../engine/planner/compare.ts'
import type { RunSummary } from '../../engine/planner/summary.ts'

const variant = (
  name: string,
  ready: number | null,
  access: number | null,
  { locked = 0, holds = true } = {},
): ComparedVariant => ({
  name,
  figures: { ready, access, locked },
  summary: { verdict: { holds, sentence: '' } } as RunSummary,
})

describe('the trade-off of variants', () => {
  const variants = [
    variant('mlock', 70, 100, { locked: 4 * 2 ** 30 }),
    variant('on fault', 0.1, 280, { locked: 2 ** 30 }),
    variant('beaten in both', 80, 300),
    variant('cheapest, and killed', 0.01, 50, { holds: false }),
    variant('never ready', null, 100),
  ]
  const { points, front, isLogX, isLogY, leftOut, summary } = tradeOff({ variants })

  it('has on its front what nothing that holds beats in both, from left to right', () => {
    expect(front.map(({ name }) => name)).toEqual(['on fault', 'mlock'])
    expect(points.find(({ name }) => name === 'beaten in both')?.isOnFront).toBe(false)
    expect(points.find(({ name }) => name === 'cheapest, and killed')?.isOnFront).toBe(false)
  })

  it('leaves out what is never ready, and says so', () => {
    expect(leftOut).toEqual(['never ready'])
    expect(summary).toContain('mlock: ready after 70 s, 100 ns an access, 4 GiB locked')
    expect(tradeOff({ variants: [] }).summary).toBe('No variant is ready and makes accesses.')
  })

  it('reads figures that lie far apart by powers of ten', () => {
    expect([isLogX, isLogY]).toEqual([true, false])
  })

  it('draws memory as the area of a point', () => {
    const [big, small] = points
    const most = big?.lockedBytes ?? 0
    expect((radiusOf(big!, most) / radiusOf(small!, most)) ** 2).toBeCloseTo(4, 6)
    expect(radiusOf(small!, 0)).toBeGreaterThan(0)
  })
})

describe('small charts of variants', () => {
  it('share one scale: the highest of all, rounded up, is the full height', () => {
    const curve = (name: string, gib: number) => ({
      ...{
        name,
        timesS: [0, 10],
        lockedResident: [0, gib * 2 ** 30],
        locked: [gib * 2 ** 30, gib * 2 ** 30],
      },
    })
    const { items, topBytes, endS } = multiples([curve('a', 3), curve('b', 1)])
    expect([topBytes, endS]).toEqual([4 * 2 ** 30, 10])
    expect(items.map(({ mostBytes }) => mostBytes / 2 ** 30)).toEqual([3, 1])
    expect(items[0]?.held).toContain(`${WIDTH.toFixed(1)},${(HEIGHT / 4).toFixed(1)}`)
    expect(multiples([])).toEqual({ items: [], topBytes: 0, endS: 0 })
  })
})
