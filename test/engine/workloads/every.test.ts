import { describe, expect, it } from 'vitest'
import { COUNTERS } from '../../../engine/sim/segment.ts'
import { STRATEGIES } from '../../../engine/strategies/index.ts'
import { WORKLOADS } from '../../../engine/workloads/index.ts'
import { runJob } from '../../support/plans.ts'

const KERNELS = ['3.10', '5.14', '6.18'] as const

describe.each(KERNELS)('on %s, every workload runs under every strategy', kernel => {
  it.each(WORKLOADS.map(kind => kind.id))('%s', kind => {
    for (const { id: strategy } of STRATEGIES) {
      const { counters, actions, threads } = runJob({ kind, strategy, kernel })
      const wrong = COUNTERS.filter(name => !Number.isFinite(counters[name]) || counters[name] < 0)
      expect(wrong, `${kind} under ${strategy}`).toEqual([])
      for (const action of actions)
        if (action.do === 'work') expect(action.segment.cpuNs, action.label).toBeGreaterThanOrEqual(0)
      const [main] = threads
      const ended = main!.actions.some(
        a => a.do === 'ready' || (a.do === 'refused' && a.onRefusal === 'fail'),
      )
      expect(ended, `${kind} under ${strategy} gets ready or is refused`).toBe(true)
    }
  })
})
