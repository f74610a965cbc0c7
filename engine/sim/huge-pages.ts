/**
 * Large folios that are not to be had: when a task starts, what is free in large enough blocks goes to the areas that want
 * it, first come, first served; the rest of an area becomes small pages, in populations of their own.
 */
import { hugeAvailability, hugeEffort } from '../mm/huge-availability.ts'
import type { MachineProfile } from '../scenario.ts'
import type { AreaState, Members } from './areas.ts'
import type { FaultCosts, FaultSite } from './fault-costs.ts'
import { newPopulation, type Population } from './population.ts'
import type { Segment, ThreadPlan } from './segment.ts'
import type { TaskGroup } from './task-group.ts'

/**
 * Share of free memory that lies in blocks smaller than 2 MiB when a plan begins.
 * Estimate: nobody says how long a host has been up. Right after boot it is about 0, on a busy file server after weeks nearly
 * 1; unusableFreeIndex() of /proc/buddyinfo is the true value.
 */
export const FRAGMENTED_SHARE = 0.1
/** Share of it that compaction can join. Estimate: what stays is between pages of the kernel itself. */
export const COMPACTABLE_SHARE = 0.8

/** Free memory of a host as far as large folios may take it: what is above the high watermark. */
export interface HugeHost {
  freePages(): number
  readonly memory: { readonly marks: { readonly highPages: number } }
  readonly groups: readonly TaskGroup[]
}

/** Pages that may be had as folios of `order`, `takenPages` of the free ones being promised already. */
export function hugePagesToBeHad(
  host: HugeHost,
  order: number,
  effort: ReturnType<typeof hugeEffort>,
  takenPages: number,
): number {
  const freePages = Math.max(0, host.freePages() - host.memory.marks.highPages - takenPages)
  const memory = { freePages, fragmentedShare: FRAGMENTED_SHARE, compactableShare: COMPACTABLE_SHARE }
  const { readyPages, compactedPages } = hugeAvailability(memory, order, effort)
  return readyPages + compactedPages
}

/** Pages of large folios that tasks have been promised and will touch: by accesses, or by set-up that is under way. */
export function promisedPages(groups: readonly TaskGroup[]): number {
  let pages = 0
  for (const group of groups)
    for (const area of group.areas)
      for (const piece of area.isBorrowed ? [] : area.pieces)
        for (const { population: p, ratePerS } of piece.members)
          if (isLarge(p) && (ratePerS > 0 || group.state === 'starting')) pages += p.absent * p.folioPages
  return pages
}

const isLarge = ({ kind, folioPages }: Population): boolean => kind !== 'file' && folioPages > 1

/** What a task is like that asks for large folios. */
export interface Asking {
  readonly site: (area: AreaState) => FaultSite
  /** Faults where there are only small pages. */
  readonly smallCosts: (area: AreaState) => FaultCosts
  /** Pages of all instances that set-up brings into an area. */
  readonly setUpPages: (area: AreaState) => number
}

/**
 * The areas of a task that starts, with small pages where no large ones are to be had. Estimate: what is free now decides,
 * though memory is touched later, and page cache does not make room for huge pages.
 */
export function grantHugePages(
  host: HugeHost,
  machine: MachineProfile,
  areas: readonly AreaState[],
  asking: Asking,
): AreaState[] {
  let taken = promisedPages(host.groups)
  return areas.map(area => {
    if (!area.pieces.some(piece => piece.members.some(member => isLarge(member.population)))) return area
    const effort = hugeEffort(machine.thp.defrag, asking.site(area).advice === 'hugepage')
    let before = 0
    const grant = (member: Members): Members[] => {
      const { population: p } = member
      const pages = p.nrFolios * p.folioPages
      const isTouched = member.ratePerS > 0 || before < asking.setUpPages(area)
      before += pages
      if (!isLarge(p) || !isTouched) return [member]
      const free = hugePagesToBeHad(host, Math.round(Math.log2(p.folioPages)), effort, taken)
      const granted = Math.min(pages, free)
      taken += granted
      return granted >= pages ? [member] : split(member, granted / pages, asking.smallCosts(area))
    }
    return {
      ...area,
      pieces: area.pieces.map(piece => ({ ...piece, members: piece.members.flatMap(grant) })),
    }
  })
}

/** Pages that the operations of one instance bring into each area. */
export function setUpPagesOf(plans: readonly ThreadPlan[], at: number): number {
  let pages = 0
  for (const { actions } of plans)
    for (const action of actions)
      if (action.do === 'work') pages += Math.max(0, action.segment.areaPages[at] ?? 0)
  return pages
}

/** A share of a population stays large, the rest is small. */
function split(member: Members, share: number, costs: FaultCosts): Members[] {
  const { population: p, ratePerS } = member
  const { kind, folioPages, writeShare, hasRecency, order } = p
  const common = { kind, writeShare, hasRecency, order, ratePerS: 0 }
  const nrFolios = p.nrFolios * share
  const large = { ...member, population: newPopulation({ ...common, folioPages, nrFolios }) }
  const small = {
    population: newPopulation({ ...common, nrFolios: (p.nrFolios - nrFolios) * folioPages }),
    ratePerS: ratePerS / folioPages,
    seen: { minor: 0, major: 0 },
    costs,
    collapsesInto: large,
  }
  return [large, small]
}

/** What small pages add to a whole segment of set-up that the exemplar has seen with large ones, one instance. */
export interface SmallPages {
  readonly faults: number
  readonly ns: number
}

/** Simplified: the small share of an area is spread evenly over its set-up; page tables are those of large folios. */
export function smallPagesOf(group: TaskGroup, segment: Segment): SmallPages {
  let [faults, ns] = [0, 0]
  segment.areaPages.forEach((pages, at) => {
    const area = group.areas[at]
    if (area === undefined || pages <= 0) return
    const large = area.costs.firstWrite
    let [all, small, dearer] = [0, 0, 0]
    for (const piece of area.pieces)
      for (const { population: p, costs } of piece.members) {
        const count = p.nrFolios * p.folioPages
        all += count
        if (costs === undefined) continue
        small += count
        dearer += count * Math.max(0, costs.firstWrite.ns - large.ns / large.mappedPages)
      }
    if (small === 0) return
    faults += ((pages * small) / all) * (1 - 1 / large.mappedPages)
    ns += (pages * dearer) / all
  })
  return { faults, ns }
}
