/**
 * Memory made resident by several threads at once, as a virtual machine's is before its guest starts: how many threads
 * there are, and how long they take, bounded by cores and by memory bandwidth.
 */
import { PAGE_SIZE } from '../units.ts'
import { unitCost, type CostTable } from './costs.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30

/** What decides the number of threads. */
export interface PreallocationRequest {
  readonly hostCpus: number
  /** prealloc-threads of QEMU; the number of vCPUs unless set. */
  readonly askedThreads: number
  readonly bytes: number
  /** Page size of the backing: 4 KiB, 2 MiB, 1 GiB. */
  readonly pageBytes: number
}

/**
 * Threads that QEMU 10.0 uses: min(host CPUs, 16, prealloc-threads), no more than pages, no more than one each 64 MiB.
 * Source: get_memset_num_threads() and do_touch_pages(), util/oslib-posix.c.
 */
export function qemuPreallocationThreads({
  hostCpus,
  askedThreads,
  bytes,
  pageBytes,
}: PreallocationRequest): number {
  const pages = Math.ceil(bytes / pageBytes)
  const first = Math.max(1, Math.min(hostCpus, 16, askedThreads))
  return Math.min(first, Math.max(1, pages), Math.max(1, Math.floor(bytes / (64 * MIB))))
}

/** Threads that Cloud Hypervisor uses to prefault: min(CPUs, 16, pages), no more than one each 4 GiB. */
export function cloudHypervisorPrefaultThreads({
  hostCpus,
  bytes,
  pageBytes,
}: Omit<PreallocationRequest, 'askedThreads'>): number {
  const pages = Math.max(1, Math.ceil(bytes / pageBytes))
  return Math.min(Math.max(1, hostCpus), 16, pages, Math.max(1, Math.floor(bytes / (4 * GIB))))
}

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
    scalingExponent: 0.95,
    memoryBytesPerSecond: 0.6 * dramBytesPerSecond,
    nodes: 1,
    nodeBytes: Infinity,
    remoteShare: 0.6,
    fixedNs: 0,
  }
}
