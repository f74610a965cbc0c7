/** Size must not matter: one operation on 4 TiB. */
import { describe, test } from 'vitest'
import { kernelNamed } from '../../engine/kernels/releases.ts'
import type { Op } from '../../engine/op.ts'
import { Replay } from '../../engine/sim/replay.ts'
import {
  file,
  madvise,
  memfd,
  mlock,
  mmap,
  program,
  read,
  write,
  type Settings,
} from '../conformance/programs/build.ts'

const size = '4096G'
const profile = kernelNamed('6.18')!

function machine(before: Op, how: Settings): Replay {
  const { program: made } = program('large', '', [before], { cap: true, ...how })
  const run = new Replay({ ...made, machine: { ...made.machine, ramBytes: 2 ** 43 } }, { profile })
  run.apply(before)
  return run
}

const rows: readonly (readonly [string, Op, Op, Settings])[] = [
  ['MADV_POPULATE_WRITE, small pages', mmap('a', size), madvise('a', size, 'populate_write'), {}],
  [
    'MADV_POPULATE_WRITE, huge pages',
    mmap('a', size),
    madvise('a', size, 'populate_write'),
    { thp: 'always' },
  ],
  ['MADV_POPULATE_READ, zero pages', mmap('a', size), madvise('a', size, 'populate_read'), {}],
  [
    'MADV_POPULATE_READ, huge zero pages',
    mmap('a', size),
    madvise('a', size, 'populate_read'),
    { thp: 'always' },
  ],
  ['mlock, small pages', mmap('a', size), mlock('a', size), {}],
  ['mlock, huge pages', mmap('a', size), mlock('a', size), { thp: 'always' }],
  ['write, 64 KiB folios', mmap('a', size), write('a', size), { mthp: { '64k': 'always' } }],
  ['read of anonymous shared memory', mmap('a', size, 'shared'), read('a', size), {}],
  ['read of a memfd', mmap('a', size, 'shared file=f'), read('a', size), { files: { f: memfd(size) } }],
  ['read of a file', mmap('a', size, 'r shared file=f'), read('a', size), { files: { f: file(size) } }],
  ['write of a private file', mmap('a', size, 'file=f'), write('a', size), { files: { f: file(size) } }],
]

describe('one operation on 4 TiB', () => {
  test.each(rows)('%s', (name, before, op, how) => {
    // A fresh machine each time; only the operation is timed.
    const times: number[] = []
    for (let i = 0; i < 60; i++) {
      const run = machine(before, how)
      const start = performance.now()
      run.apply(op)
      times.push((performance.now() - start) * 1000)
      if (times.at(-1)! > 1e6) break
    }
    times.sort((a, b) => a - b)
    console.log(
      `${name}: median ${times[times.length >> 1]!.toFixed(1)} us, slowest ${times.at(-1)!.toFixed(1)} us`,
    )
  })
})
