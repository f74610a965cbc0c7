/** Several imports as one plan. */
import { hostReserveBytes, MACHINE_DEFAULTS, machineNamed } from '../../engine/machines.ts'
import { formatBytes, GIB } from '../../engine/quantity.ts'
import {
  SCENARIO_FORMAT,
  type MachineProfile,
  type Scenario,
  type WorkloadSpec,
} from '../../engine/scenario.ts'
import type { PlanIssue } from '../plan/issues.ts'
import { checkScenario, type Plan } from '../plan/read-plan.ts'
import { quoted, safeText } from '../safe-text.ts'
import { within } from './command-workload.ts'
import type { ImportData, ImportedLimits, Note } from './importer.ts'
import { merged } from './merge.ts'
import { Notes } from './notes.ts'

export type Combined =
  | ({ readonly ok: true; readonly plan: Plan; readonly notes: readonly Note[] } & Pick<
      ImportData,
      'guests' | 'limits' | 'observed'
    >)
  | { readonly ok: false; readonly issues: readonly PlanIssue[]; readonly notes: readonly Note[] }

/** A host that has nothing said of it, by the id of `engine/data/hosts.ts`. */
const SOME_HOST = 'epyc-256'
const DEFAULT_KERNEL = { name: '6.18', plus: [], minus: [] }

/**
 * One plan of what several texts say: machines in part are put together and completed, workloads get names of their own,
 * limits go to the workloads that have their name. What is assumed for that is in the notes.
 */
export function combine(parts: readonly ImportData[], name = 'Imported plan'): Combined {
  const notes = new Notes()
  const all = merged(parts)
  const base = all.plan?.scenario
  const workloads = limited(distinct(all.workloads ?? [], notes), all, notes)
  const scenario: Scenario = {
    format: SCENARIO_FORMAT,
    name: base?.name ?? name,
    doc: base?.doc ?? '',
    machine: machineOf(all.host ?? {}, notes),
    kernel: all.kernel ?? DEFAULT_KERNEL,
    workloads,
    horizonS: base?.horizonS ?? 600,
    sampleS: base?.sampleS ?? 1,
    seed: base?.seed ?? 1,
  }
  const checked = checkScenario(scenario)
  if (!checked.ok) return { ok: false, issues: checked.issues, notes: notes.list() }
  for (const note of checked.notes) notes.assumed('', note)
  const { guests, limits, observed } = all
  // Variants name places in the plan that they came with.
  const { compare, claim } = parts.length === 1 ? (all.plan ?? {}) : {}
  return {
    ok: true,
    plan: {
      scenario: checked.scenario,
      ...(compare === undefined ? {} : { compare }),
      ...(claim === undefined ? {} : { claim }),
    },
    ...(guests === undefined ? {} : { guests }),
    ...(limits === undefined ? {} : { limits }),
    ...(observed === undefined ? {} : { observed }),
    notes: notes.list(),
  }
}

/** A whole machine: what is known, and defaults for the rest. */
export function machineOf(host: Partial<MachineProfile>, notes: Notes): MachineProfile {
  const usual = machineNamed(SOME_HOST)
  if (usual === undefined) throw new Error(`there is no host ${SOME_HOST}`)
  const { ramBytes, cpus } = host
  if (ramBytes === undefined)
    notes.assumed(
      'host',
      `No text says how much memory the host has: ${formatBytes(usual.ramBytes)} are assumed.`,
    )
  if (cpus === undefined)
    notes.assumed('host', `No text says how many CPUs the host has: ${usual.cpus} are assumed.`)
  const ram = ramBytes ?? usual.ramBytes
  const machine = {
    ...MACHINE_DEFAULTS,
    name: 'imported host',
    cpus: usual.cpus,
    memoryBandwidthBytesPerS: usual.memoryBandwidthBytesPerS,
    ...host,
    ramBytes: ram,
    hostReserveBytes: host.hostReserveBytes ?? hostReserveBytes(ram),
  }
  if (host.memoryBandwidthBytesPerS === undefined)
    notes.assumed(
      'host',
      `The bandwidth of its memory is assumed: ${formatBytes(machine.memoryBandwidthBytesPerS)}/s.`,
    )
  return { ...machine, hostReserveBytes: reserveOf(machine) }
}

/** Pools and reserve fit into RAM together: the reserve gives way. */
function reserveOf({ hugetlb, ramBytes, hostReserveBytes: reserve }: MachineProfile): number {
  const pools = hugetlb['2M'] * 2 * 2 ** 20 + hugetlb['1G'] * GIB
  return Math.max(0, Math.min(reserve, ramBytes - pools))
}

/** Workloads of the same name get numbers. */
function distinct(workloads: readonly WorkloadSpec[], notes: Notes): WorkloadSpec[] {
  const taken = new Set<string>()
  const nexts = new Map<string, number>()
  return workloads.map(spec => {
    let { name } = spec
    for (let n = nexts.get(spec.name) ?? 2; taken.has(name); n++) {
      name = `${spec.name.slice(0, 90)} ${n}`
      nexts.set(spec.name, n)
    }
    taken.add(name)
    if (name === spec.name) return spec
    notes.assumed('workloads', `A second ${quoted(spec.name)} is called ${quoted(name)}.`)
    return { ...spec, name }
  })
}

/** A service is called so, or is a template of instances that are; a container of a Pod is `pod/container`. */
function isOf({ of, kind }: ImportedLimits, name: string): boolean {
  const service = of.replace(/\.service$/, '')
  const container = kind === 'container' ? of.slice(of.lastIndexOf('/') + 1) : of
  return [of, service, service.replace(/@[^@]*$/, ''), container].includes(safeText(name, 100))
}

const RUNTIMES = /^(?:containerd|crio)\.service$/

/** A container that states no limit of locked memory inherits that of the runtime, where a text tells it. */
function inherited(one: ImportedLimits, all: readonly ImportedLimits[]): ImportedLimits {
  if (one.kind !== 'container' || one.memlockSoftBytes !== 'unset') return one
  const runtime = all.findLast(({ of, kind }) => kind === 'service' && RUNTIMES.test(of))
  if (runtime === undefined) return one
  const { memlockSoftBytes, memlockHardBytes } = runtime
  return { ...one, memlockSoftBytes, memlockHardBytes }
}

/** Limits of services and containers for the workloads that are called so. */
function limited(
  workloads: readonly WorkloadSpec[],
  { limits = [] }: ImportData,
  notes: Notes,
): WorkloadSpec[] {
  return workloads.map(spec => {
    const own = limits.filter(one => one.kind !== 'guest' && one.kind !== 'user' && isOf(one, spec.name))
    return own.reduce((changed, one) => {
      notes.assumed(
        'limits',
        `The limits of ${quoted(one.of)} are those of the workload ${quoted(spec.name)}.`,
      )
      return { ...changed, ...within(changed, inherited(one, limits)) }
    }, spec)
  })
}
