/**
 * Memory made resident by several threads at once, as a virtual machine's is before its guest starts: how long they
 * take, bounded by cores and by memory bandwidth. How many there are: engine/prealloc-threads.ts.
 */
import { PAGE_SIZE } from '../units.ts'
import { unitCost, type CostTable } from './costs.ts'

/** A host as far as filling memory goes. Bandwidths are bytes of pages made resident per second. */
export interface FillingHost {
  readonly cores: number
  /** One thread on memory of its own node. */
  readonly threadBytesPerSecond: number
  /** n threads are n to this power as fast as one. 1 where they do not hinder each other. */
  readonly scalingExponent: number
  /** What all threads together cannot pass: the memory controllers. */
  readonly memoryBytesPerSecond: number
  readonly nodes: number
  /** Free memory of one node. A thread takes from its own node first. */
  readonly nodeBytes: number
  /** Speed on another node's memory, as a share of the speed on one's own. */
  readonly remoteShare: number
  /** Time that does not depend on the amount: the rest of a start. */
  readonly fixedNs: number
}

/** n threads are n to this power as fast as one (assumed; no published cell contradicts it). */
export const THREADS_EXPONENT = 0.95
/** Of the bandwidth that memory has on paper, what clearing and copying reach (assumed). */
export const USABLE_BANDWIDTH = 0.6

/** Nanoseconds that `threads` threads, spread over the nodes, take to make `bytes` resident. */
export function preallocationNs(host: FillingHost, bytes: number, threads: number): number {
  const working = Math.max(1, Math.min(threads, host.cores))
  const localBytes = Math.min(bytes, Math.min(working, host.nodes) * host.nodeBytes)
  const localSpeed = Math.min(
    host.threadBytesPerSecond * working ** host.scalingExponent,
    host.memoryBytesPerSecond,
  )
  const remoteSpeed = Math.min(localSpeed * host.remoteShare, host.memoryBytesPerSecond)
  return host.fixedNs + (localBytes / localSpeed + (bytes - localBytes) / remoteSpeed) * 1e9
}

/**
 * A host of one node from a cost table: one thread clears at the table's speed, all together at no more than 0.6 of the
 * bandwidth that the memory has on paper (assumed).
 */
export function fillingHost(table: CostTable, cores: number, dramBytesPerSecond: number): FillingHost {
  const { ns, beyondCacheNs } = unitCost(table, 'clearLargePage')
  return {
    cores,
    threadBytesPerSecond: (PAGE_SIZE / (ns + beyondCacheNs)) * 1e9,
    scalingExponent: THREADS_EXPONENT,
    memoryBytesPerSecond: USABLE_BANDWIDTH * dramBytesPerSecond,
    nodes: 1,
    nodeBytes: Infinity,
    remoteShare: 0.6,
    fixedNs: 0,
  }
}
