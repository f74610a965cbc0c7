import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, type TestContext } from 'vitest'
import { runScenario } from '../../../engine/planner/run.ts'
import { checkReality, type RealityCheck } from '../../../engine/planner/reality.ts'
import { scalePlan, type ScaledPlan } from '../../../engine/planner/reality/scale.ts'
import { scaledRunOf } from '../../../engine/planner/reality/scaled-run.ts'
import type { Scenario } from '../../../engine/scenario.ts'
import { hostFacts } from '../../../host/reality/follow.ts'
import type { RealityHooks, RealityOutcome } from '../../../host/reality/job.ts'
import { readLiveMachine } from '../../../host/reality/machine.ts'
import { runReality } from '../../../host/reality/run.ts'
import { GIB, HOST, MIB, scenario, workload } from '../../support/scenarios.ts'
import { settingsNow } from '../live.ts'

/** Settings, and our groups and processes: nothing of it may stay. */
const state = (): unknown => ({
  ...settingsNow(),
  cluster: readFileSync('/proc/sys/vm/page-cluster', 'latin1'),
  groups: ['/sys/fs/cgroup', '/sys/fs/cgroup/memory']
    .filter(path => existsSync(path))
    .flatMap(path => readdirSync(path).filter(name => name === `holdfast-${process.pid}`)),
})

function scaled(context: TestContext, asked: Scenario, seconds: number): ScaledPlan {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    context.skip('Plans are run on Linux on x86-64.')
  const found = scalePlan(asked, readLiveMachine(), { memoryShare: 0.01, seconds })
  if (!found.ok) context.skip(found.sentence)
  return found.plan
}

interface Ran {
  readonly plan: ScaledPlan
  readonly outcome: RealityOutcome
  readonly check: RealityCheck
}

function run(context: TestContext, asked: Scenario, seconds = 1.5, hooks: RealityHooks = {}): Ran {
  const plan = scaled(context, asked, seconds)
  const { scenario: here, limitBytes, scripts } = plan
  const result = runReality(
    { scenario: here, scripts: scaledRunOf(plan).scripts, limitBytes, sampleS: 0.1 },
    hooks,
  )
  if (!result.ok) {
    if (['platform', 'busy', 'privilege', 'setting', 'device'].includes(result.reason))
      context.skip(result.sentence)
    throw new Error(result.sentence)
  }
  const { outcome } = result
  const { samples, events, stalls } = outcome
  const measurement = {
    ...{ title: 'test', source: 'scaled run' as const, samples, events, stalls },
    ...{ facts: hostFacts(), notes: [], offsetS: 0 },
  }
  const check = checkReality(runScenario(here, { scripts }), here, measurement, scripts)
  return { plan, outcome, check }
}

const errorOf = ({ check }: Ran, name: string): number => {
  const curve = check.curves.find(each => each.name === name)
  if (curve === undefined) throw new Error(`no curve ${name}`)
  return curve.meanError
}
/** Every page is written once in order, then accessed at random. */
const cache = (strategy: string, changes: object = {}): Scenario =>
  scenario(
    [
      workload({
        kind: 'cache',
        strategy,
        params: {
          items: 16 * GIB,
          own: 64 * MIB,
          filled: 1,
          footprint: 1,
          writes: 1,
          rate: 20_000,
          ...changes,
        },
      }),
    ],
    { horizonS: 60, machine: { thp: { ...HOST.thp, enabled: 'never' }, swap: [] } },
  )

describe('a plan run for real', () => {
  it('locks what the model says, and leaves the machine as it was', context => {
    const before = state()
    const ran = run(context, cache('mlock'))
    expect(ran.outcome.notRestored).toEqual([])
    expect(ran.outcome.events.map(({ kind }) => kind)).toEqual(['start', 'ready'])
    expect(ran.outcome.samples.length).toBeGreaterThan(10)
    const last = ran.outcome.samples.at(-1)?.tasks[0]?.status
    const items = ran.plan.scripts.get('cache')?.script.areas.find(({ name }) => name === 'items')
    expect((last?.['VmLck'] ?? 0) * 1024).toBe(items?.bytes)
    expect(last?.['Locked']).toBe(last?.['VmLck'])
    // The curves are those of the model but for the few samples of set-up, which depends on the machine's load.
    expect(errorOf(ran, 'VmLck')).toBeLessThan(0.2)
    expect(errorOf(ran, 'VmRSS')).toBeLessThan(0.3)
    expect(state()).toEqual(before)
  })

  it('faults in what its accesses reach, on fault', context => {
    const ran = run(context, cache('mlock-onfault', { filled: 0, rate: 60_000 }))
    const last = ran.outcome.samples.at(-1)?.tasks[0]?.status
    expect(last?.['Locked']).toBeLessThan((last?.['VmLck'] ?? 0) * 0.98)
    expect(last?.['Locked']).toBeGreaterThan((last?.['VmLck'] ?? 0) * 0.1)
    const made = ran.outcome.accessesMade / Math.max(1, ran.outcome.accessesWanted)
    if (made < 0.9) context.skip(`The machine made ${(made * 100).toFixed(0)} % of the accesses.`)
    expect(errorOf(ran, 'Locked')).toBeLessThan(0.1)
    expect(errorOf(ran, 'minor faults')).toBeLessThan(0.1)
  })

  it('is refused what the limit does not allow, as the model says', context => {
    const small = workload({
      kind: 'cache',
      strategy: 'mlock',
      params: { items: 16 * GIB, own: 64 * MIB, rate: 0 },
      limits: { memlockBytes: GIB, capIpcLock: false },
    })
    const ran = run(context, scenario([small], { horizonS: 60, machine: { swap: [] } }), 1)
    expect(ran.outcome.events.map(({ kind }) => kind)).toContain('refused')
    expect(ran.check.events.find(({ what }) => what === 'refused')).toMatchObject({
      measured: 1,
      predicted: 1,
    })
  })

  it('shows what a thread waits for that another keeps from mapping memory', context => {
    const two = workload({
      kind: 'two-threads',
      strategy: 'map-populate',
      params: { area: 16 * GIB, other: 'map', period: 0.005, times: 400 },
    })
    const { outcome } = run(context, scenario([two], { horizonS: 60, machine: { swap: [] } }), 1.5)
    expect(outcome.stalls[0]).toMatchObject({ workload: 'two-threads', thread: 'mapper' })
    expect(outcome.stalls[0]?.longestNs).toBeGreaterThan(1e6)
  })

  it('ends when it is cancelled, and leaves nothing', context => {
    const before = state()
    let asked = 0
    const { outcome } = run(context, cache('none'), 30, { isCancelled: () => ++asked > 3 })
    expect(outcome.cancelled).toBe(true)
    expect(outcome.samples.length).toBeLessThan(20)
    expect(state()).toEqual(before)
  })

  it('swaps within its cgroup, and gives swap and cgroup back (needs root)', context => {
    if (process.geteuid?.() !== 0) context.skip('Swap and a memory cgroup need root.')
    const before = state()
    const swap = [{ device: 'zram-lz4', sizeBytes: 32 * GIB, priority: 1 }]
    const memcg = { maxBytes: 10 * GIB, highBytes: null, swapMaxBytes: null }
    const [spec] = cache('none').workloads
    if (spec === undefined) throw new Error('no workload')
    const pressed = scenario([{ ...spec, memcg }], {
      ...{ horizonS: 60 },
      machine: { swap, thp: { ...HOST.thp, enabled: 'never' } },
    })
    const ran = run(context, pressed, 2)
    const last = ran.outcome.samples.at(-1)?.tasks[0]?.status
    expect(last?.['VmSwap']).toBeGreaterThan(0)
    expect((last?.['VmRSS'] ?? 0) * 1024).toBeLessThan(ran.plan.scenario.workloads[0]?.memcg.maxBytes ?? 0)
    expect(errorOf(ran, 'VmRSS')).toBeLessThan(0.3)
    expect(state()).toEqual(before)
  })
})
