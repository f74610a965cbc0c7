import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { Calibration } from '../../../app/contract.ts'
import { fitCalibration } from '../../../engine/sim/calibration/fit.ts'
import type { MeasuredStep } from '../../../engine/sim/calibration/measured.ts'
import { calibrationFacts, timeLeft, worstRows } from '../../../renderer/state/calibration-facts.ts'

const recorded = JSON.parse(
  readFileSync(new URL('../../engine/sim/calibration/recorded.json', import.meta.url), 'utf8'),
) as MeasuredStep[]
const found: Calibration = {
  ...fitCalibration(recorded, { id: 'm', title: 'M', source: 'recorded' }),
  ...{
    machine: 'm',
    release: '6.18.44',
    kernel: { name: '6.18', plus: [], minus: [] },
    atMs: 0,
    tookMs: 60_000,
  },
  ...{ rounds: 3, sizes: [4 * 2 ** 20, 128 * 2 ** 20], memoryBytes: 2 ** 28, clockNs: 400, freshFactor: 1 },
  ...{ skipped: [], disturbances: [], unmeasured: ['swapOutPage'] },
}
const textOf = (name: string, of: Calibration = found): string | undefined =>
  calibrationFacts(of).find(fact => fact.name === name)?.text

it('says first how well programs are predicted that the fit had not seen', () => {
  expect(calibrationFacts(found)[0]?.name).toBe('Held out')
  expect(textOf('Held out')).toContain('71 steps that the fit had not seen: median error 8.2')
  expect(textOf('Held out', { ...found, heldOut: null })).toBe('too few programs to hold any out')
})

it('says what was not measured only where something was not', () => {
  expect(textOf('Scaled by it')).toBe('not measured here: swapOutPage')
  expect(textOf('Scaled by it', { ...found, unmeasured: [] })).toBeUndefined()
})

it('shows the largest errors of what was held out, in their order', () => {
  const rows = worstRows(found)
  expect(rows).toHaveLength(8)
  expect(rows.every(({ heldOut }) => heldOut)).toBe(true)
  const sizes = rows.map(({ error }) => Math.abs(error))
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a))
})

it('counts time, not runs', () => {
  expect(timeLeft({ done: 0, of: null })).toEqual({ share: null, text: 'starting' })
  expect(timeLeft({ done: 30_000, of: 120_000 })).toEqual({
    share: 0.25,
    text: '25 %, about 90 s left',
  })
  expect(timeLeft({ done: 120_000, of: 120_000 })).toEqual({ share: 1, text: '100 %, fitting' })
})
