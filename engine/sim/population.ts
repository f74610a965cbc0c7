/**
 * Populations: pages that nobody can tell apart. They belong to one area and are accessed at one rate, so that how
 * many of them are where says everything; the numbers are expectations, and need not be whole.
 */

/** Parts that the inactive list can be divided into, and one for what has just come; see lru-cells.ts. */
export const CELL_SLOTS = 20

/** What its memory is: it decides which list the folios are on and where they go when they are reclaimed. */
export type PopulationKind = 'anon' | 'shmem' | 'file'

/**
 * `locked`: everything that is in memory is unevictable, and {@link lockPopulation} brings the rest in.
 * `onfault`: what is in memory is unevictable, the rest follows when it is touched (MLOCK_ONFAULT).
 */
export type PopulationLock = 'none' | 'locked' | 'onfault'

/**
 * A set of exchangeable folios. All counts are expected numbers of folios; those of {@link PLACES} always sum to
 * `nrFolios` and are never negative.
 */
export interface Population {
  readonly kind: PopulationKind
  /** Pages of 4 KiB in each folio. */
  readonly folioPages: number
  readonly nrFolios: number
  /** Accesses come at random, or go from the first folio to the last and over again. */
  readonly order: 'random' | 'cyclic'
  /** Of files: folios that a major fault reads, itself included; see read-around.ts. */
  readonly windowFolios: number
  /**
   * Whether reclaim takes notice of accesses. Not in areas with MADV_RANDOM or MADV_SEQUENTIAL (vma_has_recency(),
   * 8788f6781486, v6.3): their folios are evicted at the first look.
   */
  readonly hasRecency: boolean
  /** Accesses per second to each folio. May be set at any time; call disturb() of the lists afterwards. */
  ratePerS: number
  /** Share of the accesses that write, 0 to 1. */
  writeShare: number
  /** Set by {@link lockPopulation} and {@link unlockPopulation}. */
  lock: PopulationLock
  /** Long-term pins keep what is in memory from being reclaimed, locked or not. */
  isPinned: boolean

  /** Never touched. */
  absent: number
  /** Reclaimed: in swap, or for files in the file alone. */
  out: number
  /** In memory and not mapped: read ahead from swap, or in the page cache. On the inactive list. */
  cached: number
  /** Mapped, on the inactive list, not looked at by reclaim since the fault that mapped them. */
  fresh: number
  /** Mapped, on the inactive list, looked at once: the next look evicts them or makes them active. */
  seen: number
  /** Mapped, on the active list. */
  active: number
  /** Mapped and unevictable. */
  locked: number

  /**
   * Of the mapped folios: those that can be dropped without being written, because their swap slot (anon, shmem) or
   * their file holds the same content.
   */
  clean: number

  /** Cumulated since the population was made. */
  minorFaults: number
  majorFaults: number
  /** Pages of 4 KiB, cumulated, read-ahead included. */
  swapInPages: number
  swapOutPages: number
  fileReadPages: number
  writebackPages: number

  /** `fresh` and `seen` by cell of the inactive list; see lru-cells.ts. */
  readonly cells: Float64Array

  /** Folios on their way in during a step; zero between steps, except for `share`. */
  readonly step: PopulationStep

  /** Of the step and of the round that are under way: see step-length.ts. */
  readonly before: Float64Array
  readonly lap: Float64Array
  /** Of the last round of the lists; they go on while the lists are settled. */
  readonly flow: PopulationFlow
}

/** The accesses of one step, before it is known whether there is room for what they bring in. Folios. */
export interface PopulationStep {
  /** Chance that a folio is touched in the step. */
  share: number
  first: number
  back: number
  /** Read ahead with those that come back. */
  ahead: number
  /** Of files: read around those that come, and never touched before. */
  aheadFirst: number
  /** Folios mapped in the step, until writeBack() has taken note of them. */
  came: number
  /** Part of an eviction that is not undone by a fault in the same step. */
  stays: number
  /** Chance that a folio at the tail was not touched since it was looked at; of the last look. */
  untouched: number
}

/** What happens to a population, in folios per second; swap and file traffic in pages per second. */
export interface PopulationFlow {
  minorFaultsPerS: number
  majorFaultsPerS: number
  swapInPagesPerS: number
  swapOutPagesPerS: number
  fileReadPagesPerS: number
  writebackPagesPerS: number
}

/** Where a folio can be. */
export const PLACES = ['absent', 'out', 'cached', 'fresh', 'seen', 'active', 'locked'] as const

/** What a population is made from; counts are zero unless given, and `absent` is the rest. */
export interface PopulationSpec {
  readonly kind: PopulationKind
  readonly nrFolios: number
  readonly ratePerS: number
  readonly folioPages?: number
  readonly writeShare?: number
  readonly lock?: PopulationLock
  readonly hasRecency?: boolean
  readonly order?: 'random' | 'cyclic'
  readonly windowFolios?: number
  readonly isPinned?: boolean
  /** Folios that are in memory and not mapped at the start, such as a file that was read before. */
  readonly cached?: number
}

/** A population of which nothing was touched. Throws on a number that is not finite or is negative. */
export function newPopulation(spec: PopulationSpec): Population {
  const { kind, nrFolios, ratePerS, folioPages = 1, writeShare = 1, lock = 'none', cached = 0 } = spec
  for (const [name, value] of Object.entries({ nrFolios, ratePerS, folioPages, writeShare, cached }))
    if (!(value >= 0 && value < Infinity)) throw new RangeError(`${name} of a population is ${value}`)
  if (cached > nrFolios) throw new RangeError(`cached of a population is ${cached}, of ${nrFolios} folios`)
  return {
    kind,
    folioPages,
    nrFolios,
    ratePerS,
    order: spec.order ?? 'random',
    windowFolios: spec.windowFolios ?? 1,
    hasRecency: spec.hasRecency ?? true,
    writeShare,
    lock,
    isPinned: spec.isPinned ?? false,
    ...{ absent: nrFolios - cached, out: 0, cached, fresh: 0, seen: 0, active: 0, locked: 0 },
    ...{ clean: 0, minorFaults: 0, majorFaults: 0 },
    ...{ swapInPages: 0, swapOutPages: 0, fileReadPages: 0, writebackPages: 0 },
    cells: new Float64Array(2 * CELL_SLOTS),
    step: { share: 0, first: 0, back: 0, ahead: 0, aheadFirst: 0, came: 0, stays: 1, untouched: 1 },
    before: new Float64Array(13),
    lap: new Float64Array(8),
    flow: noFlow(),
  }
}

function noFlow(): PopulationFlow {
  return {
    ...{ minorFaultsPerS: 0, majorFaultsPerS: 0, swapInPagesPerS: 0, swapOutPagesPerS: 0 },
    ...{ fileReadPagesPerS: 0, writebackPagesPerS: 0 },
  }
}

/** Expected mapped folios (Rss of smaps, in folios). */
export const mappedFolios = (p: Population): number => p.fresh + p.seen + p.active + p.locked

/** Expected pages mapped: Rss of smaps. */
export const residentPages = (p: Population): number => mappedFolios(p) * p.folioPages

/** Expected pages in memory, mapped or not: what a memory cgroup is charged for. */
export const memoryPages = (p: Population): number => (mappedFolios(p) + p.cached) * p.folioPages

/** Expected pages that the page table finds in swap: Swap of smaps, read ahead or not. Files have none. */
export const swappedPages = (p: Population): number =>
  p.kind === 'file' ? 0 : (p.out + p.cached) * p.folioPages

/** Expected pages of swap that the population takes: what is out, and slots that still hold what is in memory. */
export const swapSlotPages = (p: Population): number =>
  p.kind === 'file' ? 0 : (p.out + p.cached + p.clean) * p.folioPages

/** Expected pages of the mapped folios that would have to be written before they could go. */
export const dirtyPages = (p: Population): number => (mappedFolios(p) - p.clean) * p.folioPages

/** Expected pages that are unevictable because of a lock: Mlocked. */
export const mlockedPages = (p: Population): number => p.locked * p.folioPages

/**
 * mlock() or mlock2(MLOCK_ONFAULT) of the whole population: what is mapped becomes unevictable. With `locked`,
 * everything else is brought in as well, which counts as minor faults where it was absent and as major ones where it
 * had to be read; it is for the caller to make room for it. Returns the pages that came in.
 */
export function lockPopulation(p: Population, lock: 'locked' | 'onfault'): number {
  p.lock = lock
  p.locked += p.fresh + p.seen + p.active
  p.fresh = p.seen = p.active = 0
  p.cells.fill(0)
  return lock === 'locked' ? populate(p) : 0
}

/** munlock(): the folios go back to the inactive list. */
export function unlockPopulation(p: Population): void {
  p.lock = 'none'
  addFresh(p, p.locked)
  p.locked = 0
}

/** Brings in every folio that is not mapped. Returns the pages by which memory in use grows. */
export function populate(p: Population): number {
  const { absent, out, cached, kind, folioPages } = p
  const read = kind === 'file' ? absent + out : out
  p.majorFaults += read
  p.minorFaults += absent + out + cached - read
  if (kind === 'file') p.fileReadPages += read * folioPages
  else p.swapInPages += out * folioPages
  const [came, fresh] = [absent + out, absent + out + cached]
  p.absent = p.out = p.cached = 0
  if (p.lock === 'none') addFresh(p, fresh)
  else p.locked += fresh
  if (kind === 'file') p.clean += fresh // what is locked gives its swap slots up
  return came * folioPages
}

/** MADV_DONTNEED or fallocate(PUNCH_HOLE) of a share of the population, 0 to 1, whatever state its folios are in. */
export function discard(p: Population, share: number): void {
  const before = p.absent
  for (const place of PLACES) if (place !== 'absent') p[place] *= 1 - share
  p.clean *= 1 - share
  for (let i = 0; i < 2 * CELL_SLOTS; i++) p.cells[i] = (p.cells[i] ?? 0) * (1 - share)
  p.absent = before + (p.nrFolios - before) * share
}

/** Mapped folios at the head of the inactive list; those that need no first look count as looked at. */
export function addFresh(p: Population, folios: number): void {
  const at = p.hasRecency ? 0 : CELL_SLOTS
  if (p.hasRecency) p.fresh += folios
  else p.seen += folios
  p.cells[at] = (p.cells[at] ?? 0) + folios
}
