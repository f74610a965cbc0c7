/**
 * The kernel collects folios per CPU, in batches, before it puts them on a list or counts them as mlocked. Emptied
 * batches make that visible at once and the same every time.
 */
import { checked, libc } from './libc.ts'
import { mapOwn } from './own-memory.ts'
import { ADVICE_NUMBERS, SYS } from './system-calls.ts'

const MPOL_MF_MOVE = 2
const nothing = new BigUint64Array(1)
let page: bigint | undefined

/** Of all CPUs. move_pages() of no pages does it on its way in (lru_cache_disable()), and anybody may call that. */
export function drainAllBatches(): void {
  // The first round can put folios into batches of the second kind.
  for (let round = 0; round < 2; round++)
    checked('move_pages', libc().syscall(SYS.move_pages, 0, 0, nothing, nothing, nothing, MPOL_MF_MOVE))
}

/**
 * Of this CPU alone, which is cheap: madvise(MADV_COLD) does it on its way in. What is in a batch when an op begins
 * decides which of its pages are counted as mlocked, since the mlock batch passes over a page that still waits for its
 * list; page faults of ours must have no part in that.
 */
export function drainOwnBatches(): void {
  page ??= mapOwn(4096)
  checked('madvise', libc().madvise(page, 4096, ADVICE_NUMBERS.cold))
}
