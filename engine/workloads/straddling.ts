import type { Op } from '../op.ts'
import { bytesParam, flagParam, ParamReader } from '../params.ts'
import { GIB, MIB } from '../quantity.ts'
import type { ParamSpec, SetupStep, WorkloadNeed } from '../scenario.ts'
import { accessOf, accessParams, need, ownArea, step, touchFirst } from './parts.ts'
import type { WorkloadContext, WorkloadKind } from './workload.ts'

const MOST_RANGES = 4000

const params: readonly ParamSpec[] = [
  bytesParam('area', 8 * GIB, {
    title: 'Memory',
    help: 'Anonymous memory on transparent huge pages, all of it written at the start.',
    min: 4 * MIB,
    source: 'assumed',
  }),
  bytesParam('range', 255 * MIB, {
    title: 'Locked range',
    help: 'Each range that is locked. One that begins or ends within a huge page straddles it.',
    min: 4096,
    source: '127 huge pages whole and one in half, with the offset below',
  }),
  bytesParam('offset', 1 * MIB, {
    title: 'Offset',
    help: 'Where ranges begin after the start of a huge page; 0 with a size in whole huge pages straddles none.',
    max: 2 * MIB,
    source: 'the middle of a huge page',
  }),
  bytesParam('distance', 512 * MIB, {
    title: 'Distance',
    help: 'From the beginning of one locked range to that of the next; rounded to 2 MiB.',
    min: 2 * MIB,
    source: 'assumed',
  }),
  flagParam('pinned', false, {
    title: 'Pinned besides',
    help: 'A device pins the memory too: a pinned huge page cannot be split when memory is reclaimed.',
    source: 'off unless asked for',
  }),
  ...accessParams({
    ratePerS: 2000,
    writeShare: 0.2,
    footprintShare: 1,
    popularity: 'uniform',
    of: 'use of the memory',
    source: 'seldom, so that reclaim takes what is not locked (assumed)',
  }),
]

function lockRanges(name: string, bytes: number, reader: ParamReader): SetupStep[] {
  const length = reader.number('range')
  const offset = reader.number('offset')
  const distance = Math.max(2 * MIB, Math.floor(reader.number('distance') / (2 * MIB)) * 2 * MIB)
  const fitting = Math.floor((bytes - offset - length) / distance) + 1
  return Array.from({ length: Math.max(0, Math.min(MOST_RANGES, fitting)) }, (_, i): SetupStep => {
    const op: Op = { op: 'mlock', on: name, offset: offset + i * distance, length }
    return { do: 'op', op, label: 'lock a range', group: 'ranges', onRefusal: 'skip-group' }
  })
}

function plan(context: WorkloadContext): WorkloadNeed {
  const reader = new ParamReader(params, context.params)
  const area = {
    ...ownArea('memory', reader.number('area')),
    role: 'main',
    access: accessOf(reader),
  } as const
  const range = { on: area.name, length: area.bytes }
  return need({
    areas: [area],
    work: [
      step({ op: 'madvise', ...range, advice: 'hugepage' }, 'ask for huge pages', { onRefusal: 'warn' }),
      ...touchFirst(area, area.bytes, 'write', 'memory is filled'),
      ...(reader.flag('pinned') ? [step({ op: 'pin', ...range }, 'pin it', { onRefusal: 'warn' })] : []),
      ...lockRanges(area.name, area.bytes, reader),
    ],
    onLockRefusal: 'warn',
    assumptions: [
      `At most ${MOST_RANGES} ranges are locked; the first refusal ends it.`,
      'Huge pages come as long as memory is not fragmented.',
    ],
  })
}

export const straddling: WorkloadKind = {
  id: 'straddling',
  title: 'Locked ranges across huge pages',
  help: 'Many locked ranges, each of which covers some huge pages whole and others in part: what reclaim scans, splits, and leaves alone.',
  params,
  defaultStrategy: 'none',
  plan,
}
