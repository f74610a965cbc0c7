/** Everything that changes during a run, and how tasks come into being and end. */
import { behaviourOf, changesOf, type KernelProfile } from '../kernels/releases.ts'
import type { KernelBehaviour } from '../kernels/behaviour.ts'
import type { AreaNeed, Scenario, WorkloadSpec } from '../scenario.ts'
import { HPAGE_PMD_SIZE, PAGE_SIZE } from '../units.ts'
import { areaStates, faultSite, kindOf, type AreaState } from './areas.ts'
import type { CostTable } from './costs.ts'
import { Exemplar } from './exemplar.ts'
import { faultCosts, type FaultCosts, type FaultSite } from './fault-costs.ts'
import { Host } from './host.ts'
import { grantHugePages, setUpPagesOf } from './huge-pages.ts'
import { Khugepaged } from './khugepaged.ts'
import { disturb } from './lru-lists.ts'
import { exemplarMachine } from './machine.ts'
import { keepShare } from './population-moves.ts'
import type { LockWait, RunEvent, RunRefusal } from './result.ts'
import { mappedBytes } from './script.ts'
import { cutsOf } from './task-events.ts'
import { newGroup, type GroupSpec, type TaskGroup } from './task-group.ts'
import { endThreads } from './threads.ts'
import { profileOf, workloadScript, type WorkloadScript } from './workload-script.ts'

/** Pools of huge pages, in pages of 4 KiB. */
export interface Pools {
  readonly sizes: { readonly '2M': number; readonly '1G': number }
  readonly reserved: { '2M': number; '1G': number }
}

/** By workload: what it does, where that is not what its kind and its strategy come to. */
export type Scripts = ReadonlyMap<string, WorkloadScript>

export class RunState {
  readonly scenario: Scenario
  readonly costs: CostTable
  readonly profile: KernelProfile
  readonly behaviour: KernelBehaviour
  readonly groups: TaskGroup[] = []
  readonly host: Host
  readonly khugepaged: Khugepaged
  readonly events: RunEvent[] = []
  readonly refusals: RunRefusal[] = []
  readonly waits: LockWait[] = []
  readonly pools: Pools
  nowNs = 0
  committedPages = 0
  readonly #faultCosts = new Map<string, FaultCosts>()
  readonly #changes: ReadonlySet<string>

  readonly #scripts: Scripts

  constructor(scenario: Scenario, costs: CostTable, scripts: Scripts = new Map()) {
    this.scenario = scenario
    this.#scripts = scripts
    this.costs = costs
    this.profile = profileOf(scenario)
    this.behaviour = behaviourOf(this.profile)
    this.#changes = new Set(changesOf(this.profile).map(change => change.id))
    const { hugetlb } = scenario.machine
    this.pools = {
      sizes: { '2M': hugetlb['2M'] * 512, '1G': hugetlb['1G'] * 2 ** 18 },
      reserved: { '2M': 0, '1G': 0 },
    }
    scenario.workloads.forEach((spec, index) => {
      for (const group of this.#groupsOf(spec, index)) this.groups.push(group)
    })
    this.host = new Host(scenario, this.groups, this.behaviour)
    this.khugepaged = new Khugepaged(this.host, costs)
  }

  get nowS(): number {
    return this.nowNs / 1e9
  }

  /** One group for instances that start together, one for each otherwise; the exemplar is the same. */
  #groupsOf(spec: WorkloadSpec, workload: number): TaskGroup[] {
    if (spec.count === 0) return []
    const { exemplar, workerThreads, events } = this.#exemplarOf(spec)
    const plans = exemplar.plan()
    const common = { spec, workload, exemplar, plans, workerThreads, events }
    if (spec.staggerS === 0)
      return [newGroup({ ...common, first: 0, instances: spec.count, startS: spec.startS })]
    return Array.from({ length: spec.count }, (_, i) =>
      newGroup({ ...common, first: i, instances: 1, startS: spec.startS + i * spec.staggerS }),
    )
  }

  #exemplarOf(spec: WorkloadSpec): Pick<GroupSpec, 'exemplar' | 'workerThreads' | 'events'> {
    const { machine } = this.scenario
    const { need, script } =
      this.#scripts.get(spec.name) ?? workloadScript(this.scenario, spec, this.#changes)
    const hugeBytes = script.areas.reduce((sum, area) => sum + mappedBytes(area), 0)
    const exemplar = new Exemplar(script, {
      profile: this.profile,
      machine: exemplarMachine(machine, this.scenario.kernel.name, Math.ceil(hugeBytes / HPAGE_PMD_SIZE) + 1),
      costs: this.costs,
      limits: spec.limits,
    })
    const events = [...need.events].sort((a, b) => a.atS - b.atS)
    return { exemplar, workerThreads: need.workerThreads, events }
  }

  /** What faults of a mapping cost; asked for once for each kind of mapping. */
  readonly faultCosts = (site: FaultSite): FaultCosts => {
    const key = `${site.backing} ${site.sharing} ${site.prot} ${site.advice} ${site.lock}`
    const known = this.#faultCosts.get(key)
    if (known !== undefined) return known
    const machine = exemplarMachine(this.scenario.machine, this.scenario.kernel.name, 8)
    const priced = faultCosts(site, this.profile, machine, this.costs)
    this.#faultCosts.set(key, priced)
    return priced
  }

  /** Areas of a group that begins: files that are there already are borrowed. */
  openAreas(group: TaskGroup): void {
    const cuts = (area: AreaNeed): number[] => cutsOf(group, area)
    const wanted = areaStates(group.exemplar, group.instances, this.faultCosts, cuts)
    const site = (area: AreaState): FaultSite => faultSite(group.exemplar, area.need)
    group.areas = grantHugePages(this.host, this.scenario.machine, wanted, {
      site,
      smallCosts: area => this.faultCosts({ ...site(area), advice: 'nohugepage' }),
      setUpPages: area => setUpPagesOf(group.plans, area.index) * group.instances,
    }).map(area => this.#shareFile(group, area))
    for (const area of group.areas) this.#pin(group, area)
  }

  #shareFile(group: TaskGroup, area: AreaState): AreaState {
    if (!area.isShared) return area
    const name = area.need.file?.name ?? `${group.spec.name}/${area.need.name}`
    const file = this.host.files.get(name)
    if (file === undefined) {
      this.host.files.set(name, { name, area, mappers: new Set([group]), owner: group })
      return area
    }
    file.mappers.add(group)
    return { ...file.area, need: area.need, index: area.index, isBorrowed: true }
  }

  /** Long-term pins hold what they pinned. Taken area by area: pinned pages of an exemplar's main memory. */
  #pin(group: TaskGroup, area: AreaState): void {
    const task = group.exemplar.replay.kernel.tasks[0]
    const pinned = (task?.mm.pinnedVm ?? 0) + (task?.buffer?.chargedPages ?? 0)
    if (pinned === 0 || area.need.role !== 'main') return
    for (const piece of area.pieces) for (const member of piece.members) member.population.isPinned = true
  }

  /** Sets the rates at which a group accesses its memory, as far as it gets on. */
  setRates(group: TaskGroup): void {
    this.host.catchUp(group)
    for (const area of group.areas) {
      if (area.isBorrowed) continue
      const share = area.isShared ? this.#fileShare(group, area) : group.progressShare
      for (const piece of area.pieces)
        for (const { population, ratePerS } of piece.members) population.ratePerS = ratePerS * share
    }
    group.isQuiet = false
    group.steadyS = 0
    disturb(this.host.lists)
    if (group.lists !== null) disturb(group.lists)
  }

  /** A file is accessed by all who map it. */
  #fileShare(group: TaskGroup, area: AreaState): number {
    const name = area.need.file?.name ?? `${group.spec.name}/${area.need.name}`
    let share = 0
    for (const mapper of this.host.files.get(name)?.mappers ?? [])
      if (mapper.state === 'running') share += mapper.progressShare * mapper.instances
    return share
  }

  event(group: TaskGroup, kind: RunEvent['kind'], text: string, instances = group.instances): void {
    this.events.push({
      atS: this.nowS,
      kind,
      workload: group.spec.name,
      instance: group.first,
      instances,
      text,
    })
  }

  /** Some instances end: their memory goes back; at the last one the group is over. */
  end(group: TaskGroup, instances: number, state: 'failed' | 'killed' | 'stopped'): void {
    this.host.catchUp(group)
    const left = Math.max(0, group.instances - instances)
    const share = group.instances === 0 ? 0 : left / group.instances
    for (const area of group.areas) {
      if (area.isShared) continue
      area.allocatedPages *= share
      for (const piece of area.pieces)
        for (const member of piece.members) member.population = keepShare(member.population, share)
    }
    this.#givePoolsBack(group, group.instances - left)
    this.committedPages -= group.counters.committed * (group.instances - left)
    group.instances = left
    if (left === 0) {
      group.state = state
      if (group.process !== null) endThreads(group.process)
      this.#closeFiles(group)
    }
    group.isQuiet = false
    group.sums = null
    disturb(this.host.lists)
  }

  #givePoolsBack(group: TaskGroup, instances: number): void {
    const size = poolSize(group)
    if (size !== null) this.pools.reserved[size] -= group.counters.hugetlbReserved * instances
  }

  /** A file that nobody maps any more stays in the page cache. */
  #closeFiles(group: TaskGroup): void {
    for (const file of this.host.files.values()) {
      if (!file.mappers.delete(group) || file.mappers.size > 0) continue
      for (const piece of file.area.pieces)
        for (const { population: p } of piece.members) {
          p.cached += p.fresh + p.seen + p.active + p.locked
          p.fresh = p.seen = p.active = p.locked = p.clean = p.ratePerS = 0
          p.cells.fill(0)
          p.lock = 'none'
          p.isPinned = false
        }
    }
  }
}

/** The pool that a group takes from. */
export function poolSize(group: TaskGroup): '2M' | '1G' | null {
  const backings = group.exemplar.script.areas.map(area => area.backing)
  if (backings.includes('hugetlb-1G')) return '1G'
  return backings.includes('hugetlb-2M') ? '2M' : null
}

/** Whether an area's memory is in populations rather than in a pool. */
export const isReclaimable = (area: AreaState): boolean => kindOf(area.need) !== null

export const pagesToBytes = (pages: number): number => pages * PAGE_SIZE
