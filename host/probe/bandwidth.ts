/**
 * How fast memory can be filled: some threads clear memory of their own at the same time, the best of a few rounds. On
 * many processors four threads do not reach what the memory can do, so that it is a lower bound there.
 */
import { libc } from '../libc.ts'
import { mapOwn, unmapOwn } from '../own-memory.ts'
import { ADVICE_NUMBERS } from '../system-calls.ts'

export interface FillSpeed {
  readonly bytesPerS: number
  readonly threads: number
}

const THREAD_BYTES = 64 * 2 ** 20
/** Node's pool has so many, and none of them is needed for anything else meanwhile. */
const MOST_THREADS = 4
const ROUNDS = 5
/** Less free memory than this is left alone. */
const LEAST_FREE = 16 * THREAD_BYTES

/** Null where there is too little free memory for it. */
export async function fillSpeed(cpus: number, freeBytes: number): Promise<FillSpeed | null> {
  if (freeBytes < LEAST_FREE) return null
  const threads = Math.max(1, Math.min(cpus, MOST_THREADS))
  const areas = Array.from({ length: threads }, () => mapOwn(THREAD_BYTES))
  try {
    // Large pages where they can be had: the first round is over sooner.
    for (const area of areas) libc().madvise(area, THREAD_BYTES, ADVICE_NUMBERS.hugepage)
    let bestMs = Infinity
    for (let round = 0; round <= ROUNDS; round++) {
      const start = performance.now()
      await Promise.all(areas.map(area => libc().memsetBeside(area, 0, THREAD_BYTES)))
      // The first round brings the pages in.
      if (round > 0) bestMs = Math.min(bestMs, performance.now() - start)
    }
    return { bytesPerS: Math.round((threads * THREAD_BYTES) / (bestMs / 1000)), threads }
  } finally {
    for (const area of areas) unmapOwn(area, THREAD_BYTES)
  }
}
