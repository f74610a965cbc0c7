/** khugepaged: small pages of areas that want huge ones become huge, slowly, as long as memory is free. */
import { KHUGEPAGED_DEFAULTS, khugepagedBytesPerS, type KhugepagedWork } from '../mm/huge-availability.ts'
import { HPAGE_PMD_NR, HPAGE_PMD_ORDER, HPAGE_PMD_SIZE } from '../units.ts'
import type { AreaState, Members } from './areas.ts'
import { costOfPhase, type CostTable } from './costs.ts'
import { hugePagesToBeHad, promisedPages, type HugeHost } from './huge-pages.ts'
import { disturb, type LruLists } from './lru-lists.ts'
import { addFresh, mappedFolios, type Population } from './population.ts'
import { keepShare } from './population-moves.ts'
import { isAlive, type TaskGroup } from './task-group.ts'

/** Entries swapped out beyond which a block is left as it is (max_ptes_swap, HPAGE_PMD_NR / 8). */
const MAX_PTES_SWAP = HPAGE_PMD_NR / 8
/** Looking at the 512 entries of a block. Estimate: some 20 ns each; next to the 10 s between passes it is nothing. */
const SCAN_BLOCK_NS = 10_000
/** Of the blocks that are left, those that a step may collapse. */
const STEP_PART = 0.1
/** Blocks below which nothing is left. */
const LEAST_BLOCKS = 0.5

interface Host extends HugeHost {
  readonly lists: LruLists
}

/** Small pages, and the huge ones that they can become. */
interface Link {
  readonly member: Members
  readonly into: Members
}

/** Small pages that can be collapsed. */
interface Candidate extends Link {
  readonly group: TaskGroup
  readonly blocks: number
}

/**
 * The one thread that collapses memory of all tasks.
 * Simplified: the default settings; anonymous memory alone; blocks of a population are alike, so that a collapsed one has the
 * mean number of holes, which khugepaged fills (max_ptes_none 511); cgroups with limits are left as they are.
 */
export class Khugepaged {
  /** thp_collapse_alloc of /proc/vmstat: huge pages that it made. */
  thpCollapseAlloc = 0
  /** Collapses a second in the last step. */
  perS = 0
  readonly #host: Host
  readonly #links = new WeakMap<AreaState, readonly Link[]>()
  readonly #collapseBlockNs: number

  constructor(host: Host, costs: CostTable) {
    this.#host = host
    const work = [
      { kind: 'collapseFolio', amount: 1 },
      { kind: 'copyPage', amount: HPAGE_PMD_NR },
    ] as const
    this.#collapseBlockNs = costOfPhase(costs, { lock: 'mmap-write', work })
  }

  /** Seconds that a step may take so that what is collapsed in it is a small part of the rest; Infinity without work. */
  untilNextS(): number {
    const candidates = this.#candidates()
    const blocks = candidates.reduce((sum, c) => sum + c.blocks, 0)
    const perS = this.#blocksPerS(blocks)
    if (perS <= 0) return Infinity
    return Math.max(KHUGEPAGED_DEFAULTS.scanSleepMillisecs / 1e3, (STEP_PART * blocks) / perS)
  }

  /** Collapses what `seconds` allow. */
  pass(seconds: number): void {
    this.perS = 0
    const candidates = this.#candidates()
    const blocks = candidates.reduce((sum, c) => sum + c.blocks, 0)
    const perS = this.#blocksPerS(blocks)
    if (perS <= 0 || seconds <= 0) return
    const share = Math.min(1, (perS * seconds) / blocks, this.#freeBlocks() / blocks)
    for (const { member, into, group, blocks: there } of candidates) {
      collapse(member, into, there * share)
      group.sums = null
    }
    this.thpCollapseAlloc += blocks * share
    this.perS = (blocks * share) / seconds
    disturb(this.#host.lists)
  }

  #freeBlocks(): number {
    return (
      hugePagesToBeHad(this.#host, HPAGE_PMD_ORDER, 'compacts', promisedPages(this.#host.groups)) /
      HPAGE_PMD_NR
    )
  }

  #blocksPerS(blocks: number): number {
    if (blocks < LEAST_BLOCKS) return 0
    const work: KhugepagedWork = {
      collapsibleShare: Math.min(1, blocks / this.#blocksToScan()),
      scanBlockNs: SCAN_BLOCK_NS,
      collapseBlockNs: this.#collapseBlockNs,
      allocFailShare: this.#freeBlocks() >= 1 ? 0 : 1,
    }
    return khugepagedBytesPerS(KHUGEPAGED_DEFAULTS, work) / HPAGE_PMD_SIZE
  }

  /** Blocks of all areas that may have huge pages, those that have them included. */
  #blocksToScan(): number {
    let pages = 0
    for (const group of this.#host.groups)
      for (const area of isAlive(group) ? group.areas : [])
        for (const piece of area.pieces)
          for (const { population: p, collapsesInto } of piece.members)
            if (p.kind === 'anon' && (p.folioPages === HPAGE_PMD_NR || collapsesInto !== undefined))
              pages += p.nrFolios * p.folioPages
    return Math.max(1, pages / HPAGE_PMD_NR)
  }

  #candidates(): Candidate[] {
    const found: Candidate[] = []
    for (const group of this.#host.groups) {
      if (!isAlive(group) || group.lists !== null) continue
      for (const area of group.areas)
        for (const { member, into } of this.#linksOf(area)) {
          const blocks = collapsibleBlocks(member.population)
          if (blocks > 0) found.push({ group, member, into, blocks })
        }
    }
    return found
  }

  /** Small pages of an area and the huge ones that they can become: looked for once, they stay what they are. */
  #linksOf(area: AreaState): readonly Link[] {
    const known = this.#links.get(area)
    if (known !== undefined) return known
    const links = area.pieces.flatMap(({ members }) =>
      members.flatMap(member => {
        const into = member.collapsesInto
        return into?.population.folioPages === HPAGE_PMD_NR ? [{ member, into }] : []
      }),
    )
    this.#links.set(area, links)
    return links
  }
}

/** Blocks of 2 MiB of small pages in which a page is mapped and few enough are swapped out. */
function collapsibleBlocks(p: Population): number {
  if (p.kind !== 'anon' || p.isPinned || p.nrFolios <= 0) return 0
  if (((p.out + p.cached) / p.nrFolios) * HPAGE_PMD_NR > MAX_PTES_SWAP) return 0
  const mapped = Math.min(1, mappedFolios(p) / p.nrFolios)
  return (p.nrFolios / HPAGE_PMD_NR) * (1 - Math.pow(1 - mapped, HPAGE_PMD_NR))
}

/** So many blocks go from the small pages to the huge ones, whole: holes are filled, swapped pages read. */
function collapse(from: Members, into: Members, blocks: number): void {
  const small = from.population
  const large = into.population
  const part = Math.min(1, (blocks * HPAGE_PMD_NR) / small.nrFolios)
  if (!(part > 0)) return
  const left = keepShare(small, 1 - part)
  left.swapInPages += small.out * part
  const grown = { ...large, nrFolios: large.nrFolios + blocks }
  if (grown.lock === 'none') addFresh(grown, blocks)
  else grown.locked += blocks
  from.population = left
  into.population = grown
}
