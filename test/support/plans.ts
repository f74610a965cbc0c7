/** Workloads and strategies put together and run through the model, for tests. */
import { changesOf, kernelNamed, type KernelProfile } from '../../engine/kernels/releases.ts'
import type { MachineProfile, Params, TaskLimits, WorkloadNeed } from '../../engine/scenario.ts'
import { DEFAULT_COSTS } from '../../engine/sim/default-costs.ts'
import { Exemplar } from '../../engine/sim/exemplar.ts'
import { taskScript, type TaskScript } from '../../engine/sim/script.ts'
import type { Action, TaskCounters, ThreadPlan } from '../../engine/sim/segment.ts'
import { strategyNamed } from '../../engine/strategies/index.ts'
import { workloadNamed } from '../../engine/workloads/index.ts'

const GIB = 2 ** 30

/** A host with room for everything. */
export const HOST: MachineProfile = {
  name: 'test host',
  ramBytes: 1024 * GIB,
  nodes: 1,
  cpus: 16,
  memoryBandwidthBytesPerS: 100e9,
  swap: [],
  zswap: { enabled: false, maxPoolPercent: 20, compressionRatio: 3 },
  disk: 'nvme-client',
  thp: { enabled: 'madvise', defrag: 'madvise', shmem: 'never', zeroPage: true, mthp: {} },
  hugetlb: { '2M': 100 * 512, '1G': 100 },
  overcommit: { mode: 0, ratioPercent: 50 },
  swappiness: 60,
  pageCluster: 3,
  minFreeKib: null,
  watermarkScaleFactor: 10,
  faultAroundBytes: 65536,
  hostReserveBytes: GIB,
  otherCacheBytes: 0,
  costs: 'default',
}

export interface Job {
  readonly kind: string
  readonly params?: Params
  readonly strategy?: string
  readonly strategyParams?: Params
  readonly kernel?: string
  readonly plus?: readonly string[]
  readonly limits?: TaskLimits
  readonly machine?: Partial<MachineProfile>
}

const UNLIMITED: TaskLimits = { memlockBytes: 'unlimited', capIpcLock: false }

function profileOf({ kernel = '6.18', plus = [], strategy }: Job): KernelProfile {
  const offered = kernelNamed(kernel)
  if (offered === undefined) throw new Error(`no kernel ${kernel}`)
  const needed = strategyNamed(strategy ?? 'none')?.needs ?? []
  return { ...offered, plus: [...(offered.plus ?? []), ...plus, ...needed] }
}

/** What an instance needs, and its operations. */
export function scriptOf(job: Job): { need: WorkloadNeed; script: TaskScript } {
  const kind = workloadNamed(job.kind)
  const strategy = strategyNamed(job.strategy ?? 'none')
  if (kind === undefined || strategy === undefined)
    throw new Error(`no ${job.kind} or no ${String(job.strategy)}`)
  const changes = new Set(changesOf(profileOf(job)).map(change => change.id))
  const kernelHas = (change: string): boolean => changes.has(change)
  const machine = { ...HOST, ...job.machine }
  const { memlockBytes } = job.limits ?? UNLIMITED
  const need = kind.plan({
    params: job.params ?? {},
    machine,
    strategy: strategy.id,
    memlockLimitBytes: memlockBytes === 'unlimited' ? Infinity : memlockBytes,
    kernelHas,
  })
  const script = taskScript(need, strategy, {
    params: job.strategyParams ?? {},
    cpus: machine.cpus,
    onLockRefusal: need.onLockRefusal,
    kernelHas,
  })
  return { need, script }
}

/** One instance alone on the machine: its threads' actions, its events', and its counters at the end. */
export function runJob(job: Job): {
  threads: ThreadPlan[]
  actions: Action[]
  counters: TaskCounters
  labels: string[]
} {
  const { need, script } = scriptOf(job)
  const machine = { ...HOST, ...job.machine }
  const exemplar = new Exemplar(script, {
    profile: profileOf(job),
    machine: {
      kernel: job.kernel ?? '6.18',
      pageSize: 4096,
      ramBytes: machine.ramBytes,
      swapBytes: 0,
      faultAroundBytes: machine.faultAroundBytes,
      thp: machine.thp,
      hugetlb: { '2M': machine.hugetlb['2M'] + 512 * machine.hugetlb['1G'] },
    },
    costs: DEFAULT_COSTS,
    limits: job.limits ?? UNLIMITED,
  })
  const threads = exemplar.plan()
  const events = need.events.flatMap(event =>
    event.ops.flatMap(op => exemplar.apply(op, event.label, event.onRefusal, 1)),
  )
  const actions = [...threads.flatMap(thread => thread.actions), ...events]
  const labels = actions.flatMap(a => (a.do === 'work' && a.entry !== null ? [a.label] : []))
  return { threads, actions, counters: exemplar.counters, labels }
}

/** What was refused: `ENOMEM RLIMIT_MEMLOCK`. */
export function refusalsOf(actions: readonly Action[]): string[] {
  return actions.flatMap(a => (a.do === 'refused' ? [`${a.refusal.errno} ${a.refusal.rule}`] : []))
}
