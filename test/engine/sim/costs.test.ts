import { describe, expect, it } from 'vitest'
import {
  clearedBytes,
  costOfPhase,
  costOfPhases,
  kindShares,
  unitCost,
  type CostTable,
  type UnitCost,
} from '../../../engine/sim/costs.ts'
import { DEFAULT_COSTS } from '../../../engine/sim/default-costs.ts'
import { WORK_KINDS, type Phase, type WorkKind } from '../../../engine/work.ts'

const unit = (kind: WorkKind, ns: number, beyondCacheNs = 0): UnitCost => ({
  kind,
  ns,
  spreadNs: 1,
  beyondCacheNs,
  beyondCacheSpreadNs: 0,
  basis: 'estimated',
  source: 'test',
  meaning: 'test',
})

const table: CostTable = {
  ...DEFAULT_COSTS,
  cacheBytes: 1000 * 4096,
  units: [
    unit('trap', 100),
    unit('clearSmallPage', 50, 200),
    unit('touchPage', 5, 70),
    unit('copyPage', 80, 300),
  ],
}

const phase = (work: Partial<Record<WorkKind, number>>): Phase => ({
  lock: 'vma-read',
  work: Object.entries(work).map(([kind, amount]) => ({ kind: kind as WorkKind, amount })),
})

describe('the cost of work', () => {
  it('is units times nanoseconds', () => {
    expect(costOfPhase(table, phase({ trap: 10, clearSmallPage: 10 }))).toBe(1500)
    expect(kindShares(table, phase({ trap: 10, clearSmallPage: 10 }))).toEqual(
      new Map([
        ['trap', 1000],
        ['clearSmallPage', 500],
      ]),
    )
  })

  it('has the extra cost for all but the cache’s worth of a stream that is larger', () => {
    expect(costOfPhase(table, phase({ clearSmallPage: 1000 }))).toBe(50_000)
    expect(costOfPhase(table, phase({ clearSmallPage: 4000 }))).toBeCloseTo(4000 * 50 + 3000 * 200)
  })

  it('counts a copied page twice: it is read and written', () => {
    expect(costOfPhase(table, phase({ copyPage: 1000 }))).toBeCloseTo(1000 * 80 + 500 * 300)
  })

  it('finds in the cache what the same work has just cleared', () => {
    const cleared = costOfPhase(table, phase({ clearSmallPage: 4000 }))
    expect(costOfPhase(table, phase({ clearSmallPage: 4000, touchPage: 4000 }))).toBeCloseTo(
      cleared + 4000 * 5,
    )
    expect(costOfPhase(table, phase({ touchPage: 4000 }))).toBeCloseTo(4000 * 5 + 3000 * 70)
  })

  it('lets phases that follow each other share the cache', () => {
    const half = phase({ clearSmallPage: 1000 })
    expect(costOfPhases(table, [half, half])).toBeCloseTo(2000 * 50 + 1000 * 200)
    expect(2 * costOfPhase(table, half)).toBeLessThan(costOfPhases(table, [half, half]))
  })

  it('throws where a table lacks a kind', () => {
    expect(() => costOfPhase(table, phase({ zapPage: 1 }))).toThrow('has no cost for zapPage')
  })

  it('moves memory where pages are cleared or copied', () => {
    expect(clearedBytes(phase({ trap: 3, clearSmallPage: 1, clearLargePage: 2, copyPage: 3 }))).toBe(9 * 4096)
  })
})

describe('the default table', () => {
  it('has one cost for each kind of work, with a source', () => {
    expect(DEFAULT_COSTS.units.map(({ kind }) => kind).sort()).toEqual([...WORK_KINDS].sort())
    expect(DEFAULT_COSTS.units.filter(({ source, meaning }) => source === '' || meaning === '')).toEqual([])
    expect(DEFAULT_COSTS.units.filter(({ ns, spreadNs }) => !(ns > 0 && spreadNs > 0))).toEqual([])
  })

  it('clears a huge page from cold memory in 174 us, 11.2 GiB/s', () => {
    const { ns, beyondCacheNs } = unitCost(DEFAULT_COSTS, 'clearLargePage')
    expect((512 * (ns + beyondCacheNs)) / 1000).toBeCloseTo(174, -1)
    expect(4096 / (ns + beyondCacheNs) / 1.073741824).toBeCloseTo(11.2, 0)
  })
})
