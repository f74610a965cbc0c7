/** Findings about memory that cannot be given back: locked, pinned, reserved. */
import { formatBytes } from '../../quantity.ts'
import { finding, specNamed, whoText, type FindingRule } from './rule.ts'

const percent = (share: number): string => `${Math.round(share * 100)} %`

/** Below this share of absent memory a lock is as good as full. */
const ABSENT_SHARE = 0.05

/** VmLck counts the whole range, also what nobody has touched yet. */
export const lockedAbsent: FindingRule = {
  id: 'locked-absent',
  check: run =>
    run.workloads.flatMap(workload => {
      const { finalVmLckBytes: counted, finalLockedResidentBytes: resident } = workload
      const absent = counted - resident
      if (counted === 0 || absent < ABSENT_SHARE * counted) return []
      return finding(
        'locked-absent',
        'note',
        workload.workload,
        {
          title: `${whoText(workload.workload, workload.instances)}: ${formatBytes(counted)} count as locked, ${formatBytes(resident)} are there`,
          detail: `VmLck is the size of the locked range. ${formatBytes(absent)} (${percent(absent / counted)}) of it are not resident: they count against the limit, hold no memory, and their first touch is a fault that may still fail for want of memory.`,
          fix: 'If all of it has to be there, populate it: MADV_POPULATE_WRITE inside the range populates and locks.',
        },
        { lockedBytes: counted, residentBytes: resident, absentBytes: absent },
      )
    }),
}

export const strandedPool: FindingRule = {
  id: 'hugetlb-stranded',
  check: ({ host }) => {
    if (host.hugetlbStrandedBytes <= 0) return []
    return [
      finding(
        'hugetlb-stranded',
        'warning',
        null,
        {
          title: `${formatBytes(host.hugetlbStrandedBytes)} of the huge page pools are never used`,
          detail:
            'Pages of a pool serve huge page mappings only; nothing else can have them, shortage or not.',
          fix: `Make the pools smaller by ${formatBytes(host.hugetlbStrandedBytes)}: vm.nr_hugepages, or hugepages= on the kernel command line.`,
        },
        { strandedBytes: host.hugetlbStrandedBytes },
      ),
    ]
  },
}

/** Shares of the budget from which on it is told. */
export const BUDGET_WARN_SHARE = 0.8

export const lockedBudget: FindingRule = {
  id: 'locked-budget',
  check: ({ host }) => {
    const { peakHeldBytes: held, safeLockedBudgetBytes: budget } = host
    const share = held / Math.max(1, budget)
    if (held === 0 || share <= BUDGET_WARN_SHARE) return []
    const over = share > 1
    return [
      finding(
        'locked-budget',
        over ? 'error' : 'warning',
        null,
        {
          title: `${formatBytes(held)} cannot be given back: ${percent(share)} of the ${formatBytes(budget)} that are safe`,
          detail:
            'The budget is MemTotal without huge page pools, host reserve, high watermarks, page tables and a floor of page cache. Beyond it, reclaim has nothing left to take but what the host itself needs.',
          fix: over
            ? `Lock ${formatBytes(held - budget)} less, or add as much RAM.`
            : 'Leave room for what is not planned, or add RAM.',
        },
        { heldBytes: held, budgetBytes: budget, share },
      ),
    ]
  },
}

/** Locked and pinned memory may each reach the limit on their own. */
export const lockedAndPinned: FindingRule = {
  id: 'locked-and-pinned',
  check: (run, scenario) =>
    run.workloads.flatMap(workload => {
      const { finalVmLckBytes: locked, finalPinnedBytes: pinned, workload: name } = workload
      const limit = specNamed(scenario, name)?.limits.memlockBytes ?? 'unlimited'
      const perTask = (locked + pinned) / Math.max(1, workload.instances)
      if (locked === 0 || pinned === 0 || limit === 'unlimited' || perTask <= limit) return []
      return finding(
        'locked-and-pinned',
        'warning',
        name,
        {
          title: `${name} holds ${formatBytes(perTask)} under a limit of ${formatBytes(limit)}`,
          detail:
            'Locked and pinned pages are counted apart, each against the same limit on its own, so that a process may hold twice its limit.',
          fix: 'Halve the limit, or count on twice as much; with the VM_PINNED change both share one limit.',
        },
        { perTaskBytes: perTask, limitBytes: limit },
      )
    }),
}

export const swapForLocked: FindingRule = {
  id: 'swap-without-effect',
  check: (run, scenario) => {
    const swapBytes = scenario.machine.swap.reduce((sum, area) => sum + area.sizeBytes, 0)
    const { peakMlockedBytes: locked, memTotalBytes: total, peakUsedBytes: used } = run.host
    if (swapBytes === 0 || locked < used / 2 || locked < total / 4) return []
    return [
      finding(
        'swap-without-effect',
        'note',
        null,
        {
          title: `${formatBytes(swapBytes)} of swap do nothing for ${formatBytes(locked)} of locked memory`,
          detail:
            'Locked pages are never written to swap. It serves the rest alone, which is the smaller part here.',
          fix: 'Plan RAM for everything that is locked; size swap by the memory that is not.',
        },
        { swapBytes, lockedBytes: locked },
      ),
    ]
  },
}

/** zram and zswap hold what they compress in RAM. */
export const compressedSwap: FindingRule = {
  id: 'compressed-swap-under-lock',
  check: (run, scenario) => {
    const compressed =
      scenario.machine.zswap.enabled || scenario.machine.swap.some(({ device }) => device.startsWith('zram'))
    const { peakMlockedBytes: locked, memTotalBytes: total, peakSwapUsedBytes: swapped } = run.host
    if (!compressed || swapped === 0 || locked < total / 2) return []
    return [
      finding(
        'compressed-swap-under-lock',
        'note',
        null,
        {
          title: 'compressed swap takes its room from what is not locked',
          detail: `${formatBytes(locked)} of ${formatBytes(total)} are locked. zram and zswap keep compressed pages in RAM, so they gain only on the rest, and least when it is small.`,
          fix: 'Swap to a device, or lock less.',
        },
        { lockedBytes: locked, totalBytes: total, swappedBytes: swapped },
      ),
    ]
  },
}

export const memcgBelowLocked: FindingRule = {
  id: 'memcg-below-locked',
  check: (run, scenario) =>
    run.workloads.flatMap(workload => {
      const max = specNamed(scenario, workload.workload)?.memcg.maxBytes ?? null
      const locked = workload.peakVmLckPerTaskBytes
      if (max === null || locked <= max) return []
      return finding(
        'memcg-below-locked',
        'error',
        workload.workload,
        {
          title: `${workload.workload} locks ${formatBytes(locked)} in a group of ${formatBytes(max)}`,
          detail:
            'memory.max includes locked pages. What is locked cannot be reclaimed, so the group ends in its own OOM kill, whatever RLIMIT_MEMLOCK allows.',
          fix: `Raise memory.max (systemd MemoryMax=) above ${formatBytes(locked)} and what else the process needs.`,
        },
        { lockedBytes: locked, maxBytes: max },
      )
    }),
}
