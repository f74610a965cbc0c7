import { bytesParam, countParam, ParamReader, shareParam } from '../params.ts'
import { GIB, MIB } from '../quantity.ts'
import type { Backing, ParamSpec } from '../scenario.ts'
import { accessOf, accessParams, backingParam, need, ownArea, touchFirst } from './parts.ts'
import type { WorkloadKind } from './workload.ts'

const params: readonly ParamSpec[] = [
  bytesParam('buffer', 64 * GIB, {
    title: 'Shared buffer',
    help: 'Buffer pool that all connections share.',
    min: MIB,
    source: 'a quarter of a host of 256 GiB, the usual rule',
  }),
  backingParam('memfd', ['memfd', 'shared-anon', 'hugetlb-2M', 'hugetlb-1G', 'anon'], {
    title: 'Buffer on',
    help: 'What the buffer stands on.',
    source: 'shared memory (tmpfs) is what databases start with',
  }),
  shareParam('warm', 0.5, {
    title: 'Loaded at start',
    help: 'How much of the buffer is filled before the database takes connections.',
    source: 'warm-up from the last run’s list of pages (assumed)',
  }),
  countParam('connections', 100, {
    title: 'Connections',
    help: 'Each has memory of its own.',
    source: 'the usual default of a server',
  }),
  bytesParam('perConnection', 10 * MIB, {
    title: 'Memory of a connection',
    help: 'Sort and hash space, caches.',
    source: 'assumed',
  }),
  countParam('threads', 16, {
    title: 'Worker threads',
    help: 'That run at once.',
    min: 1,
    max: 4096,
    source: 'assumed',
  }),
  ...accessParams({
    ratePerS: 100_000,
    writeShare: 0.3,
    footprintShare: 1,
    popularity: 'zipf',
    zipfExponent: 0.9,
    of: 'pages of the buffer that queries visit',
    source: 'a transaction load (assumed)',
  }),
]

export const database: WorkloadKind = {
  id: 'database',
  title: 'Database',
  help: 'One large shared buffer, used by Zipf’s law, and memory of each connection.',
  params,
  defaultStrategy: 'none',
  plan(context) {
    const reader = new ParamReader(params, context.params)
    const connections = reader.number('connections') * reader.number('perConnection')
    const own = ownArea('connections', Math.max(4096, connections))
    const backing = reader.text('backing') as Backing
    const buffer = {
      name: 'buffer',
      bytes: reader.number('buffer'),
      backing,
      sharing: backing === 'anon' ? 'private' : 'shared',
      prot: 'rw',
      role: 'main',
      access: accessOf(reader),
    } as const
    return need({
      areas: [own, buffer],
      work: [
        ...touchFirst(own, connections, 'write', 'connections open'),
        ...touchFirst(buffer, buffer.bytes * reader.number('warm'), 'write', 'the buffer is filled'),
      ],
      workerThreads: reader.number('threads'),
      assumptions: [
        'One process stands for all: shared memory is counted once.',
        'Reading the tables that fill the buffer is not counted.',
      ],
    })
  },
}
