/** What a plan that compares nothing is compared with: the same workloads with nothing locked, all of it, and on fault. */
import type { Scenario, WorkloadSpec } from '../../scenario.ts'
import type { Variant } from './variant.ts'

const LOCKS = ['none', 'mlock', 'mlock-onfault'] as const
type Lock = (typeof LOCKS)[number]

const NAMES: Readonly<Record<Lock, string>> = {
  none: 'nothing locked',
  mlock: 'all locked',
  'mlock-onfault': 'locked on fault',
}

/** QEMU locks by an option of its own. */
const MEM_LOCK: Readonly<Record<Lock, string>> = { none: 'off', mlock: 'on', 'mlock-onfault': 'on-fault' }

/** Kinds whose lock is a choice. Keys have to be locked, RDMA to be pinned, and recorded operations are what they are. */
const BY_STRATEGY: ReadonlySet<string> = new Set([
  'cache',
  'database',
  'file-reader',
  'jvm',
  'llm',
  'ngram-model',
])

/** The plan itself first; variants that are the plan itself, or each other, are left out. */
export function usualVariants(scenario: Scenario): Variant[] {
  const variants: Variant[] = [{ name: 'as planned', scenario }]
  for (const lock of LOCKS) {
    const changed = { ...scenario, workloads: scenario.workloads.map(spec => locked(spec, lock)) }
    const text = JSON.stringify(changed)
    if (variants.every(variant => JSON.stringify(variant.scenario) !== text))
      variants.push({ name: NAMES[lock], scenario: changed })
  }
  return variants
}

function locked(spec: WorkloadSpec, lock: Lock): WorkloadSpec {
  if (spec.kind === 'qemu-guest') {
    const { memLock: before = 'off' } = spec.params
    return before === MEM_LOCK[lock] ? spec : { ...spec, params: { ...spec.params, memLock: MEM_LOCK[lock] } }
  }
  if (!BY_STRATEGY.has(spec.kind) || spec.strategy === lock) return spec
  return { ...spec, strategy: lock, strategyParams: {} }
}
