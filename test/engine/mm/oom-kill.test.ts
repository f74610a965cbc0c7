import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  oomBadness,
  oomGroup,
  oomTotalPages,
  procOomScore,
  selectBadProcess,
  type OomTask,
} from '../../../engine/mm/oom-kill.ts'
import { onLinux, procNumbers } from '../../support/proc.ts'

function task(name: string, rssPages: number, more: Partial<OomTask> = {}): OomTask {
  return {
    pid: 1,
    name,
    rssPages,
    swapEntries: 0,
    pgtablesBytes: 0,
    oomScoreAdj: 0,
    cgroup: '/',
    ...more,
  }
}

describe('badness', () => {
  it('is resident pages, swap entries and page tables', () => {
    expect(oomBadness(task('a', 1000, { swapEntries: 200, pgtablesBytes: 40_960 }), 100_000)).toBe(1210)
  })

  it('moves by a thousandth of all memory per point of oom_score_adj', () => {
    expect(oomBadness(task('a', 1000, { oomScoreAdj: 10 }), 100_999)).toBe(2000)
    expect(oomBadness(task('a', 1000, { oomScoreAdj: -500 }), 100_000)).toBe(-49_000)
  })

  it('does not exist at oom_score_adj -1000', () => {
    expect(oomBadness(task('a', 1000, { oomScoreAdj: -1000 }), 100_000)).toBeNull()
  })

  it('is of memory and swap, or of what the cgroup may have', () => {
    const machine = { totalRamPages: 900, totalSwapPages: 100 }
    expect(oomTotalPages(machine)).toBe(1000)
    expect(oomTotalPages(machine, 64)).toBe(64)
    expect(oomTotalPages(machine, 0)).toBe(1)
  })

  it('is what /proc/self/oom_score shows', ctx => {
    if (!onLinux) ctx.skip('there is no /proc')
    const status = procNumbers('/proc/self/status')
    const meminfo = procNumbers('/proc/meminfo')
    const self = task('self', (status.get('VmRSS') ?? 0) / 4, {
      swapEntries: (status.get('VmSwap') ?? 0) / 4,
      pgtablesBytes: (status.get('VmPTE') ?? 0) * 1024,
      oomScoreAdj: Number(readFileSync('/proc/self/oom_score_adj', 'utf8')),
    })
    const total = ((meminfo.get('MemTotal') ?? 0) + (meminfo.get('SwapTotal') ?? 0)) / 4
    const shown = Number(readFileSync('/proc/self/oom_score', 'utf8'))
    expect(Math.abs(procOomScore(self, total) - shown)).toBeLessThanOrEqual(2)
  })
})

describe('the OOM killer', () => {
  it('takes the task with the most points, locked or not', () => {
    const tasks = [task('small', 10), task('big', 5000), task('middle', 300)]
    expect(selectBadProcess(tasks, { totalPages: 10_000 }).victim?.name).toBe('big')
  })

  it('takes a smaller task with a higher oom_score_adj', () => {
    const tasks = [task('big', 5000), task('marked', 100, { oomScoreAdj: 600 })]
    const { victim, candidates } = selectBadProcess(tasks, { totalPages: 10_000 })
    expect(victim).toMatchObject({ name: 'marked', points: 6100, adjPoints: 6000 })
    expect(candidates).toHaveLength(2)
  })

  it('takes the later of two equal tasks', () => {
    const tasks = [task('first', 100), task('second', 100), task('third', 99)]
    expect(selectBadProcess(tasks, { totalPages: 1000 }).victim?.name).toBe('second')
  })

  it('stays inside the cgroup that ran out, and says why others were left out', () => {
    const tasks = [
      task('outside', 9000, { cgroup: '/b' }),
      task('inside', 100, { cgroup: '/a/x' }),
      task('kept', 500, { cgroup: '/a', oomScoreAdj: -1000 }),
      task('neighbour', 700, { cgroup: '/ab' }),
    ]
    const { victim, candidates } = selectBadProcess(tasks, { totalPages: 1000, cgroup: '/a' })
    expect(victim?.name).toBe('inside')
    expect(candidates.map(({ leftOut }) => leftOut)).toEqual([
      'other-cgroup',
      null,
      'oom_score_adj',
      'other-cgroup',
    ])
  })

  it('finds nobody if nobody can be killed', () => {
    const tasks = [task('init', 100, { unkillable: true }), task('kept', 10, { oomScoreAdj: -1000 })]
    expect(selectBadProcess(tasks, { totalPages: 1000 }).victim).toBeNull()
  })

  it('takes a whole group with memory.oom.group, except what is protected', () => {
    const tasks = [
      task('a', 1, { cgroup: '/g' }),
      task('b', 1, { cgroup: '/g/sub' }),
      task('c', 1, { cgroup: '/g', oomScoreAdj: -1000 }),
      task('d', 1, { cgroup: '/other' }),
    ]
    expect(oomGroup(tasks, '/g').map(({ name }) => name)).toEqual(['a', 'b'])
  })
})
