import { describe, expect, it } from 'vitest'
import { preallocThreads, prefaultThreads } from '../../../engine/prealloc-threads.ts'
import { DEFAULT_COSTS } from '../../../engine/sim/default-costs.ts'
import { fillingHost, preallocationNs } from '../../../engine/sim/preallocation.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30
const TIB = 2 ** 40

describe('threads of preallocation', () => {
  it.each([
    [64, 8, 4 * GIB, 4096, 8],
    [64, 16, 4 * GIB, GIB, 4],
    [64, 16, 128 * MIB, 4096, 2],
    [200, 100, TIB, 4096, 16],
    [4, 100, TIB, 4096, 4],
    [64, 8, MIB, 4096, 1],
  ])(
    'QEMU, %i CPUs, %i asked for, %i bytes in pages of %i: %i',
    (hostCpus, askedThreads, bytes, pageBytes, threads) => {
      expect(preallocThreads({ hostCpus, askedThreads, bytes, pageBytes })).toBe(threads)
    },
  )

  it.each([
    [8 * GIB, 2],
    [GIB, 1],
    [256 * GIB, 16],
  ])('Cloud Hypervisor, 64 CPUs, %i bytes: %i', (bytes, threads) => {
    expect(prefaultThreads({ hostCpus: 64, bytes, pageBytes: 4096 })).toBe(threads)
  })
})

describe('the time of preallocation', () => {
  const host = fillingHost(DEFAULT_COSTS, 16, 100e9)

  it('is the table’s for one thread', () => {
    expect(preallocationNs(host, 4 * GIB, 1) / 1e6).toBeCloseTo(357, -1)
  })

  it('falls with threads until the memory or the cores are used up', () => {
    const times = Array.from({ length: 32 }, (_, i) => preallocationNs(host, TIB, i + 1))
    expect(times[1]!).toBeLessThan(times[0]!)
    times.slice(1).forEach((time, i) => expect(time).toBeLessThanOrEqual(times[i]!))
    expect(times.at(-1)).toBeCloseTo((TIB / 60e9) * 1e9, -3)
  })

  it('is longer where a thread works on another node’s memory', () => {
    const nodes = { ...host, nodes: 2, nodeBytes: 512 * GIB }
    expect(preallocationNs(nodes, TIB, 1)).toBeGreaterThan(preallocationNs(host, TIB, 1))
    expect(preallocationNs(nodes, TIB, 2)).toBe(preallocationNs(host, TIB, 2))
  })
})
