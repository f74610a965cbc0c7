/** What the program says about its own evidence is what the recordings say. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CONFORMANCE } from '../../engine/data/conformance.ts'
import { EXPERIMENT_ERRORS } from '../../engine/data/experiment-errors.ts'
import { EXPERIMENT_CURVES } from '../../engine/data/experiments.ts'
import { KERNELS as OFFERED } from '../../engine/kernels/releases.ts'
import { experimentErrors } from '../../scripts/experiment-errors.ts'
import { KERNELS, loadRecorded, SETS, type RecordedSet } from './load.ts'

const page = (name: string): string => readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8')
const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .map(cell => cell.trim())
    .slice(1, -1)

describe('the table of conformance', () => {
  it('has every recorded kernel, and the version that is on offer', () => {
    expect(CONFORMANCE.map(({ kernel }) => kernel)).toEqual([...KERNELS])
    const versions = OFFERED.flatMap(({ measured }) => measured ?? [])
    expect(CONFORMANCE.map(({ version }) => version)).toEqual(versions)
  })

  // That all of them are equal is what hand.test.ts and random.test.ts assert, program by program.
  it.each(KERNELS)('counts the programs of the recordings of %s, all of them equal', kernel => {
    const row = CONFORMANCE.find(each => each.kernel === kernel)
    const count = (set: RecordedSet): number => loadRecorded(kernel, set).length
    const [hand, random] = SETS.map(count)
    expect(row).toMatchObject({
      handPrograms: hand,
      handEqual: hand,
      randomPrograms: random,
      randomEqual: random,
    })
  })

  it('is the one in docs/model.md', () => {
    const rows =
      page('model.md').split('<!-- figures: conformance begin -->')[1]?.split('<!-- figures')[0] ?? ''
    const printed = rows.trim().split('\n').slice(2).map(cellsOf)
    const data = CONFORMANCE.map(each =>
      [each.version, each.handPrograms, each.handEqual, each.randomPrograms, each.randomEqual].map(String),
    )
    expect(printed).toEqual(data)
  })
})

describe('the table of experiments', () => {
  it('is what the model says of the recording: node scripts/experiment-errors.ts', () => {
    expect(EXPERIMENT_ERRORS).toEqual(experimentErrors())
  })

  it('is the one in docs/host.md', () => {
    const lines = page('host.md').split('\n').map(cellsOf)
    for (const { name, curves } of EXPERIMENT_ERRORS) {
      const cells = EXPERIMENT_CURVES.map(curve => {
        const error = curves[curve]
        return error === undefined ? '' : `${error.meanPercent.toFixed(1)} / ${error.worstPercent.toFixed(1)}`
      })
      expect(lines.find(([first]) => first === name)).toEqual([name, ...cells])
    }
  })
})
