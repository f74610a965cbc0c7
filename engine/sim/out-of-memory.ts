/** Nothing is left to reclaim: who dies, and what the log says about it. */
import { SWAP_CLUSTER_MAX } from '../mm/vmscan-balance.ts'
import { PAGE_SIZE } from '../units.ts'
import { populationsOf } from './host.ts'
import { memoryPages } from './population.ts'
import type { RunState } from './run-state.ts'
import { isAlive, type TaskGroup } from './task-group.ts'

const GIB_PAGES = 2 ** 18
/** Of the memory there is: below that, what reclaim could still free no longer helps anybody. */
export const LEAST_RECLAIMABLE = 0.0005
const gib = (pages: number): string => `${(pages / GIB_PAGES).toFixed(2)} GiB`

/** The machine is out of memory: the task with the most points goes, one instance at a time. */
export function killForMemory(run: RunState): void {
  const { victimGroup, victim, candidates, totalPages } = run.host.oomVerdict()
  if (victimGroup === null || victim === null) {
    const first = run.groups.find(isAlive)
    if (first !== undefined)
      run.event(first, 'oom-kill', 'out of memory, and no task may be killed: the kernel panics')
    for (const group of run.groups) if (isAlive(group)) run.end(group, group.instances, 'killed')
    return
  }
  const others = candidates
    .filter(c => c.pid !== victim.pid)
    .sort((a, b) => (b.points ?? -Infinity) - (a.points ?? -Infinity))
    .slice(0, 3)
    .map(c => `${c.name} ${c.points === null ? 'never' : Math.round((1000 * c.points) / totalPages)}`)
  const score = Math.round((1000 * (victim.points ?? 0)) / totalPages)
  const text =
    `out of memory: ${victim.name} has the most points, ${score} of 1000 ` +
    `(${gib(victim.rssPages)} resident, ${gib(victim.swapEntries)} swapped)` +
    (others.length > 0 ? `; next: ${others.join(', ')}` : '')
  victimGroup.notes.killed++
  run.event(victimGroup, 'oom-kill', text, 1)
  run.end(victimGroup, 1, 'killed')
}

/** Cgroups whose unreclaimable memory has outgrown memory.max: the task in them dies. */
export function killInMemcgs(run: RunState): void {
  for (const group of run.groups) {
    const { maxBytes } = group.spec.memcg
    if (!isAlive(group) || maxBytes === null || group.lists === null) continue
    if (!group.isStarved) continue
    const used = chargedPages(group)
    const free = Math.max(0, run.host.space.slots - run.host.use.swapSlots)
    const slots = run.host.memcgSwapFree(group, free)
    const least = Math.max(SWAP_CLUSTER_MAX, (LEAST_RECLAIMABLE * maxBytes * group.instances) / PAGE_SIZE)
    if (reclaimable(group, slots) >= least) continue
    const text = `memory.max of ${gib(maxBytes / 4096)} is full: ${gib(used / group.instances)} charged, nothing left to reclaim inside`
    group.notes.killed += group.instances
    run.event(group, 'memcg-oom-kill', text)
    run.end(group, group.instances, 'killed')
  }
}

/** What a group's cgroups are charged for, in pages: populations and page tables. */
export function chargedPages(group: TaskGroup): number {
  const memory = populationsOf(group).reduce((sum, p) => sum + memoryPages(p), 0)
  return memory + group.counters.pageTables * group.instances
}

function reclaimable(group: TaskGroup, swapSlots: number): number {
  let [file, anon] = [0, 0]
  for (const p of populationsOf(group)) {
    if (p.lock !== 'none' || p.isPinned) continue
    if (p.kind === 'file') file += memoryPages(p)
    else anon += memoryPages(p)
  }
  return file + Math.min(anon, swapSlots)
}
