import { describe, expect, it } from 'vitest'
import { fidelityOf } from '../../../engine/planner/fidelity.ts'
import { LEFT_OUT } from '../../../engine/planner/fidelity/limits.ts'
import { runScenario } from '../../../engine/planner/run.ts'
import type { Scenario } from '../../../engine/scenario.ts'
import { DEFAULT_COSTS } from '../../../engine/sim/default-costs.ts'
import { GIB, HOST, scenario, workload } from '../../support/scenarios.ts'

const quiet = scenario([workload({ kind: 'cache', strategy: 'mlock' })])
/** More than fits: 12 GiB accessed at random on 8 GiB with swap. */
const short = (machine: Partial<typeof HOST> = {}): Scenario =>
  scenario([workload({ kind: 'cache', strategy: 'none', params: { items: 12 * GIB } })], {
    machine: { ramBytes: 8 * GIB, otherCacheBytes: 0, ...machine },
    horizonS: 120,
  })

const of = (asked: Scenario): ReturnType<typeof fidelityOf> => fidelityOf(runScenario(asked), asked)
const ids = (asked: Scenario): string[] => of(asked).leftOut.map(({ id }) => id)

describe('what a prediction rests on', () => {
  it('names the programs that a recorded kernel was compared on', () => {
    expect(of(quiet).kernel).toMatchObject({
      basis: 'recorded',
      compared: { version: '6.18.44' },
      sentence: 'Rules of Linux 6.18: 3797 of 3797 programs equal Linux 6.18.44 in every field.',
    })
  })

  it('says that a kernel with a change, or of a distribution, is only near a recorded one', () => {
    expect(of(scenario([], { plus: ['vm-pinned'] })).kernel).toMatchObject({ basis: 'near a recorded one' })
    expect(of(scenario([], { kernel: 'debian13' })).kernel.sentence).toContain(
      'of 6.12 with its own backports',
    )
  })

  it('says that a kernel without a recording follows dates', () => {
    expect(of(scenario([], { kernel: '4.4' })).kernel).toMatchObject({ basis: 'dated', compared: null })
  })

  it('states the errors of the cost table, and that the default one is of another machine', () => {
    const { costs } = of(quiet)
    expect(costs).toMatchObject({
      isDefault: true,
      residuals: DEFAULT_COSTS.residuals,
      kinds: DEFAULT_COSTS.units.length,
    })
    expect(costs.sentence).toContain(
      'of another machine than yours: median error 0.8 % over 190 measured rows',
    )
    const own = { ...DEFAULT_COSTS, id: 'mine', title: 'this machine' }
    expect(fidelityOf(runScenario(quiet), quiet, own).costs).toMatchObject({ isDefault: false })
  })

  it('leaves the experiments out where memory was never short', () => {
    expect(of(quiet).pressure).toMatchObject({ bears: false })
  })

  it('picks the experiments that are like a run under pressure', () => {
    const { pressure } = of(
      short({ swap: [{ device: 'zram-lz4', sizeBytes: 8 * GIB, priority: 1 }], pageCluster: 0 }),
    )
    expect(pressure.bears).toBe(true)
    expect(pressure.experiments.length).toBeGreaterThan(0)
    expect(new Set(pressure.experiments.map(({ swap }) => swap))).toEqual(new Set(['zram']))
    expect(pressure.sentence).toMatch(/resident memory was off by \d/)
  })

  it('lists every curve and figure of the run with its trust, exact ones first', () => {
    const { figures } = of(quiet)
    expect(figures[0]?.trust).toBe('exact')
    expect(figures.at(-1)?.trust).toBe('estimated')
    expect(figures.find(({ figure }) => figure === 'VmLck')).toMatchObject({ kind: 'curve', trust: 'exact' })
    expect(figures.find(({ figure }) => figure === 'timeUntilReadyS')).toMatchObject({ trust: 'estimated' })
    expect(new Set(figures.map(({ kind, figure }) => `${kind} ${figure}`)).size).toBe(figures.length)
  })
})

describe('what the model leaves out and a plan touches', () => {
  it('is nothing for a plain plan without huge pages', () => {
    expect(ids(scenario([], { machine: { thp: { ...HOST.thp, enabled: 'never' } } }))).toEqual([])
  })

  it('nodes, with their number', () => {
    const asked = scenario([], { machine: { nodes: 2 } })
    expect(of(asked).leftOut.find(({ id }) => id === 'numa')?.because).toBe('The machine has 2 nodes.')
  })

  it('the other LRU, read-ahead and the devices of swap only under pressure', () => {
    expect(ids(quiet)).not.toContain('mglru')
    expect(ids(short())).toEqual(expect.arrayContaining(['mglru', 'swap-read-ahead', 'latency']))
    expect(ids(short({ swap: [{ device: 'zram-lz4', sizeBytes: 8 * GIB, priority: 1 }] }))).toContain(
      'compression',
    )
  })

  it('memory.high and protection by cgroups', () => {
    const memcg = { maxBytes: null, highBytes: GIB, swapMaxBytes: null }
    expect(ids(scenario([workload({ kind: 'cache', strategy: 'none', memcg })]))).toContain('memory-high')
  })

  it('pages of 1 GiB, cold files, too many at once', () => {
    const gigantic = workload({
      kind: 'cache',
      strategy: 'hugetlb-1g',
      limits: { memlockBytes: 'unlimited', capIpcLock: true },
    })
    expect(ids(scenario([gigantic], { machine: { hugetlb: { '2M': 0, '1G': 20 } } }))).toContain('gigantic')
    expect(ids(scenario([workload({ kind: 'file-reader', strategy: 'none' })]))).toContain('cold-files')
    expect(ids(scenario([workload({ kind: 'secrets', strategy: 'mlock', count: 40 })]))).toContain(
      'processors',
    )
  })

  it('each rule has its own id', () => {
    expect(new Set(LEFT_OUT.map(({ id }) => id)).size).toBe(LEFT_OUT.length)
  })
})
