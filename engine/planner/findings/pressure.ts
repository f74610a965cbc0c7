/** Findings about shortage: kills, full swap, stalls. */
import { formatBytes, formatDuration } from '../../quantity.ts'
import type { EventKind, Finding } from '../../sim/result.ts'
import { finding, specNamed, whoText, type FindingRule, type Judged } from './rule.ts'

const eventsOf = (run: Judged, kind: EventKind): Judged['events'] =>
  run.events.filter(event => event.kind === kind)

export const oomVictims: FindingRule = {
  id: 'oom-kill',
  check: (run, scenario) =>
    eventsOf(run, 'oom-kill').map((event): Finding => {
      const spec = specNamed(scenario, event.workload)
      const adjustment = spec?.oomScoreAdj ?? 0
      const summary = run.workloads.find(({ workload }) => workload === event.workload)
      return finding(
        'oom-kill',
        'error',
        event.workload,
        {
          title: `${whoText(event.workload, event.instances)} killed after ${formatDuration(event.atS * 1e9)}`,
          detail: `${event.text} The victim is the process with the most resident, swapped and page table memory, oom_score_adj ${adjustment} in 1/1000 of all memory added. That it is locked protects nobody.`,
          fix: `Lock less or add RAM: ${formatBytes(run.host.peakHeldBytes)} could not be given back. oom_score_adj decides who is killed, not whether.`,
        },
        {
          atS: event.atS,
          oomScoreAdj: adjustment,
          peakRssBytes: summary?.peakRssBytes ?? 0,
          heldBytes: run.host.peakHeldBytes,
        },
      )
    }),
}

export const memcgVictims: FindingRule = {
  id: 'memcg-oom-kill',
  check: (run, scenario) =>
    eventsOf(run, 'memcg-oom-kill').map(event => {
      const max = specNamed(scenario, event.workload)?.memcg.maxBytes ?? 0
      return finding(
        'memcg-oom-kill',
        'error',
        event.workload,
        {
          title: `${whoText(event.workload, event.instances)} killed by its memory cgroup after ${formatDuration(event.atS * 1e9)}`,
          detail: event.text,
          fix: `Raise memory.max of ${formatBytes(max)}, or lock less: locked pages count, and cannot leave.`,
        },
        { atS: event.atS, maxBytes: max },
      )
    }),
}

export const fullSwap: FindingRule = {
  id: 'swap-full',
  check: run =>
    eventsOf(run, 'swap-full')
      .slice(0, 1)
      .map(event =>
        finding(
          'swap-full',
          'warning',
          null,
          {
            title: `swap is full after ${formatDuration(event.atS * 1e9)}`,
            detail: `${event.text} Anonymous memory cannot be reclaimed any more; only page cache is left.`,
            fix: 'Add swap, or RAM, or run less.',
          },
          { atS: event.atS, peakSwapUsedBytes: run.host.peakSwapUsedBytes },
        ),
      ),
}

/** Waits shorter than this pass unnoticed. */
export const STALL_NS = 10_000_000

export const longStalls: FindingRule = {
  id: 'mmap-lock-stall',
  check: run => {
    const longest = new Map<string, Judged['waits'][number]>()
    for (const wait of run.waits) {
      const key = [wait.workload, wait.waitingFor, wait.holding].join('\0')
      if (wait.ns > STALL_NS && wait.ns > (longest.get(key)?.ns ?? 0)) longest.set(key, wait)
    }
    return [...longest.values()].map(wait =>
      finding(
        'mmap-lock-stall',
        'warning',
        wait.workload,
        {
          title: `${wait.workload}: ${wait.waiter} waits ${formatDuration(wait.ns)} for ${wait.holder}`,
          detail: `${wait.waiter} wanted the mmap lock to ${wait.waitingFor} while ${wait.holder} held it for ${wait.holding}.`,
          fix: 'Populate in pieces, lock on fault, or do it before other threads start; from Linux 6.4 faults of other areas do not wait for it.',
        },
        { ns: wait.ns, atS: wait.atS },
      ),
    )
  },
}

/** Direct reclaim of less than this share of the horizon is part of life. */
const RECLAIM_SHARE = 0.001

export const reclaimStalls: FindingRule = {
  id: 'direct-reclaim',
  check: ({ host, horizonS }) => {
    const stall = host.directReclaimStallS
    if (stall <= RECLAIM_SHARE * horizonS) return []
    return [
      finding(
        'direct-reclaim',
        'warning',
        null,
        {
          title: `tasks reclaim memory themselves for ${formatDuration(stall * 1e9)}`,
          detail: `Free memory fell below the low watermark faster than kswapd could raise it; it ran for ${formatDuration(host.kswapdRunS * 1e9)}.`,
          fix: 'Raise vm.watermark_scale_factor or vm.min_free_kbytes, start less at once, or lock less.',
        },
        { stallS: stall, kswapdRunS: host.kswapdRunS },
      ),
    ]
  },
}

/** A workload that makes less than this share of its accesses thrashes. */
const PROGRESS_SHARE = 0.9

export const thrashing: FindingRule = {
  id: 'thrashing',
  check: run =>
    run.workloads.flatMap(workload => {
      if (workload.ready === 0 || workload.progressShare >= PROGRESS_SHARE) return []
      return finding(
        'thrashing',
        'warning',
        workload.workload,
        {
          title: `${whoText(workload.workload, workload.instances)} makes ${Math.round(workload.progressShare * 100)} % of its accesses`,
          detail: `Major faults take its time: ${Math.round(workload.majorFaultsAfterReady).toLocaleString('en-US')} after it was ready.`,
          fix: 'Lock its hot part, add RAM, or a faster swap device.',
        },
        { progressShare: workload.progressShare, majorFaults: workload.majorFaultsAfterReady },
      )
    }),
}
