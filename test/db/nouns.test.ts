import { describe, expect, it } from 'vitest'
import { DEFAULT_COSTS } from '../../engine/sim/default-costs.ts'
import { runScenario } from '../../engine/planner/run.ts'
import { RUN_LIMITS } from '../../db/runs.ts'
import { HOST as MACHINE, scenario, workload } from '../support/scenarios.ts'
import { runOf } from './kill-data.ts'
import { opened, SNAPSHOT, storePath } from './support.ts'

const CUSTOM = { name: '6.18', plus: ['vm-pinned'], minus: ['smaps-gu'] }
const machine = { profile: MACHINE, kernel: CUSTOM, origin: 'typed', note: 'in the rack' } as const
const costs = {
  table: DEFAULT_COSTS,
  provenance: 'measured',
  source: 'calibrated',
  program: '0.1.0',
  machineId: null,
} as const
const draft = { planId: null, revision: null, title: 'a run', scenario: '{}', result: runOf(100, 3, 7) }

describe('machines, kernels and cost tables', () => {
  it('a machine comes back as it was, with its kernel, after a restart', () => {
    const path = storePath()
    const first = opened(path, { nowMs: () => 1_000 })
    const added = first.machines.add(machine)
    expect(added).toEqual({ ...machine, id: 1, madeMs: 1_000, changedMs: 1_000 })
    first.close()
    expect(opened(path).machines.list()).toEqual([added])
  })

  it('a machine is changed, removed and brought back', () => {
    const { machines } = opened()
    const { id } = machines.add(machine)
    const profile = {
      ...MACHINE,
      name: 'renamed',
      thp: { ...MACHINE.thp, mthp: { '64k': 'inherit' } as const },
    }
    expect(machines.change(id, { ...machine, profile, kernel: null })).toMatchObject({
      profile,
      kernel: null,
    })
    const removed = machines.remove(id)!
    expect(machines.list()).toEqual([])
    expect(machines.change(id, machine)).toBeNull()
    expect(machines.add(removed)).toMatchObject({ profile, kernel: null })
  })

  it('a kernel keeps what it has more and less than the one it is made from', () => {
    const { kernels } = opened()
    const { id } = kernels.add({ title: 'ours', choice: CUSTOM, note: '' })
    expect(kernels.get(id)).toMatchObject({ title: 'ours', choice: CUSTOM })
    kernels.change(id, { title: 'ours', choice: { ...CUSTOM, plus: [] }, note: 'changed' })
    expect(kernels.list()).toMatchObject([{ choice: { plus: [], minus: ['smaps-gu'] }, note: 'changed' }])
    expect(kernels.remove(id)).toMatchObject({ title: 'ours' })
    expect(kernels.get(id)).toBeNull()
  })

  it('a cost table keeps where it is from, and outlives the machine that it was measured on', () => {
    const { costTables, machines } = opened()
    const { id } = machines.add(machine)
    const saved = costTables.save({ ...costs, machineId: id })
    expect(saved).toMatchObject({ ...costs, machineId: id })
    machines.remove(id)
    expect(costTables.get(DEFAULT_COSTS.id)).toEqual({ ...saved, machineId: null })
  })
})

describe('settings', () => {
  it('hold any plain value, and the last one counts', () => {
    const { settings } = opened()
    settings.set('window', { x: 1, maximized: false, tabs: ['a', null] })
    settings.set('theme', 'light')
    settings.set('theme', 'dark')
    expect(settings.get('theme')).toBe('dark')
    expect(settings.get('never set')).toBeUndefined()
    settings.remove('theme')
    expect(settings.all()).toEqual({ window: { x: 1, maximized: false, tabs: ['a', null] } })
  })

  it('what looks like SQL is a text like others', () => {
    const { settings } = opened()
    const hostile = `'); DROP TABLE plans; -- "\0 \u{1F512}`
    settings.set(hostile, hostile)
    expect(settings.get(hostile)).toBe(hostile)
  })
})

describe('runs', () => {
  it('a simulated run comes back to the last digit', () => {
    const path = storePath()
    const result = runScenario(
      scenario([workload({ kind: 'generic', strategy: 'mlock', params: { size: 2 ** 30 } })]),
    )
    const first = opened(path)
    const { id } = first.runs.save({ ...draft, result })
    first.close()
    const second = opened(path)
    expect(second.runs.load(id)).toEqual(result)
    expect(second.runs.scenario(id)).toBe('{}')
  })

  it('a curve is read without the others, and keeps what no text could: NaN, infinity, minus zero', () => {
    const { runs } = opened()
    const values = Float64Array.of(Number.NaN, Infinity, -0, 2 ** 53 + 2, 5e-324)
    const base = runOf(5, 2, 0)
    const [a, b] = base.series
    const result = { ...base, series: [{ ...a!, name: 'odd', scope: 'guests', values }, b!] }
    const { id } = runs.save({ ...draft, result })
    expect(runs.series(id, { scope: 'guests', name: 'odd' })[0]!.values).toEqual(values)
    expect(runs.series(id, { scope: 'host' }).map(({ name }) => name)).toEqual(['curve 1'])
    expect(runs.seriesList(id).map(({ name }) => name)).toEqual(['odd', 'curve 1'])
    expect(runs.times(id)).toEqual(base.timesS)
    expect(runs.summary(id)).not.toHaveProperty('series')
  })

  it('the last runs of a plan stay, and those kept on purpose', () => {
    const { runs, plans } = opened()
    const { planId } = plans.create({ name: 'plan', body: '{}' })
    const kept = runs.save({ ...draft, planId, kept: true })
    const first = runs.save({ ...draft, planId })
    for (let i = 0; i < RUN_LIMITS.runs; i++) runs.save({ ...draft, planId, title: `run ${i}` })
    expect(runs.list(planId)).toHaveLength(RUN_LIMITS.runs + 1)
    expect(runs.load(kept.id)).toEqual(draft.result)
    expect(runs.load(first.id)).toBeNull()
    expect(runs.series(first.id)).toEqual([])
    expect(runs.keep(kept.id, false)).toBe(true)
    runs.save({ ...draft, planId })
    expect(runs.summary(kept.id)).toBeNull()
  })

  it('large runs crowd out older ones, but never the newest', () => {
    const store = opened(storePath(), { runLimits: { runs: 20, bytes: 100_000 } })
    const large = { ...draft, result: runOf(2_500, 2, 1) }
    const ids = [large, large, draft].map(run => store.runs.save(run).id)
    expect(store.runs.list().map(({ id }) => id)).toEqual([ids[2], ids[1]])
    const newest = store.runs.save({ ...draft, result: runOf(12_500, 2, 1) })
    expect(newest.bytes).toBe(300_000)
    expect(store.runs.list()).toEqual([newest])
    const before = store.sizeBytes()
    store.runs.remove(newest.id)
    store.compact()
    expect(store.sizeBytes()).toBeLessThan(before / 2)
  })

  it('a run goes with its curves and snapshots', () => {
    const { runs, snapshots } = opened()
    const { id } = runs.save(draft)
    snapshots.add({ runId: id, planId: null, origin: 'simulated', title: 'peak', snapshot: SNAPSHOT })
    expect(runs.remove(id)).toBe(true)
    expect([runs.list(), runs.seriesList(id), snapshots.ofRun(id)]).toEqual([[], [], []])
  })
})

describe('snapshots', () => {
  it('come in the order of their moments, simulated and measured', () => {
    const { snapshots, runs, plans } = opened()
    const { id: runId } = runs.save(draft)
    const { planId } = plans.create({ name: 'plan', body: '{}' })
    const late = { runId, planId: null, origin: 'simulated', title: 'late', snapshot: SNAPSHOT } as const
    snapshots.add(late)
    snapshots.add({ ...late, title: 'early', snapshot: { ...SNAPSHOT, atS: 1 } })
    const measured = snapshots.add({ ...late, runId: null, planId, origin: 'measured' })
    expect(snapshots.ofRun(runId).map(({ title }) => title)).toEqual(['early', 'late'])
    expect(snapshots.ofRun(runId)[1]).toMatchObject(late)
    expect(snapshots.ofPlan(planId)).toEqual([measured])
    expect(snapshots.remove(measured.id)).toBe(true)
    expect(snapshots.ofPlan(planId)).toEqual([])
  })
})
