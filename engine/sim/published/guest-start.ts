/**
 * Published start times of guests of 64 vCPUs whose memory is allocated in huge pages of 2 MiB by 1, 8 or 16 threads, on
 * a large server of 2017: QEMU 1e356fc14bea ("mem-prealloc: reduce large guest start-up and migration time").
 */
import { preallocationNs, type FillingHost } from '../preallocation.ts'

const GIB = 2 ** 30

/** GiB of guest memory, threads, seconds. */
export const GUEST_START_TIMES: readonly (readonly [gib: number, threads: number, seconds: number])[] = [
  [256, 1, 131.2],
  [256, 8, 19.0],
  [256, 16, 12.0],
  [1024, 1, 536.6],
  [1024, 8, 70.4],
  [1024, 16, 39.9],
  [4096, 1, 3251.8],
  [4096, 8, 301.0],
  [4096, 16, 119.0],
]

/**
 * That server, as the nine times make it out (least squares in relative error over speed, node size and fixed time). One
 * thread is slower at 4 TiB than at 256 GiB, several are not: beyond a node's memory it works on others'. No time shows
 * the threads hindering each other or reaching a limit of the memory.
 */
export const GUEST_START_HOST: FillingHost = {
  cores: 64,
  threadBytesPerSecond: 1.93 * GIB,
  scalingExponent: 1,
  memoryBytesPerSecond: Infinity,
  nodes: 4,
  nodeBytes: 1024 * GIB,
  remoteShare: 0.6,
  fixedNs: 3.6e9,
}

export interface GuestStart {
  readonly bytes: number
  readonly threads: number
  readonly timeNs: number
  readonly predictedNs: number
  /** predicted / published - 1. */
  readonly error: number
}

/** Published and predicted start times. */
export function guestStarts(): GuestStart[] {
  return GUEST_START_TIMES.map(([gib, threads, seconds]) => {
    const predictedNs = preallocationNs(GUEST_START_HOST, gib * GIB, threads)
    const timeNs = seconds * 1e9
    return { bytes: gib * GIB, threads, timeNs, predictedNs, error: predictedNs / timeNs - 1 }
  })
}
