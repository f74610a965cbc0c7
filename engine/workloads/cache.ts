import { bytesParam, countParam, ParamReader, shareParam } from '../params.ts'
import { GIB, MIB } from '../quantity.ts'
import type { ParamSpec } from '../scenario.ts'
import { accessOf, accessParams, need, ownArea, ownParam, touchFirst } from './parts.ts'
import type { WorkloadKind } from './workload.ts'

const params: readonly ParamSpec[] = [
  bytesParam('items', 32 * GIB, {
    title: 'Memory for items',
    help: 'What the cache may hold.',
    min: MIB,
    source: 'half of a host of 64 GiB (assumed)',
  }),
  shareParam('filled', 0.9, {
    title: 'Filled at start',
    help: 'How much of it is loaded before the cache answers.',
    source: 'restored from a snapshot (assumed)',
  }),
  countParam('threads', 4, {
    title: 'Worker threads',
    help: 'That answer requests.',
    min: 1,
    max: 4096,
    source: 'the default of memcached',
  }),
  ownParam(256 * MIB, 'connections and indexes (assumed)'),
  ...accessParams({
    ratePerS: 200_000,
    writeShare: 0.05,
    footprintShare: 0.9,
    popularity: 'zipf',
    of: 'gets and sets, each of one item in one page',
    source: '95 % reads by Zipf’s law 0.99, as cache benchmarks have it',
  }),
]

export const cache: WorkloadKind = {
  id: 'cache',
  title: 'In-memory cache',
  help: 'A key-value cache: anonymous memory, mostly read, by Zipf’s law.',
  params,
  defaultStrategy: 'none',
  plan(context) {
    const reader = new ParamReader(params, context.params)
    const own = ownArea('server', reader.number('own'))
    const items = {
      ...ownArea('items', reader.number('items')),
      role: 'main',
      access: accessOf(reader),
    } as const
    return need({
      areas: [own, items],
      work: [
        ...touchFirst(own, own.bytes, 'write', 'the server starts'),
        ...touchFirst(items, items.bytes * reader.number('filled'), 'write', 'items are loaded'),
      ],
      workerThreads: reader.number('threads'),
      assumptions: ['Items do not move: what is popular stays where it is.'],
    })
  },
}
