import { checked, libc } from './libc.ts'

/** 1024 CPUs, as glibc's cpu_set_t. */
const MASK_BYTES = 128
const SCHED_FIFO = 1
const LOWEST_PRIORITY = 1

/**
 * Keeps the calling thread, and the processes it starts, on one CPU while `action` runs, and others off that CPU while
 * one of them can run.
 *
 * Runner and program take turns anyway, and handing over is cheapest on the spot. Others have to wait because the page
 * faults of all processes of a CPU go through the same batches (lru-batches.ts). That is a real-time priority, which
 * needs CAP_SYS_NICE; without it a busy machine can show through in `sys`.
 */
export function uninterrupted<Result>(action: () => Result): Result {
  const policy = checked('sched_getscheduler', libc().sched_getscheduler(0))
  const priority = new Int32Array(1)
  checked('sched_getparam', libc().sched_getparam(0, priority))
  return onOneCpu(() => {
    libc().sched_setscheduler(0, SCHED_FIFO, Int32Array.of(LOWEST_PRIORITY)) // not everybody may
    try {
      return action()
    } finally {
      checked('sched_setscheduler', libc().sched_setscheduler(0, policy, priority))
    }
  })
}

/** Keeps the calling thread, and the processes it starts, on one CPU; others may use it as well. */
export function onOneCpu<Result>(action: () => Result): Result {
  const cpus = Buffer.alloc(MASK_BYTES)
  checked('sched_getaffinity', libc().sched_getaffinity(0, MASK_BYTES, cpus))
  checked('sched_setaffinity', libc().sched_setaffinity(0, MASK_BYTES, lastOf(cpus)))
  try {
    return action()
  } finally {
    checked('sched_setaffinity', libc().sched_setaffinity(0, MASK_BYTES, cpus))
  }
}

/** The mask with the highest CPU of `cpus` alone. */
function lastOf(cpus: Buffer): Buffer {
  const one = Buffer.alloc(MASK_BYTES)
  const byte = cpus.findLastIndex(bits => bits !== 0)
  if (byte >= 0) one[byte] = 1 << (31 - Math.clz32(cpus[byte] ?? 1))
  return one
}
