/** Runs that must fail, and the way in which they have to. */
import { describe, expect, it } from 'vitest'
import { simulate } from '../../../engine/sim/simulate.ts'
import type { RunResult } from '../../../engine/sim/result.ts'
import { GIB, MIB, scenario, workload } from '../../support/scenarios.ts'

const unlimited = { maxBytes: null, highBytes: null, swapMaxBytes: null }
const kinds = (run: RunResult): string[] => run.events.map(event => event.kind)

describe('a limit on locked memory that is too low', () => {
  const limits = { memlockBytes: 8 * MIB, capIpcLock: false }
  const run = simulate(scenario([workload({ name: 'vm', kind: 'qemu-guest', strategy: 'mlock', limits })]))

  it('refuses the call, by that rule, and says how much was asked', () => {
    expect(run.refusals).toMatchObject([
      {
        workload: 'vm',
        errno: 'ENOMEM',
        rule: 'RLIMIT_MEMLOCK',
        askedBytes: 16 * GIB,
        countedBytes: 0,
        limitBytes: 8 * MIB,
        consequence: 'task ends',
      },
    ])
  })

  it('ends the task, and the plan does not hold', () => {
    expect(run.workloads[0]).toMatchObject({ failed: 1, ready: 0, finalRssBytes: 0 })
    expect(run.verdict).toMatchObject({ holds: false })
    expect(run.verdict.sentence).toContain('refused: ENOMEM')
  })

  it('does not bind with CAP_IPC_LOCK', () => {
    const free = { memlockBytes: 8 * MIB, capIpcLock: true }
    const held = simulate(scenario([workload({ kind: 'qemu-guest', strategy: 'mlock', limits: free })]))
    expect(held.verdict.holds).toBe(true)
  })
})

describe('a pool of huge pages that is too small', () => {
  const machine = { hugetlb: { '2M': 10_000, '1G': 0 } }
  const run = simulate(
    scenario([workload({ kind: 'qemu-guest', strategy: 'hugetlb-2m', count: 3 })], { machine }),
  )

  it('serves as many guests as it has pages for and refuses the others at mmap', () => {
    expect(run.workloads[0]).toMatchObject({ ready: 1, failed: 2 })
    expect(run.refusals).toMatchObject([
      {
        errno: 'ENOMEM',
        rule: 'hugetlb pool of 2M pages',
        instances: 2,
        askedBytes: 16 * GIB,
        limitBytes: 10_000 * 2 * MIB,
      },
    ])
  })
})

describe('a host without enough memory', () => {
  it('kills the task with the most points once nothing is left to reclaim', () => {
    const run = simulate(
      scenario([
        workload({ name: 'big', kind: 'qemu-guest', params: { ram: 40 * GIB }, strategy: 'mlock' }),
        workload({ name: 'small', kind: 'qemu-guest', params: { ram: 24 * GIB }, strategy: 'mlock' }),
      ]),
    )
    const kill = run.events.find(event => event.kind === 'oom-kill')
    expect(kill?.workload).toBe('big')
    expect(kill?.text).toContain('has the most points')
    expect(run.workloads).toMatchObject([{ killed: 1 }, { killed: 0, ready: 1 }])
  })

  it('spares a task with oom_score_adj -1000', () => {
    const run = simulate(
      scenario([
        workload({
          name: 'big',
          kind: 'qemu-guest',
          params: { ram: 40 * GIB },
          strategy: 'mlock',
          oomScoreAdj: -1000,
        }),
        workload({ name: 'small', kind: 'qemu-guest', params: { ram: 24 * GIB }, strategy: 'mlock' }),
      ]),
    )
    expect(run.events.find(event => event.kind === 'oom-kill')?.workload).toBe('small')
    expect(run.workloads).toMatchObject([{ killed: 0, ready: 1 }, { killed: 1 }])
  })

  it('drops page cache and swaps before it kills', () => {
    const run = simulate(
      scenario([workload({ kind: 'cache', params: { items: 22 * GIB }, strategy: 'none', count: 3 })], {
        horizonS: 3600,
      }),
    )
    expect(kinds(run)).not.toContain('oom-kill')
    expect(run.host.peakSwapUsedBytes).toBeGreaterThan(0)
    const cached = run.series.find(curve => curve.name === 'Cached')?.values ?? []
    expect(cached[cached.length - 1]).toBeLessThan(cached[0] ?? 0)
  })

  it('runs out of swap too', () => {
    const run = simulate(
      scenario([workload({ kind: 'cache', params: { items: 26 * GIB }, strategy: 'none', count: 3 })], {
        horizonS: 7200,
      }),
    )
    expect(kinds(run)).toContain('oom-kill')
    expect(run.host.peakSwapUsedBytes).toBeGreaterThan(0.95 * 8 * GIB)
  })
})

describe('a memory cgroup', () => {
  it('kills a task that locks more than memory.max, at the moment at which it is full', () => {
    const memcg = { ...unlimited, maxBytes: 8 * GIB }
    const run = simulate(scenario([workload({ kind: 'qemu-guest', strategy: 'mlock', memcg })]))
    const half = simulate(scenario([workload({ kind: 'qemu-guest', strategy: 'mlock' })]))
    expect(kinds(run)).toEqual(['start', 'memcg-oom-kill'])
    expect(run.events[1]?.atS).toBeCloseTo((half.workloads[0]?.populateS ?? 0) / 2, 1)
    expect(run.host.peakMlockedBytes).toBeLessThan(8.1 * GIB)
  })

  it('swaps what is not locked, inside', () => {
    const memcg = { ...unlimited, maxBytes: 8 * GIB }
    const run = simulate(
      scenario([workload({ kind: 'cache', params: { items: 10 * GIB }, strategy: 'none', memcg })]),
    )
    expect(kinds(run)).toEqual(['start', 'ready'])
    expect(run.workloads[0]?.finalRssBytes).toBeLessThanOrEqual(8 * GIB)
    expect(run.workloads[0]?.finalSwapBytes).toBeGreaterThan(GIB)
  })

  it('kills when memory.swap.max is full as well', () => {
    const memcg = { ...unlimited, maxBytes: 8 * GIB, swapMaxBytes: GIB }
    const run = simulate(
      scenario([workload({ kind: 'cache', params: { items: 10 * GIB }, strategy: 'none', memcg })], {
        horizonS: 3600,
      }),
    )
    expect(kinds(run)).toContain('memcg-oom-kill')
  })
})

describe('overcommit', () => {
  it('refuses what passes CommitLimit in mode 2', () => {
    const machine = { overcommit: { mode: 2, ratioPercent: 50 } as const }
    const run = simulate(
      scenario([workload({ kind: 'qemu-guest', strategy: 'none', count: 3 })], { machine }),
    )
    expect(run.refusals).toMatchObject([{ errno: 'ENOMEM', rule: 'CommitLimit', instances: 1 }])
  })
})
