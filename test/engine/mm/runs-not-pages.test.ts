import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Kernel } from '../../../engine/mm/kernel.ts'
import type { Op } from '../../../engine/op.ts'
import {
  by,
  fork,
  madvise,
  mlock,
  mmap,
  mprotect,
  munlock,
  munmap,
  onfault,
  read,
  write,
  type Settings,
} from '../../conformance/programs/build.ts'
import { Model, profile } from '../../support/model.ts'

/** Everything that is kept once per run. */
function runsOf({ tasks, frames, swap }: Kernel): number {
  const perTask = tasks.map(({ mm }) => mm.vmas.length + mm.pages.items.length + mm.tables.items.length)
  return perTask.reduce((sum, n) => sum + n, frames.items.length + swap.items.length)
}

/** An area has sixteen parts; a range goes over some of them. Its size is a part's, in pages. */
const PARTS = 16
type Make = (part: number) => Op

const someRange = fc
  .tuple(fc.nat(PARTS - 1), fc.integer({ min: 1, max: PARTS }))
  .map(([from, length]) => [from, Math.min(length, PARTS - from)] as const)
/** Printed as the operation that it is for parts of one page. */
const printed = (make: Make): Make =>
  Object.assign(make, { [fc.toStringMethod]: () => JSON.stringify(make(1)) })
const onRange = (make: (where: string, pages: number) => Op): fc.Arbitrary<Make> =>
  someRange.map(([from, length]) => printed(part => make(`a+${from * part}`, length * part)))

const step: fc.Arbitrary<Make> = fc.oneof(
  onRange(write),
  onRange(read),
  onRange(mlock),
  onRange(munlock),
  onRange(onfault),
  onRange(munmap),
  onRange((where, pages) => mprotect(where, pages, 'r')),
  onRange((where, pages) => mprotect(where, pages, 'rw')),
  onRange((where, pages) => madvise(where, pages, 'dontneed')),
  onRange((where, pages) => madvise(where, pages, 'populate_write')),
  onRange((where, pages) => madvise(where, pages, 'populate_read')),
  onRange((where, pages) => by('p1', write(where, pages))),
)
const history = fc.array(step, { maxLength: 12 })

function runsAfter(steps: readonly Make[], part: number, how: Settings, words: string): number {
  const mapped: Make[] = [n => mmap('a', PARTS * n, words), n => write('a', n), () => fork('p1')]
  const model = new Model(
    [...mapped, ...steps].map(make => make(part)),
    { cap: true, ...how },
    profile('6.18'),
  )
  return runsOf(model.replay.kernel)
}

/** Parts of 8 MiB and of 512 MiB, whose edges are edges of huge pages alike. */
const SMALL = 2048
const LARGE = 64 * SMALL

const variants: readonly (readonly [string, Settings, string])[] = [
  ['private memory of small pages', {}, ''],
  ['private memory of huge pages', { thp: 'always' }, ''],
  ['private memory of 64 KiB folios', { mthp: { '64k': 'always' } }, ''],
  ['shared memory', {}, 'shared'],
]

describe.each(variants)('the state of %s', (_, how, words) => {
  it('is no larger for 8 GiB than for 128 MiB', () => {
    // Where fault-around windows meet what is cached, an operation may leave a run more or less.
    fc.assert(
      fc.property(history, steps => {
        const small = runsAfter(steps, SMALL, how, words)
        expect(runsAfter(steps, LARGE, how, words)).toBeLessThanOrEqual(small + steps.length)
      }),
      { numRuns: 60 },
    )
  })

  it('grows by a few runs an operation', () => {
    fc.assert(
      fc.property(history, steps => {
        expect(runsAfter(steps, SMALL, how, words)).toBeLessThan(20 + 12 * steps.length)
      }),
      { numRuns: 60 },
    )
  })
})
