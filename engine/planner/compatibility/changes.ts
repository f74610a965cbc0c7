/** The edits of a plan that would mend a finding, where one field or two do it. Others are for the world outside. */
import { formatBytesExactly } from '../../quantity.ts'
import type { Scenario } from '../../scenario.ts'
import { roundedLimit } from '../limit-fixes.ts'

/** One way of mending it: fields of the plan as its file has them, each with its new value. */
export interface PlanChange {
  readonly label: string
  readonly set: readonly {
    readonly path: readonly (string | number)[]
    readonly value: string | number | boolean | readonly string[] | Readonly<Record<string, unknown>>
  }[]
}

interface Found {
  readonly id: string
  readonly workload: string | null
  readonly numbers: Readonly<Record<string, number>>
}

type Change = (at: number, found: Found, scenario: Scenario) => readonly PlanChange[]

const change = (label: string, ...set: PlanChange['set']): PlanChange => ({ label, set })
const workload = (at: number, ...path: string[]): (string | number)[] => ['workloads', at, ...path]

const strategy =
  (id: string, label: string): Change =>
  at => [change(label, { path: workload(at, 'strategy'), value: id })]

const kernel = (name: string): PlanChange =>
  change(`Plan on Linux ${name}`, { path: ['kernel'], value: name })

/** From the number by which a finding names what is needed. */
const limit =
  (needed: string): Change =>
  (at, { numbers }) => {
    const bytes = roundedLimit(numbers[needed] ?? 0)
    const text = formatBytesExactly(bytes)
    return [change(`Set the limit to ${text}`, { path: workload(at, 'limits', 'memlock'), value: text })]
  }

const unlocked: Change = (at, _found, { workloads }) =>
  workloads[at]?.strategy === 'mlockall'
    ? strategy('none', 'Lock nothing')(at, _found, { workloads } as Scenario)
    : [change('Set mem-lock=off', { path: workload(at, 'params', 'memLock'), value: 'off' })]

const CHANGES: Readonly<Record<string, Change>> = {
  'lock-beyond-limit': limit('lockedBytes'),
  'qemu-lock-beyond-limit': limit('neededBytes'),
  'pins-beyond-limit': limit('pinnedBytes'),
  'virtio-mem-with-lock': unlocked,
  'lock-of-hugetlb': unlocked,
  'balloon-with-pins': at => [
    change('Take the balloon out', { path: workload(at, 'params', 'balloon'), value: 0 }),
  ],
  'lock-populates-in-one-thread': at => [
    change('Preallocate in threads', { path: workload(at, 'params', 'prealloc'), value: true }),
  ],
  'locked-beyond-memory-max': (at, { numbers }) => {
    const text = formatBytesExactly(roundedLimit((numbers['lockedBytes'] ?? 0) * 1.05))
    return [change(`Set memory.max to ${text}`, { path: workload(at, 'memcg', 'max'), value: text })]
  },
  'on-fault-before-4.4': () => [kernel('4.4')],
  'populate-before-5.14': (at, found, scenario) => [
    kernel('5.14'),
    ...strategy('touch-write', 'Touch each page instead')(at, found, scenario),
  ],
  'swappiness-zero': () => [
    change('Plan without swap', { path: ['machine', 'swap'], value: [] }),
    change('Set vm.swappiness to 1', { path: ['machine', 'swappiness'], value: 1 }),
  ],
  'silent-population': (at, found, scenario) =>
    scenario.workloads[at]?.strategy === 'map-locked'
      ? strategy('mlock', 'Lock with mlock')(at, found, scenario)
      : strategy('populate-write', 'Populate with MADV_POPULATE_WRITE')(at, found, scenario),
  'populate-read-of-anonymous': strategy('populate-write', 'Populate with MADV_POPULATE_WRITE'),
  'fallocate-still-faults': strategy('fallocate-populate-write', 'Populate after fallocate'),
  'pinned-beside-locked': (_at, _found, { kernel: { name, plus, minus } }) =>
    plus.includes('vm-pinned')
      ? []
      : [
          change('See it on a kernel with VM_PINNED', {
            path: ['kernel'],
            value: { name, plus: [...plus, 'vm-pinned'], minus },
          }),
        ],
}

/** Ways of mending a finding by an edit of the plan; none where the plan has no field for it. */
export function changesFor(found: Found, scenario: Scenario): readonly PlanChange[] {
  const make = CHANGES[found.id]
  if (make === undefined) return []
  if (found.workload !== null) {
    const at = scenario.workloads.findIndex(({ name }) => name === found.workload)
    return at < 0 ? [] : make(at, found, scenario)
  }
  // Found alike in several workloads: one edit for all of them, where it is about a workload at all.
  const all = scenario.workloads.flatMap((_, at) => make(at, found, scenario))
  const [first] = all
  if (first === undefined || first.set.every(({ path }) => path[0] !== 'workloads'))
    return first === undefined ? [] : make(0, found, scenario)
  return []
}
