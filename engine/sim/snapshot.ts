/** Host and areas at the moment at which a run stands, as /proc would show them. */
import { HPAGE_PMD_NR, PAGE_SIZE } from '../units.ts'
import { observeVma } from '../mm/task-mmu.ts'
import type { ObservedVma } from '../program.ts'
import type { AreaState, Piece } from './areas.ts'
import { kib } from './machine.ts'
import { mlockedPages, residentPages, swappedPages } from './population.ts'
import type { Snapshot, TaskSnapshot } from './result.ts'
import type { RunState } from './run-state.ts'
import { memoryOf, type TaskGroup } from './task-group.ts'

export function takeSnapshot(run: RunState): Snapshot {
  const { host } = run
  const use = host.measure()
  return {
    atS: run.nowS,
    meminfo: {
      MemTotal: kib(host.memory.totalPages),
      MemFree: kib(host.freePages()),
      Cached: kib(use.cache + use.shmem),
      AnonPages: kib(use.anon),
      Shmem: kib(use.shmem),
      Unevictable: kib(use.unevictable),
      Mlocked: kib(use.mlocked),
      AnonHugePages: kib(use.anonHuge),
      PageTables: kib(use.pageTables),
      SwapTotal: kib(host.space.slots),
      SwapFree: kib(host.space.slots - use.swapSlots),
      CommitLimit: kib(host.memory.commitLimitPages),
      Committed_AS: kib(run.committedPages),
      Hugetlb: kib(host.memory.poolPages),
    },
    tasks: run.groups.filter(group => group.state !== 'waiting').map(task),
  }
}

function task(group: TaskGroup): TaskSnapshot {
  const memory = memoryOf(group)
  const n = Math.max(1, group.instances)
  const { counters } = group
  return {
    workload: group.spec.name,
    instance: group.first,
    instances: group.instances,
    state: group.state,
    status: {
      VmSize: kib(counters.totalVm),
      VmLck: kib(counters.lockedVm),
      VmPin: kib(counters.pinnedVm),
      VmRSS: kib((memory.anon + memory.file + memory.shmem) / n),
      RssAnon: kib(memory.anon / n),
      RssFile: kib(memory.file / n),
      RssShmem: kib(memory.shmem / n),
      VmSwap: kib(memory.swapped / n),
      HugetlbPages: kib(counters.hugetlb),
    },
    areas: group.areas.map(area => ({ name: area.need.name, maps: mapsOf(group, area) })),
  }
}

/** Flags and borders are the kernel model's; what is resident is what the accesses have made of it since. */
function mapsOf(group: TaskGroup, area: AreaState): ObservedVma[] {
  const { replay } = group.exemplar
  const window = group.exemplar.windowOf(area.need.name)
  const mm = replay.kernel.tasks[0]?.mm
  if (window === undefined || mm === undefined) return []
  return mm.vmas
    .filter(vma => vma.start >= window.low && vma.end <= window.high)
    .map(vma => {
      const { start, end, flags } = observeVma(replay.kernel, vma, window.origin)
      const piece = area.pieces.filter(p => p.start >= start / PAGE_SIZE && p.end <= end / PAGE_SIZE)
      return { start, end, flags, ...numbersOf(piece, area, group) }
    })
}

function numbersOf(pieces: readonly Piece[], area: AreaState, group: TaskGroup): Partial<ObservedVma> {
  const n = area.isShared ? 1 : Math.max(1, group.instances)
  let [rss, swap, locked, huge] = [0, 0, 0, 0]
  for (const { members } of pieces)
    for (const { population: p } of members) {
      rss += residentPages(p) / n
      swap += swappedPages(p) / n
      locked += mlockedPages(p) / n
      if (p.kind === 'anon' && p.folioPages >= HPAGE_PMD_NR) huge += residentPages(p) / n
    }
  const isAnon = pieces.some(({ members }) => members.some(({ population }) => population.kind === 'anon'))
  return {
    Rss: kib(rss),
    ...(isAnon ? { Anonymous: kib(rss), AnonHugePages: kib(huge) } : {}),
    Locked: kib(locked),
    Swap: kib(swap),
  }
}
