import { describe, expect, it } from 'vitest'
import { briefOf, pictureOf } from '../../app/picture.ts'
import { runScenario } from '../../engine/planner/run.ts'
import { readPlanDocument } from '../../formats/plan/read-plan.ts'

const names = Array.from({ length: 14 }, (_, at) => `g${at}`)
function planOf(strategy: string) {
  const read = readPlanDocument({
    ...{ format: 'holdfast-plan/1', name: 'Many', doc: '', machine: { preset: 'epyc-256' }, horizon: '30 s' },
    workloads: names.map((name, at) => ({
      ...{ name, strategy, kind: 'secrets', limits: { memlock: 'unlimited' } },
      params: { secrets: `${at + 1} MiB` },
    })),
  })
  if (!read.ok) throw new Error(JSON.stringify(read.issues))
  return read.plan.scenario
}

describe('what the window draws of a run', () => {
  const scenario = planOf('mlock')
  const result = runScenario(scenario)
  const view = { width: 400 }

  it('of many workloads the largest have a layer each, in the order of the plan, and the rest are one', () => {
    const { locked, series } = pictureOf(result, scenario, view)
    expect(locked).toEqual([...names.slice(5), '5 others'])
    const all = (name: string): number =>
      locked.reduce(
        (sum, scope) => sum + (series.find(s => s.scope === scope && s.name === name)?.values.at(-1) ?? 0),
        0,
      )
    const real = result.workloads.reduce((sum, { finalVmLckBytes }) => sum + finalVmLckBytes, 0)
    expect(all('VmLck') / real).toBeCloseTo(1, 6)
  })

  it('curves that stay at zero are left out, and those of the workload that is looked at are there', () => {
    const names = pictureOf(result, scenario, { ...view, workload: 'g0' }).series.map(
      ({ scope, name }) => `${scope}/${name}`,
    )
    expect(names).toContain('g0/VmRSS')
    expect(names).not.toContain('g1/VmRSS')
    expect(names).not.toContain('host/fault cost: swap-in')
    expect(new Set(names).size).toBe(names.length)
  })

  it('numbers lose less than a ten-millionth of the largest', () => {
    const { budget } = pictureOf(result, scenario, view)
    const sum = Object.values(budget.parts).reduce((total, part) => total + (part.at(-1) ?? 0), 0)
    expect(Math.abs(sum / budget.memTotalBytes - 1)).toBeLessThan(1e-6)
  })

  it('the report is brief: no explanations, no list of curves, and it says how many events there were', () => {
    const brief = briefOf(result)
    expect(brief).not.toHaveProperty('explanations')
    expect(brief).not.toHaveProperty('series')
    expect(brief.eventCount).toBe(result.events.length)
  })
})
