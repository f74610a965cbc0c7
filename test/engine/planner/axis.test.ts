import { describe, expect, it } from 'vitest'
import { readAxis } from '../../../engine/planner/axis.ts'
import { CATALOG, GIB, scenario } from './fake.ts'

function axis(text: string): unknown {
  const read = readAxis(scenario(), text, CATALOG)
  return read.ok ? read.axis.values : read.message
}

describe('an axis', () => {
  it('is a list, or a range by step, factor or points', () => {
    expect(axis('count=1, 2,4')).toEqual([1, 2, 4])
    expect(axis('ram=64GiB..256GiB/64GiB')).toEqual([64, 128, 192, 256].map(gib => gib * GIB))
    expect(axis('ram=64GiB..512GiB*2')).toEqual([64, 128, 256, 512].map(gib => gib * GIB))
    expect(axis('workloads[0].params.footprint=0..1#5')).toEqual([0, 0.25, 0.5, 0.75, 1])
    expect(axis('kernel=3.7,6.18 +vm-pinned')).toEqual([
      { name: '3.7', plus: [], minus: [] },
      { name: '6.18', plus: ['vm-pinned'], minus: [] },
    ])
  })

  it.each([
    ['count', 'expected path=values'],
    ['count=', 'expected values, found nothing'],
    ['count=4..1', 'from small to large'],
    ['count=0..8*2', 'a factor is above 1, its range begins above 0'],
    ['count=1..8*1', 'a factor is above 1'],
    ['count=1..8/0', 'a step is above 0'],
    ['horizon=1s..100d/1ns', 'at most 100000 values'],
    ['kernel=3.7..6.18', 'a range needs numbers'],
    ['count=1,x', 'whole numbers'],
  ])('%s is refused', (text, sentence) => {
    expect(axis(text)).toContain(sentence)
  })
})
