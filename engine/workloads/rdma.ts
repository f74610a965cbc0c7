import { bytesParam, ParamReader } from '../params.ts'
import { GIB, MIB } from '../quantity.ts'
import type { ParamSpec } from '../scenario.ts'
import { accessOf, accessParams, need, ownArea, ownParam, step, touchFirst } from './parts.ts'
import type { WorkloadKind } from './workload.ts'

const params: readonly ParamSpec[] = [
  bytesParam('buffers', 8 * GIB, {
    title: 'Registered buffers',
    help: 'Memory that the network card reads and writes; strategies pin it.',
    min: 4096,
    source: 'a storage server’s buffers (assumed)',
  }),
  bytesParam('locked', 0, {
    title: 'Other memory, locked',
    help: 'Memory of the same process that it locks with mlock, besides the buffers.',
    source: 'none unless asked for',
  }),
  ownParam(128 * MIB, 'assumed'),
  ...accessParams({
    ratePerS: 100_000,
    writeShare: 0.5,
    footprintShare: 1,
    popularity: 'cyclic',
    of: 'pages of the buffers that messages fill, one after the other',
    source: 'rings are used in turn (assumed)',
  }),
]

export const rdma: WorkloadKind = {
  id: 'rdma',
  title: 'RDMA application',
  help: 'Buffers that a device reaches directly: pinned for long, perhaps locked too, with other memory locked beside them.',
  params,
  defaultStrategy: 'pin',
  plan(context) {
    const reader = new ParamReader(params, context.params)
    const own = ownArea('application', reader.number('own'))
    const lockedBytes = reader.number('locked')
    const other = ownArea('locked-data', lockedBytes)
    const buffers = {
      ...ownArea('buffers', reader.number('buffers')),
      role: 'main',
      access: accessOf(reader),
    } as const
    const lock = step({ op: 'mlock', on: other.name, length: lockedBytes }, 'lock other memory', {
      onRefusal: 'warn',
    })
    return need({
      areas: lockedBytes === 0 ? [own, buffers] : [own, other, buffers],
      work: [
        ...touchFirst(own, own.bytes, 'write', 'the application starts'),
        ...(lockedBytes === 0 ? [] : [lock]),
      ],
      assumptions: [
        'All buffers are one registration; pages count in VmPin and once for the user.',
        'A refused lock of the other memory is reported and the application goes on.',
      ],
    })
  },
}
