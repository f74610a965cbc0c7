import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { combine } from '../../../formats/import/combine.ts'
import { IMPORTERS, importInput, recognisedBy } from '../../../formats/import/index.ts'
import { readPlan } from '../../../formats/plan/read-plan.ts'
import { writePlan } from '../../../formats/plan/write-plan.ts'

/** `samples/<importer>/<file>`, and what comes of it in `<file>.expected.json`. `vitest -u` accepts a change. */
const folder = fileURLToPath(new URL('samples/', import.meta.url))
const EXPECTED = '.expected.json'

const samplesOf = (id: string): string[] =>
  readdirSync(`${folder}${id}`).filter(file => !file.endsWith(EXPECTED))

describe('samples', () => {
  it('are there for every importer, and for nothing else', () => {
    expect(readdirSync(folder).sort()).toEqual(IMPORTERS.map(({ id }) => id).sort())
    for (const { id } of IMPORTERS) expect(samplesOf(id), id).not.toEqual([])
  })
})

describe.each(IMPORTERS.map(({ id }) => id))('%s', id => {
  it.each(samplesOf(id))('reads %s', async fileName => {
    const bytes = new Uint8Array(readFileSync(`${folder}${id}/${fileName}`))
    expect(recognisedBy({ bytes }).map(importer => importer.id)).toEqual([id])
    const result = importInput({ bytes }, { fileName })
    await expect(`${JSON.stringify(result, null, 1)}\n`).toMatchFileSnapshot(
      `${folder}${id}/${fileName}${EXPECTED}`,
    )
    if (!result.ok) return
    const yields = IMPORTERS.find(importer => importer.id === id)!.yields
    const given = ['host', 'workloads', 'observed', 'limits', 'ops'] as const
    expect(yields).toEqual(expect.arrayContaining(given.filter(part => result[part] !== undefined)))
  })

  it.each(samplesOf(id))('makes a plan of %s that reads back the same', fileName => {
    const bytes = new Uint8Array(readFileSync(`${folder}${id}/${fileName}`))
    const result = importInput({ bytes }, { fileName })
    if (!result.ok) return
    const combined = combine([result])
    expect(combined.ok ? [] : combined.issues).toEqual([])
    const read = combined.ok ? readPlan(writePlan(combined.plan)) : undefined
    expect(read).toMatchObject({ ok: true, plan: { scenario: combined.ok && combined.plan.scenario } })
  })
})
