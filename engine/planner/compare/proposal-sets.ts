/**
 * How a workload uses a kernel proposal, and what it does on a kernel without it: the fields of a plan that differ besides
 * the kernel. A workload that would not meet the proposal at all gets the strategy that does.
 */
import type { WorkloadSpec } from '../../scenario.ts'

type Fields = Readonly<Record<string, unknown>>

export interface ProposalSets {
  readonly without: Fields
  readonly with: Fields
}

/** Strategies that populate inside mmap or mlock, so that mm_populate() matters to them. */
const POPULATING: ReadonlySet<string> = new Set(['map-populate', 'map-locked', 'mlock', 'mlockall'])
const LOCKING: ReadonlySet<string> = new Set([
  ...['map-locked', 'mlock', 'mlock-onfault', 'onfault-populate', 'mlockall', 'pin-mlock', 'mpin'],
])
/** Kinds whose locking is an option of QEMU. */
const isGuest = ({ kind }: WorkloadSpec): boolean => kind === 'qemu-guest'
/** Kinds that are about one way of populating or locking: their own settings stay. */
const OF_ITS_OWN: ReadonlySet<string> = new Set(['generic', 'trace', 'straddling'])

export function proposalSets(spec: WorkloadSpec, at: number, change: string): ProposalSets {
  const set = (key: string, value: unknown): Fields => ({ [`workloads[${at}].${key}`]: value })
  const both = (fields: Fields): ProposalSets => ({ without: fields, with: fields })
  const strategy = (without: string, having: string): ProposalSets => ({
    without: set('strategy', without),
    with: set('strategy', having),
  })
  if (OF_ITS_OWN.has(spec.kind)) return both({})
  switch (change) {
    case 'mlock2':
      return isGuest(spec)
        ? { without: set('params.memLock', 'on'), with: set('params.memLock', 'on-fault') }
        : strategy('mlock', 'mlock-onfault')
    case 'madv-populate':
      // QEMU's preallocation populates where it can and touches where it cannot.
      if (isGuest(spec)) return both(set('params.prealloc', true))
      if (spec.kind === 'sparse-guest')
        return { without: set('params.method', 'write'), with: set('params.method', 'populate-write') }
      return strategy('touch-write', 'populate-write')
    case 'mlock-large-folios':
      if (isGuest(spec)) return both(spec.params['memLock'] === 'on' ? {} : set('params.memLock', 'on'))
      return both(LOCKING.has(spec.strategy) ? {} : set('strategy', 'mlock'))
    case 'mm-populate':
      if (isGuest(spec)) return both(spec.params['memLock'] === 'on' ? {} : set('params.memLock', 'on'))
      return both(POPULATING.has(spec.strategy) ? {} : set('strategy', 'map-populate'))
    case 'vm-pinned':
      if (spec.strategy === 'mpin') return { without: set('strategy', 'pin'), with: {} }
      if (spec.strategy === 'pin') return { without: {}, with: set('strategy', 'mpin') }
      if (isGuest(spec)) return both({})
      return {
        without: set('strategy', 'pin-mlock'),
        with: { ...set('strategy', 'mpin'), ...set('strategyParams', { mlock: true }) },
      }
    default:
      return both({})
  }
}
