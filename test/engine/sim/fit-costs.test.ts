import { describe, expect, it } from 'vitest'
import { COST_PRIORS } from '../../../engine/sim/cost-kinds.ts'
import { fitCosts, type FitOptions, type MeasuredRow } from '../../../engine/sim/fit-costs.ts'
import type { WorkKind } from '../../../engine/work.ts'

const options: FitOptions = { priors: COST_PRIORS, cacheBytes: 2 ** 40, source: 'a made-up machine' }

/** A made-up machine: its costs, and rows of work that take exactly as long as those say. */
const truth: Partial<Record<WorkKind, number>> = {
  trap: 200,
  handleFault: 90,
  clearSmallPage: 60,
  populateStep: 20,
}
function row(name: string, work: Partial<Record<WorkKind, number>>, factor = 1): MeasuredRow {
  const entries = Object.entries(work) as [WorkKind, number][]
  return {
    name,
    phases: [{ lock: 'none', work: entries.map(([kind, amount]) => ({ kind, amount })) }],
    timeNs: factor * entries.reduce((ns, [kind, amount]) => ns + amount * (truth[kind] ?? 0), 0),
    resolutionNs: 1,
  }
}
const rows = [
  row('read', { trap: 1000, handleFault: 1000 }),
  row('write', { trap: 1000, handleFault: 1000, clearSmallPage: 1000 }),
  row('populate', { handleFault: 1000, populateStep: 1000, clearSmallPage: 1000 }),
  row('populate read', { handleFault: 1000, populateStep: 1000 }),
  row('walk', { populateStep: 1000 }),
]
const ns = (kind: WorkKind, of = fitCosts(rows, options)) => of.units.find(unit => unit.kind === kind)?.ns

describe('a fit', () => {
  it('finds the costs that the times were made from', () => {
    for (const [kind, cost] of Object.entries(truth)) expect(ns(kind as WorkKind)! / cost).toBeCloseTo(1, 1)
    expect(fitCosts(rows, options).residuals.maxError).toBeLessThan(0.01)
  })

  it('leaves kinds that no row has where they were', () => {
    const fit = fitCosts(rows, options)
    const prior = COST_PRIORS.find(({ kind }) => kind === 'zapPage')!
    expect(fit.units.find(({ kind }) => kind === 'zapPage')).toMatchObject({
      ns: prior.ns,
      spreadNs: prior.spreadNs,
      basis: 'estimated',
      source: prior.source,
    })
    expect(fit.undetermined).toContain('zapPage')
    expect(fit.undetermined).not.toContain('trap')
    expect(fit.fittedCosts).toBe(4)
  })

  it('never finds a negative cost', () => {
    const odd = [row('with', { trap: 1000, handleFault: 1000 }, 0.5), row('without', { trap: 1000 }, 1)]
    expect(fitCosts(odd, options).units.filter(unit => unit.ns < 0)).toEqual([])
    expect(ns('handleFault', fitCosts(odd, options))).toBe(0)
  })

  it('leaves a row out as if it had never been there', () => {
    const wrong = [...rows, row('wrong', { trap: 500, clearSmallPage: 2000 }, 1.4)]
    const left = fitCosts(wrong, options).rows.at(-1)!
    const held = fitCosts(wrong, { ...options, holdout: ['wrong'] })
    expect(held.rows.at(-1)).toMatchObject({ heldOut: true })
    expect(left.looError).toBeCloseTo(held.rows.at(-1)!.error, 8)
    expect(held.holdout?.maxError).toBeCloseTo(1 - 1 / 1.4, 1)
    expect(held.residuals.rows).toBe(rows.length)
    expect(ns('trap', held)).toBeCloseTo(ns('trap')!, 8)
  })

  it('lets a row that was clocked coarsely weigh less', () => {
    const fine = row('fine', { systemCall: 100 })
    const coarse = row('coarse', { systemCall: 100 })
    const fit = fitCosts(
      [
        { ...fine, timeNs: 30_000 },
        { ...coarse, timeNs: 50_000, resolutionNs: 20_000 },
      ],
      options,
    )
    expect(ns('systemCall', fit)! / 300).toBeCloseTo(1, 1)
  })

  it('tells spreads: small where rows decide, the old one where they do not', () => {
    const fit = fitCosts([row('read', { trap: 1000, handleFault: 1000 })], options)
    const [trap, fault] = ['trap', 'handleFault'].map(kind => fit.units.find(unit => unit.kind === kind)!)
    expect(trap!.spreadNs).toBeGreaterThan(20)
    expect(fault!.spreadNs).toBeGreaterThan(20)
    expect(trap!.ns + fault!.ns).toBeCloseTo(290, -1)
    expect(fitCosts(rows, options).units.find(unit => unit.kind === 'trap')!.spreadNs).toBeLessThan(10)
  })
})
