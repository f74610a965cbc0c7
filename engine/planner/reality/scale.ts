/** A plan made small enough to be run for real on the machine at hand, and what of it cannot be. */
import { formatBytes } from '../../quantity.ts'
import { changesOf, kernelNamed, KERNELS } from '../../kernels/releases.ts'
import type { AreaNeed, MachineProfile, Scenario, SetupStep, WorkloadSpec } from '../../scenario.ts'
import { mappedBytes } from '../../sim/script.ts'
import { profileOf, workloadScript, type WorkloadScript } from '../../sim/workload-script.ts'
import { strategyNamed } from '../../strategies/index.ts'
import type { LiveMachine } from './machine.ts'
import { scaleBytes, scaleScript, type ScaleBy } from './scale-script.ts'

export interface ScaleOptions {
  /** Share of the memory that is available which the run may take. */
  readonly memoryShare: number
  /** How long the run may last. */
  readonly seconds: number
  /** Memory is divided by at least this. */
  readonly leastFactor?: number
}

export interface LeftOutWorkload {
  readonly workload: string
  readonly reason: string
}

export interface ScaledPlan {
  /** Of the machine at hand, its kernel, and what is left of the workloads. */
  readonly scenario: Scenario
  /** What each workload does, scaled: the model and the live kernel carry out the same. */
  readonly scripts: ReadonlyMap<string, WorkloadScript>
  readonly by: ScaleBy
  /** Memory that the plan’s tasks have together, on its host and so here. */
  readonly roomBytes: number
  /** Memory cgroup around all tasks: the scaled host. Null where the run has none. */
  readonly limitBytes: number | null
  readonly leftOut: readonly LeftOutWorkload[]
  /** What about the run is not as the plan says, in sentences. */
  readonly notes: readonly string[]
}

export type Scaled =
  | { readonly ok: true; readonly plan: ScaledPlan }
  | { readonly ok: false; readonly sentence: string; readonly leftOut: readonly LeftOutWorkload[] }

const PAGE = 4096
const HUGE = 2 * 2 ** 20
/** Processes at once. */
const MOST_PROCESSES = 16
/** Accesses a second of all tasks, that the runner can hand out. */
const MOST_ACCESSES = 400_000
/** Of the limit that a process without privileges may lock, so much is used: the runner's own page counts, too. */
const LIMIT_SHARE = 0.8

/** The kernel on offer that is the running one, or the last before it. */
export function modelledKernel(release: string): string {
  const number = (text: string): number => {
    const [a = 0, b = 0] = text.split('.').map(part => Number.parseInt(part, 10))
    return a * 1000 + b
  }
  const plain = KERNELS.filter(({ name }) => /^\d/.test(name))
  const before = plain.filter(({ name }) => number(name) <= number(release))
  return (before.at(-1) ?? plain[0])?.name ?? '6.18'
}

/** Scales a checked scenario for the machine at hand. */
export function scalePlan(asked: Scenario, live: LiveMachine, options: ScaleOptions): Scaled {
  const notes: string[] = []
  const kernel = modelledKernel(live.release)
  if (kernel !== asked.kernel.name)
    notes.push(
      `The plan is for kernel ${asked.kernel.name}; this is Linux ${live.release}. Both sides follow ${kernelNamed(kernel)?.title ?? kernel}.`,
    )
  const here: Scenario = { ...asked, kernel: { name: kernel, plus: [], minus: [] } }
  const scripts = new Map(asked.workloads.map(spec => [spec.name, scriptHere(here, spec, live)] as const))
  const leftOut: LeftOutWorkload[] = []
  const kept = asked.workloads.filter(spec => {
    const reason = cannotRun(asked, spec, scripts.get(spec.name), live)
    if (reason !== null) leftOut.push({ workload: spec.name, reason })
    return reason === null && spec.count > 0
  })
  if (kept.length === 0)
    return { ok: false, leftOut, sentence: 'Nothing of the plan can be run on this machine.' }
  const counted = fewerInstances(kept, notes)
  const factor = factorFor(asked, counted, scripts, live, options, notes)
  const traced = counted.filter(({ kind }) => kind === 'trace')
  if (factor > 1 && traced.length > 0) {
    const names = traced.map(({ name }) => name)
    for (const name of names)
      leftOut.push({
        workload: name,
        reason: `A recorded trace cannot be made smaller, and memory is divided by ${shown(factor)} here.`,
      })
  }
  const workloads = counted.filter(spec => factor === 1 || spec.kind !== 'trace')
  if (workloads.length === 0)
    return { ok: false, leftOut, sentence: 'Nothing of the plan can be run on this machine at this size.' }
  const timeFactor = Math.max(1, asked.horizonS / options.seconds)
  const by = { factor, timeFactor, rateFactor: rateFactor(workloads, scripts, { factor, timeFactor }, notes) }
  return { ok: true, plan: assemble(here, workloads, scripts, live, by, { leftOut, notes }) }
}

/** The script of a workload on the kernel and the processors of the machine at hand. */
function scriptHere(here: Scenario, spec: WorkloadSpec, live: LiveMachine): WorkloadScript {
  const changes = new Set(changesOf(profileOf({ ...here, workloads: [] })).map(({ id }) => id))
  return workloadScript({ ...here, machine: { ...here.machine, cpus: live.cpus } }, spec, changes)
}

/** Why a workload cannot be run for real; null if it can. */
function cannotRun(
  asked: Scenario,
  spec: WorkloadSpec,
  scripted: WorkloadScript | undefined,
  live: LiveMachine,
): string | null {
  const strategy = strategyNamed(spec.strategy)
  if (scripted === undefined || strategy === undefined) return 'Its strategy is not known.'
  if ((strategy.needs ?? []).length > 0)
    return `${strategy.title} needs a kernel that does not exist (${strategy.needs?.join(', ') ?? ''}).`
  const { script, need } = scripted
  const steps = script.threads.flatMap(thread => thread.steps)
  const ops = [
    ...steps.flatMap(step => (step.do === 'op' ? [step.op] : step.do === 'repeat' ? step.ops : [])),
    ...need.events.flatMap(event => event.ops),
  ]
  if (script.areas.some(({ backing }) => backing === 'hugetlb-1G'))
    return 'It uses pages of 1 GiB, of which a pool has to be set up when a machine boots.'
  if (script.areas.some(({ backing }) => backing === 'hugetlb-2M') && !live.isRoot)
    return 'It uses a pool of huge pages, and setting one up needs root.'
  if (ops.some(({ op }) => op === 'mpin' || op === 'munpin'))
    return 'mpin() was never merged: no kernel has it.'
  if (ops.some(({ op }) => op === 'fork' || op === 'brk' || op === 'exit'))
    return 'It forks, exits or moves its break, which this check does not do.'
  if (steps.some((step: SetupStep) => step.do === 'read'))
    return 'It reads its file through read(2), which this check does not do.'
  if (asked.kernel.plus.length > 0 && spec.strategy === 'mpin') return 'Its kernel does not exist.'
  return null
}

function fewerInstances(specs: readonly WorkloadSpec[], notes: string[]): WorkloadSpec[] {
  const all = specs.reduce((sum, { count }) => sum + count, 0)
  if (all <= MOST_PROCESSES) return [...specs]
  const share = MOST_PROCESSES / all
  const counted = specs.map(spec => ({ ...spec, count: Math.max(1, Math.floor(spec.count * share)) }))
  const left = counted.reduce((sum, { count }) => sum + count, 0)
  notes.push(`${left} of the plan’s ${all} processes are run; its host is made smaller by the same share.`)
  return counted
}

const bytesOf = (areas: readonly AreaNeed[]): number =>
  areas.reduce((sum, area) => sum + mappedBytes(area), 0)

/** Memory that the plan's tasks could have on its host. */
function roomOf(machine: MachineProfile, share: number): number {
  const usable = machine.ramBytes * (1 - 1 / 64 - 0.002) - 64 * 2 ** 20 - machine.hostReserveBytes
  return Math.max(64 * 2 ** 20, usable * share)
}

function factorFor(
  asked: Scenario,
  specs: readonly WorkloadSpec[],
  scripts: ReadonlyMap<string, WorkloadScript>,
  live: LiveMachine,
  options: ScaleOptions,
  notes: string[],
): number {
  const areasOf = (spec: WorkloadSpec): readonly AreaNeed[] => scripts.get(spec.name)?.script.areas ?? []
  const mapped = specs.reduce((sum, spec) => sum + spec.count * bytesOf(areasOf(spec)), 0)
  const all = asked.workloads.reduce((sum, { count }) => sum + count, 0)
  const here = specs.reduce((sum, { count }) => sum + count, 0)
  const needed = Math.min(mapped, roomOf(asked.machine, all === 0 ? 1 : here / all))
  let factor = Math.max(1, options.leastFactor ?? 1, needed / (live.availableBytes * options.memoryShare))
  if (!live.capIpcLock && live.memlockHardBytes !== 'unlimited') {
    const most = Math.max(...specs.map(spec => (isLocking(spec) ? bytesOf(areasOf(spec)) : 0)))
    const least = most / (live.memlockHardBytes * LIMIT_SHARE)
    if (least > factor) {
      factor = least
      notes.push(
        `Without CAP_IPC_LOCK a process may lock ${formatBytes(live.memlockHardBytes)} here: sizes are divided until that is enough.`,
      )
    }
  }
  return factor <= 1.0001 ? 1 : Math.ceil(factor * 100) / 100
}

const isLocking = ({ strategy, params }: WorkloadSpec): boolean =>
  strategy !== 'none' || 'memLock' in params || 'mlock' in params

const shown = (factor: number): string => String(Number(factor.toPrecision(3)))

/** As many accesses to each page as in the plan, as far as the runner can make them. */
function rateFactor(
  specs: readonly WorkloadSpec[],
  scripts: ReadonlyMap<string, WorkloadScript>,
  { factor, timeFactor }: { readonly factor: number; readonly timeFactor: number },
  notes: string[],
): number {
  const wanted = timeFactor / factor
  const planned = specs.reduce((sum, spec) => {
    const areas = scripts.get(spec.name)?.script.areas ?? []
    return sum + spec.count * areas.reduce((rate, { access }) => rate + (access?.ratePerS ?? 0), 0)
  }, 0)
  if (planned * wanted <= MOST_ACCESSES) return wanted
  notes.push(
    `Pages are accessed ${shown((planned * wanted) / MOST_ACCESSES)} times less often than the plan says: ${MOST_ACCESSES.toLocaleString('en')} accesses a second are made at most.`,
  )
  return MOST_ACCESSES / planned
}

function assemble(
  here: Scenario,
  specs: readonly WorkloadSpec[],
  scripts: ReadonlyMap<string, WorkloadScript>,
  live: LiveMachine,
  by: ScaleBy,
  { leftOut, notes }: { readonly leftOut: LeftOutWorkload[]; readonly notes: string[] },
): ScaledPlan {
  const scaled = new Map(
    specs.flatMap(spec => {
      const script = scripts.get(spec.name)
      return script === undefined ? [] : [[spec.name, scaleScript(script, by)] as const]
    }),
  )
  const all = here.workloads.reduce((sum, { count }) => sum + count, 0)
  const kept = specs.reduce((sum, { count }) => sum + count, 0)
  const roomBytes = scaleBytes(roomOf(here.machine, all === 0 ? 1 : kept / all), by.factor, PAGE)
  const pools = specs.some(spec =>
    scaled.get(spec.name)?.script.areas.some(({ backing }) => backing === 'hugetlb-2M'),
  )
  const poolPages = pools ? Math.ceil(here.machine.hugetlb['2M'] / by.factor) : 0
  const inRoom = Math.max(
    16 * 2 ** 20,
    roomBytes - Math.round((here.machine.hugetlb['2M'] * HUGE) / by.factor),
  )
  const limitBytes = live.isRoot && live.hasCgroup ? inRoom : null
  if (limitBytes === null)
    notes.push(
      'Without root there is no memory cgroup: the host’s memory does not bind, in the prediction either.',
    )
  const machine = machineHere(here.machine, live, by, { poolPages, notes })
  const workloads = specs.map(spec => scaleSpec(spec, by, live, notes))
  const only = workloads.length === 1 && workloads[0]?.count === 1 ? workloads[0] : undefined
  // One task in a cgroup is what the model knows best. Several share it as they would share a host of that size.
  const alone = only === undefined || limitBytes === null ? undefined : withMax(only, limitBytes)
  const demand = specs.reduce(
    (sum, spec) => sum + spec.count * bytesOf(scaled.get(spec.name)?.script.areas ?? []),
    0,
  )
  const shared = alone === undefined && limitBytes !== null && demand > limitBytes
  if (shared)
    notes.push(
      'Several tasks share one memory cgroup in place of the host; the prediction has a host of that size, whose kswapd keeps a little free.',
    )
  const scenario: Scenario = {
    ...here,
    name: here.name,
    machine: shared ? hostOf(machine, limitBytes, poolPages) : machine,
    workloads: alone === undefined ? workloads : [alone],
    horizonS: here.horizonS / by.timeFactor,
    sampleS: here.sampleS / by.timeFactor,
  }
  return { scenario, scripts: scaled, by, roomBytes, limitBytes, leftOut, notes: [...new Set(notes)] }
}

function withMax(spec: WorkloadSpec, limitBytes: number): WorkloadSpec {
  const maxBytes = Math.min(spec.memcg.maxBytes ?? Infinity, limitBytes)
  return { ...spec, memcg: { ...spec.memcg, maxBytes } }
}

/** A host on which tasks have so much memory: the inverse of what MemTotal and the watermarks take. */
function hostOf(machine: MachineProfile, limitBytes: number, poolPages: number): MachineProfile {
  const wanted = limitBytes + poolPages * HUGE
  return {
    ...machine,
    ramBytes: Math.ceil(((wanted + 64 * 2 ** 20) / (1 - 1 / 64 - 0.002)) * 1.01),
    hostReserveBytes: 0,
    otherCacheBytes: 0,
    minFreeKib: 1024,
  }
}

function scaleSpec(spec: WorkloadSpec, by: ScaleBy, live: LiveMachine, notes: string[]): WorkloadSpec {
  const { factor, timeFactor } = by
  const scale = (bytes: number | null): number | null =>
    bytes === null ? null : scaleBytes(bytes, factor, PAGE)
  const { limits, memcg } = spec
  const asked =
    limits.memlockBytes === 'unlimited' ? limits.memlockBytes : scaleBytes(limits.memlockBytes, factor, PAGE)
  const hard = live.memlockHardBytes
  const mayRaise = live.mayRaiseLimits || hard === 'unlimited' || (asked !== 'unlimited' && asked <= hard)
  // Whoever may lock without a limit is as good as unlimited.
  const standsIn = !mayRaise && asked === 'unlimited' && live.capIpcLock
  if (standsIn)
    notes.push(
      `${spec.name} has CAP_IPC_LOCK instead of an unlimited RLIMIT_MEMLOCK, which cannot be set here.`,
    )
  else if (!mayRaise)
    notes.push(
      `${spec.name} has RLIMIT_MEMLOCK ${formatBytes(hard)} instead of the plan’s: raising it needs CAP_SYS_RESOURCE.`,
    )
  const capIpcLock = (limits.capIpcLock && live.capIpcLock) || standsIn
  if (limits.capIpcLock && !live.capIpcLock)
    notes.push(`${spec.name} runs without CAP_IPC_LOCK, which only root can give.`)
  const { stopS } = spec
  return {
    ...spec,
    startS: spec.startS / timeFactor,
    staggerS: spec.staggerS / timeFactor,
    stopS: stopS === null ? null : stopS / timeFactor,
    limits: { memlockBytes: mayRaise || standsIn ? asked : hard, capIpcLock },
    memcg:
      live.isRoot && live.hasCgroup
        ? {
            maxBytes: scale(memcg.maxBytes),
            highBytes: scale(memcg.highBytes),
            swapMaxBytes: scale(memcg.swapMaxBytes),
          }
        : { maxBytes: null, highBytes: null, swapMaxBytes: null },
  }
}

function machineHere(
  planned: MachineProfile,
  live: LiveMachine,
  by: ScaleBy,
  { poolPages, notes }: { readonly poolPages: number; readonly notes: string[] },
): MachineProfile {
  const swapBytes = planned.swap.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const canSwap = live.isRoot && live.hasZram && live.swapBytes === 0
  const swap = canSwap && swapBytes > 0 ? scaleBytes(swapBytes, by.factor, 1 << 20) : 0
  if (swapBytes > 0 && !canSwap)
    notes.push(
      live.swapBytes > 0
        ? 'This machine has swap of its own, which is left alone: the run and its prediction have none besides.'
        : 'Swap needs root and zram: the run and its prediction have none.',
    )
  const devices = new Set(planned.swap.map(({ device }) => device))
  if (swap > 0 && [...devices].some(device => !device.startsWith('zram')))
    notes.push(`Swap is compressed memory (zram) instead of ${[...devices].join(', ')}.`)
  const thp = live.isRoot ? planned.thp : live.thp
  if (!live.isRoot && planned.thp.enabled !== live.thp.enabled)
    notes.push(`THP is ${live.thp.enabled} here, ${planned.thp.enabled} in the plan: changing it needs root.`)
  return {
    ...planned,
    name: 'this machine',
    ramBytes: live.ramBytes,
    nodes: 1,
    cpus: live.cpus,
    swap: swap > 0 ? [{ device: 'zram-lz4', sizeBytes: swap, priority: -2 }] : [],
    zswap: { ...planned.zswap, enabled: false },
    thp: { ...thp, mthp: live.isRoot ? planned.thp.mthp : {} },
    hugetlb: { '2M': poolPages, '1G': 0 },
    overcommit: { ...planned.overcommit, mode: live.overcommitMode },
    swappiness: live.swappiness,
    pageCluster: swap > 0 ? 0 : live.pageCluster,
    minFreeKib: null,
    hostReserveBytes: Math.max(0, live.ramBytes * 0.98 - live.availableBytes),
    otherCacheBytes: 0,
  }
}
