/** What a scenario states, in the words of the rules about what goes together. */
import { kernelNamed } from '../kernels/releases.ts'
import type { Scenario, WorkloadSpec } from '../scenario.ts'
import { checkCompatibility } from './compatibility.ts'
import type { CompatibilityFinding, PlanFacts } from './compatibility/rule.ts'
import { guestFacts } from './guest-facts.ts'

/** Facts of one workload on its machine. What its process will lock is for the run to say. */
export function planFacts(scenario: Scenario, spec: WorkloadSpec): PlanFacts {
  const { machine, kernel } = scenario
  const offered = kernelNamed(kernel.name)
  const guest = guestFacts(spec)
  const { strategy, strategyParams } = spec
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
    process: { limitBytes: spec.limits.memlockBytes, capIpcLock: spec.limits.capIpcLock },
    calls: {
      onFault: strategy.includes('onfault') || strategyParams['onfault'] === true,
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

export interface WorkloadCompatibility {
  /** Null where the host is meant, or all workloads alike. */
  readonly workload: string | null
  readonly findings: readonly CompatibilityFinding[]
}

/** Combinations that are refused or silently ignored, workload by workload; what is the same for several stands once. */
export function compatibilityOf(scenario: Scenario): WorkloadCompatibility[] {
  const found = scenario.workloads.map(spec => ({
    workload: spec.name,
    findings: checkCompatibility(planFacts(scenario, spec)),
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
