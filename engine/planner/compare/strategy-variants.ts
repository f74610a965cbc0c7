/** Six ways of locking or populating that make sense for a kind of workload, its own among them. */
import type { Scenario, WorkloadSpec } from '../../scenario.ts'
import type { Catalog } from '../catalog.ts'
import type { ChoiceVariant } from './choices.ts'

/** Strategies by kind, the plainest first; other kinds take `USUAL`. */
const USUAL = ['none', 'map-populate', 'mlock', 'mlock-onfault', 'onfault-populate', 'populate-write']
const BY_KIND: Readonly<Record<string, readonly string[]>> = {
  llm: ['none', 'touch-read', 'map-populate', 'mlock', 'mlock-onfault', 'onfault-populate'],
  'ngram-model': ['none', 'touch-read', 'map-populate', 'mlock', 'mlock-onfault', 'onfault-populate'],
  'file-reader': ['none', 'touch-read', 'populate-read', 'mlock', 'mlock-onfault', 'onfault-populate'],
  database: ['none', 'prealloc', 'populate-write', 'mlock', 'mlock-onfault', 'thp-madvise'],
  cache: ['none', 'populate-write', 'mlock', 'mlock-onfault', 'onfault-populate', 'thp-madvise'],
  jvm: ['none', 'touch-write', 'mlockall', 'mlock', 'mlock-onfault', 'thp-madvise'],
  rdma: ['none', 'populate-write', 'mlock', 'mlock-onfault', 'pin', 'pin-mlock'],
  secrets: ['none', 'map-locked', 'mlock', 'mlock-onfault', 'onfault-populate', 'mlockall'],
  'two-threads': ['none', 'map-populate', 'map-locked', 'mlock', 'mlock-onfault', 'populate-write'],
}

const MiB2 = 2 ** 21

export function strategyVariants(
  scenario: Scenario,
  spec: WorkloadSpec,
  at: number,
  { strategies }: Catalog,
): ChoiceVariant[] {
  const in_ = `workloads[${at}]`
  if (spec.kind === 'qemu-guest') return guestVariants(scenario, spec, in_)
  if (spec.kind === 'sparse-guest')
    return ['read', 'write', 'read-write', 'populate-read', 'populate-write', 'fallocate-populate-write'].map(
      method => ({ name: method, set: { [`${in_}.params.method`]: method } }),
    )
  const usual = BY_KIND[spec.kind] ?? USUAL
  const ids = usual.includes(spec.strategy) ? usual : [spec.strategy, ...usual.slice(0, 5)]
  return ids.map(id => {
    const title = strategies.find(strategy => strategy.id === id)?.title ?? id
    // Parameters of another strategy mean nothing to this one.
    const drop = id === spec.strategy ? {} : { [`${in_}.strategyParams`]: {} }
    return { name: title, set: { [`${in_}.strategy`]: id, ...drop } }
  })
}

/** A guest's memory is locked and preallocated by options of QEMU; huge pages of the pool need a pool. */
function guestVariants(scenario: Scenario, spec: WorkloadSpec, in_: string): ChoiceVariant[] {
  const set = (name: string, memLock: string, prealloc: boolean): ChoiceVariant => ({
    name,
    set: {
      [`${in_}.params.memLock`]: memLock,
      [`${in_}.params.prealloc`]: prealloc,
      ...(isPool ? { [`${in_}.params.backing`]: 'anon' } : {}),
    },
  })
  const isPool = String(spec.params['backing'] ?? '').startsWith('hugetlb')
  const { ram = 4 * 2 ** 30 } = spec.params
  const pages = Math.ceil((Number(ram) * spec.count) / MiB2)
  const pool = Math.max(pages, scenario.machine.hugetlb['2M'])
  return [
    set('as it comes', 'off', false),
    set('prealloc', 'off', true),
    set('mem-lock=on', 'on', false),
    set('prealloc and mem-lock=on', 'on', true),
    set('mem-lock=on-fault', 'on-fault', false),
    {
      name: '2 MiB pages',
      set: {
        'machine.hugetlb.2M': pool,
        [`${in_}.params.backing`]: 'hugetlb-2M',
        [`${in_}.params.prealloc`]: true,
        [`${in_}.params.memLock`]: 'off',
      },
    },
  ]
}
