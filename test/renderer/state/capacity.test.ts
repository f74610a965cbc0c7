import { describe, expect, it } from 'vitest'
import { capacityColumns, nearby, type Counted } from '../../../renderer/state/capacity.ts'

const point = (count: number, holds: boolean): Counted['curve'][number] => ({
  ...{ count, holds, minFreeBytes: 1, peakMlockedBytes: 1, lastReadyS: 1, budgetShare: count / 20 },
})
const counted = (strategy: string, fits: number): Counted => ({
  ...{ workload: 'guest', strategy, fits, bounded: false, monotone: true, complete: true },
  reason: { rule: 'oom-kill', sentence: 'OOM kill of guest' },
  curve: [point(1, true), point(fits, true), point(fits + 1, false), point(9000, false)],
})

describe('how many fit', () => {
  it('the curve ends a little beyond the edge, however far the search went', () => {
    expect(nearby(counted('mlock', 20)).map(({ count }) => count)).toEqual([1, 20, 21])
  })

  it('the best strategy is marked, one that fits none is bad, and what breaks first is said', () => {
    const rows = [counted('mlock', 20), counted('none', 24), counted('pin', 0)]
    const columns = capacityColumns(rows)
    const fit = columns.find(({ id }) => id === 'fits')
    expect(rows.map(row => fit?.mark?.(row))).toEqual([null, 'best', 'bad'])
    expect(columns.find(({ id }) => id === 'next')?.value(counted('mlock', 20))).toBe('OOM kill of guest')
  })
})
