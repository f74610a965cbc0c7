import type { Op } from '../op.ts'
import { bytesParam, choiceParam, countParam, ParamReader, secondsParam } from '../params.ts'
import { GIB } from '../quantity.ts'
import type { ParamSpec, ThreadScript } from '../scenario.ts'
import { need, ownArea } from './parts.ts'
import type { WorkloadKind } from './workload.ts'

const params: readonly ParamSpec[] = [
  bytesParam('area', 8 * GIB, {
    title: 'Large area',
    help: 'What the first thread maps and the strategy makes resident.',
    min: 4096,
    source: 'assumed',
  }),
  choiceParam(
    'other',
    'fault',
    [
      ['fault', 'Faults in a page of its own'],
      ['map', 'Maps and unmaps memory'],
    ],
    {
      title: 'Second thread',
      help: 'What the second thread of the same process does meanwhile, again and again.',
      source: 'page faults: the complaint that led to mm_populate()',
    },
  ),
  secondsParam('period', 0.005, {
    title: 'Period',
    help: 'The second thread begins so many seconds after it last began, or when it is done.',
    min: 0.00001,
    source: 'a request each 5 ms (assumed)',
  }),
  countParam('times', 2000, {
    title: 'How often',
    help: 'How often the second thread does it.',
    min: 1,
    max: 9000,
    source: '10 seconds of it (assumed)',
  }),
  bytesParam('scratch', 65536, {
    title: 'Mapped each time',
    help: 'Where the second thread maps and unmaps: how much.',
    min: 4096,
    source: 'a buffer of an allocator (assumed)',
  }),
]

function otherThread(reader: ParamReader, pages: string): ThreadScript {
  const times = reader.number('times')
  const periodS = reader.number('period')
  const length = reader.number('scratch')
  const map: Op[] = [
    { op: 'mmap', as: 'scratch', length, prot: 'rw', flags: ['private'] },
    { op: 'munmap', on: 'scratch', length },
  ]
  const fault: Op[] = [{ op: 'touch', on: pages, offset: 0, length: 4096, access: 'write' }]
  const maps = reader.text('other') === 'map'
  return {
    name: maps ? 'mapper' : 'faulter',
    steps: [
      // The area that it faults in is mapped by the main thread first.
      { do: 'sleep', seconds: Math.min(0.001, periodS) },
      maps
        ? { do: 'repeat', ops: map, periodS, times }
        : { do: 'repeat', ops: fault, periodS, times, advanceBytes: 4096 },
    ],
  }
}

export const twoThreads: WorkloadKind = {
  id: 'two-threads',
  title: 'Two threads of one process',
  help: 'One thread makes a large area resident, the other faults or maps meanwhile: who waits for the mmap lock, and how long.',
  params,
  defaultStrategy: 'map-populate',
  plan(context) {
    const reader = new ParamReader(params, context.params)
    const own = ownArea('pages', reader.number('times') * 4096)
    return need({
      areas: [own, { ...ownArea('large', reader.number('area')), role: 'main' }],
      threads: [otherThread(reader, own.name)],
      workerThreads: 2,
      onLockRefusal: 'warn',
      assumptions: ['Each thread has a processor of its own as long as there are two.'],
    })
  },
}
