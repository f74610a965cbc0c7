/** Page caches of files: mm/filemap.c, and the door to the caches that other files keep. */
import { PAGE_SIZE } from '../units.ts'
import type { Kernel, Task } from './kernel.ts'
import { type FaultError } from './memory.ts'
import {
  CACHE_FALLOCATED,
  PG_CACHE,
  PG_FILE,
  PG_STORED,
  PTE_PRESENT,
  VM_RAND_READ,
  type PageCache,
  type PteRun,
  type Vma,
} from './mm-types.ts'
import { allocFolios } from './rmap.ts'
import { secretmemFault } from './secretmem.ts'
import { shmemFault } from './shmem.ts'

/** Pages read around a fault that misses the cache (read_ahead_kb = 128). */
const READ_AROUND_PAGES = 32

/** Pages up to the end of the file, the last one perhaps in part. */
export function cachePages(cache: PageCache): number {
  return Math.ceil(cache.sizeBytes / PAGE_SIZE)
}

/** Page of the area behind the last one that is cached without a gap from `vpn` on; undefined if `vpn` is not cached. */
export function cacheRunAt(vma: Vma, vpn: number): number | undefined {
  const cache = vma.file
  if (cache === null) return undefined
  let pgoff = vma.pgoff + (vpn - vma.start)
  const start = pgoff
  for (let run = cache.pages.at(pgoff); isReady(run); run = cache.pages.at(pgoff)) pgoff = run.end
  return pgoff === start ? undefined : vma.start + (pgoff - vma.pgoff)
}

/** Whether a run of the cache can be mapped ahead: present, and not waiting to be cleared or read. */
export function isReady<R extends { bits: number }>(run: R | undefined): run is R {
  return run !== undefined && (run.bits & (PTE_PRESENT | CACHE_FALLOCATED)) === PTE_PRESENT
}

/**
 * Shortens [vpn, end) to pages whose faults are alike: cached without a gap, or a hole (or pages of shared memory that
 * fallocate left uncleared) and nothing else in its fault-around windows, or beyond the end of the file.
 */
export function fileFaultLimit(k: Kernel, vma: Vma, vpn: number, end: number): number {
  const cache = vma.file
  if (cache === null) return end
  const pgoff = vma.pgoff + (vpn - vma.start)
  const size = cachePages(cache)
  if (pgoff >= size) return vpn + 1
  const limit = Math.min(end, vma.start + (size - vma.pgoff))
  const cached = cacheRunAt(vma, vpn)
  if (cached !== undefined) return Math.min(limit, cached)
  const next = cache.pages.next(pgoff)
  if (next === undefined) return limit
  const alikeEnd = next.start > pgoff ? next.start : unclearedUntil(k, cache, next, pgoff)
  const holeEnd = vma.start + (alikeEnd - vma.pgoff)
  if (holeEnd >= limit + 16) return limit
  const safe = Math.min(limit, holeEnd - (holeEnd % 16))
  return safe > vpn ? safe : vpn + 1
}

/** End of the small pages of shared memory from `pgoff` on that fallocate left uncleared; one page for all others. */
function unclearedUntil(k: Kernel, cache: PageCache, run: PteRun, pgoff: number): number {
  if (cache.kind !== 'shmem' || !(run.bits & CACHE_FALLOCATED)) return pgoff + 1
  const pfn = run.target + (pgoff - run.start)
  const frame = k.frames.at(pfn)
  return frame === undefined || frame.order > 0 ? pgoff + 1 : Math.min(run.end, pgoff + (frame.end - pfn))
}

/**
 * Brings the page at `pgoff` (and, where they are alike, those up to `end`) into the cache, as the vm_ops->fault of
 * the file does. Counts major faults; the caller counts the others.
 */
export function cacheFault(
  k: Kernel,
  task: Task,
  vma: Vma,
  pgoff: number,
  end: number,
  inCall: boolean,
): FaultError | null {
  const cache = vma.file
  if (cache === null) throw new Error('page cache fault without a file')
  if (pgoff >= cachePages(cache)) return 'SIGBUS'
  if (cache.kind === 'shmem') return shmemFault(k, task, vma, cache, pgoff, end)
  if (cache.kind === 'secretmem') return secretmemFault(k, task, cache, pgoff, end)
  return filemapFault(k, task, vma, cache, pgoff, inCall)
}

/**
 * Kernel: filemap_fault(), mm/filemap.c
 * A page that is not cached is read from the disk, with its surroundings unless the area is marked random.
 */
function filemapFault(
  k: Kernel,
  task: Task,
  vma: Vma,
  cache: PageCache,
  pgoff: number,
  inCall: boolean,
): null {
  const page = cache.pages.at(pgoff)
  if (page !== undefined) {
    if (page.bits & CACHE_FALLOCATED) {
      markUpToDate(cache, pgoff, 1)
      if (!inCall && !k.behaviour.fileFaultsUnderVmaLock) task.majflt++
    }
    return null
  }
  const alone = (vma.flags & VM_RAND_READ) !== 0
  const from = alone ? pgoff : Math.max(0, pgoff - READ_AROUND_PAGES / 2)
  const to = alone ? pgoff + 1 : Math.min(cachePages(cache), from + READ_AROUND_PAGES)
  fillFile(k, cache, from, to)
  task.majflt++
  return null
}

/** The pages of the folio at `pgoff` can be mapped like any other from now on. */
export function markUpToDate(cache: PageCache, pgoff: number, pages: number): void {
  for (const run of cache.pages.cut(pgoff, pgoff + pages)) run.bits &= ~CACHE_FALLOCATED
  cache.pages.heal(pgoff, pgoff + pages)
}

/** Reads the pages of [from, to) that are missing. */
export function fillFile(k: Kernel, cache: PageCache, from: number, to: number): void {
  for (let pgoff = from; pgoff < to;) {
    const next = cache.pages.next(pgoff)
    if (next !== undefined && next.start <= pgoff) {
      pgoff = next.end
      continue
    }
    const end = Math.min(to, next?.start ?? to)
    const pfn = allocFolios(k, end - pgoff, { order: 0, bits: PG_FILE | PG_CACHE | PG_STORED })
    cache.pages.insert({ start: pgoff, end, target: pfn, bits: PTE_PRESENT })
    const hollow = cache.hollow.covered(pgoff, end)
    k.spend('addFilePage', end - pgoff)
    k.spend('clearSmallPage', hollow)
    k.spend('readFilePage', end - pgoff - hollow)
    pgoff = end
  }
}

/**
 * A last page of which the file system has written only some blocks is not up to date: the first fault on it reads it,
 * by itself.
 */
export function forgetPartialPage(k: Kernel, cache: PageCache): void {
  const tail = cache.sizeBytes % PAGE_SIZE
  if (tail === 0 || tail > PAGE_SIZE - k.host.fileBlockBytes) return
  const last = Math.floor(cache.sizeBytes / PAGE_SIZE)
  for (const run of cache.pages.cut(last, last + 1)) run.bits |= CACHE_FALLOCATED
}
