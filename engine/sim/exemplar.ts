/**
 * One instance of a workload, alone on a machine with ample memory: the model of the kernel carries out its
 * operations, and what they come to (work under which lock, counters, refusals) is what the host's clock then spends
 * among all others. Identical instances share one exemplar, so that cost grows with kinds of tasks, not with tasks.
 */
import type { KernelProfile } from '../kernels/releases.ts'
import type { AddressSpace, PageCache, Vma } from '../mm/mm-types.ts'
import type { AreaWindow } from '../mm/task-mmu.ts'
import { PTE_PMD, PTE_PRESENT, PTE_ZERO, VM_ACCOUNT, VM_HUGETLB, VM_LOCKED } from '../mm/mm-types.ts'
import type { Op } from '../op.ts'
import type { Machine, Program } from '../program.ts'
import type { OnRefusal, SetupStep, TaskLimits, ThreadScript } from '../scenario.ts'
import { HPAGE_PMD_NR, PAGE_SIZE } from '../units.ts'
import type { Phase } from '../work.ts'
import { clearedBytes, costOfPhase, kindShares, type CostTable } from './costs.ts'
import { Replay, type Outcome } from './replay.ts'
import type { TaskScript } from './script.ts'
import {
  NO_COUNTERS,
  counterDelta,
  type Action,
  type FilePages,
  type PageRange,
  type Segment,
  type TaskCounters,
  type ThreadPlan,
} from './segment.ts'

/** Entries of the top levels of a page table, beside the lowest one. */
const UPPER_TABLE_PAGES = 3

export interface ExemplarSettings {
  readonly profile: KernelProfile
  readonly machine: Machine
  readonly costs: CostTable
  readonly limits: TaskLimits
}

/** Pages of memory of an area, and how many pages of address space of it are locked. */
interface AreaCount {
  readonly pages: number
  readonly locked: number
}

export class Exemplar {
  readonly replay: Replay
  readonly script: TaskScript
  readonly #costs: CostTable
  #op = 0
  #counters: TaskCounters = NO_COUNTERS
  #faults = { minor: 0, major: 0 }
  #areas: readonly AreaCount[] = []

  constructor(script: TaskScript, settings: ExemplarSettings) {
    this.script = script
    this.#costs = settings.costs
    this.replay = new Replay(programOf(script, settings), { profile: settings.profile })
    this.#counters = this.#count()
    this.#areas = this.#countAreas()
  }

  get counters(): TaskCounters {
    return this.#counters
  }

  /** The threads' actions, every operation carried out once, thread after thread. */
  plan(): ThreadPlan[] {
    return this.script.threads.map(thread => this.#thread(thread))
  }

  #thread(thread: ThreadScript): ThreadPlan {
    const actions: Action[] = []
    const skipped = new Set<string>()
    for (const step of thread.steps) {
      if (step.do === 'op' && step.group !== undefined && skipped.has(step.group)) continue
      const added = this.step(step)
      actions.push(...added)
      const refused = added.find(action => action.do === 'refused')
      if (refused === undefined || step.do !== 'op') continue
      if (step.onRefusal === 'fail') break
      if (step.onRefusal === 'skip-group' && step.group !== undefined) skipped.add(step.group)
    }
    return { name: thread.name, actions }
  }

  /** Carries out one step. */
  step(step: SetupStep): Action[] {
    switch (step.do) {
      case 'sleep':
      case 'ready':
        return [step]
      case 'read':
        return [this.#read(step.file, step.bytes)]
      case 'repeat':
        return Array.from({ length: step.times }, (_, i) => this.#round(step, i)).flat()
      case 'op':
        return this.apply(step.op, step.label ?? step.op.op, step.onRefusal, step.threads ?? 1)
    }
  }

  #round(step: Extract<SetupStep, { do: 'repeat' }>, i: number): Action[] {
    const advance = (step.advanceBytes ?? 0) * i
    const done = step.ops.flatMap(op =>
      this.apply('offset' in op || 'on' in op ? moved(op, advance) : op, op.op, 'warn', 1),
    )
    return [...done, { do: 'until', periodS: step.periodS }]
  }

  /** Carries out one operation and says what it came to. */
  apply(op: Op, label: string, onRefusal: OnRefusal, threads: number): Action[] {
    const before = this.#counters
    const areasBefore = this.#areas
    const outcome = this.replay.apply(op)
    const index = this.#op++
    this.#faults.minor += outcome.minflt
    this.#faults.major += outcome.majflt
    const after = (this.#counters = this.#count())
    const areas = (this.#areas = this.#countAreas())
    const { entry, rest } = split(counterDelta(before, after))
    const segments = outcome.phases.map(phase => this.#segment(phase, threads))
    if (segments.length === 0) segments.push(EMPTY_SEGMENT)
    const widest = segments.reduce((w, s, i) => (s.cpuNs > (segments[w]?.cpuNs ?? 0) ? i : w), 0)
    const files = this.#filePages(op, rest.rssFile)
    const actions: Action[] = segments.map((segment, i) => ({
      do: 'work' as const,
      label,
      op: index,
      segment:
        i === widest
          ? {
              ...segment,
              delta: rest,
              filePages: files,
              areaPages: areas.map((a, at) => a.pages - (areasBefore[at]?.pages ?? 0)),
              range: rangeOf(op),
            }
          : segment,
      entry: i === 0 ? entry : null,
      lockedPages: i === 0 ? areas.map(a => a.locked) : null,
      onRefusal,
      call: op.op,
    }))
    const refusal = refusalOf(outcome)
    if (refusal !== null) actions.push({ do: 'refused', label, op: index, refusal, onRefusal })
    return actions
  }

  #segment(phase: Phase, threads: number): Segment {
    const cpuNs = costOfPhase(this.#costs, phase)
    const traps = phase.work.find(work => work.kind === 'trap')?.amount ?? 0
    return {
      lock: phase.lock,
      divisible: traps > 1,
      cpuNs,
      memoryBytes: clearedBytes(phase),
      threads,
      kinds: kindShares(this.#costs, phase),
      delta: null,
      filePages: [],
      areaPages: [],
      range: null,
      stepNs: traps > 0 ? cpuNs / traps : cpuNs,
    }
  }

  /** read(2): the file's pages come into the page cache and are copied out of it. */
  #read(file: string, bytes: number): Action {
    const pages = Math.ceil(bytes / PAGE_SIZE)
    const phase: Phase = { lock: 'none', work: [{ kind: 'copyPage', amount: pages }] }
    const segment = { ...this.#segment(phase, 1), filePages: [{ file, pages }] }
    return {
      do: 'work',
      label: `read ${file}`,
      op: this.#op++,
      segment,
      entry: null,
      lockedPages: null,
      onRefusal: 'fail',
      call: 'read',
    }
  }

  /** Which files the newly mapped file pages belong to. */
  #filePages(op: Op, pages: number): FilePages[] {
    if (pages <= 0) return []
    const named = 'on' in op ? op.on : 'as' in op ? op.as : undefined
    const areas = this.script.areas.filter(
      a => a.backing === 'file' && (named === undefined || a.name === named),
    )
    const whole = areas.reduce((sum, a) => sum + a.bytes, 0)
    return areas.map(a => ({ file: a.file?.name ?? a.name, pages: (pages * a.bytes) / whole }))
  }

  /** First page of an area, and the pages that its mappings may be in. */
  windowOf(name: string): AreaWindow | undefined {
    return this.replay.windows.find(window => window.name === name)
  }

  #countAreas(): AreaCount[] {
    const { kernel } = this.replay
    const mm = kernel.tasks[0]?.mm
    return this.script.areas.map(area => {
      const window = this.windowOf(area.name)
      if (mm === undefined || window === undefined) return { pages: 0, locked: 0 }
      let [pages, locked] = [0, 0]
      const files = new Set<PageCache>()
      for (const vma of mm.vmas) {
        if (vma.start < window.low || vma.end > window.high) continue
        if (vma.flags & VM_LOCKED) locked += vma.end - vma.start
        if (vma.file?.kind === 'shmem') files.add(vma.file)
        else pages += residentIn(mm, vma, 0)
      }
      for (const file of files) pages += present(file.pages)
      return { pages, locked }
    })
  }

  #count(): TaskCounters {
    const { kernel } = this.replay
    const task = kernel.tasks[0]
    if (task === undefined) return NO_COUNTERS
    const { mm } = task
    const shmemPages = kernel.caches.reduce(
      (sum, cache) => sum + (cache.kind === 'shmem' ? present(cache.pages) : 0),
      0,
    )
    return {
      totalVm: mm.totalVm,
      lockedVm: mm.lockedVm,
      pinnedVm: mm.pinnedVm,
      rssAnon: mm.rssAnon,
      rssFile: mm.rssFile,
      rssShmem: mm.rssShmem,
      hugetlb: mm.hugetlbPages,
      hugetlbReserved: (kernel.host.hugetlbPages - kernel.pool.free + kernel.pool.reserved) * HPAGE_PMD_NR,
      ...ofAreas(mm),
      pageTables: mm.tables.items.reduce((sum, run) => sum + run.end - run.start, 0) + UPPER_TABLE_PAGES,
      shmemPages,
      minorFaults: this.#faults.minor,
      majorFaults: this.#faults.major,
    }
  }
}

function ofAreas(mm: AddressSpace): Pick<TaskCounters, 'lockedResident' | 'committed' | 'anonHuge'> {
  let lockedResident = 0
  let committed = 0
  let anonHuge = 0
  for (const vma of mm.vmas) {
    const pages = vma.end - vma.start
    if (vma.flags & VM_ACCOUNT && !(vma.flags & VM_HUGETLB)) committed += pages
    if (vma.flags & VM_LOCKED) lockedResident += residentIn(mm, vma, 0)
    if (vma.file === null) anonHuge += residentIn(mm, vma, PTE_PMD)
  }
  return { lockedResident, committed, anonHuge }
}

/** Pages of an area that map frames, with the given bits. */
export function residentIn(mm: AddressSpace, vma: Pick<Vma, 'start' | 'end'>, bits: number): number {
  let pages = 0
  for (const run of mm.pages.over(vma.start, vma.end)) {
    if ((run.bits & (PTE_PRESENT | PTE_ZERO)) !== PTE_PRESENT || (run.bits & bits) !== bits) continue
    pages += Math.min(run.end, vma.end) - Math.max(run.start, vma.start)
  }
  return pages
}

function present(pages: { readonly items: readonly { start: number; end: number; bits: number }[] }): number {
  return pages.items.reduce((sum, run) => sum + (run.bits & PTE_PRESENT ? run.end - run.start : 0), 0)
}

/** `op` at an offset that is `bytes` further on. */
function moved<O extends Op>(op: O, bytes: number): O {
  return 'on' in op && bytes !== 0 ? { ...op, offset: Number(op.offset ?? 0) + bytes } : op
}

/** The pages that an operation on a range works on. */
export function rangeOf(op: Op): PageRange | null {
  if (!('length' in op) || (!('on' in op) && !('file' in op))) return null
  if (op.op === 'mmap' || op.op === 'ftruncate' || op.op === 'unpin') return null
  const start = Math.floor(Number(op.offset ?? 0) / PAGE_SIZE)
  return { start, end: Math.ceil((Number(op.offset ?? 0) + Number(op.length)) / PAGE_SIZE) }
}

/** What changes as an operation begins, and what grows with its work. */
function split(delta: TaskCounters): { entry: TaskCounters; rest: TaskCounters } {
  const { totalVm, lockedVm, committed, hugetlbReserved } = delta
  return {
    entry: { ...NO_COUNTERS, totalVm, lockedVm, committed, hugetlbReserved },
    rest: { ...delta, totalVm: 0, lockedVm: 0, committed: 0, hugetlbReserved: 0 },
  }
}

function refusalOf(outcome: Outcome): Extract<Action, { do: 'refused' }>['refusal'] | null {
  if (outcome.refusal !== null) return outcome.refusal
  if (outcome.result === 'SIGBUS') return { errno: 'SIGBUS', rule: 'no page behind the access' }
  if (outcome.result === 'SIGSEGV') return { errno: 'SIGSEGV', rule: 'no access' }
  return outcome.result === 0 ? null : { errno: outcome.result, rule: 'call' }
}

const EMPTY_SEGMENT: Segment = {
  lock: 'none',
  divisible: true,
  cpuNs: 0,
  memoryBytes: 0,
  threads: 1,
  kinds: new Map(),
  delta: null,
  filePages: [],
  areaPages: [],
  range: null,
  stepNs: 0,
}

function programOf(script: TaskScript, settings: ExemplarSettings): Program {
  const { limits } = settings
  return {
    format: 'mlock-replay/1',
    name: 'exemplar',
    machine: settings.machine,
    process: {
      rlimitMemlock: limits.memlockBytes === 'unlimited' ? 'unlimited' : limits.memlockBytes,
      capIpcLock: limits.capIpcLock,
    },
    files: script.files,
    ops: script.threads.flatMap(thread =>
      thread.steps.flatMap(step => (step.do === 'op' ? [step.op] : step.do === 'repeat' ? step.ops : [])),
    ),
  }
}
