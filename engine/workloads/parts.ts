/** Parts that many workloads are made of. */
import type { Access, Op } from '../op.ts'
import { bytesParam, choiceParam, numberParam, rateParam, shareParam, type ParamReader } from '../params.ts'
import type {
  AccessPattern,
  AreaNeed,
  Backing,
  OnRefusal,
  ParamSpec,
  Popularity,
  SetupStep,
  WorkloadNeed,
} from '../scenario.ts'

const MIB = 2 ** 20

/** A need with what most workloads leave at rest. */
export function need(
  parts: Partial<WorkloadNeed> & Pick<WorkloadNeed, 'areas' | 'assumptions'>,
): WorkloadNeed {
  return { work: [], threads: [], events: [], workerThreads: 1, onLockRefusal: 'fail', ...parts }
}

/** One operation with its label. */
export function step(
  op: Op,
  label: string,
  more: { onRefusal?: OnRefusal; threads?: number } = {},
): SetupStep {
  return { do: 'op', op, label, onRefusal: 'fail', ...more }
}

/** Bytes between two accesses that each reach another page of a backing. */
export function strideOf(backing: Backing): number {
  return backing.startsWith('hugetlb') ? 2 * MIB : 4096
}

/** One access to each page of the first `bytes` of an area; no step where that is nothing. */
export function touchFirst(area: AreaNeed, bytes: number, access: Access, label: string): SetupStep[] {
  const length = Math.min(area.bytes, Math.ceil(bytes / 4096) * 4096)
  if (length <= 0) return []
  const stride = strideOf(area.backing)
  const op: Op = { op: 'touch', on: area.name, length, access, ...(stride === 4096 ? {} : { stride }) }
  return [step(op, label)]
}

/** The program's own memory: private, written once as it starts, locked by mlockall alone. */
export function ownArea(name: string, bytes: number): AreaNeed {
  return { name, bytes, backing: 'anon', sharing: 'private', prot: 'rw', role: 'overhead', access: null }
}

/** Parameter of {@link ownArea}. */
export function ownParam(bytes: number, source: string): ParamSpec {
  return bytesParam('own', bytes, {
    title: 'Own memory',
    help: 'What the program needs besides: code, heap, buffers. Resident from the start; locked only by mlockall.',
    min: 4096,
    source,
  })
}

/** Choice of what memory stands on. */
export function backingParam(
  chosen: Backing,
  offered: readonly Backing[],
  more: { title: string; help: string; source: string },
): ParamSpec {
  return choiceParam<Backing>(
    'backing',
    chosen,
    offered.map(id => [id, BACKING_TITLES[id]] as const),
    more,
  )
}

export const BACKING_TITLES: Readonly<Record<Backing, string>> = {
  anon: 'Anonymous memory',
  'shared-anon': 'Shared anonymous memory',
  memfd: 'memfd (tmpfs)',
  file: 'File on disk',
  'hugetlb-2M': 'Huge pages of 2 MiB from the pool',
  'hugetlb-1G': 'Huge pages of 1 GiB from the pool',
}

/** Defaults of {@link accessParams}. */
export interface AccessDefaults {
  readonly ratePerS: number
  readonly writeShare: number
  readonly footprintShare: number
  readonly popularity: Popularity['kind']
  readonly zipfExponent?: number
  /** What one access is, for the help text. */
  readonly of: string
  readonly source: string
}

/** How a workload uses its memory once it is ready: eight parameters that {@link accessOf} reads. */
export function accessParams(defaults: AccessDefaults): ParamSpec[] {
  const { source } = defaults
  return [
    rateParam('rate', defaults.ratePerS, {
      title: 'Accesses',
      help: `Accesses a second to pages, all threads together: ${defaults.of}. Accesses that stay in the page do not count.`,
      source,
    }),
    shareParam('writes', defaults.writeShare, {
      title: 'Writes',
      help: 'How many of the accesses write.',
      source,
    }),
    shareParam('footprint', defaults.footprintShare, {
      title: 'Part in use',
      help: 'How much of the memory is ever used after the start, from its beginning.',
      source,
    }),
    ...popularityParams(defaults),
  ]
}

function popularityParams({ popularity, zipfExponent = 0.99, source }: AccessDefaults): ParamSpec[] {
  return [
    choiceParam(
      'popularity',
      popularity,
      [
        ['uniform', 'All pages alike'],
        ['zipf', 'Zipf: few pages get most'],
        ['hotset', 'A hot part gets most'],
        ['cyclic', 'One after the other, over and over'],
      ],
      { title: 'Popularity', help: 'How accesses spread over the part in use.', source },
    ),
    numberParam('zipf', zipfExponent, 0.01, 3, {
      title: 'Zipf exponent',
      help: 'The n-th most popular page is used in proportion to n to the minus this. Larger: fewer pages get more.',
      source: '0.99 is what cache benchmarks use (assumed)',
    }),
    shareParam('hot', 0.2, {
      title: 'Hot part',
      help: 'How much of the part in use is hot, where a hot part gets most.',
      source: '80 % of accesses go to 20 % (assumed)',
    }),
    shareParam('hotAccesses', 0.8, {
      title: 'Accesses to the hot part',
      help: 'How many of the accesses go to the hot part.',
      source: '80 % of accesses go to 20 % (assumed)',
    }),
    choiceParam(
      'layout',
      'scattered',
      [
        ['scattered', 'Mixed with others'],
        ['contiguous', 'Together'],
      ],
      {
        title: 'Where popular pages lie',
        help: 'Popular pages that lie together share huge pages; mixed ones keep whole huge pages resident.',
        source: 'allocators mix (assumed)',
      },
    ),
  ]
}

/** The access pattern that the parameters of {@link accessParams} state; null where nothing is accessed. */
export function accessOf(reader: ParamReader): AccessPattern | null {
  const ratePerS = reader.number('rate')
  const footprintShare = reader.number('footprint')
  if (ratePerS === 0 || footprintShare === 0) return null
  return {
    ratePerS,
    writeShare: reader.number('writes'),
    footprintShare,
    popularity: popularityOf(reader),
    layout: reader.text('layout') === 'contiguous' ? 'contiguous' : 'scattered',
  }
}

function popularityOf(reader: ParamReader): Popularity {
  switch (reader.text('popularity')) {
    case 'zipf':
      return { kind: 'zipf', exponent: reader.number('zipf') }
    case 'hotset':
      return { kind: 'hotset', itemShare: reader.number('hot'), accessShare: reader.number('hotAccesses') }
    case 'cyclic':
      return { kind: 'cyclic' }
    default:
      return { kind: 'uniform' }
  }
}
