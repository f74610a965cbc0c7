import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readPlan } from '../../formats/plan/read-plan.ts'
import { withTables } from '../../scripts/plan-docs.ts'

const text = readFileSync(new URL('../../docs/plan-format.md', import.meta.url), 'utf8')

describe('docs/plan-format.md', () => {
  it('is up to date: npm run plan-docs', () => {
    expect(withTables(text)).toBe(text)
  })

  it('begins with a plan that reads', () => {
    const [, example = ''] = /```json\n([^]*?)```/.exec(text) ?? []
    expect(readPlan(example)).toMatchObject({ ok: true, notes: [] })
  })
})
