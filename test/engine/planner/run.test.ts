import { describe, expect, it } from 'vitest'
import { budgetOf, BUDGET_PARTS } from '../../../engine/planner/budget.ts'
import { runScenario } from '../../../engine/planner/run.ts'
import { summaryOf } from '../../../engine/planner/summary.ts'
import { planOfTemplate, TEMPLATES } from '../../../formats/plan/templates.ts'
import { GIB, scenario, workload } from './fake.ts'

describe('a run', () => {
  it('comes with its findings, and is a pure function of its scenario', () => {
    const locked = scenario({
      workloads: [workload({ strategy: 'mlock', limits: { memlockBytes: 2 ** 23, capIpcLock: false } })],
    })
    const result = runScenario(locked)
    expect(result.verdict.holds).toBe(false)
    expect(result.findings.map(({ id }) => id)).toContain('refused')
    expect(runScenario(locked)).toEqual(result)
  })

  it('is short as a summary, however long it was', () => {
    const summary = summaryOf(runScenario(scenario({ horizonS: 86_400 })))
    expect(JSON.stringify(summary).length).toBeLessThan(8_000)
  })
})

describe('the budget', () => {
  it.each(['none', 'mlock', 'mlock-onfault', 'hugetlb-2m', 'pin'])(
    'of %s adds up to MemTotal at every moment',
    strategy => {
      const machine = { ...scenario().machine, hugetlb: { '2M': 2048, '1G': 0 } }
      const asked = scenario({
        machine,
        workloads: [workload({ count: 2, strategy, params: { ram: 2 * GIB } })],
      })
      const result = runScenario(asked)
      const { timesS, parts, memTotalBytes } = budgetOf(result, asked)
      const sums = [...timesS].map((_, i) => BUDGET_PARTS.reduce((sum, part) => sum + parts[part][i]!, 0))
      for (const sum of sums) expect(Math.abs(sum / memTotalBytes - 1)).toBeLessThan(1e-6)
      expect(Math.min(...BUDGET_PARTS.flatMap(part => [...parts[part]]))).toBeGreaterThanOrEqual(0)
    },
  )

  it('tells locked and absent apart from locked and there', () => {
    const asked = scenario({
      workloads: [workload({ strategy: 'mlock-onfault', params: { ram: 8 * GIB, footprint: 0.1 } })],
    })
    const { lockedAbsent, parts } = budgetOf(runScenario(asked), asked)
    expect(lockedAbsent.at(-1)! + parts.locked.at(-1)!).toBeCloseTo(8 * GIB, -7)
    expect(lockedAbsent.at(-1)! / GIB).toBeGreaterThan(6)
  })
})

describe('the templates', () => {
  it.each(TEMPLATES.map(template => template.id))('%s runs, and what it finds makes sense', id => {
    const plan = planOfTemplate(TEMPLATES.find(template => template.id === id)!)
    const result = runScenario(plan.scenario)
    for (const { title, detail, fix, numbers } of result.findings) {
      expect(`${title} ${detail} ${fix ?? ''}`).not.toMatch(/NaN|undefined|Infinity|null/)
      expect(Object.values(numbers).every(Number.isFinite)).toBe(true)
    }
    if (!result.verdict.holds)
      expect(result.findings.map(({ severity }) => severity).some(severity => severity !== 'note')).toBe(true)
  })
})
