/** A workload of a scenario under its strategy, as operations: what an exemplar, or a live process, carries out. */
import { changesOf, kernelNamed, type KernelProfile } from '../kernels/releases.ts'
import { withDefaults, type Scenario, type WorkloadNeed, type WorkloadSpec } from '../scenario.ts'
import { strategyNamed } from '../strategies/index.ts'
import { workloadNamed } from '../workloads/index.ts'
import { taskScript, type TaskScript } from './script.ts'

/** The kernel of a scenario; throws if nobody checked that it is on offer. */
export function profileOf(scenario: Scenario): KernelProfile {
  const offered = kernelNamed(scenario.kernel.name)
  if (offered === undefined) throw new Error(`kernel ${scenario.kernel.name} is not on offer`)
  const { plus, minus } = scenario.kernel
  const needed = scenario.workloads.flatMap(w => strategyNamed(w.strategy)?.needs ?? [])
  return {
    release: offered.release,
    plus: [...(offered.plus ?? []), ...needed.filter(id => !minus.includes(id)), ...plus],
    minus: [...(offered.minus ?? []).filter(id => !plus.includes(id)), ...minus],
  }
}

export interface WorkloadScript {
  readonly need: WorkloadNeed
  readonly script: TaskScript
}

/** What one instance needs and does. `changes`: those that the kernel has; asked for from the scenario if absent. */
export function workloadScript(
  scenario: Scenario,
  spec: WorkloadSpec,
  changes: ReadonlySet<string> = new Set(changesOf(profileOf(scenario)).map(change => change.id)),
): WorkloadScript {
  const kind = workloadNamed(spec.kind)
  const strategy = strategyNamed(spec.strategy)
  if (kind === undefined || strategy === undefined) throw new Error(`${spec.name}: unknown kind or strategy`)
  const { machine } = scenario
  const { memlockBytes, capIpcLock } = spec.limits
  const memlockLimitBytes = memlockBytes === 'unlimited' || capIpcLock ? Infinity : memlockBytes
  const params = withDefaults(kind.params, spec.params)
  const kernelHas = (id: string): boolean => changes.has(id)
  const need = kind.plan({ params, machine, strategy: spec.strategy, memlockLimitBytes, kernelHas })
  const script = taskScript(need, strategy, {
    params: withDefaults(strategy.params, spec.strategyParams),
    cpus: machine.cpus,
    onLockRefusal: need.onLockRefusal,
    kernelHas,
  })
  return { need, script }
}
