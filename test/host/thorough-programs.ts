import type { Program } from '../../engine/program.ts'
import { programOf } from './live.ts'

const bytes = 256 * 2 ** 20

/** Needs every kind of setting: huge pages of all sorts, a pool of them, and swap. */
export const thorough: Program = programOf(
  [
    { op: 'mmap', as: 'a', length: bytes, prot: 'r', flags: ['noreserve'] },
    { op: 'touch', on: 'a', length: 1, access: 'read' },
  ],
  {
    machine: {
      thp: { enabled: 'always', defrag: 'defer+madvise', shmem: 'advise', zeroPage: true },
      mthp: { '64k': 'always' },
      hugetlb: { '2M': 2 },
      swapBytes: 64 * 2 ** 20,
    },
  },
)

/** Goes on for seconds: it reads every byte, again and again. */
export const long: Program = {
  ...thorough,
  ops: [
    ...thorough.ops,
    ...Array.from(
      { length: 200 },
      () => ({ op: 'touch', on: 'a', length: bytes, stride: 1, access: 'read' }) as const,
    ),
  ],
}
