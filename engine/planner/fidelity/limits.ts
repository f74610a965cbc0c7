/** What the model leaves out or simplifies, and when a plan touches it. docs/host.md and docs/model.md say more. */
import { formatBytes } from '../../quantity.ts'
import type { AreaNeed, Scenario, WorkloadSpec } from '../../scenario.ts'
import type { Judged } from '../findings/rule.ts'

/** A simplification that bears on this run. */
export interface LeftOut {
  readonly id: string
  readonly title: string
  /** Why this plan touches it, with its numbers. */
  readonly because: string
  /** What may come out differently in reality. */
  readonly effect: string
}

/** A workload of the scenario with the areas that one instance maps. */
export interface Mapped {
  readonly spec: WorkloadSpec
  readonly areas: readonly AreaNeed[]
}

export interface Touched {
  readonly run: Judged
  readonly scenario: Scenario
  readonly mapped: readonly Mapped[]
}

export interface LeftOutRule {
  readonly id: string
  readonly title: string
  readonly effect: string
  /** Why it applies; null if it does not. */
  readonly because: (touched: Touched) => string | null
}

const names = (specs: readonly WorkloadSpec[]): string => [...new Set(specs.map(s => s.name))].join(', ')

/** Memory was short at some time: somebody reclaimed, swapped or was killed. */
export function wasShort({ host, events }: Judged): boolean {
  const kinds = new Set(['oom-kill', 'memcg-oom-kill', 'low-memory', 'swap-full'])
  return host.swapOutBytes > 0 || host.directReclaimStallS > 0 || events.some(({ kind }) => kinds.has(kind))
}

const withAreas = (mapped: readonly Mapped[], wanted: (area: AreaNeed) => boolean): WorkloadSpec[] =>
  mapped.filter(({ areas }) => areas.some(wanted)).map(({ spec }) => spec)

const isAtLeast = (kernel: string, major: number, minor: number): boolean => {
  const [a = 0, b = 0] = kernel.split('.').map(Number)
  return a > major || (a === major && b >= minor)
}

/** Strategies that leave pages to the accesses. */
const UNPOPULATED = ['none', 'mlock-onfault', 'thp-madvise']

export const LEFT_OUT: readonly LeftOutRule[] = [
  {
    id: 'numa',
    title: 'NUMA nodes are one pool',
    effect: 'A node that is full while others are not swaps, or refuses huge pages, earlier than predicted.',
    because: ({ scenario: { machine } }) =>
      machine.nodes > 1 ? `The machine has ${machine.nodes} nodes.` : null,
  },
  {
    id: 'mglru',
    title: 'The multi-generation LRU is not modelled',
    effect: 'With lru_gen on, reclaim chooses other pages: VmRSS, VmSwap and major faults differ.',
    because: ({ run, scenario }) =>
      wasShort(run) && (isAtLeast(scenario.kernel.name, 6, 1) || /^[a-z]/.test(scenario.kernel.name))
        ? `Memory was short, and kernel ${scenario.kernel.name} may have it on (/sys/kernel/mm/lru_gen/enabled).`
        : null,
  },
  {
    id: 'protection',
    title: 'memory.min and memory.low are not taken into account',
    effect: 'Protected cgroups keep more, and others lose more, than predicted.',
    because: ({ run, scenario }) => {
      const grouped = scenario.workloads.filter(
        ({ memcg }) => memcg.maxBytes !== null || memcg.highBytes !== null,
      )
      return wasShort(run) && grouped.length > 0
        ? `${names(grouped)} in memory cgroups on a host that reclaimed.`
        : null
    },
  },
  {
    id: 'memory-high',
    title: 'memory.high was not compared with a kernel',
    effect: 'How long tasks above it sleep is the formula of the kernel, without a measurement behind it.',
    because: ({ scenario }) => {
      const high = scenario.workloads.filter(({ memcg }) => memcg.highBytes !== null)
      return high.length > 0 ? `${names(high)} with memory.high.` : null
    },
  },
  {
    id: 'processors',
    title: 'There is no scheduler',
    effect: 'Set-up of many tasks at once may be slower, and unequal, where processors are short.',
    because: ({ scenario: { machine, workloads } }) => {
      const most = Math.max(0, ...workloads.map(({ count, staggerS }) => (staggerS === 0 ? count : 1)))
      return most > machine.cpus ? `${most} instances start together on ${machine.cpus} processors.` : null
    },
  },
  {
    id: 'in-step',
    title: 'Instances that start together go in step',
    effect: 'In reality one wins: who is refused or killed may be another instance, at another time.',
    because: ({ run, scenario }) => {
      const together = scenario.workloads.filter(({ count, staggerS }) => count > 1 && staggerS === 0)
      return together.length > 0 && (run.refusals.length > 0 || wasShort(run))
        ? `${names(together)}: several instances start at once, and not everything was had.`
        : null
    },
  },
  {
    id: 'fragmentation',
    title: 'How fragmented memory is, is assumed',
    effect: 'Fewer huge pages, more faults and a longer set-up where free memory is in pieces.',
    because: ({ scenario: { machine }, mapped }) => {
      const anonymous = withAreas(mapped, ({ backing }) => backing === 'anon')
      return machine.thp.enabled !== 'never' && anonymous.length > 0
        ? `THP is ${machine.thp.enabled}; a tenth of the free memory is taken to be fragmented.`
        : null
    },
  },
  {
    id: 'zero-page',
    title: 'Reads of memory that was never written count as resident',
    effect:
      'Such a read maps the zero page: VmRSS is lower, and the first write of the page is one more fault.',
    because: ({ mapped }) => {
      const reading = mapped.filter(
        ({ spec, areas }) =>
          UNPOPULATED.includes(spec.strategy) &&
          areas.some(
            ({ backing, sharing, access }) =>
              backing === 'anon' && sharing === 'private' && (access?.writeShare ?? 1) < 0.95,
          ),
      )
      return reading.length > 0
        ? `${names(reading.map(({ spec }) => spec))}: anonymous memory that nothing populates, read as well as written.`
        : null
    },
  },
  {
    id: 'swap-read-ahead',
    title: 'Swap read-ahead is given, not predicted',
    effect: 'In experiments with read-ahead the swapped size was off by 10 % on average.',
    because: ({ run, scenario: { machine } }) =>
      run.host.swapInBytes > 0 && machine.pageCluster > 0
        ? `vm.page-cluster is ${machine.pageCluster}, and ${formatBytes(run.host.swapInBytes)} were swapped in.`
        : null,
  },
  {
    id: 'compression',
    title: 'The ratio of compressed swap is assumed',
    effect: 'Memory that compresses worse leaves less room: more is swapped, or somebody is killed.',
    because: ({ run, scenario: { machine } }) => {
      const zram = machine.swap.some(({ device }) => device.startsWith('zram'))
      return run.host.swapOutBytes > 0 && (zram || machine.zswap.enabled)
        ? `${formatBytes(run.host.swapOutBytes)} went to compressed memory.`
        : null
    },
  },
  {
    id: 'cold-files',
    title: 'Read-ahead of files has fixed windows',
    effect: 'With another read_ahead_kb than 128 the page cache fills, and major faults come, otherwise.',
    because: ({ mapped }) => {
      const cold = withAreas(mapped, ({ file }) => file?.kind === 'file' && file.cachedShare < 1)
      return cold.length > 0 ? `${names(cold)}: files that are not cached at the start.` : null
    },
  },
  {
    id: 'vfio-counter',
    title: 'Pins of VFIO are shown in VmPin',
    effect: 'VFIO type 1 counts them in VmLck: add both before you compare with /proc.',
    because: ({ run, scenario }) => {
      const pinned = run.workloads.filter(({ finalPinnedBytes }) => finalPinnedBytes > 0)
      const guests = scenario.workloads.filter(
        ({ name, kind }) => kind === 'qemu-guest' && pinned.some(({ workload }) => workload === name),
      )
      return guests.length > 0 ? `${names(guests)} pinned for a device.` : null
    },
  },
  {
    id: 'gigantic',
    title: 'Pages of 1 GiB are only counted',
    effect: 'Their faults were never compared with a kernel; times follow those of 2 MiB by size.',
    because: ({ mapped }) => {
      const gigantic = withAreas(mapped, ({ backing }) => backing === 'hugetlb-1G')
      return gigantic.length > 0 ? `${names(gigantic)} on pages of 1 GiB.` : null
    },
  },
  {
    id: 'latency',
    title: 'Latencies are a mixture, not single requests',
    effect: 'Medians hold better than the 99.9th percentile: queues behind one slow page do not show.',
    because: ({ run }) => {
      const faulting = run.workloads.filter(({ majorFaultsAfterReady }) => majorFaultsAfterReady > 0)
      return faulting.length > 0
        ? `${faulting.map(({ workload }) => workload).join(', ')}: major faults after ready.`
        : null
    },
  },
]

/** Those that bear on a run, in the order of the list. */
export function leftOutOf(touched: Touched): LeftOut[] {
  return LEFT_OUT.flatMap(({ id, title, effect, because }) => {
    const why = because(touched)
    return why === null ? [] : [{ id, title, effect, because: why }]
  })
}
