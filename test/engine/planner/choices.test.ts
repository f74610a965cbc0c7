import { describe, expect, it } from 'vitest'
import { choicesFor, type Choice } from '../../../engine/planner/compare/choices.ts'
import { hasChange, kernelWith, PROPOSALS } from '../../../engine/planner/compare/proposals.ts'
import { runScenario } from '../../../engine/planner/run.ts'
import type { WorkloadSpec } from '../../../engine/scenario.ts'
import { WORKLOADS } from '../../../engine/workloads/index.ts'
import { readPlanDocument } from '../../../formats/plan/read-plan.ts'
import { CATALOG, GIB, scenario, workload } from './fake.ts'

const MACHINES = [
  { id: 'edge-64', name: 'edge' },
  { id: 'icl-512', name: 'ice' },
]
const choicesOf = (spec: WorkloadSpec): Choice[] =>
  choicesFor(scenario({ workloads: [spec] }), 0, MACHINES, CATALOG)
const setsOf = (choice: Choice | undefined): unknown[] => choice?.variants.map(({ set }) => set) ?? []
const chosen = (spec: WorkloadSpec, id: string): Choice | undefined =>
  choicesOf(spec).find(choice => choice.id === id)

describe('what is worth comparing', () => {
  it.each(WORKLOADS.filter(({ id }) => id !== 'generic' && id !== 'trace').map(({ id }) => id))(
    '%s: six strategies, and every variant of every choice is a plan without mistakes',
    kind => {
      const defaults = WORKLOADS.find(({ id }) => id === kind)
      const choices = choicesOf(workload({ kind, strategy: defaults?.defaultStrategy ?? 'none', params: {} }))
      expect(choices.find(({ id }) => id === 'strategies')?.variants).toHaveLength(6)
      for (const { variants } of choices) {
        const document = {
          ...{ format: 'holdfast-plan/1', name: 'x', machine: { preset: 'icl-512' }, horizon: '60 s' },
          workloads: [{ name: 'w', kind, limits: { memlock: 'unlimited' } }],
          compare: { variants },
        }
        const read = readPlanDocument(document)
        expect(read.ok ? [] : read.issues.map(({ sentence }) => sentence)).toEqual([])
      }
    },
  )

  it('the strategy of the plan is among them, with its own parameters kept', () => {
    const strategies = chosen(workload({ kind: 'cache', params: {}, strategy: 'hugetlb-2m' }), 'strategies')
    expect(strategies?.variants).toHaveLength(6)
    expect(strategies?.variants[0]?.set).toEqual({ 'workloads[0].strategy': 'hugetlb-2m' })
  })

  it('where a lock of everything meets a lock on fault, the share that is used decides', () => {
    expect(chosen(workload({ kind: 'ngram-model', params: {} }), 'strategies')?.breakEven).toMatchObject({
      between: ['mlock', 'mlock2, on fault'],
      path: 'workloads[0].params.footprint',
    })
    expect(chosen(workload(), 'strategies')?.breakEven?.between).toEqual(['mem-lock=on', 'mem-lock=on-fault'])
    expect(chosen(workload({ kind: 'two-threads', params: {} }), 'strategies')?.breakEven).toBeNull()
  })
})

describe('the five proposals as switches of a kernel', () => {
  it.each(PROPOSALS)('$title is put in and taken out of every kernel', ({ change }) => {
    for (const name of ['3.7', '6.18', 'rhel9']) {
      const kernel = { name, plus: [], minus: [] }
      const on = kernelWith(kernel, change, true)
      const off = kernelWith(kernel, change, false)
      expect([hasChange(on, change), hasChange(off, change)]).toEqual([true, false])
      // There and back changes nothing.
      expect(kernelWith(kernelWith(kernel, change, true), change, hasChange(kernel, change))).toEqual(kernel)
    }
  })

  it('a plan that does not meet the proposal gets the strategy that does, and its kernel tells whether it is on', () => {
    const lockOnFault = chosen(workload({ kind: 'ngram-model', params: {} }), 'proposal-000')
    expect(setsOf(lockOnFault)).toEqual([
      { kernel: { name: '6.18', plus: [], minus: ['mlock2'] }, 'workloads[0].strategy': 'mlock' },
      { kernel: '6.18', 'workloads[0].strategy': 'mlock-onfault' },
    ])
    expect(lockOnFault?.change).toEqual({
      ...{ id: 'mlock2', isOn: true },
      otherwise: { name: '6.18', plus: [], minus: ['mlock2'] },
    })
  })

  it('a guest locks by options of QEMU, and pins stay pins', () => {
    expect(setsOf(chosen(workload(), 'proposal-000')).at(1)).toMatchObject({
      'workloads[0].params.memLock': 'on-fault',
    })
    const rdma = workload({ kind: 'rdma', params: {}, strategy: 'pin' })
    expect(setsOf(chosen(rdma, 'proposal-004'))).toEqual([
      { kernel: '6.18' },
      { kernel: { name: '6.18', plus: ['vm-pinned'], minus: [] }, 'workloads[0].strategy': 'mpin' },
    ])
  })

  it("mm_populate(), on a workload of one's own: without it another thread waits for all of the populating", () => {
    const spec = workload({ kind: 'two-threads', params: { area: 2 * GIB }, strategy: 'map-populate' })
    const choice = chosen(spec, 'proposal-003')
    const stalls = choice?.variants.map(({ set }) => {
      const kernel = set['kernel']
      const changed = typeof kernel === 'string' ? { name: kernel, plus: [], minus: [] } : kernel
      const run = runScenario(
        scenario({ workloads: [spec], kernel: changed as ReturnType<typeof kernelWith> }),
      )
      return run.workloads[0]?.longestStallNs ?? 0
    })
    expect(stalls?.[0]).toBeGreaterThan(10 * (stalls?.[1] ?? Infinity))
  })
})
