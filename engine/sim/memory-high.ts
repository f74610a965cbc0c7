/**
 * memory.high: above it a cgroup gives up what it can, and its tasks sleep whenever they take more. Nobody is refused memory
 * or killed because of it.
 */
import { highDelayNs } from '../mm/memcontrol.ts'
import { PAGE_SIZE } from '../units.ts'
import { memoryPages, type Population } from './population.ts'
import type { TaskGroup } from './task-group.ts'
import { comingPages } from './touch.ts'

/** Pages that a task is charged for at a time (MEMCG_CHARGE_BATCH): it sleeps once for so many. */
const CHARGE_BATCH = 64

/** The cgroups of a group of identical tasks, all of them together. */
export interface LimitedGroup {
  readonly spec: { readonly memcg: { readonly maxBytes: number | null; readonly highBytes: number | null } }
  readonly instances: number
  readonly counters: { readonly pageTables: number }
}

/** What cgroups may take in a step. */
export interface MemcgRoom {
  /** Pages of populations. */
  readonly limitPages: number
  /** Whether memory.max sets it: beyond that, the OOM killer. */
  readonly isHard: boolean
}

/** Of a limit in bytes for each instance: pages of populations, page tables being charged as well. */
function pagesOf(group: LimitedGroup, bytes: number | null): number {
  if (bytes === null) return Infinity
  return Math.max(0, (bytes / PAGE_SIZE - group.counters.pageTables) * group.instances)
}

/** Pages of a group that reclaim cannot take, with so many slots of swap. */
export function heldPages(populations: readonly Population[], swapFreePages: number): number {
  let [held, anon] = [0, 0]
  for (const p of populations)
    if (p.lock !== 'none' || p.isPinned) held += memoryPages(p)
    else if (p.kind !== 'file') anon += memoryPages(p)
  return held + Math.max(0, anon - swapFreePages)
}

/**
 * Room in a step of so many seconds in which set-up takes `wantedPages`: up to memory.high, or what is held and will be if
 * that is more; never more than memory.max.
 */
export function memcgRoom(
  group: LimitedGroup,
  populations: readonly Population[],
  step: { readonly wantedPages: number; readonly swapFreePages: number; readonly seconds: number },
): MemcgRoom {
  const { maxBytes, highBytes } = group.spec.memcg
  const max = pagesOf(group, maxBytes)
  if (highBytes === null) return { limitPages: max, isHard: true }
  const { wantedPages, swapFreePages, seconds } = step
  let held = heldPages(populations, swapFreePages) + wantedPages
  for (const p of populations)
    if (p.lock !== 'none' || p.isPinned || (p.kind !== 'file' && swapFreePages < 1))
      held += comingPages(p, seconds, true)
  const soft = Math.max(pagesOf(group, highBytes), held)
  return { limitPages: Math.min(max, soft), isHard: soft >= max }
}

/**
 * Nanoseconds that a task sleeps for each page it takes, of a group that is charged for `usedPages` in all.
 * Estimate: reclaim has done what it can, usage being as it is; tasks of one cgroup sleep at the same time.
 */
export function throttleNsPerPage(group: LimitedGroup, usedPages: () => number): number {
  const { highBytes } = group.spec.memcg
  if (highBytes === null || group.instances === 0) return 0
  const usagePages = usedPages() / group.instances
  return highDelayNs([{ usagePages, highPages: highBytes / PAGE_SIZE }], CHARGE_BATCH) / CHARGE_BATCH
}

/** Nanoseconds a second that the threads of a group sleep for the pages that their accesses take. */
export function sleepNsPerS(group: TaskGroup, usedPages: () => number): number {
  const perPage = throttleNsPerPage(group, usedPages)
  if (perPage === 0) return 0
  let pages = 0
  for (const area of group.areas)
    for (const piece of area.isBorrowed ? [] : area.pieces)
      for (const { population } of piece.members) pages += comingPages(population, 1, true)
  return perPage * pages
}
