/** Why the figures of a run are what they are: formula, inputs with their source, rule, how far to trust it. */
import type { Explanation, RunResult } from './result.ts'
import type { Run } from './run.ts'

type Input = Explanation['inputs'][number]

const bytes = (name: string, value: number, source: string): Input => ({ name, value, unit: 'bytes', source })

export function explanationsOf(run: Run, result: Omit<RunResult, 'explanations'>): Explanation[] {
  const page = 4096
  const { memory, use } = run.host
  const { machine } = run.scenario
  return [
    {
      figure: 'host.MemTotal',
      formula: 'installed RAM x (1 - 1/64 - 0.2 %) - 64 MiB',
      inputs: [bytes('installed RAM', machine.ramBytes, 'machine profile')],
      rule: 'managedPagesOf(): struct pages of 64 B for each 4 KiB, kernel image and tables',
      trust: 'estimated',
    },
    {
      figure: 'host.watermarks',
      formula:
        'low = min + max(min / 4, managed x watermark_scale_factor / 10000); high = min + twice that; summed over zones',
      inputs: [
        bytes('min', memory.marks.minPages * page, `min_free_kbytes ${memory.minFreeKib}`),
        bytes('low', memory.marks.lowPages * page, 'computed'),
        bytes('high', memory.marks.highPages * page, 'computed'),
      ],
      rule: '__setup_per_zone_wmarks(), mm/page_alloc.c',
      trust: 'exact',
    },
    {
      figure: 'host.CommitLimit',
      formula: '(MemTotal - hugetlb) x overcommit_ratio / 100 + SwapTotal',
      inputs: [
        bytes('MemTotal', memory.totalPages * page, 'computed'),
        bytes('hugetlb', memory.poolPages * page, 'machine profile'),
        {
          name: 'overcommit_ratio',
          value: machine.overcommit.ratioPercent,
          unit: '%',
          source: 'machine profile',
        },
      ],
      rule: 'vm_commit_limit(), mm/util.c',
      trust: 'exact',
    },
    {
      figure: 'host.safeLockedBudget',
      formula: 'MemTotal - hugetlb pools - host reserve - high watermarks - page tables - page cache floor',
      inputs: [
        bytes('MemTotal', memory.totalPages * page, 'computed'),
        bytes('hugetlb pools', memory.poolPages * page, 'machine profile'),
        bytes('host reserve', memory.reservePages * page, 'machine profile'),
        bytes('high watermarks', memory.marks.highPages * page, 'computed'),
        bytes('page tables', use.pageTables * page, 'model, at the end of the run'),
      ],
      rule: 'planner rule; the kernel has none',
      trust: 'estimated',
    },
    ...result.workloads.flatMap(workload => ofWorkload(run, workload)),
  ]
}

function ofWorkload(run: Run, summary: RunResult['workloads'][number]): Explanation[] {
  const group = run.groups.find(g => g.spec.name === summary.workload)
  if (group === undefined) return []
  const one = group.counters
  const costs = run.costs
  return [
    {
      figure: `${summary.workload}.VmLck`,
      formula: 'address space of locked areas of one task x tasks alive; whole areas count, resident or not',
      inputs: [
        bytes(
          'locked address space of one task',
          one.lockedVm * 4096,
          'kernel model, page by page equal to the kernel',
        ),
        { name: 'tasks', value: group.instances, unit: 'count', source: 'plan' },
      ],
      rule: 'mm->locked_vm, mlock_fixup(), mm/mlock.c',
      trust: 'exact',
    },
    {
      figure: `${summary.workload}.timeUntilReady`,
      formula:
        'sum over the operations of work x unit cost, plus waits for locks, processors, memory bandwidth and disk',
      inputs: [
        { name: 'cost table', value: costs.id, unit: '', source: costs.source },
        {
          name: 'error of the table, 95th percentile',
          value: costs.residuals.looP95Error * 100,
          unit: '%',
          source: 'rows left out of the fit and predicted',
        },
      ],
      rule: 'docs/costs.md',
      trust: 'estimated',
    },
    {
      figure: `${summary.workload}.access`,
      formula:
        'mixture of plain accesses (100 ns, assumed), minor and major faults by their shares after ready',
      inputs: [
        { name: 'faults', value: summary.faultsAfterReady, unit: 'count', source: 'populations' },
        { name: 'major', value: summary.majorFaultsAfterReady, unit: 'count', source: 'populations' },
      ],
      rule: 'random access: n(1 - (1 - 1/n)^k) distinct pages; eviction age of the LRU lists',
      trust: 'estimated',
    },
  ]
}
