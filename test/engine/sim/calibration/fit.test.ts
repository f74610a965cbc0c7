import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fitCalibration, heldOutRows } from '../../../../engine/sim/calibration/fit.ts'
import { nameOfStep, type MeasuredStep } from '../../../../engine/sim/calibration/measured.ts'
import { costOfPhases } from '../../../../engine/sim/costs.ts'
import { DEFAULT_COSTS } from '../../../../engine/sim/default-costs.ts'
import { WORK_KINDS } from '../../../../engine/work.ts'

/** A calibration of a virtual machine with two processors, while others worked on it. */
const recorded = JSON.parse(
  readFileSync(new URL('./recorded.json', import.meta.url), 'utf8'),
) as MeasuredStep[]
const names = { id: 'm', title: 'M', source: 'recorded' }

/** What the steps would take on a machine that has the default table's costs, so many times. */
const invented = (slowness: number): MeasuredStep[] =>
  recorded.map(step => ({
    ...step,
    ns: costOfPhases(DEFAULT_COSTS, step.phases) * slowness,
    spreadNs: 0,
  }))

describe('recorded measurements', () => {
  const fit = fitCalibration(recorded, names)

  it('give the same table each time, to the last digit', () => {
    expect(fitCalibration(recorded, names)).toEqual(fit)
  })

  it('are predicted from the other two thirds: errors as in docs/live.md', () => {
    expect(fit.heldOut?.rows).toBe(71)
    expect(fit.heldOut?.medianError).toBeCloseTo(0.082, 3)
    expect(fit.heldOut?.p95Error).toBeCloseTo(0.547, 3)
    expect(fit.rows.filter(({ heldOut }) => heldOut)).toHaveLength(71)
  })

  it('give a cost for every kind of work; what was not measured is scaled and says so', () => {
    expect(fit.table.units.map(({ kind }) => kind).toSorted()).toEqual([...WORK_KINDS].toSorted())
    const unit = fit.table.units.find(({ kind }) => kind === 'swapOutPage')
    expect(fit.unmeasured).toContain('swapOutPage')
    expect(unit).toMatchObject({ basis: 'estimated' })
    expect(unit?.source).toContain(`times ${fit.slowness.toFixed(2)}`)
    expect(unit?.ns).toBeCloseTo(700 * fit.slowness, 0)
  })
})

describe('a machine whose costs are known', () => {
  it.each([1, 3])('%s times as slow as the default one is found to be so', slowness => {
    const fit = fitCalibration(invented(slowness), names)
    expect(fit.slowness / slowness).toBeCloseTo(1, 1)
    expect(fit.heldOut?.medianError).toBeLessThan(0.02)
    expect(fit.heldOut?.p95Error).toBeLessThan(0.1)
    expect(fit.table.cacheBytes).toBe(DEFAULT_COSTS.cacheBytes)
  })
})

describe('what is held out', () => {
  it('is a third of the programs, each whole, and never all of a family', () => {
    const held = new Set(heldOutRows(recorded))
    const programs = [...Map.groupBy(recorded, ({ program }) => program).values()]
    for (const steps of programs) expect(new Set(steps.map(step => held.has(nameOfStep(step)))).size).toBe(1)
    for (const family of Map.groupBy(recorded, one => one.family).values())
      expect(family.some(step => !held.has(nameOfStep(step)))).toBe(true)
    const share = programs.filter(([step]) => step !== undefined && held.has(nameOfStep(step))).length
    expect(share / programs.length).toBeCloseTo(1 / 3, 1)
  })

  it('is nothing where every family has one size only', () => {
    const one = recorded.filter(({ bytes }) => bytes === 4 * 2 ** 20)
    expect(heldOutRows(one)).toEqual([])
    expect(fitCalibration(one, names).heldOut).toBeNull()
  })
})

it('a step that is over before the clock can tell, or was never undisturbed, has no say', () => {
  const [first] = recorded
  const short = { ...first!, program: 'short', ns: 20 }
  const never = { ...first!, program: 'never', ns: 0, samples: 0 }
  expect(fitCalibration([...recorded, short, never], names).rows).toHaveLength(recorded.length)
})
