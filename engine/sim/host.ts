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
import { noteFaults, type DeviceTimes } from './fault-notes.ts'
import { dirtyState, writebackSeconds, type DirtyState } from './dirty.ts'
import { memcgRoom } from './memory-high.ts'
import { accessFreely } from './relaxed.ts'
import { advance, suggestStep } from './population-step.ts'
import { comingPages } from './touch.ts'
import { fileReadsMost } from './read-around.ts'
import { scanUnmarked, unmarkedOf } from './unmarked.ts'
import type { UnmarkedBehaviour } from '../mm/vmscan-locked.ts'
import { isAlive, memoryOf, sumsOf, type TaskGroup } from './task-group.ts'

/** A file of the plan: one page cache for all who map it. */
export interface HostFile {
  readonly name: string
  readonly area: AreaState
  readonly mappers: Set<TaskGroup>
  /** Who brought it in: a cgroup with limits is charged for it as long as that task lives. */
  readonly owner: TaskGroup
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
  limitedFile: number
  limitedAnon: number
  /** Unlocked memory that reclaim could take, swap permitting. */
  evictableAnon: number
  evictableFile: number
  mlocked: number
  unevictable: number
  /** Locked or pinned, marked or not. */
  held: number
  anonHuge: number
  swapped: number
}

/** How much more is wanted than there is room for, and how reclaim divides that between the page cache and the rest. */
interface HostPressure {
  readonly neededPages: number
  readonly roomPages: number
  readonly fromFilePages: number
  readonly fromAnonPages: number
  /** Reclaimable memory of all, cgroups included. */
  readonly filePages: number
  readonly anonPages: number
}

/** Pages that set-up asks for in a step. */
export type Demand = ReadonlyMap<TaskGroup, number>

export interface Granted {
  /** Share of its demand that a group gets. */
  shareOf(group: TaskGroup): number
  /** Demand that the host (not a cgroup) had no room for, and accesses that found none. */
  readonly deniedPages: number
  readonly shortPages: number
  /** All that set-up and accesses asked for in the step. */
  readonly askedPages: number
}

/** Pages below which a population no longer counts as coming in. */
const QUIET_PAGES = 0.5
/**
 * Share of locked large folios that are used between two scans. Estimate: what is locked is in use; what is not would be
 * split at its first scan on kernels that cannot mark it.
 */
const USED_BETWEEN_SCANS = 0.9
/** Accesses that wait still get a ten-thousandth of what they want, so that they can recover. */
const MOST_WAITING = 0.9999
/** Accesses may be taken into account late by this part of the time since they last changed. */
const LAG = 0.1

export class Host {
  readonly behaviour: UnmarkedBehaviour
  readonly memory: MachineMemory
  readonly space: SwapSpace
  readonly groups: TaskGroup[]
  readonly files = new Map<string, HostFile>()
  readonly lists: LruLists = newLists()
  /** Page cache of files outside the plan. */
  readonly other: Population
  readonly #scenario: Scenario
  swap: SwapUse
  use: HostUse
  /** Dirty page cache as the step began. */
  dirty: DirtyState
  kswapdPages = 0
  directReclaimS = 0
  peakHeldPages = 0
  /** Pages read back from swap, and pages of files read at random, a second, in the last step. */
  swapReadsPerS = 0
  fileReadsPerS = 0
  pressured = false
  /** Share of what accesses wanted to bring in that found no room in the last step: they wait. */
  waitingShare = 0
  #deniedToLimited = 0
  #slotsLeft = 0

  constructor(scenario: Scenario, groups: TaskGroup[], behaviour: UnmarkedBehaviour) {
    this.behaviour = behaviour
    this.#scenario = scenario
    this.groups = groups
    this.memory = machineMemory(scenario.machine)
    this.space = swapSpace(scenario.machine)
    const otherPages = Math.floor(scenario.machine.otherCacheBytes / PAGE_SIZE)
    this.other = newPopulation({ kind: 'file', nrFolios: otherPages, ratePerS: 0, cached: otherPages })
    this.swap = swapUse(this.space, scenario.machine, 0)
    this.use = this.measure()
    this.dirty = this.#dirtyNow()
  }

  #dirtyNow(): DirtyState {
    const { marks, disk } = this.memory
    const memory = {
      freePages: this.freePages(),
      totalreservePages: marks.highPages,
      filePages: this.use.cache,
    }
    return dirtyState(this.files.values(), memory, disk.bandwidthBytesPerS / PAGE_SIZE)
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
        limitedFile: 0,
        limitedAnon: 0,
      },
      ...{ evictableAnon: 0, evictableFile: 0, mlocked: 0, unevictable: 0, held: 0, anonHuge: 0, swapped: 0 },
    }
    addFile(use, this.other, false)
    for (const file of this.files.values())
      for (const piece of file.area.pieces)
        for (const member of piece.members) addFile(use, member.population, isLimited(file))
    for (const group of this.groups) {
      if (!isUnchanged(group)) group.sums = null
      if (isAlive(group)) addGroup(use, group)
    }
    this.peakHeldPages = Math.max(this.peakHeldPages, use.held)
    return (this.use = use)
  }

  /** Populations that compete for the host's memory; those of limited cgroups reclaim among themselves. */
  #shared(): Population[] {
    const all: Population[] = [this.other]
    for (const file of this.files.values()) if (!isLimited(file)) push(all, file.area)
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
    if (demandPagesPerS * horizonS + this.#mostComing() <= room) return Infinity
    const coming = (seconds: number): number => demandPagesPerS * seconds + this.#coming(seconds, true)
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

  /** No fewer pages than accesses can ever bring in. */
  #mostComing(): number {
    let pages = 0
    for (const group of this.groups)
      if (group.state === 'running' && !group.isQuiet) pages += sumsOf(group).away
    return pages
  }

  /** Pages that accesses bring in during the next `seconds`, and those of steps that were left for later. */
  #coming(seconds: number, everything: boolean): number {
    let pages = 0
    for (const group of this.groups) {
      if (group.state !== 'running' || group.isQuiet) continue
      const time = seconds + group.pendingS
      let coming = 0
      for (const area of group.areas)
        for (const piece of area.isBorrowed ? [] : area.pieces)
          for (const { population } of piece.members) coming += comingPages(population, time, everything)
      // What does not fit its cgroup displaces pages of its own.
      pages += group.lists === null ? coming : Math.min(coming, roomInside(group))
    }
    return pages
  }

  /** How long a step may be while memory is short. */
  suggestedStepS(): number {
    let seconds = this.pressured ? suggestStep(this.#shared(), this.lists) : Infinity
    for (const group of this.groups) {
      if (group.lists === null || group.state !== 'running' || group.lists.anon.scannedPerStep === 0) continue
      seconds = Math.min(seconds, suggestStep(populationsOf(group), group.lists))
    }
    return seconds
  }

  /**
   * `seconds` pass: accesses, and the reclaim that they and the demand of set-up need. Says which part of the demand
   * there is room for, and how much accesses found none.
   */
  step(seconds: number, demand: Demand): Granted {
    this.swap = swapUse(this.space, this.#scenario.machine, this.use.swapSlots)
    this.#deniedToLimited = 0
    this.dirty = this.#dirtyNow()
    const limited = this.#limitedStep(seconds, demand)
    let demandPages = 0
    for (const [group, pages] of demand) demandPages += pages * (limited.get(group) ?? 1)
    const comingPages = this.#coming(seconds, true)
    const { grantedPages, shortPages } = this.#sharedStep(seconds, demandPages)
    this.waitingShare = comingPages > 0 ? Math.min(MOST_WAITING, shortPages / comingPages) : 0
    const share = demandPages > 0 ? grantedPages / demandPages : 1
    return {
      shareOf: group => share * (limited.get(group) ?? 1),
      deniedPages: demandPages - grantedPages + this.#deniedToLimited,
      shortPages,
      askedPages: demandPages + comingPages,
    }
  }

  #sharedStep(seconds: number, demandPages: number): { grantedPages: number; shortPages: number } {
    const room = this.limitPages('highPages') - this.#taken()
    const wasPressured = this.pressured
    const isEnough =
      room >= demandPages + this.#mostComing() || room >= demandPages + this.#coming(seconds, true)
    this.pressured = !isEnough || (wasPressured && room < demandPages + 1)
    if (!this.pressured) {
      this.#relaxedStep(seconds)
      return { grantedPages: demandPages, shortPages: 0 }
    }
    if (!wasPressured) {
      for (const group of this.groups) this.catchUp(group)
      this.measure()
      disturb(this.lists)
    }
    return this.#pressuredStep(seconds, demandPages)
  }

  /** Room for everybody. What has changed little since is left for later, several steps at once. */
  #relaxedStep(seconds: number): void {
    for (const group of this.groups) {
      if (group.state !== 'running' || group.isQuiet || group.lists !== null) continue
      group.pendingS += seconds
      group.steadyS += seconds
      if (group.pendingS >= LAG * group.steadyS) this.catchUp(group)
    }
  }

  /** What one page takes from the disk and from swap now, queueing included. */
  deviceTimes(): DeviceTimes {
    const queue = (perS: number, most: number): number =>
      1 / Math.max(0.02, 1 - Math.min(0.98, perS / Math.max(1, most)))
    const { disk } = this.memory
    return {
      fileNs: disk.latencyNs * queue(this.fileReadsPerS, fileReadsMost(disk)),
      swapNs: this.swap.readNs * queue(this.swapReadsPerS, this.swap.readPagesPerS),
    }
  }

  /** Takes the accesses of a group into account that were left for later. */
  catchUp(group: TaskGroup): void {
    const { pendingS } = group
    group.pendingS = 0
    if (pendingS <= 0 || group.state !== 'running' || group.lists !== null) return
    group.sums = null
    group.isQuiet = accessFreely(populationsOf(group), pendingS, writebackSeconds(this.dirty))
    noteFaults(group, pendingS, this.deviceTimes())
  }

  #pressuredStep(seconds: number, demandPages: number): { grantedPages: number; shortPages: number } {
    const populations = this.#shared()
    const keep = this.#nearlyAllHeld() ? 'minPages' : 'highPages'
    const limit = this.limitPages(keep) - this.use.limited
    const slots = this.#slotsLeft
    const swapFreePages = Math.min(slots, Math.max(1, this.swap.writePagesPerS * seconds))
    const fileShare = this.#fileShare(slots)
    const compressed = this.#compressedPages(limit, demandPages, seconds)
    const writebackS = writebackSeconds(this.dirty)
    const room = { limitPages: limit - demandPages - compressed, swapFreePages, fileShare, writebackS }
    // While pages are touched for the first time nothing is settled, however short the last step was.
    if (demandPages > 0 || this.#coming(seconds, false) > QUIET_PAGES) this.lists.isSettled = false
    const flows = advance(populations, this.lists, room, seconds)
    for (const group of this.groups) {
      group.isQuiet = false
      if (group.state === 'running' && group.lists === null) noteFaults(group, seconds, this.deviceTimes())
    }
    this.#scanLocked(slots)
    const left = limit - flows.memoryPages - flows.swapOutPages * this.swap.ramPerPage
    this.kswapdPages += flows.swapOutPages
    return {
      grantedPages: Math.max(0, Math.min(demandPages, left)),
      shortPages: flows.shortPages,
    }
  }

  /** What reclaim of this step spent on locked memory that is still on its lists. */
  #scanLocked(swapFreePages: number): void {
    const passes = this.lists.anon.scannedPerStep
    if (passes <= 0) return
    for (const group of this.groups) {
      if (!isAlive(group) || group.lists !== null) continue
      group.unmarked ??= unmarkedOf(group.exemplar, USED_BETWEEN_SCANS)
      group.scans.heldByPinsPages = 0
      group.unmarked = group.unmarked.map(state =>
        scanUnmarked(this.behaviour, state, passes, swapFreePages, group.scans),
      )
    }
  }

  /** Memory that compressed swap will take for what this step swaps out: it makes room for less than it takes. */
  #compressedPages(limit: number, demandPages: number, seconds: number): number {
    const r = Math.min(0.95, this.swap.ramPerPage)
    if (r === 0) return 0
    const need = this.#taken() - this.use.limited + demandPages + this.#coming(seconds, true) - limit
    const fromSwap = Math.max(0, need - this.use.evictableFile)
    return (fromSwap * r) / (1 - r)
  }

  /** Next to nothing is left to reclaim: allocations go down to the min watermark. */
  #nearlyAllHeld(): boolean {
    const { marks } = this.memory
    return this.reclaimablePages() < marks.highPages - marks.minPages
  }

  /** What reclaim could still free. */
  reclaimablePages(): number {
    const slots = Math.max(0, this.space.slots - this.use.swapSlots)
    const { evictableFile, evictableAnon, limitedFile, limitedAnon } = this.use
    return evictableFile + limitedFile + Math.min(evictableAnon + limitedAnon, slots)
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

  /**
   * Memory cgroups: each reclaims its own, because of its limit or, when the host is full and nobody else has anything
   * to give, because of the host's. Returns which part of the demand of each group there is room for.
   */
  #limitedStep(seconds: number, demand: Demand): Map<TaskGroup, number> {
    const shares = new Map<TaskGroup, number>()
    let slots = Math.max(0, this.space.slots - this.use.swapSlots)
    const pressure = this.#pressure(seconds, demand)
    for (const group of this.groups) {
      if (group.lists === null || !isAlive(group)) continue
      const wanted = demand.get(group) ?? 0
      const populations = populationsOf(group)
      const before = populations.reduce((sum, p) => sum + memoryPages(p), 0)
      const swapFreePages = this.memcgSwapFree(group, slots)
      const own = memcgRoom(group, populations, { wantedPages: wanted, swapFreePages, seconds })
      const hostLimit =
        before + this.#hostAllows(pressure, populations, wanted + comingTo(populations, seconds))
      const limitPages = Math.max(0, Math.min(own.limitPages, hostLimit))
      if (wanted > 0) disturb(group.lists)
      const writebackS = writebackSeconds(this.dirty)
      const room = { limitPages: Math.max(0, limitPages - wanted), swapFreePages, writebackS }
      const flows = advance(populations, group.lists, room, seconds)
      if (group.state === 'running') noteFaults(group, seconds, this.deviceTimes())
      const share = wanted > 0 ? Math.max(0, Math.min(1, (limitPages - flows.memoryPages) / wanted)) : 1
      if (wanted > 0) shares.set(group, share)
      const denied = flows.shortPages + wanted * (1 - share)
      const came = flows.memoryPages - before + flows.swapOutPages + flows.shortPages
      group.waitingShare =
        flows.shortPages > 0 ? Math.min(MOST_WAITING, flows.shortPages / Math.max(1, came)) : 0
      const isOwn = own.limitPages <= hostLimit
      group.isStarved = denied > 0.5 && isOwn && own.isHard
      if (denied > 0.5 && !isOwn) this.#deniedToLimited += denied
      slots = Math.max(0, slots - flows.swapOutPages)
    }
    this.#slotsLeft = slots
    if (pressure !== null) this.measure()
    return shares
  }

  /** What the host lacks in this step, and what all could give; null while there are no cgroups with limits. */
  #pressure(seconds: number, demand: Demand): HostPressure | null {
    if (!this.groups.some(group => group.lists !== null && isAlive(group))) return null
    let wantedPages = this.#coming(seconds, true)
    for (const pages of demand.values()) wantedPages += pages
    const roomPages = this.limitPages('highPages') - this.#taken()
    const neededPages = wantedPages - roomPages
    const slots = Math.max(0, this.space.slots - this.use.swapSlots)
    const { evictableFile, evictableAnon, limitedFile, limitedAnon } = this.use
    const [filePages, anonPages] = [evictableFile + limitedFile, evictableAnon + limitedAnon]
    const canSwap = Math.min(anonPages, slots)
    const fromFilePages = Math.min(
      filePages,
      Math.max(neededPages * this.#fileShare(slots), neededPages - canSwap),
    )
    const fromAnonPages = Math.min(canSwap, neededPages - fromFilePages)
    return { neededPages, roomPages, fromFilePages, fromAnonPages, filePages, anonPages }
  }

  /** By how much a cgroup may grow (or has to shrink): reclaim takes from everybody by what they have to give. */
  #hostAllows(
    pressure: HostPressure | null,
    populations: readonly Population[],
    wantedPages: number,
  ): number {
    if (pressure === null || pressure.neededPages <= 0) return Infinity
    const { fromFilePages, fromAnonPages, filePages, anonPages, roomPages } = pressure
    if (filePages + anonPages < 1) return Math.max(0, roomPages)
    let [file, anon] = [0, 0]
    for (const p of populations)
      if (p.lock === 'none' && !p.isPinned) {
        if (p.kind === 'file') file += memoryPages(p)
        else anon += memoryPages(p)
      }
    const gives = fromFilePages * shareOf(file, filePages) + fromAnonPages * shareOf(anon, anonPages)
    return wantedPages - gives
  }

  /** Swap that a group may still take, of `host` free slots. */
  memcgSwapFree(group: TaskGroup, host: number): number {
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

/** Nothing has moved since the group was last counted: its accesses were left for later, and it does nothing else. */
function isUnchanged(group: TaskGroup): boolean {
  if (group.isQuiet) return true
  return group.pendingS > 0 && group.process?.isBusy !== true && !group.areas.some(area => area.isShared)
}

const isLimited = ({ owner }: HostFile): boolean => owner.lists !== null && isAlive(owner)

function addFile(use: HostUse, p: Population, limited: boolean): void {
  const pages = memoryPages(p)
  const locked = p.locked * p.folioPages
  use.cache += pages
  use.mappedFile += pages - p.cached * p.folioPages
  if (p.lock === 'none' && !p.isPinned) use[limited ? 'limitedFile' : 'evictableFile'] += pages
  if (limited) use.limited += pages
  use.mlocked += locked
  use.unevictable += locked
  use.held += p.isPinned ? pages - p.cached * p.folioPages : locked
}

function addGroup(use: HostUse, group: TaskGroup): void {
  const sums = sumsOf(group)
  use.pageTables += group.counters.pageTables * group.instances
  use.anon += sums.used.anon
  use.shmem += sums.used.shmem
  use.anonHuge += sums.memory.anonHuge
  use.swapSlots += sums.swapSlots
  use.swapped += sums.memory.swapped
  use.mlocked += sums.mlocked
  use.unevictable += sums.mlocked
  use.held += sums.held
  use.allocated += sums.allocated
  if (group.lists === null) {
    use.evictableAnon += sums.evictableAnon
    return
  }
  use.limited += sums.used.anon + sums.used.shmem
  use.limitedAnon += sums.evictableAnon
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

/** Pages by which a group with limits can still grow. */
function roomInside(group: TaskGroup): number {
  const { memory } = sumsOf(group)
  return Math.max(0, memcgLimitPages(group) - memory.anon - memory.shmem - memory.file)
}

const shareOf = (part: number, whole: number): number => (whole > 0 ? Math.min(1, part / whole) : 0)

/** Pages that accesses to these populations bring in during the next `seconds`. */
function comingTo(populations: readonly Population[], seconds: number): number {
  let pages = 0
  for (const p of populations) pages += comingPages(p, seconds, true)
  return pages
}

/** The populations of a group; those of a file belong to the first that mapped it. */
export function populationsOf(group: TaskGroup): Population[] {
  const all: Population[] = []
  for (const area of group.areas) if (!area.isBorrowed) push(all, area)
  return all
}
