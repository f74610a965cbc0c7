import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { compareWithModel } from '../../host/experiments/compare.ts'
import type { ExperimentRecord } from '../../host/experiments/experiment.ts'
import { experiments } from '../../host/experiments/list.ts'
import type { Curve } from '../../host/experiments/predict.ts'

const file = join(import.meta.dirname, 'recorded/6.18/experiments.json.gz')
const records = JSON.parse(gunzipSync(readFileSync(file)).toString()) as ExperimentRecord[]

/** Mean and largest relative error of a curve after warm-up: what was reached, and a little more. */
type Limits = Record<Curve, readonly [mean: number, largest: number]>

const limits: Limits = {
  residentPages: [0.01, 0.02],
  swappedPages: [0.02, 0.04],
  lockedPages: [0.005, 0.01],
  minorFaults: [0.006, 0.01],
  majorFaults: [0.065, 0.15],
}

/** The model of these has no read-ahead, which the kernel turns up and down by its success. */
const readAhead: Limits = {
  ...limits,
  residentPages: [0.05, 0.095],
  swappedPages: [0.105, 0.155],
  minorFaults: [0.025, 0.055],
}

describe('random access under a memory cgroup, as the model has it and as Linux 6.18 did it', () => {
  it.each(records.map(record => [record.experiment.name, record] as const))('%s', (name, record) => {
    const allowed = name.includes('read-ahead') ? readAhead : limits
    const errors = compareWithModel(record)
    expect(Object.keys(errors)).toContain('residentPages')
    for (const [curve, { mean, largest }] of Object.entries(errors)) {
      const [mostMean, mostLargest] = allowed[curve as Curve]
      expect(mean, `${curve}, mean`).toBeLessThan(mostMean)
      expect(largest, `${curve}, largest`).toBeLessThan(mostLargest)
    }
  })

  it('has a recording of every experiment as it is now', () => {
    expect(records.map(({ experiment }) => experiment)).toEqual(experiments)
  })

  it('the comparison sees a run that is not what the model says', () => {
    const [first] = records
    if (first === undefined) throw new Error('no recording')
    const samples = first.samples.map(sample => ({ ...sample, majorFaults: sample.majorFaults * 2 }))
    expect(compareWithModel({ ...first, samples }).majorFaults?.mean).toBeGreaterThan(0.4)
  })
})
