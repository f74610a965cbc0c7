/** The figures of a workload and of the host that screens, tables and reports show, with the names people read. */
import type { HostSummary, WorkloadSummary } from '../engine/sim/result.ts'
import { bytes, duration, figure, share } from './format.ts'

export type FigureUnit = 'bytes' | 's' | 'count' | 'share'

export interface SummaryFigure<T> {
  /** Under this name the run explains it: `<workload>.<explains>`. */
  readonly explains: string
  readonly id: string
  readonly title: string
  readonly help: string
  readonly unit: FigureUnit
  /** Null where there is none: it never was ready. Seconds, bytes, counts or shares of 1. */
  readonly of: (summary: T) => number | null
  /** Which is better; absent where neither is. */
  readonly better?: 'less' | 'more'
  readonly group: 'Start' | 'After ready' | 'Memory' | 'Trouble'
}

type Figure = SummaryFigure<WorkloadSummary>
const NS = 1e-9
const less = { better: 'less' as const }

/** In the order in which one asks: how long, at what price, how much memory, what went wrong. */
export const WORKLOAD_FIGURES: readonly Figure[] = [
  {
    ...{ id: 'timeUntilReadyS', title: 'Ready after', unit: 's', group: 'Start', ...less },
    explains: 'timeUntilReadyS',
    help: 'From its start until the first instance has done its set-up.',
    of: ({ timeUntilReadyS }) => timeUntilReadyS,
  },
  {
    ...{ id: 'lastReadyS', title: 'Slowest ready after', unit: 's', group: 'Start', ...less },
    explains: 'lastReadyS',
    help: 'The longest set-up of an instance.',
    of: ({ lastReadyS }) => lastReadyS,
  },
  {
    ...{ id: 'populateS', title: 'Populate time', unit: 's', group: 'Start', ...less },
    explains: 'populateS',
    help: 'Time that set-up works to bring memory in, all instances together.',
    of: ({ populateS }) => populateS,
  },
  {
    ...{ id: 'longestWriteHoldNs', title: 'Longest write-hold', unit: 's', group: 'Start', ...less },
    explains: 'longestWriteHoldNs',
    help: 'The longest time that one thread held the mmap lock for writing.',
    of: ({ longestWriteHoldNs }) => longestWriteHoldNs * NS,
  },
  {
    ...{ id: 'longestStallNs', title: 'Longest stall', unit: 's', group: 'Start', ...less },
    explains: 'longestStallNs',
    help: 'The longest time that another thread waited for the mmap lock.',
    of: ({ longestStallNs }) => longestStallNs * NS,
  },
  {
    ...{ id: 'faultsAfterReady', title: 'Faults', unit: 'count', group: 'After ready', ...less },
    explains: 'faultsAfterReady',
    help: 'Page faults since each instance was ready.',
    of: ({ faultsAfterReady }) => faultsAfterReady,
  },
  {
    ...{ id: 'majorFaultsAfterReady', title: 'Major faults', unit: 'count', group: 'After ready', ...less },
    explains: 'majorFaultsAfterReady',
    help: 'Faults that had to read from a file or from swap.',
    of: ({ majorFaultsAfterReady }) => majorFaultsAfterReady,
  },
  {
    ...{ id: 'faultTimeAfterReadyS', title: 'Fault time', unit: 's', group: 'After ready', ...less },
    explains: 'faultTimeAfterReadyS',
    help: 'What those faults cost, all threads together.',
    of: ({ faultTimeAfterReadyS }) => faultTimeAfterReadyS,
  },
  {
    ...{ id: 'medianNs', title: 'Access, median', unit: 's', group: 'After ready', ...less },
    explains: 'access',
    help: 'What one access to memory takes; half of them take no longer.',
    of: ({ access }) => access.medianNs * NS,
  },
  {
    ...{ id: 'p99Ns', title: 'Access, p99', unit: 's', group: 'After ready', ...less },
    explains: 'access',
    help: 'One access in a hundred takes longer.',
    of: ({ access }) => access.p99Ns * NS,
  },
  {
    ...{ id: 'p999Ns', title: 'Access, p99.9', unit: 's', group: 'After ready', ...less },
    explains: 'access',
    help: 'One access in a thousand takes longer.',
    of: ({ access }) => access.p999Ns * NS,
  },
  {
    ...{ id: 'progressShare', title: 'Accesses made', unit: 'share', group: 'After ready', better: 'more' },
    explains: 'progressShare',
    help: 'Of those that it wanted to make; faults keep threads from the rest.',
    of: ({ progressShare }) => progressShare,
  },
  {
    ...{ id: 'peakVmLckBytes', title: 'Peak VmLck', unit: 'bytes', group: 'Memory' },
    explains: 'peakVmLckBytes',
    help: 'Locked address space, resident or not, all instances together: what counts against RLIMIT_MEMLOCK.',
    of: ({ peakVmLckBytes }) => peakVmLckBytes,
  },
  {
    ...{ id: 'peakLockedResidentBytes', title: 'Locked, resident', unit: 'bytes', group: 'Memory' },
    explains: 'peakLockedResidentBytes',
    help: 'Pages in locked areas that are really there, at their most.',
    of: ({ peakLockedResidentBytes }) => peakLockedResidentBytes,
  },
  {
    ...{ id: 'lockedShare', title: 'Resident of locked', unit: 'share', group: 'Memory' },
    explains: 'peakLockedResidentBytes',
    help: 'Locked and resident against locked address space, each at its most.',
    of: ({ peakLockedResidentBytes, peakVmLckBytes }) =>
      peakVmLckBytes === 0 ? null : peakLockedResidentBytes / peakVmLckBytes,
  },
  {
    ...{ id: 'peakRssBytes', title: 'Peak resident', unit: 'bytes', group: 'Memory' },
    explains: 'peakRssBytes',
    help: 'Mapped pages of all instances, at their most.',
    of: ({ peakRssBytes }) => peakRssBytes,
  },
  {
    ...{ id: 'swapInBytes', title: 'Swapped in', unit: 'bytes', group: 'Trouble', ...less },
    explains: 'swapInBytes',
    help: 'Read back from swap.',
    of: ({ swapInBytes }) => swapInBytes,
  },
  {
    ...{ id: 'swapOutBytes', title: 'Swapped out', unit: 'bytes', group: 'Trouble', ...less },
    explains: 'swapOutBytes',
    help: 'Written to swap.',
    of: ({ swapOutBytes }) => swapOutBytes,
  },
  {
    ...{ id: 'failed', title: 'Refused', unit: 'count', group: 'Trouble', ...less },
    explains: 'failed',
    help: 'Instances that a refusal of the kernel ended.',
    of: ({ failed }) => failed,
  },
  {
    ...{ id: 'killed', title: 'Killed', unit: 'count', group: 'Trouble', ...less },
    explains: 'killed',
    help: 'Instances that the OOM killer ended.',
    of: ({ killed }) => killed,
  },
]

export const FIGURE_GROUPS = ['Start', 'After ready', 'Memory', 'Trouble'] as const

/** A figure in its unit; a dash where there is none. */
export function shownFigure(unit: FigureUnit, value: number | null): string {
  if (value === null) return '–'
  if (unit === 'bytes') return value === 0 ? '0' : bytes(value)
  if (unit === 's') return value === 0 ? '0' : duration(value)
  return unit === 'share' ? share(value) : figure(Math.round(value))
}

/** Fields of the host's summary, as people read them. */
export const HOST_TITLES: Readonly<Record<keyof HostSummary, string>> = {
  memTotalBytes: 'MemTotal',
  minFreeBytes: 'Lowest MemFree',
  peakUsedBytes: 'Most in use',
  peakMlockedBytes: 'Most Mlocked',
  peakUnevictableBytes: 'Most Unevictable',
  peakSwapUsedBytes: 'Most swap in use',
  swapInBytes: 'Swapped in',
  swapOutBytes: 'Swapped out',
  directReclaimStallS: 'Stalled in direct reclaim',
  kswapdRunS: 'kswapd ran for',
  scannedLockedBytes: 'Locked memory scanned in vain',
  foliosSplit: 'Large folios split',
  heldByPinsBytes: 'Held by pins',
  peakCommittedBytes: 'Most Committed_AS',
  commitLimitBytes: 'CommitLimit',
  hugetlbStrandedBytes: 'Stranded in hugetlb pools',
  safeLockedBudgetBytes: 'Safe budget of locked memory',
  peakHeldBytes: 'Most held: locked or pinned',
}

/** What a figure of a run is called: `host.minFreeBytes`, `guest.populateS`, `host/MemFree`. */
export function figureTitle(id: string): string {
  const [, scope = '', curve] = /^(.*)\/([^/]+)$/s.exec(id) ?? []
  if (curve !== undefined) return `${curve} of ${scope}`
  const at = id.lastIndexOf('.')
  const [of, field] = [id.slice(0, at), id.slice(at + 1)]
  if (of === 'host') return (HOST_TITLES as Readonly<Record<string, string>>)[field] ?? field
  const title = WORKLOAD_FIGURES.find(({ explains }) => explains === field)?.title ?? field
  return `${title}: ${of}`
}
