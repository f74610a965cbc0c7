/** What the machine itself turns down as an operation begins: pools of huge pages, and overcommit. */
import { vmEnoughMemory } from '../mm/util.ts'
import { PAGE_SIZE } from '../units.ts'
import type { RunRefusal } from './result.ts'
import { poolSize, type RunState } from './run-state.ts'
import type { Action } from './segment.ts'
import type { TaskGroup } from './task-group.ts'

type WorkAction = Extract<Action, { do: 'work' }>

/** A refusal by the machine, with how many of the instances had room. */
export interface Denied {
  readonly admitted: number
  readonly refusal: Pick<RunRefusal, 'errno' | 'rule' | 'askedBytes' | 'countedBytes' | 'limitBytes'>
}

/** Books what an operation asks of the machine for all instances of a group; null if there is enough. */
export function admit(run: RunState, group: TaskGroup, action: WorkAction): Denied | null {
  const { entry } = action
  if (entry === null) return null
  return admitHuge(run, group, entry.hugetlbReserved) ?? admitCommit(run, group, entry.committed)
}

function admitHuge(run: RunState, group: TaskGroup, pages: number): Denied | null {
  const size = poolSize(group)
  if (size === null || pages <= 0) return null
  const free = run.pools.sizes[size] - run.pools.reserved[size]
  const admitted = Math.min(group.instances, Math.floor(free / pages))
  if (admitted === group.instances) {
    run.pools.reserved[size] += pages * admitted
    return null
  }
  return {
    admitted,
    refusal: {
      errno: 'ENOMEM',
      rule: `hugetlb pool of ${size} pages`,
      askedBytes: pages * PAGE_SIZE,
      countedBytes: (run.pools.reserved[size] + pages * admitted) * PAGE_SIZE,
      limitBytes: run.pools.sizes[size] * PAGE_SIZE,
    },
  }
}

function admitCommit(run: RunState, group: TaskGroup, pages: number): Denied | null {
  if (pages <= 0) {
    run.committedPages += pages * group.instances
    return null
  }
  const { commit, commitSettings } = run.host.memory
  for (let i = 0; i < group.instances; i++) {
    const { granted, counted, limit } = vmEnoughMemory(commit, commitSettings, {
      asked: pages,
      committed: run.committedPages,
      totalVm: group.counters.totalVm,
      capSysAdmin: false,
    })
    if (!granted)
      return {
        admitted: i,
        refusal: {
          errno: 'ENOMEM',
          rule: commitSettings.overcommitMemory === 2 ? 'CommitLimit' : 'larger than RAM and swap together',
          askedBytes: pages * PAGE_SIZE,
          countedBytes: counted * PAGE_SIZE,
          limitBytes: limit * PAGE_SIZE,
        },
      }
    run.committedPages += pages
  }
  return null
}
