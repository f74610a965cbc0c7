/** What a scenario states, in the words of the rules about what goes together. */
import { kernelNamed } from '../kernels/releases.ts'
import type { Scenario, WorkloadSpec } from '../scenario.ts'
import { checkCompatibility } from './compatibility.ts'
import type { CompatibilityFinding, PlanFacts } from './compatibility/rule.ts'
import { guestFacts } from './guest-facts.ts'
import type { ProcessLimit } from './process-limits.ts'

/** Facts of one workload on its machine; what its process locks and pins, where `processLimits` has said so. */
export function planFacts(scenario: Scenario, spec: WorkloadSpec, limit?: ProcessLimit): PlanFacts {
  const { machine, kernel } = scenario
  const offered = kernelNamed(kernel.name)
  const guest = guestFacts(spec)
  const { strategy } = spec
  return {
    host: {
      ramBytes: machine.ramBytes,
      swapBytes: machine.swap.reduce((sum, area) => sum + area.sizeBytes, 0),
      swappiness: machine.swappiness,
      ...(offered === undefined
        ? {}
        : {
            kernel: {
              release: offered.release,
              plus: [...(offered.plus ?? []), ...kernel.plus],
              minus: [...(offered.minus ?? []), ...kernel.minus],
            },
          }),
    },
    ...(guest === null ? {} : { guest }),
    process: {
      limitBytes: spec.limits.memlockBytes,
      capIpcLock: spec.limits.capIpcLock,
      ...(limit === undefined ? {} : countedOf(limit)),
      // What is locked on fault counts at once and is resident later: that is for the run to say.
      ...(limit !== undefined && locksOnFault(spec) ? { lockedResidentBytes: 0 } : {}),
    },
    calls: {
      onFault: locksOnFault(spec),
      mapLocked: strategy === 'map-locked',
      mapPopulate: strategy === 'map-populate',
      populateRead: /populate-read$/.test(strategy),
      populateWrite: /populate-write$/.test(strategy) || strategy === 'onfault-populate',
      fallocate: strategy.startsWith('fallocate'),
      ...(strategy === 'hugetlb-1g' ? { hugePageBytes: 2 ** 30 } : {}),
    },
    ...(spec.memcg.maxBytes === null ? {} : { memoryMaxBytes: spec.memcg.maxBytes }),
  }
}

const locksOnFault = ({ strategy, strategyParams }: WorkloadSpec): boolean =>
  strategy.includes('onfault') || strategyParams['onfault'] === true

/** Locked and pinned as the model of the kernel counts them. */
function countedOf({ checks }: ProcessLimit): { lockedBytes: number; pinnedBytes: number } {
  const of = (rule: string): number => checks.find(check => check.rule === rule)?.bytes ?? 0
  return { lockedBytes: of('locked'), pinnedBytes: of('pinned') }
}

export interface WorkloadCompatibility {
  /** Null where the host is meant, or all workloads alike. */
  readonly workload: string | null
  readonly findings: readonly CompatibilityFinding[]
}

/** Combinations that are refused or silently ignored, workload by workload; what is the same for several stands once. */
export function compatibilityOf(
  scenario: Scenario,
  limits: readonly ProcessLimit[] = [],
): WorkloadCompatibility[] {
  const found = scenario.workloads.map((spec, at) => ({
    workload: spec.name,
    findings: checkCompatibility(planFacts(scenario, spec, limits[at])),
  }))
  const key = ({ id, message }: CompatibilityFinding): string => `${id}\0${message}`
  const times = Map.groupBy(
    found.flatMap(({ findings }) => findings),
    key,
  )
  const isShared = (finding: CompatibilityFinding): boolean => (times.get(key(finding))?.length ?? 0) > 1
  const shared = [...times.values()].flatMap(([first, second]) => (first && second ? [first] : []))
  return [
    { workload: null, findings: shared },
    ...found.map(({ workload, findings }) => ({
      workload,
      findings: findings.filter(each => !isShared(each)),
    })),
  ].filter(({ findings }) => findings.length > 0)
}
