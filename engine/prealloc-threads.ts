/** How many threads make a guest's memory resident: workloads, strategies and costs ask the same rule. */

const BYTES_PER_THREAD = 64 * 2 ** 20
const MOST_THREADS = 16

/**
 * Threads with which QEMU 10.0 preallocates: min(host CPUs, 16, prealloc-threads), no more than pages, no more than one
 * for each 64 MiB, and at least one. Source: get_memset_num_threads() and touch_all_pages(), util/oslib-posix.c.
 */
export function preallocThreads(question: {
  readonly hostCpus: number
  /** prealloc-threads; QEMU's own default is the number of vCPUs. */
  readonly askedThreads: number
  readonly bytes: number
  /** Page size of the backing: 4 KiB, 2 MiB, 1 GiB. */
  readonly pageBytes: number
}): number {
  const { hostCpus, askedThreads, bytes, pageBytes } = question
  const threads = Math.min(hostCpus, MOST_THREADS, askedThreads)
  const pages = Math.ceil(bytes / pageBytes)
  return Math.max(1, Math.min(threads, pages, Math.floor(bytes / BYTES_PER_THREAD)))
}
