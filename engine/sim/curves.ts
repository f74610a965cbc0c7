/** Which curves a run keeps, and what they show at each step. Names are those that /proc uses. */
import type { WorkKind } from '../work.ts'
import { siMemAvailable } from '../mm/show-mem.ts'
import { PAGE_SIZE } from '../units.ts'
import type { Worker } from './rates.ts'
import { smallPagesOf } from './huge-pages.ts'
import { Recorder, type CurveSpec } from './recorder.ts'
import type { RunState } from './run-state.ts'
import { isAlive, memoryOf, sumsOf, type TaskGroup } from './task-group.ts'

/** Kinds of fault cost as people see them, and the work that belongs to each; the rest is `other`. */
export const FAULT_KINDS = [
  'zero-fill',
  'copy',
  'page-cache map',
  'swap-in',
  'file read',
  'huge',
  'populate',
  'other',
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

const KIND_OF: Partial<Record<WorkKind, FaultKind>> = {
  clearSmallPage: 'zero-fill',
  mapAnonPage: 'zero-fill',
  mapZeroPage: 'zero-fill',
  allocShmemPage: 'zero-fill',
  copyPage: 'copy',
  mapCachePage: 'page-cache map',
  faultAround: 'page-cache map',
  addFilePage: 'page-cache map',
  swapInPage: 'swap-in',
  readFilePage: 'file read',
  clearLargePage: 'huge',
  mapHugePage: 'huge',
  mapAnonFolio: 'huge',
  hugetlbFault: 'huge',
  populateStep: 'populate',
}

/** Between two points at least this share of the horizon passes, unless something happened. */
const FINEST = 1 / 100_000

export class Curves {
  readonly recorder = new Recorder()
  readonly #run: RunState
  readonly #horizonS: number
  #rates = { pgfault: 0, pgmajfault: 0, pswpin: 0, pswpout: 0 }
  #faultNs = new Map<string, number>()
  /** One point: the host's values, then those of each workload. */
  readonly #row: Float64Array
  #lock = { write: 0, read: 0, waiting: 0 }
  #before = { swapIn: 0, swapOut: 0, minor: 0, major: 0 }

  constructor(run: RunState) {
    this.#run = run
    this.#horizonS = run.scenario.horizonS
    for (const spec of HOST_CURVES) this.recorder.declare({ scope: 'host', ...spec })
    for (const workload of run.scenario.workloads)
      for (const spec of TASK_CURVES) this.recorder.declare({ scope: workload.name, ...spec })
    this.#row = new Float64Array(HOST_CURVES.length + run.scenario.workloads.length * TASK_CURVES.length)
  }

  /** Rates of the step that has just passed. */
  pass(seconds: number, workers: readonly Worker[]): void {
    const run = this.#run
    this.#faultNs = new Map()
    let [minor, major, fileReads] = [0, 0, 0]
    for (const worker of workers) {
      const perNs = worker.ratePerNs * worker.group.instances
      for (const [kind, ns] of worker.segment.kinds) this.#cost(KIND_OF[kind] ?? 'other', ns * perNs * 1e9)
      const delta = worker.segment.delta
      const small = smallPagesOf(worker.group, worker.segment).faults
      minor += ((delta?.minorFaults ?? 0) + small) * perNs * 1e9
      major += (delta?.majorFaults ?? 0) * perNs * 1e9
    }
    for (const group of run.groups) {
      if (group.state !== 'running' || (group.isQuiet && group.lists === null)) continue
      const { rates } = group
      for (const [kind, ns] of rates.byKind) this.#cost(kind, ns)
      minor += rates.minor
      major += rates.major
      if (group.areas.some(area => area.isShared)) fileReads += rates.major
    }
    const swap = this.#swapped()
    this.#rates = {
      pgfault: minor + major,
      pgmajfault: major,
      pswpin: Math.max(0, swap.swapIn - this.#before.swapIn) / seconds,
      pswpout: Math.max(0, swap.swapOut - this.#before.swapOut) / seconds,
    }
    run.host.swapReadsPerS = this.#rates.pswpin
    run.host.fileReadsPerS = fileReads
    this.#before = { ...this.#before, ...swap }
    this.#lock = lockUse(run.groups)
  }

  #cost(kind: string, nsPerS: number): void {
    this.#faultNs.set(kind, (this.#faultNs.get(kind) ?? 0) + nsPerS)
  }

  #swapped(): { swapIn: number; swapOut: number } {
    let [swapIn, swapOut] = [0, 0]
    for (const group of this.#run.groups) {
      const sums = sumsOf(group)
      swapIn += sums.swapIn
      swapOut += sums.swapOut
    }
    return { swapIn, swapOut }
  }

  /** A point at the present moment. */
  add(): void {
    const { nowS } = this.#run
    const last = this.recorder.lastS
    if (nowS > last && nowS - last < this.#horizonS * FINEST && nowS < this.#horizonS) return
    const row = this.#row
    const host = this.#hostValues()
    for (let i = 0; i < host.length; i++) row[i] = host[i] as number
    this.#taskValues(row, host.length)
    for (let i = 0; i < row.length; i++) row[i] = withoutRounding(row[i] as number)
    this.recorder.add(nowS, row)
  }

  #hostValues(): number[] {
    const { host, pools } = this.#run
    const { use, memory } = host
    const free = host.freePages()
    const available = siMemAvailable({
      freePages: free,
      totalreservePages: memory.marks.highPages,
      activeFilePages: host.lists.file.activePages,
      inactiveFilePages: Math.max(0, use.evictableFile - host.lists.file.activePages),
      lowWatermarkPages: memory.marks.lowPages,
      reclaimableKernelPages: 0,
    })
    const huge = pools.reserved['2M'] + pools.reserved['1G']
    const bytes = [
      Math.max(0, free),
      available,
      use.cache + use.shmem,
      use.anon,
      use.shmem,
      use.mlocked,
      use.unevictable,
      use.anonHuge,
      use.pageTables,
      memory.poolPages - huge,
      host.space.slots - use.swapSlots,
      this.#run.committedPages,
      host.dirty.dirtyPages,
    ].map(pages => pages * PAGE_SIZE)
    const { pgfault, pgmajfault, pswpin, pswpout } = this.#rates
    const kinds = FAULT_KINDS.map(kind => this.#faultNs.get(kind) ?? 0)
    return [
      ...bytes,
      pgfault,
      pgmajfault,
      pswpin,
      pswpout,
      this.#run.khugepaged.perS,
      ...kinds,
      this.#lock.write,
      this.#lock.read,
      this.#lock.waiting,
    ]
  }

  /** Sums over the groups of each workload; this is done thousands of times a run, so nothing is made on the way. */
  #taskValues(row: Float64Array, from: number): void {
    row.fill(0, from)
    const add = (at: number, value: number): void => void (row[at] = (row[at] as number) + value)
    for (const group of this.#run.groups) {
      if (!isAlive(group)) continue
      const memory = memoryOf(group)
      const { counters, instances } = group
      const at = from + group.workload * TASK_CURVES.length
      add(at, counters.lockedVm * instances * PAGE_SIZE)
      add(at + 1, counters.pinnedVm * instances * PAGE_SIZE)
      add(at + 2, (memory.anon + memory.file + memory.shmem) * PAGE_SIZE)
      add(at + 3, memory.swapped * PAGE_SIZE)
      add(at + 4, memory.locked * PAGE_SIZE)
      add(at + 5, counters.hugetlb * instances * PAGE_SIZE)
      add(at + 6, instances)
    }
  }
}

/** Sums of expectations may miss zero by the rounding of large numbers, far less than a page. */
const withoutRounding = (value: number): number => (value < 0 && value > -1 ? 0 : value)

function lockUse(groups: readonly TaskGroup[]): { write: number; read: number; waiting: number } {
  const use = { write: 0, read: 0, waiting: 0 }
  for (const { process, instances } of groups) {
    if (process === null) continue
    if (process.lock.mode !== 'free') use[process.lock.mode] += instances
    for (const thread of process.threads) if (thread.state === 'waiting') use.waiting += instances
  }
  return use
}

type Spec = Omit<CurveSpec, 'scope'>
const level = (name: string, trust: Spec['trust'] = 'expected'): Spec => ({
  name,
  unit: 'bytes',
  trust,
  shape: 'level',
})
const rate = (name: string, unit: Spec['unit'] = 'per-second'): Spec => ({
  name,
  unit,
  trust: 'estimated',
  shape: 'rate',
})
const count = (name: string): Spec => ({ name, unit: 'count', trust: 'estimated', shape: 'rate' })

const HOST_CURVES: readonly Spec[] = [
  level('MemFree'),
  level('MemAvailable', 'estimated'),
  level('Cached'),
  level('AnonPages'),
  level('Shmem'),
  level('Mlocked'),
  level('Unevictable'),
  level('AnonHugePages', 'estimated'),
  level('PageTables', 'estimated'),
  level('HugePages_Free', 'exact'),
  level('SwapFree', 'estimated'),
  level('Committed_AS', 'exact'),
  level('Dirty', 'estimated'),
  rate('pgfault'),
  rate('pgmajfault'),
  rate('pswpin'),
  rate('pswpout'),
  rate('thp_collapse_alloc'),
  ...FAULT_KINDS.map(kind => rate(`fault cost: ${kind}`, 'ns-per-second')),
  count('mmap_lock held for writing'),
  count('mmap_lock held for reading'),
  count('waiting for mmap_lock'),
]

const TASK_CURVES: readonly Spec[] = [
  level('VmLck', 'exact'),
  level('VmPin', 'exact'),
  level('VmRSS'),
  level('VmSwap', 'estimated'),
  level('Locked'),
  level('HugetlbPages', 'exact'),
  count('instances'),
]
