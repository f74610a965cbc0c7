/** The experiments: how memory is accessed, what of it is locked, and what it is swapped to. */
import type { Popularity } from '../../engine/scenario.ts'
import type { Experiment, ExperimentLock } from './experiment.ts'

/** 256 MiB of memory, of which 160 MiB fit. */
const base = {
  areaPages: 65_536,
  limitPages: 40_960,
  writeShare: 1,
  locks: [],
  backing: 'anon',
  swap: 'zram',
  pageCluster: 0,
  accessesPerSample: 32_768,
  samples: 40,
  seed: 1,
} as const satisfies Partial<Experiment>

const zipf = (exponent: number): Popularity => ({ kind: 'zipf', exponent })
const hotSet: Popularity = { kind: 'hotset', itemShare: 0.1, accessShare: 0.9 }
const accesses = { uniform: { kind: 'uniform' }, 'zipf 1.0': zipf(1), 'hot set': hotSet } as const

/** Pages are in the order of their popularity: the first half is the hot one. */
const locks: Readonly<Record<string, readonly ExperimentLock[]>> = {
  'no lock': [],
  'hot half locked': [{ kind: 'mlock', from: 0, to: 0.5 }],
  'cold half locked': [{ kind: 'mlock', from: 0.5, to: 1 }],
  'a quarter on fault': [{ kind: 'onfault', from: 0.25, to: 0.5 }],
}

const product: Experiment[] = Object.entries(accesses).flatMap(([how, popularity]) =>
  Object.entries(locks).map(([what, list]) => ({
    ...base,
    name: `${how}, ${what}`,
    popularity,
    locks: list,
    samples: popularity === hotSet ? 60 : base.samples,
  })),
)

const fitting: Popularity = { kind: 'hotset', itemShare: 0.25, accessShare: 1 }
const onDisk = { ...base, swap: 'file', samples: 30 } as const
const mapping = { ...base, backing: 'file', writeShare: 0 } as const

export const experiments: readonly Experiment[] = [
  ...product,
  {
    ...base,
    name: 'a quarter used, all on fault',
    popularity: fitting,
    locks: [{ kind: 'onfault', from: 0, to: 1 }],
  },
  { ...base, name: 'zipf 0.8, no lock', popularity: zipf(0.8) },
  { ...base, name: 'zipf 1.2, no lock', popularity: zipf(1.2), accessesPerSample: 131_072, samples: 60 },
  { ...base, name: 'one after the other, no lock', popularity: { kind: 'cyclic' }, samples: 10 },
  { ...onDisk, name: 'zipf 1.0, swap file', popularity: zipf(1) },
  { ...onDisk, name: 'zipf 1.0, swap file, read-ahead', popularity: zipf(1), pageCluster: 3 },
  {
    ...onDisk,
    name: 'uniform, swap file, read-ahead',
    popularity: accesses.uniform,
    pageCluster: 3,
    samples: 12,
  },
  { ...mapping, name: 'zipf 1.0, file', popularity: zipf(1) },
  { ...mapping, name: 'uniform, file', popularity: accesses.uniform, samples: 12 },
  {
    ...mapping,
    name: 'zipf 1.0, file, cold half locked',
    popularity: zipf(1),
    locks: [{ kind: 'mlock', from: 0.5, to: 1 }],
    samples: 20,
  },
]
