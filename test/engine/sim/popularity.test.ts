import type { Popularity } from '../../../engine/scenario.ts'
import { describe, expect, it } from 'vitest'
import { expectedUnique, folioClasses, popularityClasses, powerSum } from '../../../engine/sim/popularity.ts'

const zipf = (exponent: number): Popularity => ({ kind: 'zipf', exponent })
const itemsOf = (classes: readonly { nrItems: number }[]): number =>
  classes.reduce((sum, { nrItems }) => sum + nrItems, 0)
const sharesOf = (classes: readonly { nrItems: number; perAccess: number }[]): number =>
  classes.reduce((sum, { nrItems, perAccess }) => sum + nrItems * perAccess, 0)

/** Item by item, without classes. */
function exactUnique(exponent: number, items: number, accesses: number): number {
  let total = 0
  for (let rank = 1; rank <= items; rank++) total += rank ** -exponent
  let unique = 0
  for (let rank = 1; rank <= items; rank++)
    unique += -Math.expm1(accesses * Math.log1p(-(rank ** -exponent) / total))
  return unique
}

describe('popularity classes', () => {
  it.each([0.5, 0.8, 1, 1.2, 1.5])(
    'a Zipf distribution with exponent %d touches as many pages as page by page, to half a per cent',
    exponent => {
      const classes = popularityClasses(zipf(exponent), 50_000)
      for (const accesses of [100, 3000, 50_000, 1_000_000]) {
        const exact = exactUnique(exponent, 50_000, accesses)
        expect(Math.abs(expectedUnique(classes, accesses) / exact - 1)).toBeLessThan(0.005)
      }
    },
  )

  it('are at most sixteen, hold every page, and every access', () => {
    for (const items of [1, 2, 3, 17, 4096, 2 ** 28]) {
      const classes = popularityClasses(zipf(1), items)
      expect(classes.length).toBeLessThanOrEqual(16)
      expect(itemsOf(classes)).toBeCloseTo(items, 4)
      expect(sharesOf(classes)).toBeCloseTo(1, 9)
    }
  })

  it('of a part of the ranks hold that part of the pages and of the accesses', () => {
    const share = powerSum(0, 1000, 1) / powerSum(0, 65_536, 1)
    const hot = popularityClasses(zipf(1), 65_536, { from: 0, to: 1000 })
    const cold = popularityClasses(zipf(1), 65_536, { from: 1000, to: 65_536 })
    expect(itemsOf(hot)).toBeCloseTo(1000, 6)
    expect(sharesOf(hot)).toBeCloseTo(share, 9)
    expect(sharesOf(cold)).toBeCloseTo(1 - share, 9)
  })

  it('of a hot set are two, with the shares that were asked for', () => {
    const classes = popularityClasses({ kind: 'hotset', itemShare: 0.1, accessShare: 0.9 }, 1000)
    expect(classes.map(({ nrItems }) => nrItems)).toEqual([100, 900])
    expect(classes.map(part => part.nrItems * part.perAccess)).toEqual([
      expect.closeTo(0.9, 12),
      expect.closeTo(0.1, 12),
    ])
  })

  it('that are contiguous keep their rates in huge pages, scattered ones share every huge page', () => {
    const classes = popularityClasses({ kind: 'hotset', itemShare: 0.25, accessShare: 1 }, 4096)
    expect(folioClasses(classes, 512, 'contiguous')).toEqual([
      { nrItems: 2, perAccess: 0.5 },
      { nrItems: 6, perAccess: 0 },
    ])
    expect(folioClasses(classes, 512, 'scattered')).toEqual([{ nrItems: 8, perAccess: 0.125 }])
  })
})
