import { describe, expect, it } from 'vitest'
import { ACCOUNTING_RULES, rulesCited } from '../../../engine/data/accounting-rules.ts'

describe('rules of accounting', () => {
  it('are numbered in order, and each has a sentence and a source', () => {
    expect(ACCOUNTING_RULES.map(({ id }) => id)).toEqual(ACCOUNTING_RULES.map((_, i) => `R${i + 1}`))
    for (const { says, source } of ACCOUNTING_RULES) {
      expect(says).toMatch(/^\w.{40,}\.$/)
      expect(source).not.toBe('')
    }
  })

  it('are found where they are cited', () => {
    expect(rulesCited('libvirt 8.7; R5, R17').map(({ id }) => id)).toEqual(['R5', 'R17'])
    expect(rulesCited('mlock(2)')).toEqual([])
  })
})
