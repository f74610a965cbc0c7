import { bytesParam, countParam, flagParam, ParamReader, shareParam } from '../params.ts'
import { GIB, MIB } from '../quantity.ts'
import type { ParamSpec } from '../scenario.ts'
import { accessOf, accessParams, need, ownArea, ownParam, step, touchFirst } from './parts.ts'
import type { WorkloadKind } from './workload.ts'

const params: readonly ParamSpec[] = [
  bytesParam('maxHeap', 8 * GIB, {
    title: 'Largest heap (-Xmx)',
    help: 'Reserved at the start.',
    min: MIB,
    source: 'a quarter of a host of 32 GiB, the JVM’s own rule',
  }),
  bytesParam('startHeap', 2 * GIB, {
    title: 'First heap (-Xms)',
    help: 'Committed at the start; touched then only with AlwaysPreTouch.',
    source: 'assumed',
  }),
  flagParam('preTouch', false, {
    title: 'AlwaysPreTouch',
    help: 'Every page of the first heap is written before the program starts, by several threads.',
    source: 'JVM: off',
  }),
  countParam('threads', 8, {
    title: 'Threads',
    help: 'That run, and that touch the heap first.',
    min: 1,
    max: 4096,
    source: 'assumed',
  }),
  shareParam('live', 0.4, {
    title: 'Used at start',
    help: 'How much of the largest heap is in use when the program is ready.',
    source: 'assumed',
  }),
  ownParam(768 * MIB, 'metaspace, code cache, thread stacks (assumed)'),
  ...accessParams({
    ratePerS: 50_000,
    writeShare: 0.5,
    footprintShare: 0.8,
    popularity: 'uniform',
    of: 'allocation and collection, which sweep over the heap',
    source: 'collectors touch all that lives (assumed)',
  }),
]

export const jvm: WorkloadKind = {
  id: 'jvm',
  title: 'Java application',
  help: 'A heap that is reserved whole, committed in part, touched at once or as it fills, and swept by the collector.',
  params,
  defaultStrategy: 'none',
  plan(context) {
    const reader = new ParamReader(params, context.params)
    const own = ownArea('jvm', reader.number('own'))
    const heap = {
      ...ownArea('heap', reader.number('maxHeap')),
      role: 'main',
      access: accessOf(reader),
      mmapFlags: ['noreserve'],
    } as const
    const first = Math.min(heap.bytes, reader.number('startHeap'))
    const threads = Math.min(context.machine.cpus, reader.number('threads'))
    const preTouch = reader.flag('preTouch') && first > 0
    const touch = { op: 'touch', on: heap.name, length: first, access: 'write' } as const
    return need({
      areas: [own, heap],
      work: [
        ...touchFirst(own, own.bytes, 'write', 'the JVM starts'),
        ...(preTouch ? [step(touch, 'AlwaysPreTouch', { threads })] : []),
        ...touchFirst(heap, heap.bytes * reader.number('live'), 'write', 'the program loads'),
      ],
      workerThreads: reader.number('threads'),
      assumptions: ['The heap is not given back; what the collector moves stays within the part in use.'],
    })
  },
}
