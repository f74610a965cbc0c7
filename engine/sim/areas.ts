/** The memory of a task once it runs: each area cut at the borders of its locks, each piece in populations. */
import type { AreaNeed } from '../scenario.ts'
import { VM_HUGEPAGE, VM_LOCKED, VM_LOCKONFAULT, VM_NOHUGEPAGE, type Vma } from '../mm/mm-types.ts'
import { doSyncMmapReadahead } from '../mm/filemap-readahead.ts'
import type { Exemplar } from './exemplar.ts'
import type { FaultCosts, FaultSite } from './fault-costs.ts'
import { folioClasses, popularityClasses, type PopularityClass } from './popularity.ts'
import { discard, lockPopulation, newPopulation, type Population, type PopulationLock } from './population.ts'
import { putInMemory } from './population-moves.ts'
import { windowFoliosOf } from './read-around.ts'
import type { PageRange } from './segment.ts'
import { markedShare } from './unmarked.ts'

/** A population and the rate that it is accessed at when nothing holds the task up. */
export interface Members {
  /** Replaced when a share of its tasks ends. */
  population: Population
  /** Accesses per second to each folio. */
  readonly ratePerS: number
  /** Faults that have been taken into account. */
  readonly seen: { minor: number; major: number }
  /** What its faults cost, if that is not what those of the area cost. */
  readonly costs?: FaultCosts
  /** Small pages where large ones were wanted: what khugepaged makes of them. */
  readonly collapsesInto?: Members
}

/** Neighbouring pages of an area under one lock. Pages from the beginning of the area. */
export interface Piece {
  readonly start: number
  readonly end: number
  readonly lock: PopulationLock
  /** Share of its locked pages that carry the mark (PG_mlocked) after set-up: others stay on the lists of reclaim. */
  readonly marked: number
  readonly members: readonly Members[]
}

export interface AreaState {
  readonly need: AreaNeed
  readonly index: number
  readonly pieces: readonly Piece[]
  readonly costs: FaultCosts
  /** A file that all instances map: its memory is there once. */
  readonly isShared: boolean
  /** A file that another group mapped before: its populations are listed there. */
  readonly isBorrowed: boolean
  /** Pages of all instances that are in memory without being mapped (fallocate). */
  allocatedPages: number
}

const CACHE_KINDS = { file: 'file', memfd: 'shmem', 'shared-anon': 'shmem', anon: 'anon' } as const

/** Kind of population that an area's memory is; null for pools of huge pages, which no reclaim touches. */
export function kindOf(area: AreaNeed): 'file' | 'shmem' | 'anon' | null {
  if (area.backing === 'hugetlb-2M' || area.backing === 'hugetlb-1G') return null
  // A private mapping of a file that is written becomes anonymous memory.
  if (area.backing === 'file' && area.sharing === 'private' && area.prot === 'rw') return 'anon'
  return CACHE_KINDS[area.backing]
}

function vmasOf(exemplar: Exemplar, area: AreaNeed): { vmas: readonly Vma[]; origin: number } {
  const window = exemplar.windowOf(area.name)
  const mm = exemplar.replay.kernel.tasks[0]?.mm
  if (window === undefined || mm === undefined) return { vmas: [], origin: 0 }
  return { vmas: mm.vmas.filter(v => v.start >= window.low && v.end <= window.high), origin: window.origin }
}

function lockOf(flags: number): PopulationLock {
  if (!(flags & VM_LOCKED)) return 'none'
  return flags & VM_LOCKONFAULT ? 'onfault' : 'locked'
}

/** How faults of an area come out, seen from its first mapping. */
export function faultSite(exemplar: Exemplar, area: AreaNeed): FaultSite {
  const flags = vmasOf(exemplar, area).vmas[0]?.flags ?? 0
  return {
    backing: area.backing,
    sharing: area.sharing,
    prot: area.prot,
    advice: flags & VM_HUGEPAGE ? 'hugepage' : flags & VM_NOHUGEPAGE ? 'nohugepage' : 'normal',
    lock: lockOf(flags),
  }
}

/**
 * Builds the populations of `instances` identical tasks. `cuts` are pages of an area at which pieces end besides: the
 * borders of what later operations discard or bring back.
 */
export function areaStates(
  exemplar: Exemplar,
  instances: number,
  costsOf: (site: FaultSite) => FaultCosts,
  cuts: (area: AreaNeed) => readonly number[] = () => [],
): AreaState[] {
  return exemplar.script.areas.map((need, index) => {
    const costs = costsOf(faultSite(exemplar, need))
    const isShared = kindOf(need) === 'file'
    const { vmas, origin } = vmasOf(exemplar, need)
    const pieces = vmas.flatMap(vma => {
      const range = { start: vma.start - origin, end: vma.end - origin }
      const lock = lockOf(vma.flags)
      const marked = markedShare(exemplar, vma)
      return cutAt(range, cuts(need)).map(part => ({
        ...part,
        lock,
        marked,
        members: membersOf(need, part, costs, isShared ? 1 : instances, doSyncMmapReadahead(vma.flags)),
      }))
    })
    return { need, index, pieces, costs, isShared, isBorrowed: false, allocatedPages: 0 }
  })
}

/** A range in parts that end at the cuts inside it. */
function cutAt(range: PageRange, cuts: readonly number[]): PageRange[] {
  const inside = [...new Set(cuts)].filter(at => at > range.start && at < range.end).sort((a, b) => a - b)
  return [range.start, ...inside].map((start, i) => ({ start, end: inside[i] ?? range.end }))
}

function membersOf(
  need: AreaNeed,
  range: PageRange,
  costs: FaultCosts,
  instances: number,
  raPages: number,
): Members[] {
  const kind = kindOf(need)
  if (kind === null) return []
  const folioPages = folioPagesOf(need, range, costs)
  return classesIn(need, range).flatMap(({ classes, pages }) =>
    folioClasses(classes, folioPages, need.access?.layout ?? 'contiguous').map(part => {
      const population = newPopulation({
        kind,
        nrFolios: part.nrItems * instances,
        ratePerS: 0,
        folioPages,
        windowFolios: kind === 'file' ? windowFoliosOf(folioPages, raPages) : 1,
        cached: part.nrItems * instances * (need.file?.cachedShare ?? 0),
        writeShare: need.prot === 'r' && kind === 'file' ? 0 : (need.access?.writeShare ?? 0),
      })
      return { population, ratePerS: pages === 0 ? 0 : part.perAccess, seen: { minor: 0, major: 0 } }
    }),
  )
}

/** Files that are written become dirty page by page: fault-around, which maps for reading alone, is left out for them. */
function folioPagesOf(need: AreaNeed, range: PageRange, costs: FaultCosts): number {
  if (kindOf(need) === 'file' && need.prot === 'rw' && (need.access?.writeShare ?? 0) > 0) return 1
  const pages =
    need.prot === 'r' || need.backing === 'file' ? costs.firstRead.mappedPages : costs.firstWrite.mappedPages
  return range.end - range.start >= pages ? pages : 1
}

/**
 * Popularity classes of the part of an area that is accessed, cut to a range, with `perAccess` already times the rate
 * of the area; and the rest, which nobody touches.
 */
function classesIn(need: AreaNeed, range: PageRange): { classes: PopularityClass[]; pages: number }[] {
  const areaPages = Math.ceil(need.bytes / 4096)
  const { access } = need
  const whole = range.end - range.start
  if (access === null || access.ratePerS <= 0) return [untouched(whole)]
  const footprint = Math.max(1, Math.round(areaPages * access.footprintShare))
  const inside = Math.max(0, Math.min(range.end, footprint) - range.start)
  const all = popularityClasses(access.popularity, footprint)
  const cut = access.layout === 'contiguous' ? cutTo(all, range) : scaleTo(all, inside / footprint)
  const classes = cut.map(part => ({ ...part, perAccess: part.perAccess * access.ratePerS }))
  const rest = whole - inside
  return [{ classes, pages: inside }, ...(rest > 0 ? [untouched(rest)] : [])]
}

const untouched = (pages: number): { classes: PopularityClass[]; pages: number } => ({
  classes: [{ nrItems: pages, perAccess: 0 }],
  pages,
})

function cutTo(classes: readonly PopularityClass[], range: PageRange): PopularityClass[] {
  let at = 0
  return classes.flatMap(part => {
    const from = at
    at += part.nrItems
    const nrItems = Math.min(at, range.end) - Math.max(from, range.start)
    return nrItems > 0 ? [{ ...part, nrItems }] : []
  })
}

const scaleTo = (classes: readonly PopularityClass[], share: number): PopularityClass[] =>
  share <= 0 ? [] : classes.map(part => ({ ...part, nrItems: part.nrItems * share }))

/** Populations of the pieces that a range touches; of all without one. */
function membersOver(area: AreaState, range: PageRange | null): Members[] {
  const over =
    range === null ? area.pieces : area.pieces.filter(p => p.start < range.end && p.end > range.start)
  return over.flatMap(piece => piece.members)
}

/** Set-up brought so many pages in: contiguous memory fills from the beginning of the range, scattered evenly. */
export function fill(area: AreaState, pages: number, range: PageRange | null = null): void {
  const members = membersOver(area, range)
  if (area.need.access?.layout === 'scattered') return fillEvenly(members, pages)
  let left = pages
  for (const { population } of members) {
    if (left <= 0) return
    left -= putInMemory(population, left)
  }
}

/** So many pages of a range are given back, whatever state they are in. */
export function drain(area: AreaState, pages: number, range: PageRange | null): void {
  const members = membersOver(area, range)
  const there = members.reduce((sum, { population: p }) => sum + (p.nrFolios - p.absent) * p.folioPages, 0)
  if (there <= 0) return
  for (const { population } of members) discard(population, Math.min(1, pages / there))
}

function fillEvenly(members: readonly Members[], pages: number): void {
  const absent = members.reduce((sum, { population: p }) => sum + (p.absent + p.cached) * p.folioPages, 0)
  if (absent <= 0) return
  const share = Math.min(1, pages / absent)
  for (const { population: p } of members) putInMemory(p, (p.absent + p.cached) * p.folioPages * share)
}

/** From now on the pieces that end up locked are locked: present pages at once, others as they come. */
export function lockPieces(area: AreaState): void {
  for (const piece of area.pieces) {
    if (piece.lock === 'none') continue
    for (const { population } of piece.members) {
      if (population.lock !== 'none') continue
      lockPopulation(population, 'onfault')
      population.lock = piece.lock
    }
  }
}
