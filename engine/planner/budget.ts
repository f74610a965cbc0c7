/** Where a host's memory is, over time: parts that add up to MemTotal. */
import type { RunResult } from '../sim/result.ts'
import type { Scenario } from '../scenario.ts'

export const BUDGET_PARTS = [
  'hugetlb pool',
  'locked',
  'pinned',
  'page tables',
  'anonymous',
  'shared memory',
  'page cache',
  'kernel and host',
  'free',
] as const
export type BudgetPart = (typeof BUDGET_PARTS)[number]

export interface Budget {
  readonly timesS: Float64Array
  /** Bytes; their sum is MemTotal at every point. Locked memory is not in the parts that it was taken from. */
  readonly parts: Readonly<Record<BudgetPart, Float64Array>>
  /** Locked address space that is not there: it counts against limits and takes no memory. */
  readonly lockedAbsent: Float64Array
  /** Bytes of the pools that nobody uses. */
  readonly poolFree: Float64Array
  readonly memTotalBytes: number
}

/** The budget of a run from its curves. */
export function budgetOf(result: RunResult, scenario: Scenario): Budget {
  const { timesS, series, host } = result
  const zeros = (): Float64Array => new Float64Array(timesS.length)
  const curve = (scope: string, name: string): Float64Array =>
    series.find(each => each.scope === scope && each.name === name)?.values ?? zeros()
  const all = (name: string): Float64Array => {
    const total = zeros()
    for (const each of series)
      if (each.scope !== 'host' && each.name === name)
        each.values.forEach((value, i) => (total[i] = (total[i] ?? 0) + value))
    return total
  }
  const { hugetlb } = scenario.machine
  const pool = zeros().fill(hugetlb['2M'] * 2 ** 21 + hugetlb['1G'] * 2 ** 30)
  const locked = curve('host', 'Mlocked')
  const anon = curve('host', 'AnonPages')
  const shmem = curve('host', 'Shmem')
  const file = minus(curve('host', 'Cached'), shmem)
  // What is locked was anonymous, shared or cached before; it is taken from each in proportion.
  const share = timesS.map((_, i) => {
    const held = (anon[i] ?? 0) + (shmem[i] ?? 0) + (file[i] ?? 0)
    return held === 0 ? 0 : Math.min(1, (locked[i] ?? 0) / held)
  })
  const unlocked = (values: Float64Array): Float64Array =>
    values.map((value, i) => value * (1 - (share[i] ?? 0)))
  const parts = {
    'hugetlb pool': pool,
    locked,
    pinned: zeros(),
    'page tables': curve('host', 'PageTables'),
    anonymous: unlocked(anon),
    'shared memory': unlocked(shmem),
    'page cache': unlocked(file),
    free: curve('host', 'MemFree'),
  }
  const known = Object.values(parts)
  const rest = timesS.map((_, i) =>
    Math.max(0, host.memTotalBytes - known.reduce((sum, values) => sum + (values[i] ?? 0), 0)),
  )
  return {
    timesS,
    parts: { ...pinnedApart(parts, all('VmPin'), all('VmLck')), 'kernel and host': rest },
    lockedAbsent: minus(all('VmLck'), all('Locked')),
    poolFree: curve('host', 'HugePages_Free'),
    memTotalBytes: host.memTotalBytes,
  }
}

const minus = (a: Float64Array, b: Float64Array): Float64Array =>
  a.map((value, i) => Math.max(0, value - (b[i] ?? 0)))

type Parts = Readonly<Record<Exclude<BudgetPart, 'kernel and host'>, Float64Array>>

/** Pinned memory that is not locked is anonymous as far as /proc/meminfo knows. */
function pinnedApart(parts: Parts, pinned: Float64Array, locked: Float64Array): Parts {
  const only = minus(pinned, locked).map((value, i) => Math.min(value, parts.anonymous[i] ?? 0))
  return { ...parts, pinned: only, anonymous: minus(parts.anonymous, only) }
}
