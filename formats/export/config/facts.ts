/** What targets know of a plan: its machine, and each workload with the limit that is to be set for it. */
import { kernelNamed } from '../../../engine/kernels/releases.ts'
import { guestFacts } from '../../../engine/planner/guest-facts.ts'
import { roundedLimit } from '../../../engine/planner/limit-fixes.ts'
import type { GuestFacts } from '../../../engine/planner/limits/guest.ts'
import type { ProcessLimit } from '../../../engine/planner/process-limits.ts'
import { MIB, type LimitBytes } from '../../../engine/quantity.ts'
import type { MachineProfile, Scenario, WorkloadSpec } from '../../../engine/scenario.ts'
import { areaMemory, type InstanceMemory } from './instance-memory.ts'

/** RLIMIT_MEMLOCK that a service and a shell have if nobody says otherwise: R9. */
export const USUAL_MEMLOCK_BYTES = 8 * MIB

export interface ConfigProcess {
  readonly name: string
  readonly spec: WorkloadSpec
  readonly limit: ProcessLimit
  /** The limit to set: the plan's own where that is enough, else the least that is, in whole MiB. */
  readonly memlockBytes: LimitBytes
  /** The plan's own limit is too low: another is written. */
  readonly raised: boolean
  /** A guest as QEMU can have it: RAM in whole pages of its backing. Null for any other program. */
  readonly guest: GuestFacts | null
  /** Memory of one instance, whether it is used or not. */
  readonly memory: InstanceMemory
}

export interface ConfigFacts {
  readonly scenario: Scenario
  readonly machine: MachineProfile
  /** `6.18`, for what depends on the release besides the model: syntax of the kernel command line. */
  readonly release: string
  readonly processes: readonly ConfigProcess[]
}

/** Facts of a plan; `limits` are the answer of `processLimits` for the same scenario. */
export function configFacts(scenario: Scenario, limits: readonly ProcessLimit[]): ConfigFacts {
  return {
    scenario,
    machine: scenario.machine,
    release: kernelNamed(scenario.kernel.name)?.release ?? scenario.kernel.name,
    processes: scenario.workloads.flatMap(spec => {
      const limit = limits.find(({ workload }) => workload === spec.name)
      return limit === undefined ? [] : [processOf(scenario, spec, limit)]
    }),
  }
}

function processOf(scenario: Scenario, spec: WorkloadSpec, limit: ProcessLimit): ConfigProcess {
  const guest = guestFacts(spec)
  const raised = limit.verdict === 'too low'
  return {
    name: spec.name,
    spec,
    limit,
    memlockBytes: raised ? roundedLimit(neededBytes(limit)) : limit.currentBytes,
    raised,
    guest: guest === null ? null : asQemuHasIt(guest),
    memory: areaMemory(scenario, spec),
  }
}

/** What the model saw refused, and for a guest no less than what is suggested for QEMU's own mappings. */
function neededBytes({ neededBytes: seen, systems }: ProcessLimit): number {
  const suggested = systems.find(({ id }) => id === 'qemu')?.memlockBytes
  return Math.max(seen, typeof suggested === 'number' ? suggested : 0)
}

/** RAM in whole MiB or huge pages, a virtio-mem device in whole blocks: QEMU refuses anything else. */
function asQemuHasIt(guest: GuestFacts): GuestFacts {
  const unit = guest.backing === 'hugetlb' ? guest.hugePageBytes : MIB
  const block = Math.max(unit, 2 * MIB)
  const up = (bytes: number, of: number): number => Math.ceil(bytes / of) * of
  const ramBytes = up(guest.ramBytes, unit)
  const memoryDevices = guest.memoryDevices.map(device => {
    const sizeBytes = up(device.sizeBytes, block)
    const requested = Math.floor((device.requestedBytes ?? 0) / block) * block
    return { ...device, sizeBytes, requestedBytes: Math.min(sizeBytes, requested), reserve: false }
  })
  const plugged = memoryDevices.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  return { ...guest, ramBytes, memoryDevices, maxRamBytes: plugged === 0 ? 0 : ramBytes + plugged }
}
