/**
 * Accesses while there is room for everybody. Nothing is reclaimed, so each population goes its own way, exactly for
 * steps of any length; those of a group are taken together once they are long enough to matter.
 */
import { newLists } from './lru-lists.ts'
import type { Population } from './population.ts'
import { arrive, sendFor } from './touch.ts'

const lists = newLists()

/** Pages below which a population is said to have arrived. */
const QUIET_PAGES = 0.5

/** `seconds` of accesses to populations that nobody competes with. True if nothing is left to come. */
export function accessFreely(populations: readonly Population[], seconds: number): boolean {
  let isQuiet = true
  for (const p of populations) {
    if (p.ratePerS === 0) continue
    const { minorFaults, majorFaults, swapInPages, fileReadPages } = p
    sendFor(p, lists, seconds)
    arrive(p, lists, Infinity, 1)
    p.flow.minorFaultsPerS = (p.minorFaults - minorFaults) / seconds
    p.flow.majorFaultsPerS = (p.majorFaults - majorFaults) / seconds
    p.flow.swapInPagesPerS = (p.swapInPages - swapInPages) / seconds
    p.flow.fileReadPagesPerS = (p.fileReadPages - fileReadPages) / seconds
    p.flow.swapOutPagesPerS = p.flow.writebackPagesPerS = 0
    if ((p.absent + p.out + p.cached) * p.folioPages >= QUIET_PAGES) isQuiet = false
  }
  return isQuiet
}
