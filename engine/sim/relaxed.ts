/**
 * Accesses while there is room for everybody. Nothing is reclaimed, so each population goes its own way, exactly for
 * steps of any length; those of a group are taken together once they are long enough to matter.
 */
import { writeBack } from './dirty.ts'
import { newLists } from './lru-lists.ts'
import type { Population } from './population.ts'
import { arrive, sendFor } from './touch.ts'

const lists = newLists()

/** Pages below which a population is said to have arrived. */
const QUIET_PAGES = 0.5

/** Share of a file that may still become dirty or clean when it is left as it is. */
const SETTLED_SHARE = 1e-4

/** `seconds` of accesses to populations that nobody competes with. True if nothing is left to come. */
export function accessFreely(
  populations: readonly Population[],
  seconds: number,
  writebackS = Infinity,
): boolean {
  let isQuiet = true
  for (const p of populations) {
    if (p.ratePerS === 0) continue
    const { minorFaults, majorFaults, swapInPages, fileReadPages } = p
    sendFor(p, lists, seconds)
    arrive(p, lists, Infinity, 1)
    const wasClean = p.clean
    const written = p.writebackPages
    writeBack(p, seconds, writebackS)
    p.flow.minorFaultsPerS = (p.minorFaults - minorFaults) / seconds
    p.flow.majorFaultsPerS = (p.majorFaults - majorFaults) / seconds
    p.flow.swapInPagesPerS = (p.swapInPages - swapInPages) / seconds
    p.flow.fileReadPagesPerS = (p.fileReadPages - fileReadPages) / seconds
    p.flow.swapOutPagesPerS = 0
    p.flow.writebackPagesPerS = (p.writebackPages - written) / seconds
    if (Math.abs(p.clean - wasClean) > SETTLED_SHARE * p.nrFolios) isQuiet = false
    if ((p.absent + p.out + p.cached) * p.folioPages >= QUIET_PAGES) isQuiet = false
  }
  return isQuiet
}
