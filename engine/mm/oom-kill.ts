/** The OOM killer: mm/oom_kill.c. Quantities are pages. */
import { PAGE_SIZE } from '../units.ts'

export const OOM_SCORE_ADJ_MIN = -1000

/** What the OOM killer looks at. `cgroup` is the path of its memory cgroup, `/` for none. */
export interface OomTask {
  readonly pid: number
  readonly name: string
  /** Anonymous, file and shared pages. hugetlb pages do not count, locked and pinned ones do. */
  readonly rssPages: number
  readonly swapEntries: number
  readonly pgtablesBytes: number
  /** /proc/PID/oom_score_adj, -1000 to 1000. */
  readonly oomScoreAdj: number
  readonly cgroup: string
  /** init, kernel threads, and what an earlier kill has already emptied. */
  readonly unkillable?: boolean
}

/** Memory and swap of the machine, or of the cgroup that ran out. */
export interface OomScope {
  readonly totalPages: number
  /** The cgroup whose limit was hit; absent when the machine ran out. */
  readonly cgroup?: string
}

/** One line of the explanation: what a task was worth, and why it may have been left out. */
export interface OomCandidate {
  readonly pid: number
  readonly name: string
  /** null: cannot be killed. */
  readonly points: number | null
  readonly rssPages: number
  readonly swapEntries: number
  readonly pgtablesPages: number
  /** Points that oom_score_adj added or took away. */
  readonly adjPoints: number
  readonly leftOut: 'other-cgroup' | 'oom_score_adj' | 'unkillable' | null
}

export interface OomVerdict {
  /** null: nobody can be killed; the kernel panics (machine) or the charge fails (cgroup). */
  readonly victim: OomCandidate | null
  readonly candidates: readonly OomCandidate[]
  readonly totalPages: number
}

/**
 * Kernel: oom_badness(), mm/oom_kill.c
 * Resident pages, swap entries and page tables, moved by a thousandth of all memory per point of oom_score_adj; null if
 * the task must not be killed. May be negative.
 */
export function oomBadness(task: OomTask, totalPages: number): number | null {
  if (task.unkillable === true || task.oomScoreAdj === OOM_SCORE_ADJ_MIN) return null
  const used = task.rssPages + task.swapEntries + Math.floor(task.pgtablesBytes / PAGE_SIZE)
  return used + adjPointsOf(task, totalPages)
}

function adjPointsOf(task: OomTask, totalPages: number): number {
  const points = task.oomScoreAdj * Math.floor(totalPages / 1000)
  return points === 0 ? 0 : points
}

/**
 * Kernel: proc_oom_score(), fs/proc/base.c
 * /proc/PID/oom_score, 0 to about 1333 and rising with the badness (since 5.9).
 */
export function procOomScore(task: OomTask, totalPages: number): number {
  const badness = oomBadness(task, totalPages)
  if (badness === null) return 0
  return Math.trunc(((1000 + Math.trunc((badness * 1000) / totalPages)) * 2) / 3)
}

/**
 * Kernel: constrained_alloc(), mm/oom_kill.c
 * What the shares of oom_score_adj are of: memory and swap of the machine, or what the cgroup may have.
 */
export function oomTotalPages(
  machine: { readonly totalRamPages: number; readonly totalSwapPages: number },
  cgroupMaxPages?: number,
): number {
  if (cgroupMaxPages === undefined) return machine.totalRamPages + machine.totalSwapPages
  return Math.max(1, cgroupMaxPages)
}

/**
 * Kernel: select_bad_process(), oom_evaluate_task(), mm/oom_kill.c
 * The task with the most points, of the cgroup and those below it if it was the cgroup that ran out. `tasks` are in the
 * order in which the kernel looks at them, oldest first: of two with equal points the later one dies.
 */
export function selectBadProcess(tasks: readonly OomTask[], scope: OomScope): OomVerdict {
  const candidates = tasks.map(task => candidate(task, scope))
  let victim: OomCandidate | null = null
  for (const each of candidates) {
    if (each.points === null) continue
    if (victim === null || each.points >= (victim.points ?? -Infinity)) victim = each
  }
  return { victim, candidates, totalPages: scope.totalPages }
}

/**
 * Kernel: mem_cgroup_get_oom_group(), mm/memcontrol.c
 * Everyone who dies with the victim: with memory.oom.group all tasks of that cgroup and those below it, except the ones
 * with oom_score_adj -1000.
 */
export function oomGroup(tasks: readonly OomTask[], group: string): readonly OomTask[] {
  return tasks.filter(
    task =>
      isWithin(task.cgroup, group) && task.oomScoreAdj !== OOM_SCORE_ADJ_MIN && task.unkillable !== true,
  )
}

function candidate(task: OomTask, scope: OomScope): OomCandidate {
  const outside = scope.cgroup !== undefined && !isWithin(task.cgroup, scope.cgroup)
  const points = outside ? null : oomBadness(task, scope.totalPages)
  return {
    pid: task.pid,
    name: task.name,
    points,
    rssPages: task.rssPages,
    swapEntries: task.swapEntries,
    pgtablesPages: Math.floor(task.pgtablesBytes / PAGE_SIZE),
    adjPoints: adjPointsOf(task, scope.totalPages),
    leftOut: leftOut(task, outside),
  }
}

function leftOut(task: OomTask, outside: boolean): OomCandidate['leftOut'] {
  if (outside) return 'other-cgroup'
  if (task.unkillable === true) return 'unkillable'
  return task.oomScoreAdj === OOM_SCORE_ADJ_MIN ? 'oom_score_adj' : null
}

function isWithin(cgroup: string, group: string): boolean {
  return group === '/' || cgroup === group || cgroup.startsWith(`${group}/`)
}
