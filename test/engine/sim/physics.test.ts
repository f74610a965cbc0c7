import { describe, expect, it } from 'vitest'
import { DEFAULT_COSTS } from '../../../engine/sim/default-costs.ts'
import { PLACES, type Population } from '../../../engine/sim/population.ts'
import { Run } from '../../../engine/sim/run.ts'
import { simulate } from '../../../engine/sim/simulate.ts'
import { GIB, randomScenario, scenario, workload } from '../../support/scenarios.ts'

const SEEDS = Array.from({ length: 60 }, (_, i) => 1000 + i)

/** Runs a scenario and looks at the state after every point that is recorded. */
function watch(seed: number, look: (run: Run) => void): Run {
  const run = new Run(randomScenario(seed), DEFAULT_COSTS)
  const add = run.curves.add.bind(run.curves)
  run.curves.add = () => {
    add()
    look(run)
  }
  run.go(run.scenario.horizonS)
  return run
}

const populationsOf = (run: Run) =>
  run.groups.flatMap(group =>
    group.areas.flatMap(area => area.pieces.flatMap(piece => piece.members.map(member => member.population))),
  )

/** Folios that are nowhere, in two places, or fewer than none. */
function isOutOfPlace(p: Population): boolean {
  const rounding = 1e-6 * (1 + p.nrFolios)
  const there = PLACES.reduce((n, place) => n + p[place], 0)
  return Math.abs(there - p.nrFolios) > rounding || PLACES.some(place => !(p[place] >= -rounding))
}

describe('on every run', () => {
  it.each(SEEDS)('memory is conserved, and nothing is in two places (seed %i)', seed => {
    watch(seed, run => {
      const { host } = run
      const use = host.measure()
      const { totalPages, poolPages, reservePages } = host.memory
      const parts = [poolPages, reservePages, host.swap.ramPages, use.anon, use.shmem, use.cache]
      const sum = parts.reduce((a, b) => a + b, 0) + use.pageTables + use.allocated + host.freePages()
      expect(sum).toBeCloseTo(totalPages, 3)
      expect(host.freePages()).toBeGreaterThan(-host.memory.marks.highPages)
      expect(populationsOf(run).filter(isOutOfPlace)).toEqual([])
    })
  })

  it.each(SEEDS)('locked and pinned memory never goes to swap (seed %i)', seed => {
    watch(seed, run => {
      for (const p of populationsOf(run))
        if (p.isPinned || p.lock === 'locked') expect(p.swapOutPages).toBe(0)
    })
  })

  it.each(SEEDS)('every figure is a number (seed %i)', seed => {
    const run = simulate(randomScenario(seed))
    const wrong = run.series.filter(curve => curve.values.some(value => !(value >= 0 && value < Infinity)))
    expect(wrong.map(({ scope, name }) => `${scope} ${name}`)).toEqual([])
    for (const summary of run.workloads)
      for (const [name, value] of Object.entries(summary))
        if (typeof value === 'number')
          expect(Number.isFinite(value) && value >= 0, `${name} is ${value}`).toBe(true)
  })

  it.each(SEEDS.slice(0, 10))(
    'the same scenario gives the same result, to the last digit (seed %i)',
    seed => {
      const [first, second] = [simulate(randomScenario(seed)), simulate(randomScenario(seed))]
      expect(JSON.stringify(second)).toBe(JSON.stringify(first))
      first.series.forEach((curve, i) => expect(second.series[i]?.values).toEqual(curve.values))
    },
  )
})

describe('more room', () => {
  const guests = (ramGib: number, count: number) =>
    simulate(
      scenario([workload({ kind: 'qemu-guest', strategy: 'none', count })], {
        machine: { ramBytes: ramGib * GIB },
      }),
    )

  it('never makes more faults', () => {
    const faults = [40, 48, 56, 64, 96, 128].map(
      ram => guests(ram, 4).workloads[0]?.majorFaultsAfterReady ?? NaN,
    )
    for (const [i, n] of faults.entries())
      if (i > 0) expect(n).toBeLessThanOrEqual((faults[i - 1] ?? 0) * 1.001)
  })

  it('comes from a workload that is taken away as well', () => {
    const faults = [6, 5, 4, 3, 2].map(n => (guests(64, n).workloads[0]?.majorFaultsAfterReady ?? NaN) / n)
    for (const [i, n] of faults.entries())
      if (i > 0) expect(n).toBeLessThanOrEqual((faults[i - 1] ?? 0) * 1.001)
  })
})

describe('locked address space', () => {
  it('is what the kernel counts, resident or not', () => {
    const run = simulate(scenario([workload({ kind: 'qemu-guest', strategy: 'mlock-onfault' })]))
    const [guest] = run.workloads
    expect(guest?.finalVmLckBytes).toBe(16 * GIB)
    expect(guest?.finalLockedResidentBytes).toBeLessThan(16 * GIB)
  })
})
