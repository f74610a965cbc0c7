import type { Op } from '../op.ts'
import { bytesParam, choiceParam, ParamReader, secondsParam } from '../params.ts'
import { GIB, MIB } from '../quantity.ts'
import type { AreaNeed, Backing, ParamSpec, TaskEvent, WorkloadNeed } from '../scenario.ts'
import {
  accessOf,
  accessParams,
  backingParam,
  need,
  ownArea,
  ownParam,
  strideOf,
  touchFirst,
} from './parts.ts'
import type { WorkloadContext, WorkloadKind } from './workload.ts'

const METHODS = [
  ['read', 'Read each page'],
  ['write', 'Write each page'],
  ['read-write', 'Read and write each page'],
  ['populate-read', 'MADV_POPULATE_READ'],
  ['populate-write', 'MADV_POPULATE_WRITE'],
  ['fallocate', 'fallocate alone'],
  ['fallocate-populate-read', 'fallocate, then MADV_POPULATE_READ'],
  ['fallocate-populate-write', 'fallocate, then MADV_POPULATE_WRITE'],
] as const
type Method = (typeof METHODS)[number][0]

const params: readonly ParamSpec[] = [
  bytesParam('region', 16 * GIB, {
    title: 'Region',
    help: 'Address space that is mapped at the start, without a promise of memory.',
    min: 2 * MIB,
    source: 'assumed',
  }),
  bytesParam('plugged', 4 * GIB, {
    title: 'Plugged',
    help: 'How much of the region is made resident, piece by piece from its beginning.',
    source: '4 GiB, the larger size of the published table',
  }),
  bytesParam('piece', 128 * MIB, {
    title: 'Piece',
    help: 'Plugged and discarded in pieces of this size; rounded to 2 MiB.',
    min: 2 * MIB,
    source: 'a memory block of Linux on x86',
  }),
  secondsParam('period', 0.1, {
    title: 'Between pieces',
    help: 'A piece begins so many seconds after the one before it, or when that is done.',
    source: 'assumed',
  }),
  backingParam('memfd', ['anon', 'shared-anon', 'memfd', 'file', 'hugetlb-2M'], {
    title: 'Memory backend',
    help: 'What the region stands on.',
    source: 'shared memory, as back ends of other processes need it',
  }),
  choiceParam<Method>('method', 'populate-write', METHODS, {
    title: 'Method',
    help: 'How a piece is made resident. Touching ends in SIGBUS where memory is short, MADV_POPULATE reports an error and keeps what it has.',
    source: 'what virtio-mem uses since Linux 5.14',
  }),
  secondsParam('discardAt', 60, {
    title: 'Discarded at',
    help: 'When every other piece is given back, in seconds after the start; 0 never.',
    source: 'assumed',
  }),
  ownParam(64 * MIB, 'assumed'),
  ...accessParams({
    ratePerS: 0,
    writeShare: 0.3,
    footprintShare: 0.25,
    popularity: 'uniform',
    of: 'what the guest does to what is plugged',
    source: 'none: the cost of populating is the point',
  }),
]

/** The operations that make one piece, at the start of the region, resident. */
function methodOps(area: AreaNeed, method: Method, length: number): Op[] {
  const range = { on: area.name, offset: 0, length }
  const stride = strideOf(area.backing)
  const file = area.backing === 'memfd' || area.backing === 'file' ? area.name : null
  const allocate: Op[] = file === null ? [] : [{ op: 'fallocate', file, offset: 0, length }]
  const touch = (access: 'read' | 'write'): Op => ({ op: 'touch', ...range, access, stride })
  const populate = (advice: 'populate_read' | 'populate_write'): Op => ({ op: 'madvise', ...range, advice })
  switch (method) {
    case 'read':
    case 'write':
      return [touch(method)]
    case 'read-write':
      return [touch('read'), touch('write')]
    case 'populate-read':
      return [populate('populate_read')]
    case 'populate-write':
      return [populate('populate_write')]
    case 'fallocate':
      return allocate
    case 'fallocate-populate-read':
      return [...allocate, populate('populate_read')]
    case 'fallocate-populate-write':
      return [...allocate, populate('populate_write')]
  }
}

function pieces(reader: ParamReader): { length: number; times: number } {
  const block = 2 * MIB
  const plugged = Math.min(reader.number('region'), reader.number('plugged'))
  const length = Math.max(block, Math.floor(reader.number('piece') / block) * block)
  return { length, times: Math.min(MOST_PIECES, Math.floor(plugged / length)) }
}

const MOST_PIECES = 2000

function discards(area: AreaNeed, reader: ParamReader): TaskEvent[] {
  const { length, times } = pieces(reader)
  const atS = reader.number('discardAt')
  if (atS === 0 || times < 2) return []
  const advice = area.sharing === 'shared' ? 'remove' : 'dontneed'
  const ops = Array.from({ length: Math.floor(times / 2) }, (_, i): Op => {
    return { op: 'madvise', on: area.name, offset: (2 * i + 1) * length, length, advice }
  })
  return [{ atS, label: 'every other piece is discarded', ops, onRefusal: 'warn' }]
}

function plan(context: WorkloadContext): WorkloadNeed {
  const reader = new ParamReader(params, context.params)
  const own = ownArea('vmm', reader.number('own'))
  const backing = reader.text('backing') as Backing
  const region: AreaNeed = {
    ...ownArea('region', reader.number('region')),
    backing,
    sharing: backing === 'anon' || backing.startsWith('hugetlb') ? 'private' : 'shared',
    role: 'main',
    mmapFlags: ['noreserve'],
    access: accessOf(reader),
  }
  const { length, times } = pieces(reader)
  const ops = methodOps(region, reader.text('method') as Method, length)
  const periodS = reader.number('period')
  return need({
    areas: [own, region],
    work: [
      ...touchFirst(own, own.bytes, 'write', 'the monitor starts'),
      ...(times === 0 ? [] : [{ do: 'repeat', ops, periodS, times, advanceBytes: length } as const]),
    ],
    events: discards(region, reader),
    assumptions: [
      'Pieces are plugged in order by one thread; a refused piece is reported and the next one tried.',
      `At most ${MOST_PIECES} pieces are plugged.`,
    ],
  })
}

export const sparseGuest: WorkloadKind = {
  id: 'sparse-guest',
  title: 'Sparse guest memory',
  help: 'A large region that is populated and discarded in pieces, as virtio-mem and balloons do, by one of eight methods.',
  params,
  defaultStrategy: 'none',
  plan,
}
