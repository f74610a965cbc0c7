/** Counts the entries of /proc/PID/pagemap: 8 bytes for every page of address space. */
import { CannotRun } from './refusal.ts'
import type { PageFrames } from './page-frames.ts'
import type { ProcFile } from './proc-file.ts'

/** In pages of 4 KiB. `null`: needs page frame numbers, which need CAP_SYS_ADMIN. */
export interface PageCounts {
  pgPresent: number
  pgZero: number | null
  pgLarge: number | null
  pgMlocked: number | null
  pgUnevictable: number | null
  pgSwapped: number
  pgGuard: number
}

/** Bits 58, 62 and 63, in the upper word of an entry; the frame number is in the bits 0 to 54. */
const GUARD = 1 << (58 - 32)
const SWAPPED = 1 << (62 - 32)
const PRESENT = 1 << (63 - 32)
const FRAME_HIGH = 0x7f_ffff
const PAGE = 4096
const ENTRY_BYTES = 8
const CHUNK_PAGES = 8192

const chunk = new Uint32Array(CHUNK_PAGES * 2)

/** Counts the pages of one mapping, given by its addresses. */
export function countPages(
  pagemap: ProcFile,
  start: number,
  end: number,
  frames: PageFrames | null,
): PageCounts {
  const counts = {
    pgPresent: 0,
    pgZero: 0,
    pgLarge: 0,
    pgMlocked: 0,
    pgUnevictable: 0,
    pgSwapped: 0,
    pgGuard: 0,
  }
  for (let from = start / PAGE; from < end / PAGE; from += CHUNK_PAGES) {
    const pages = Math.min(CHUNK_PAGES, end / PAGE - from)
    const got = pagemap.bytes(chunk, pages * ENTRY_BYTES, from * ENTRY_BYTES)
    if (got !== pages * ENTRY_BYTES)
      throw new CannotRun('system', 'The page table of the traced process cannot be read.')
    for (let i = 0; i < pages; i++) countEntry(counts, chunk[i * 2] ?? 0, chunk[i * 2 + 1] ?? 0, frames)
  }
  return frames === null
    ? { ...counts, pgZero: null, pgLarge: null, pgMlocked: null, pgUnevictable: null }
    : counts
}

function countEntry(
  counts: Record<keyof PageCounts, number>,
  low: number,
  high: number,
  frames: PageFrames | null,
): void {
  if (high === 0) return
  if (high & GUARD) counts.pgGuard++
  else if (high & SWAPPED) counts.pgSwapped++
  if (!(high & PRESENT)) return
  counts.pgPresent++
  if (frames === null) return
  const folio = frames.folioOf((high & FRAME_HIGH) * 2 ** 32 + low)
  if (folio.isZero) {
    counts.pgZero++
    return
  }
  if (folio.isMlocked) counts.pgMlocked++
  if (folio.isUnevictable) counts.pgUnevictable++
  if (folio.isLarge) counts.pgLarge++
}
