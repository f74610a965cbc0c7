/** How much memory one instance of a workload maps, by what it stands on. */
import { GIB, MIB } from '../../../engine/quantity.ts'
import type { AreaNeed, Scenario, WorkloadSpec } from '../../../engine/scenario.ts'
import { strategyNamed } from '../../../engine/strategies/index.ts'
import { workloadNamed } from '../../../engine/workloads/index.ts'

export interface InstanceMemory {
  /** Anonymous memory and tmpfs, which a memory cgroup is charged for. */
  readonly plainBytes: number
  /** Mapped files: page cache, charged to whoever reads it first. */
  readonly fileBytes: number
  /** Pages from the pools, in bytes; never charged to `memory.max` (R17). */
  readonly huge2mBytes: number
  readonly huge1gBytes: number
}

/** Sums over the areas that the workload asks for, on what its strategy puts them. */
export function areaMemory(scenario: Scenario, spec: WorkloadSpec): InstanceMemory {
  const { machine } = scenario
  const { memlockBytes } = spec.limits
  const need = workloadNamed(spec.kind)?.plan({
    params: spec.params,
    machine,
    strategy: spec.strategy,
    memlockLimitBytes: memlockBytes === 'unlimited' ? Infinity : memlockBytes,
  })
  const strategy = strategyNamed(spec.strategy)
  const context = {
    params: spec.strategyParams,
    cpus: machine.cpus,
    onLockRefusal: need?.onLockRefusal ?? 'fail',
  } as const
  const backingOf = (area: AreaNeed): string =>
    area.role === 'main' ? (strategy?.backing?.(area, context) ?? area.backing) : area.backing
  // Each area takes whole pages of its own.
  const sum = (test: (backing: string) => boolean, pageBytes = 1): number =>
    (need?.areas ?? []).reduce(
      (total, area) => total + (test(backingOf(area)) ? Math.ceil(area.bytes / pageBytes) * pageBytes : 0),
      0,
    )
  return {
    plainBytes: sum(backing => backing !== 'file' && !backing.startsWith('hugetlb')),
    fileBytes: sum(backing => backing === 'file'),
    huge2mBytes: sum(backing => backing === 'hugetlb-2M', 2 * MIB),
    huge1gBytes: sum(backing => backing === 'hugetlb-1G', GIB),
  }
}
