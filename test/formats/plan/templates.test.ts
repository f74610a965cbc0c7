import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readPlan, readPlanDocument } from '../../../formats/plan/read-plan.ts'
import { planOfTemplate, TEMPLATES } from '../../../formats/plan/templates.ts'
import { writePlan } from '../../../formats/plan/write-plan.ts'

const plans = new URL('../../../plans/', import.meta.url)

describe('templates', () => {
  it('are all the plans that ship with the program', () => {
    const files = readdirSync(plans).map(name => name.replace(/\.json$/, ''))
    expect(TEMPLATES.map(template => template.id).sort()).toEqual(files.sort())
  })

  it.each(TEMPLATES.map(template => [template.id, template] as const))(
    '%s reads without mistakes',
    (_, template) => {
      const read = readPlanDocument(template.document)
      expect(read.ok ? [] : read.issues).toEqual([])
      expect(read.ok ? read.notes : []).toEqual([])
    },
  )

  it.each(TEMPLATES.map(template => [template.id, template] as const))(
    '%s is the same after writing',
    (_, template) => {
      const plan = planOfTemplate(template)
      const again = readPlan(writePlan(plan))
      expect(again.ok && again.plan).toEqual(plan)
    },
  )

  it('there is one for each proposal', () => {
    const seeds = TEMPLATES.map(template => planOfTemplate(template).claim?.seed)
    for (const seed of ['000', '001', '002', '003', '004']) expect(seeds).toContain(seed)
  })
})
