import { describe, expect, it } from 'vitest'
import {
  closedThroughput,
  deviceCapacity,
  erlangC,
  openQueue,
  randomReadsNs,
  sequentialNs,
  serviceVariation,
  type DeviceProfile,
} from '../../../engine/sim/device-queue.ts'

const nvme: DeviceProfile = {
  latencyNs: 90_000,
  p99Ns: 200_000,
  parallelism: 32,
  bandwidthBytesPerS: 3e9,
}
const disk: DeviceProfile = { latencyNs: 1e7, p99Ns: 2e7, parallelism: 1, bandwidthBytesPerS: 2e8 }

describe('a device', () => {
  it('takes its latency for one read, and that times n one after the other', () => {
    expect(randomReadsNs(nvme, 1, 8)).toBe(90_000)
    expect(randomReadsNs(nvme, 1000, 1)).toBeCloseTo(9e7, 0)
    expect(randomReadsNs(nvme, 0, 1)).toBe(0)
  })

  it('reads faster with more requests on their way, up to its parallelism', () => {
    expect(randomReadsNs(nvme, 1e6, 8)).toBeCloseTo((1e6 * 90_000) / 8, -3)
    expect(randomReadsNs(nvme, 1e6, 1000)).toBe(randomReadsNs(nvme, 1e6, 32))
    expect(randomReadsNs(disk, 100, 8)).toBe(1e9)
  })

  it('never exceeds its bandwidth', () => {
    const wide = { ...nvme, parallelism: 100_000 }
    expect(deviceCapacity(wide)).toBeCloseTo(3e9 / 4096, 6)
    expect(sequentialNs(nvme, 3e9)).toBeCloseTo(1e9 + 90_000, 0)
  })

  it('waits as Erlang computed: certain for one server at its load, 1 in 3 for two at half load', () => {
    expect(erlangC(1, 0.7)).toBeCloseTo(0.7, 12)
    expect(erlangC(2, 0.5)).toBeCloseTo(1 / 3, 12)
    expect(erlangC(1000, 0.5)).toBeLessThan(1e-6)
  })

  it('with one server and fixed service times waits as Pollaczek and Khinchine say', () => {
    const fixed = { ...disk, p99Ns: disk.latencyNs }
    const wait = openQueue(fixed, { requestsPerS: 50 })
    expect(wait.utilisation).toBe(0.5)
    expect(wait.waitNs).toBeCloseTo(1e7 * 0.5, 0)
    expect(wait.responseNs).toBeCloseTo(1.5e7, 0)
  })

  it('waits longer the more its service times vary', () => {
    expect(serviceVariation({ ...nvme, p99Ns: nvme.latencyNs })).toBe(0)
    expect(serviceVariation(nvme)).toBeGreaterThan(0.1)
    expect(serviceVariation({ ...nvme, p99Ns: 1e9 })).toBeLessThan(Infinity)
    const wait = (p99Ns: number): number => openQueue({ ...disk, p99Ns }, { requestsPerS: 50 }).waitNs
    expect(wait(5e7)).toBeGreaterThan(wait(2e7))
  })

  it('answers within a few per cent as simulations of a million requests did', () => {
    // Servers, 99th percentile of the service in means, load; mean response and its 99th percentile in means.
    const simulated: readonly (readonly [number, number, number, number, number])[] = [
      [1, 2, 0.5, 1.557, 4.906],
      [1, 4, 0.8, 4.311, 19.757],
      [8, 2, 0.9, 1.5, 3.977],
      [8, 4, 0.7, 1.091, 4.146],
      [32, 4, 0.9, 1.113, 4.136],
    ]
    for (const [parallelism, p99, load, mean, tail] of simulated) {
      const device = { latencyNs: 1e5, p99Ns: p99 * 1e5, parallelism, bandwidthBytesPerS: 1e15 }
      const got = openQueue(device, { requestsPerS: load * parallelism * 1e4 })
      expect(Math.abs(got.responseNs / 1e5 / mean - 1), String(load)).toBeLessThan(0.02)
      expect(Math.abs(got.p99Ns / 1e5 / tail - 1), String(load)).toBeLessThan(0.12)
    }
  })

  it('does not keep up beyond its capacity', () => {
    expect(openQueue(disk, { requestsPerS: 100 })).toMatchObject({ utilisation: 1, waitNs: Infinity })
    expect(openQueue(disk, { requestsPerS: 0 })).toMatchObject({ waitNs: 0, responseNs: 1e7, p99Ns: 2e7 })
  })

  it('serves askers that wait for their answers at their pace or its own', () => {
    expect(closedThroughput(disk, 1, 1e7)).toBe(50)
    expect(closedThroughput(disk, 10, 1e7)).toBe(100)
  })
})
