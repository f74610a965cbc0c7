/** How many threads make a guest's memory resident: workloads, strategies, limits and costs ask the same rule. */

const MOST_THREADS = 16
const QEMU_BYTES_PER_THREAD = 64 * 2 ** 20
const CLOUD_HYPERVISOR_BYTES_PER_THREAD = 4 * 2 ** 30

/** What decides the number of threads. */
export interface PreallocQuestion {
  readonly hostCpus: number
  /** prealloc-threads; QEMU's own default is the number of vCPUs. */
  readonly askedThreads: number
  readonly bytes: number
  /** Page size of the backing: 4 KiB, 2 MiB, 1 GiB. */
  readonly pageBytes: number
}

/**
 * Threads with which QEMU 10.0 preallocates: min(host CPUs, 16, prealloc-threads), no more than pages, no more than one
 * for each 64 MiB, and at least one. Source: get_memset_num_threads() and touch_all_pages(), util/oslib-posix.c.
 */
export function preallocThreads({ hostCpus, askedThreads, bytes, pageBytes }: PreallocQuestion): number {
  return threadsFor(Math.min(hostCpus, askedThreads), bytes, pageBytes, QEMU_BYTES_PER_THREAD)
}

/** Threads that Cloud Hypervisor prefaults with: min(CPUs, 16, pages), no more than one for each 4 GiB. */
export function prefaultThreads({
  hostCpus,
  bytes,
  pageBytes,
}: Omit<PreallocQuestion, 'askedThreads'>): number {
  return threadsFor(hostCpus, bytes, pageBytes, CLOUD_HYPERVISOR_BYTES_PER_THREAD)
}

function threadsFor(asked: number, bytes: number, pageBytes: number, bytesPerThread: number): number {
  const pages = Math.ceil(bytes / pageBytes)
  return Math.max(1, Math.min(asked, MOST_THREADS, pages, Math.floor((pages * pageBytes) / bytesPerThread)))
}
