/**
 * Memory of the host: what is taken, what reclaim can give back, and who dies when it cannot. Time comes in steps; in
 * each, accesses bring pages in and reclaim makes room for them (population-step.ts).
 */
import type { Scenario } from '../scenario.ts'
import { PAGE_SIZE } from '../units.ts'
import { oomTotalPages, selectBadProcess, type OomTask, type OomVerdict } from '../mm/oom-kill.ts'
import { getScanCount } from '../mm/vmscan-balance.ts'
import type { AreaState } from './areas.ts'
import { newLists, disturb, type LruLists } from './lru-lists.ts'
import {
  machineMemory,
  swapSpace,
  swapUse,
  type MachineMemory,
  type SwapSpace,
  type SwapUse,
} from './machine.ts'
import { memoryPages, newPopulation, swapSlotPages, type Population } from './population.ts'
import { advance, suggestStep, type StepFlows } from './population-step.ts'
import { isAlive, memoryOf, type TaskGroup } from './task-group.ts'

/** A file of the plan: one page cache for all who map it. */
export interface HostFile {
  readonly name: string
  readonly area: AreaState
  readonly mappers: Set<TaskGroup>
}

/** What the host's memory is used for, in pages. */
export interface HostUse {
  anon: number
  shmem: number
  mappedFile: number
  cache: number
  pageTables: number
  allocated: number
  swapSlots: number
  /** In memory of the cgroups that have limits of their own. */
  limited: number
  /** Unlocked memory that reclaim could take, swap permitting. */
  evictableAnon: number
  evictableFile: number
  mlocked: number
  unevictable: number
  anonHuge: number
  swapped: number
}

/** Pages that set-up asks for in a step. */
export type Demand = ReadonlyMap<TaskGroup, number>

export interface Granted {
  /** Share of its demand that a group gets. */
  shareOf(group: TaskGroup): number
  /** Demand that the host (not a cgroup) had no room for, and accesses that found none. */
  readonly deniedPages: number
  readonly shortPages: number
}

/** Pages below which a population no longer counts as coming in. */
const QUIET_PAGES = 0.5

export class Host {
  readonly memory: MachineMemory
  readonly space: SwapSpace
  readonly groups: TaskGroup[]
  readonly files = new Map<string, HostFile>()
  readonly lists: LruLists = newLists()
  /** Page cache of files outside the plan. */
  readonly other: Population
  readonly #scenario: Scenario
  readonly #relaxed: LruLists = newLists()
  swap: SwapUse
  use: HostUse
  kswapdPages = 0
  directReclaimS = 0
  pressured = false

  constructor(scenario: Scenario, groups: TaskGroup[]) {
    this.#scenario = scenario
    this.groups = groups
    this.memory = machineMemory(scenario.machine)
    this.space = swapSpace(scenario.machine)
    const otherPages = Math.floor(scenario.machine.otherCacheBytes / PAGE_SIZE)
    this.other = newPopulation({ kind: 'file', nrFolios: otherPages, ratePerS: 0, cached: otherPages })
    this.swap = swapUse(this.space, scenario.machine, 0)
    this.use = this.measure()
  }

  /** Pages that tasks and page cache may take, free ones kept back up to a watermark. */
  limitPages(keep: 'minPages' | 'highPages'): number {
    const { totalPages, poolPages, reservePages, marks } = this.memory
    const fixed = poolPages + reservePages + this.swap.ramPages + this.use.pageTables + this.use.allocated
    return Math.max(0, totalPages - fixed - marks[keep])
  }

  /** MemFree, in pages. */
  freePages(): number {
    const { totalPages, poolPages, reservePages } = this.memory
    const { anon, shmem, cache, pageTables, allocated } = this.use
    const used = poolPages + reservePages + this.swap.ramPages + pageTables + allocated + anon + shmem + cache
    return totalPages - used
  }

  /** Everything that is counted, afresh. */
  measure(): HostUse {
    const use: HostUse = {
      ...{
        anon: 0,
        shmem: 0,
        mappedFile: 0,
        cache: 0,
        pageTables: 0,
        allocated: 0,
        swapSlots: 0,
        limited: 0,
      },
      ...{ evictableAnon: 0, evictableFile: 0, mlocked: 0, unevictable: 0, anonHuge: 0, swapped: 0 },
    }
    this.#add(use, this.other, false)
    for (const file of this.files.values())
      for (const piece of file.area.pieces)
        for (const member of piece.members) this.#add(use, member.population, false)
    for (const group of this.groups) {
      if (!isAlive(group)) continue
      use.pageTables += group.counters.pageTables * group.instances
      for (const area of group.areas) {
        if (area.isShared) continue
        let memory = 0
        for (const piece of area.pieces)
          for (const { population } of piece.members) {
            this.#add(use, population, group.lists !== null)
            memory += memoryPages(population) + population.out * population.folioPages
          }
        use.allocated += Math.max(0, area.allocatedPages - memory)
      }
    }
    return (this.use = use)
  }

  #add(use: HostUse, p: Population, limited: boolean): void {
    const pages = memoryPages(p)
    const held = p.lock !== 'none' || p.isPinned
    const locked = p.locked * p.folioPages
    if (p.kind === 'file') {
      use.cache += pages
      use.mappedFile += pages - p.cached * p.folioPages
      if (!held) use.evictableFile += pages
    } else {
      use[p.kind] += pages
      use.swapSlots += swapSlotPages(p)
      use.swapped += p.out * p.folioPages
      if (!held) use.evictableAnon += pages
      if (p.kind === 'anon' && p.folioPages >= 512) use.anonHuge += pages
    }
    if (limited) use.limited += pages
    use.mlocked += locked
    use.unevictable += locked
  }

  /** Populations that compete for the host's memory; those of limited cgroups reclaim among themselves. */
  #shared(): Population[] {
    const all: Population[] = [this.other]
    for (const file of this.files.values()) push(all, file.area)
    for (const group of this.groups) {
      if (!isAlive(group) || group.lists !== null) continue
      for (const area of group.areas) if (!area.isShared) push(all, area)
    }
    return all
  }

  /** Seconds until accesses alone would fill the host, Infinity if they do not within `horizonS`. */
  secondsUntilFull(horizonS: number, demandPagesPerS: number): number {
    const room = this.limitPages('highPages') - this.#taken()
    if (room <= 0) return 0
    const coming = (seconds: number): number => {
      let pages = demandPagesPerS * seconds
      for (const p of this.#growing())
        pages -= (p.absent + p.out) * p.folioPages * Math.expm1(-p.ratePerS * seconds)
      return pages
    }
    if (coming(horizonS) <= room) return Infinity
    let [low, high] = [0, horizonS]
    for (let i = 0; i < 40 && high - low > 1e-4 * high; i++) {
      const middle = (low + high) / 2
      if (coming(middle) > room) high = middle
      else low = middle
    }
    return low
  }

  #taken(): number {
    return this.use.anon + this.use.shmem + this.use.cache
  }

  *#growing(): Iterable<Population> {
    for (const group of this.groups) {
      if (group.state !== 'running' || group.isQuiet) continue
      for (const area of group.areas)
        for (const piece of area.isBorrowed ? [] : area.pieces)
          for (const { population: p } of piece.members) if (p.ratePerS > 0 && p.absent + p.out > 0) yield p
    }
  }

  /** How long a step may be while memory is short. */
  suggestedStepS(): number {
    return this.pressured ? Math.max(1e-6, suggestStep(this.#shared(), this.lists)) : Infinity
  }

  /**
   * `seconds` pass: accesses, and the reclaim that they and the demand of set-up need. Says which part of the demand
   * there is room for, and how much accesses found none.
   */
  step(seconds: number, demand: Demand): Granted {
    this.swap = swapUse(this.space, this.#scenario.machine, this.use.swapSlots)
    const limited = this.#limitedStep(seconds, demand)
    let demandPages = 0
    for (const [group, pages] of demand) demandPages += pages * (limited.get(group) ?? 1)
    const { grantedPages, shortPages } = this.#sharedStep(seconds, demandPages)
    const share = demandPages > 0 ? grantedPages / demandPages : 1
    return {
      shareOf: group => share * (limited.get(group) ?? 1),
      deniedPages: demandPages - grantedPages,
      shortPages,
    }
  }

  #sharedStep(seconds: number, demandPages: number): { grantedPages: number; shortPages: number } {
    const room = this.limitPages('highPages') - this.#taken()
    const wasPressured = this.pressured
    this.pressured =
      room < demandPages + this.#comingPages(seconds) || (wasPressured && room < demandPages + 1)
    if (!this.pressured) {
      this.#relaxedStep(seconds)
      return { grantedPages: demandPages, shortPages: 0 }
    }
    if (!wasPressured) disturb(this.lists)
    return this.#pressuredStep(seconds, demandPages)
  }

  /** Pages that are touched for the first time in so many seconds. */
  #arriving(seconds: number): number {
    let pages = 0
    for (const p of this.#growing()) pages -= p.absent * p.folioPages * Math.expm1(-p.ratePerS * seconds)
    return pages
  }

  #comingPages(seconds: number): number {
    let pages = 0
    for (const p of this.#growing())
      pages -= (p.absent + p.out) * p.folioPages * Math.expm1(-p.ratePerS * seconds)
    return pages
  }

  /** Room for everybody: each population goes its own way, and those that have arrived are left alone. */
  #relaxedStep(seconds: number): void {
    for (const group of this.groups) {
      if (group.state !== 'running' || group.isQuiet || group.lists !== null) continue
      const populations = populationsOf(group)
      if (seconds > 0) {
        disturb(this.#relaxed)
        advance(populations, this.#relaxed, { limitPages: Infinity, swapFreePages: 0 }, seconds)
      }
      group.isQuiet = populations.every(
        p => p.ratePerS === 0 || (p.absent + p.out + p.cached) * p.folioPages < QUIET_PAGES,
      )
    }
  }

  #pressuredStep(seconds: number, demandPages: number): { grantedPages: number; shortPages: number } {
    const populations = this.#shared()
    const keep = this.#nearlyAllHeld() ? 'minPages' : 'highPages'
    const limit = this.limitPages(keep) - this.use.limited
    const slots = Math.max(0, this.space.slots - this.use.swapSlots)
    const swapFreePages = Math.min(slots, Math.max(1, this.swap.writePagesPerS * seconds))
    const room = { limitPages: limit - demandPages, swapFreePages, fileShare: this.#fileShare(slots) }
    // While pages are touched for the first time nothing is settled, however short the last step was.
    if (this.#arriving(seconds) > QUIET_PAGES) this.lists.isSettled = false
    const flows: StepFlows = advance(populations, this.lists, room, seconds)
    for (const group of this.groups) group.isQuiet = false
    const left = limit - flows.memoryPages
    this.kswapdPages += flows.swapOutPages
    return {
      grantedPages: Math.max(0, Math.min(demandPages, left)),
      shortPages: flows.shortPages,
    }
  }

  /** Next to nothing is left to reclaim: allocations go down to the min watermark. */
  #nearlyAllHeld(): boolean {
    const { marks } = this.memory
    return this.reclaimablePages() < marks.highPages - marks.minPages
  }

  /** What reclaim could still free. */
  reclaimablePages(): number {
    const slots = Math.max(0, this.space.slots - this.use.swapSlots)
    return this.use.evictableFile + Math.min(this.use.evictableAnon, slots)
  }

  /** Share of the pressure on the page cache: swappiness and sizes, as the kernel weighs them. */
  #fileShare(freeSwapPages: number): number {
    const { anon, file } = this.lists
    const { use } = this
    const inactiveAnon = anon.inactivePages > 0 ? anon.inactivePages : use.evictableAnon
    const inactiveFile = file.inactivePages > 0 ? file.inactivePages : use.evictableFile
    const lru = {
      inactiveAnon,
      activeAnon: anon.activePages,
      inactiveFile,
      activeFile: file.activePages,
    }
    const { scan } = getScanCount(lru, {
      priority: 4,
      swappiness: this.#scenario.machine.swappiness,
      freeSwapPages,
      cgroupReclaim: false,
      freePages: this.memory.marks.highPages,
      highWatermarkPages: this.memory.marks.highPages,
      cost: { anonCost: 0, fileCost: 0 },
    })
    const all = scan.inactiveAnon + scan.inactiveFile
    return all > 0 ? scan.inactiveFile / all : freeSwapPages > 0 ? 0 : 1
  }

  /** Memory cgroups: each reclaims its own. Returns which part of the demand of each group its cgroup has room for. */
  #limitedStep(seconds: number, demand: Demand): Map<TaskGroup, number> {
    const shares = new Map<TaskGroup, number>()
    for (const group of this.groups) {
      if (group.lists === null || !isAlive(group)) continue
      const wanted = demand.get(group) ?? 0
      const limitPages = memcgLimitPages(group)
      const swapFreePages = this.#memcgSwapFree(group)
      if (wanted > 0) disturb(group.lists)
      const room = { limitPages: Math.max(0, limitPages - wanted), swapFreePages }
      const flows = advance(populationsOf(group), group.lists, room, seconds)
      const share = wanted > 0 ? Math.max(0, Math.min(1, (limitPages - flows.memoryPages) / wanted)) : 1
      if (wanted > 0) shares.set(group, share)
      group.isStarved = flows.shortPages > 0.5 || wanted * (1 - share) > 0.5
    }
    return shares
  }

  #memcgSwapFree(group: TaskGroup): number {
    const host = Math.max(0, this.space.slots - this.use.swapSlots)
    const { swapMaxBytes } = group.spec.memcg
    if (swapMaxBytes === null) return host
    const used = populationsOf(group).reduce((sum, p) => sum + swapSlotPages(p), 0)
    return Math.min(host, Math.max(0, (swapMaxBytes / PAGE_SIZE) * group.instances - used))
  }

  /** The OOM killer's choice on the whole machine; instances are numbered through as it looks at them. */
  oomVerdict(): OomVerdict & { readonly victimGroup: TaskGroup | null } {
    const alive = this.groups.filter(isAlive)
    const tasks = alive.map((group, pid): OomTask => oomTask(group, pid))
    const { totalRamPages, totalSwapPages } = this.memory.commit
    const totalPages = oomTotalPages({ totalRamPages, totalSwapPages })
    const verdict = selectBadProcess(tasks, { totalPages })
    const victimGroup = verdict.victim === null ? null : (alive[verdict.victim.pid] ?? null)
    return { ...verdict, victimGroup }
  }
}

function oomTask(group: TaskGroup, pid: number): OomTask {
  const memory = memoryOf(group)
  const n = group.instances
  return {
    pid,
    name: group.spec.name,
    rssPages: (memory.anon + memory.file + memory.shmem) / n,
    swapEntries: memory.swapped / n,
    pgtablesBytes: group.counters.pageTables * PAGE_SIZE,
    oomScoreAdj: group.spec.oomScoreAdj,
    cgroup: '/',
  }
}

/** Pages that all cgroups of a group together may take: the smaller of max and high, less their page tables. */
export function memcgLimitPages(group: TaskGroup): number {
  const { maxBytes, highBytes } = group.spec.memcg
  const bytes = Math.min(maxBytes ?? Infinity, highBytes ?? Infinity)
  return Math.max(0, (bytes / PAGE_SIZE - group.counters.pageTables) * group.instances)
}

function push(all: Population[], area: AreaState): void {
  for (const piece of area.pieces) for (const { population } of piece.members) all.push(population)
}

/** The populations of a group; those of a file belong to the first that mapped it. */
export function populationsOf(group: TaskGroup): Population[] {
  const all: Population[] = []
  for (const area of group.areas) if (!area.isBorrowed) push(all, area)
  return all
}
