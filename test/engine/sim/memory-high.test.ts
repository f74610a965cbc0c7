import { describe, expect, it } from 'vitest'
import { throttleNsPerPage } from '../../../engine/sim/memory-high.ts'
import type { RunResult } from '../../../engine/sim/result.ts'
import { simulate } from '../../../engine/sim/simulate.ts'
import { GIB, MIB, scenario, workload } from '../../support/scenarios.ts'

const unlimited = { maxBytes: null, highBytes: null, swapMaxBytes: null }
const area = (bytes: number, access: object | null): object => ({ name: 'memory', bytes, access })
const uniform = {
  ...{ ratePerS: 1e5, writeShare: 1, footprintShare: 1, layout: 'contiguous' },
  popularity: { kind: 'uniform' },
}

function run(
  memcg: Partial<typeof unlimited> | { highBytes: number; maxBytes?: number },
  options: {
    strategy?: string
    access?: object | null
    swapBytes?: number
    bytes?: number
    horizonS?: number
  },
): RunResult {
  const { strategy = 'mlock', access = null, swapBytes = 0, bytes = GIB, horizonS = 600 } = options
  const params = { areas: JSON.stringify([area(bytes, access)]), ops: '[]' }
  return simulate(
    scenario([workload({ kind: 'generic', strategy, params, memcg: { ...unlimited, ...memcg } })], {
      machine: {
        swap: swapBytes === 0 ? [] : [{ device: 'nvme-client', sizeBytes: swapBytes, priority: -2 }],
      },
      horizonS,
    }),
  )
}

const kinds = ({ events }: RunResult): string[] => events.map(event => event.kind)

describe('a task above memory.high', () => {
  const group = {
    spec: { memcg: { ...unlimited, highBytes: GIB } },
    instances: 1,
    counters: { pageTables: 0 },
  }
  const highPages = GIB / 4096

  it('sleeps 10 ms a page at 10 per cent, not at all for less than 10 ms a batch, 2 s a batch at most', () => {
    expect(throttleNsPerPage(group, () => highPages)).toBe(0)
    expect(throttleNsPerPage(group, () => highPages * 1.01)).toBe(0) // 6.4 ms for 64 pages: not worth a sleep
    expect(throttleNsPerPage(group, () => highPages * 1.1) / (0.64e9 / 64)).toBeCloseTo(1, 3)
    expect(throttleNsPerPage(group, () => highPages * 3)).toBe(2e9 / 64)
  })
})

describe('locking more than memory.high', () => {
  const free = run({}, {})
  const high = run({ highBytes: 512 * MIB }, {})

  it('takes long and kills nobody', () => {
    expect(kinds(free)).toEqual(['start', 'ready'])
    expect(kinds(high)).not.toContain('memcg-oom-kill')
    expect(high.workloads[0]?.killed).toBe(0)
    expect(high.workloads[0]?.timeUntilReadyS ?? Infinity).toBeGreaterThan(
      100 * (free.workloads[0]?.timeUntilReadyS ?? Infinity),
    )
  })

  it('goes past the limit, by about a fifth in ten minutes', () => {
    const over = (high.workloads[0]?.peakRssBytes ?? 0) / (512 * MIB) - 1
    expect(over).toBeGreaterThan(0.1)
    expect(over).toBeLessThan(0.5)
  })

  it('is killed at memory.max, if there is one above', () => {
    const both = run({ highBytes: 512 * MIB, maxBytes: 520 * MIB }, {})
    expect(kinds(both)).toContain('memcg-oom-kill')
    expect(both.workloads[0]?.peakRssBytes).toBeLessThan(521 * MIB)
  })

  it('does not slow down what stays below', () => {
    const below = run({ highBytes: 2 * GIB }, {})
    expect(below.workloads[0]?.timeUntilReadyS).toBeCloseTo(free.workloads[0]?.timeUntilReadyS ?? NaN, 6)
  })
})

describe('accesses to more than memory.high', () => {
  it('are slow without swap, and bring in little', () => {
    const slow = run({ highBytes: 512 * MIB }, { strategy: 'none', access: uniform })
    expect(slow.workloads[0]?.killed).toBe(0)
    expect(slow.workloads[0]?.progressShare).toBeLessThan(0.2)
    expect(slow.workloads[0]?.finalRssBytes).toBeGreaterThan(512 * MIB)
    expect(slow.workloads[0]?.finalRssBytes).toBeLessThan(768 * MIB)
  })

  it('swap inside the limit if they can', () => {
    const swapping = run({ highBytes: 512 * MIB }, { strategy: 'none', access: uniform, swapBytes: 4 * GIB })
    expect(swapping.workloads[0]?.finalRssBytes).toBeLessThan(530 * MIB)
    expect(swapping.workloads[0]?.finalSwapBytes).toBeGreaterThan(400 * MIB)
  })
})
