/**
 * What the CPU remembers of page tables. A huge mapping that becomes writable in place is not flushed: whatever read-only
 * translations of it a CPU still has each cost a further, spurious fault, as many as happen to be left. Without any, the
 * count is the same every time.
 */
import type { LiveProcess } from './process.ts'
import { MAP_ANONYMOUS, MAP_FIXED, MAP_POPULATE, MAP_PRIVATE, PROT_BITS, SYS } from './system-calls.ts'
import { RUNTIME_BASE } from './tracee.ts'

const SCRATCH = BigInt(RUNTIME_BASE) + 0x20_0000n
/** More pages than the kernel flushes one by one (tlb_single_page_flush_ceiling, 33), so it flushes them all. */
const BYTES = 64n * 4096n

/** Makes the process's CPU forget its translations: unmapping enough pages does. A refusal (limits) is let be. */
export function forgetTranslations({ tracee }: LiveProcess): void {
  const flags = BigInt(MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE)
  const { value } = tracee.call(SYS.mmap, SCRATCH, BYTES, BigInt(PROT_BITS.r), flags, -1n, 0n)
  if (value === SCRATCH) tracee.mustCall('munmap', SYS.munmap, SCRATCH, BYTES)
}
