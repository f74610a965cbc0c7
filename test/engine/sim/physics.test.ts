import { describe, expect, it } from 'vitest'
import { DEFAULT_COSTS } from '../../../engine/sim/default-costs.ts'
import { PLACES, type Population } from '../../../engine/sim/population.ts'
import { Run } from '../../../engine/sim/run.ts'
import type { RunResult } from '../../../engine/sim/result.ts'
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

/** Runs without a refusal or a kill: those change who is there, and with it everything else. */
const isUndisturbed = (run: RunResult): boolean =>
  run.refusals.length === 0 &&
  !run.events.some(({ kind }) => kind === 'oom-kill' || kind === 'memcg-oom-kill')

/**
 * Workloads that are worse off in `after`: that get on less, or are ready later. Counts of faults do not say it: who
 * gets on faster makes more accesses, and so more faults. A part is allowed for the length of steps.
 */
function worseOff(before: RunResult, after: RunResult): string[] {
  return after.workloads
    .filter(now => {
      const then = before.workloads.find(({ workload }) => workload === now.workload)
      if (then === undefined || then.timeUntilReadyS === null) return false
      const isLate = (now.timeUntilReadyS ?? Infinity) > then.timeUntilReadyS * 1.2 + 0.1
      return isLate || now.progressShare < then.progressShare - 0.07
    })
    .map(({ workload }) => workload)
}

describe('for nobody else', () => {
  const seeds = Array.from({ length: 120 }, (_, i) => 3000 + i)
  const plain = seeds.filter(seed => isUndisturbed(simulate(randomScenario(seed))))

  it('is it worse that a host has twice the memory', () => {
    for (const seed of plain) {
      const small = randomScenario(seed)
      const large = { ...small, machine: { ...small.machine, ramBytes: small.machine.ramBytes * 2 } }
      expect(worseOff(simulate(small), simulate(large)), `seed ${seed}`).toEqual([])
    }
  })

  it('is it worse that a workload is not there, unless it read a file that the other needs too', () => {
    for (const seed of plain) {
      const full = randomScenario(seed)
      const removed = full.workloads.at(-1)
      const rest = full.workloads.slice(0, -1)
      if (rest.length === 0 || rest.some(({ kind }) => kind === removed?.kind)) continue
      expect(worseOff(simulate(full), simulate({ ...full, workloads: rest })), `seed ${seed}`).toEqual([])
    }
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
