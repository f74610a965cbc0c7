/**
 * How each figure of a result comes about: its formula in words, what goes in, the rule behind it, how far to trust it.
 * A list: screens, reports and `--json` read the same entries.
 */
import type { Trust } from './result.ts'

/** An input of a figure; its value is looked up in the run. */
export type InputId =
  | 'ramBytes'
  | 'memTotal'
  | 'pools'
  | 'reserve'
  | 'high'
  | 'swap'
  | 'swappiness'
  | 'overcommitRatio'
  | 'costs'
  | 'costsError'
  | 'lockedPerTask'
  | 'tasks'
  | 'faults'
  | 'majorFaults'
  | 'plainAccess'

export interface FigureKind {
  readonly formula: string
  readonly inputs: readonly InputId[]
  readonly rule: string
  readonly trust: Trust
}

const kind = (trust: Trust, formula: string, rule: string, inputs: readonly InputId[] = []): FigureKind => ({
  formula,
  inputs,
  rule,
  trust,
})

const POPULATIONS = 'populations: expected counts by lock and popularity (docs/host.md)'
const CLOCK = 'the clock: work x unit cost, waits for locks, processors, bandwidth, disk (docs/costs.md)'
const RECLAIM = 'two lists per kind of memory, second chance, refaults (mm/vmscan.c, mm/workingset.c)'
const EXEMPLAR = 'the model of the kernel, field by field equal to recorded kernels (docs/model.md)'

/** Fields of `RunResult.host`. */
export const HOST_FIGURES: Readonly<Record<string, FigureKind>> = {
  memTotalBytes: kind(
    'estimated',
    'installed RAM x (1 - 1/64 - 0.2 %) - 64 MiB',
    'struct pages of 64 B for each 4 KiB, kernel image and tables',
    ['ramBytes'],
  ),
  minFreeBytes: kind('expected', 'lowest MemFree of the run', POPULATIONS, ['memTotal', 'high']),
  peakUsedBytes: kind('expected', 'MemTotal - lowest MemFree', POPULATIONS, ['memTotal']),
  peakMlockedBytes: kind(
    'expected',
    'highest sum of marked pages in locked areas',
    'mlock_folio(), mm/mlock.c',
  ),
  peakUnevictableBytes: kind(
    'expected',
    'highest sum of pages on the unevictable list',
    'mlock_folio(), mm/mlock.c',
  ),
  peakSwapUsedBytes: kind('estimated', 'highest number of slots that hold a page', RECLAIM, [
    'swap',
    'swappiness',
  ]),
  swapInBytes: kind('estimated', 'pages read back from swap, read-ahead included', RECLAIM, ['swap']),
  swapOutBytes: kind('estimated', 'pages written to swap', RECLAIM, ['swap', 'swappiness']),
  directReclaimStallS: kind(
    'estimated',
    'time x the share of wanted memory that had to wait for reclaim',
    '__alloc_pages_direct_reclaim(), mm/page_alloc.c, as a rate',
    ['high'],
  ),
  kswapdRunS: kind(
    'estimated',
    'pages written out x cost of writing one + locked pages scanned in vain x cost of a look',
    'balance_pgdat(), mm/vmscan.c; unit costs',
    ['costs'],
  ),
  scannedLockedBytes: kind(
    'estimated',
    'passes over the lists x locked memory without a mark on them; 90 % of it taken to be in use',
    'folio_referenced_one(), mm/rmap.c',
  ),
  foliosSplit: kind(
    'estimated',
    'large folios that straddle a lock, or cannot be marked, met by reclaim',
    'split_folio()',
  ),
  heldByPinsBytes: kind(
    'estimated',
    'unlocked part of straddling folios that are pinned',
    'folio_maybe_dma_pinned()',
  ),
  peakCommittedBytes: kind(
    'exact',
    'highest sum of accounted address space',
    'vm_enough_memory(), mm/util.c',
  ),
  commitLimitBytes: kind(
    'exact',
    '(MemTotal - hugetlb) x overcommit_ratio / 100 + SwapTotal',
    'vm_commit_limit(), mm/util.c',
    ['memTotal', 'pools', 'overcommitRatio', 'swap'],
  ),
  hugetlbStrandedBytes: kind(
    'exact',
    'least number of pages of the pools that nobody has, x size',
    EXEMPLAR,
    ['pools'],
  ),
  safeLockedBudgetBytes: kind(
    'estimated',
    'MemTotal - hugetlb pools - host reserve - high watermarks - page tables - page cache floor',
    'planner rule; the kernel has none',
    ['memTotal', 'pools', 'reserve', 'high'],
  ),
  peakHeldBytes: kind('expected', 'highest sum of resident memory that is locked or pinned', POPULATIONS),
}

/** Fields of each of `RunResult.workloads`. */
export const WORKLOAD_FIGURES: Readonly<Record<string, FigureKind>> = {
  instances: kind('exact', 'count of the plan', 'plan'),
  ready: kind('exact', 'tasks that reached the end of their set-up', CLOCK),
  failed: kind('exact', 'tasks that a refusal ended', EXEMPLAR),
  killed: kind('estimated', 'tasks that the OOM killer ended', 'oom_badness(), mm/oom_kill.c'),
  timeUntilReadyS: kind('estimated', 'end of set-up - start, of the first instance', CLOCK, [
    'costs',
    'costsError',
  ]),
  lastReadyS: kind('estimated', 'longest set-up of an instance', CLOCK, ['costs', 'costsError']),
  populateS: kind('estimated', 'time that set-up works, of all instances', CLOCK, ['costs', 'costsError']),
  longestWriteHoldNs: kind(
    'estimated',
    'longest time that one thread held the mmap lock for writing',
    CLOCK,
    ['costs'],
  ),
  longestStallNs: kind('estimated', 'longest time that one thread waited for the mmap lock', CLOCK, [
    'costs',
  ]),
  faultsAfterReady: kind('expected', 'minor and major faults since each instance was ready', POPULATIONS),
  majorFaultsAfterReady: kind('estimated', 'faults that had to read, since each instance was ready', RECLAIM),
  faultTimeAfterReadyS: kind(
    'estimated',
    'faults x what one costs on such a mapping + the device for major ones',
    'one fault priced on the model (fault-costs.ts)',
    ['costs', 'faults', 'majorFaults'],
  ),
  access: kind(
    'estimated',
    'mixture of plain accesses, minor and major faults by their shares since ready',
    POPULATIONS,
    ['plainAccess', 'faults', 'majorFaults'],
  ),
  progressShare: kind(
    'estimated',
    'accesses made / accesses wanted; faults keep threads from the rest',
    POPULATIONS,
  ),
  peakVmLckBytes: kind('exact', 'highest VmLck of one task x tasks alive', 'mm->locked_vm, mlock_fixup()', [
    'lockedPerTask',
    'tasks',
  ]),
  peakRssBytes: kind('expected', 'highest sum of mapped pages', POPULATIONS),
  peakLockedResidentBytes: kind('expected', 'highest sum of pages in locked areas', POPULATIONS),
  finalVmLckBytes: kind(
    'exact',
    'VmLck of one task x tasks alive; whole areas count, resident or not',
    'mm->locked_vm',
    ['lockedPerTask', 'tasks'],
  ),
  finalRssBytes: kind('expected', 'mapped pages at the end', POPULATIONS),
  finalLockedResidentBytes: kind('expected', 'pages in locked areas at the end', POPULATIONS),
  finalSwapBytes: kind('estimated', 'pages in swap at the end', RECLAIM, ['swap', 'swappiness']),
  finalPinnedBytes: kind('exact', 'VmPin of one task x tasks alive', 'mm->pinned_vm', ['tasks']),
  swapInBytes: kind('estimated', 'pages read back from swap', RECLAIM, ['swap']),
  swapOutBytes: kind('estimated', 'pages written to swap', RECLAIM, ['swap']),
  peakVmLckPerTaskBytes: kind('exact', 'VmLck of one task after its set-up', EXEMPLAR, ['lockedPerTask']),
}

/** Curves, by the name that an operator knows; all of `fault cost: …` are alike. */
export const CURVE_FIGURES: Readonly<Record<string, FigureKind>> = {
  MemFree: kind('expected', 'MemTotal - everything that is taken', POPULATIONS, [
    'memTotal',
    'pools',
    'reserve',
  ]),
  MemAvailable: kind(
    'estimated',
    'MemFree - reserves + the page cache that may go',
    'si_mem_available(), mm/show_mem.c',
    ['high'],
  ),
  Cached: kind('expected', 'pages of files and of shared memory', POPULATIONS),
  AnonPages: kind('expected', 'mapped anonymous pages', POPULATIONS),
  Shmem: kind('expected', 'pages of shared memory', POPULATIONS),
  Mlocked: kind('expected', 'marked pages in locked areas', 'mlock_folio(), mm/mlock.c'),
  Unevictable: kind('expected', 'pages on the unevictable list', 'mlock_folio(), mm/mlock.c'),
  AnonHugePages: kind(
    'estimated',
    'anonymous memory in folios of 2 MiB',
    'free blocks, less a tenth for fragmentation',
  ),
  PageTables: kind('estimated', 'page tables of set-up; those that faults add later are left out', EXEMPLAR),
  HugePages_Free: kind('exact', 'pages of the pools that nobody has', EXEMPLAR, ['pools']),
  SwapFree: kind('estimated', 'SwapTotal - slots that hold a page', RECLAIM, ['swap']),
  Committed_AS: kind('exact', 'accounted address space of all tasks', 'vm_enough_memory(), mm/util.c'),
  Dirty: kind('estimated', 'file pages written and not yet on the disk', 'balance_dirty_pages(), as a rate'),
  pgfault: kind('expected', 'faults a second, set-up included', POPULATIONS),
  pgmajfault: kind('estimated', 'faults a second that have to read', RECLAIM),
  pswpin: kind('estimated', 'pages a second from swap', RECLAIM, ['swap']),
  pswpout: kind('estimated', 'pages a second to swap', RECLAIM, ['swap', 'swappiness']),
  thp_collapse_alloc: kind(
    'estimated',
    'huge pages a second that khugepaged makes',
    'khugepaged at its default pace',
  ),
  'fault cost': kind('estimated', 'work a second x unit cost, by kind of fault', 'docs/costs.md', [
    'costs',
    'costsError',
  ]),
  'mmap_lock held for writing': kind('estimated', 'address spaces whose lock has a writer', CLOCK),
  'mmap_lock held for reading': kind('estimated', 'address spaces whose lock has readers', CLOCK),
  'waiting for mmap_lock': kind('estimated', 'threads that wait for it', CLOCK),
  VmLck: kind('exact', 'VmLck of one task x tasks alive', 'mm->locked_vm, mlock_fixup()', [
    'lockedPerTask',
    'tasks',
  ]),
  VmPin: kind('exact', 'VmPin of one task x tasks alive', 'mm->pinned_vm', ['tasks']),
  VmRSS: kind('expected', 'mapped pages of all tasks', POPULATIONS),
  VmSwap: kind('estimated', 'pages of all tasks in swap', RECLAIM, ['swap', 'swappiness']),
  Locked: kind('expected', 'resident pages in locked areas', POPULATIONS),
  HugetlbPages: kind('exact', 'memory of pools that tasks have mapped', EXEMPLAR, ['pools']),
  instances: kind('exact', 'tasks alive', CLOCK),
}

/** The entry of a curve. */
export function curveFigure(name: string): FigureKind | undefined {
  return CURVE_FIGURES[name.startsWith('fault cost: ') ? 'fault cost' : name]
}
