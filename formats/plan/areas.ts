/** Areas that people state themselves. */
import { MMAP_FLAGS } from '../../engine/op.ts'
import { SCENARIO_BOUNDS, type AreaNeed } from '../../engine/scenario.ts'
import { BACKING_TITLES } from '../../engine/workloads/parts.ts'
import type { Backing } from '../../engine/scenario.ts'
import type { Place } from '../issues.ts'
import { isRecord, type Codec, type Raw, type Reading } from './reader.ts'
import { field, record } from './record.ts'
import { bytes, codec, count, listOf, number, oneOf, orNull, rate, share, text } from './values.ts'

const MOST_AREAS = 200

const popularity = {
  uniform: record([field('kind', oneOf(['uniform']), '')]),
  cyclic: record([field('kind', oneOf(['cyclic']), '')]),
  zipf: record([field('kind', oneOf(['zipf']), ''), field('exponent', number(0.01, 3), '')]),
  hotset: record([
    field('kind', oneOf(['hotset']), ''),
    field('itemShare', share(), ''),
    field('accessShare', share(), ''),
  ]),
} as const

/** A record by its kind. */
const popularityCodec: Codec<object> = codec(
  'an object with kind uniform, cyclic, zipf (exponent) or hotset (itemShare, accessShare)',
  (value, at, to) => {
    const kind = isRecord(value) ? value['kind'] : undefined
    const known = kind === 'zipf' || kind === 'hotset' || kind === 'uniform' || kind === 'cyclic'
    return known ? popularity[kind].read(value, at, to) : undefined
  },
  value => value,
)

const access = record([
  field('ratePerS', rate(0, 1e9), ''),
  field('writeShare', share(), ''),
  field('footprintShare', share(), ''),
  field('popularity', popularityCodec, ''),
  field('layout', oneOf(['contiguous', 'scattered']), ''),
])

const file = record([
  field('name', text(1, 64), ''),
  field('kind', oneOf(['memfd', 'file']), ''),
  field('cachedShare', share(), ''),
])

const BACKINGS = Object.keys(BACKING_TITLES) as Backing[]

/** An optional key is absent rather than empty. */
const given = (key: string, codec: Codec<object>, value: Record<string, Raw>) =>
  Object.hasOwn(value, key) ? [field(key, codec as Codec<unknown>, '')] : []

function areaFields(value: Record<string, Raw>) {
  return [
    field('name', text(1, 64), ''),
    field('bytes', bytes(1, SCENARIO_BOUNDS.maxRamBytes), ''),
    field('backing', oneOf(BACKINGS), '', { fallback: 'anon' }),
    field('sharing', oneOf(['private', 'shared']), '', { fallback: 'private' }),
    field('prot', oneOf(['r', 'rw']), '', { fallback: 'rw' }),
    field('role', oneOf(['main', 'overhead']), '', { fallback: 'main' }),
    field('access', orNull(access), '', { fallback: null }),
    ...given('file', file, value),
    ...given('mmapFlags', listOf(oneOf(MMAP_FLAGS), MMAP_FLAGS.length), value),
    ...given('lockPieces', listOf(count(1, SCENARIO_BOUNDS.maxRamBytes), 10_000), value),
  ]
}

/** Areas as the engine has them: amounts in bytes. */
export function readAreas(value: Raw, at: Place, to: Reading): readonly AreaNeed[] | undefined {
  const area: Codec<AreaNeed> = {
    allowed: 'an object with name, bytes and more',
    read: (item, place, reading) =>
      record<AreaNeed>(areaFields(isRecord(item) ? item : {})).read(item, place, reading),
    write: item => item,
  }
  return listOf(area, MOST_AREAS).read(value, at, { ...to, naming: 'plan' })
}
