/** Every field of a scenario that a question may vary: what it is, its unit, its bounds. */
import { SCENARIO_BOUNDS, type ParamSpec } from '../../scenario.ts'

/** `limit` is bytes or unlimited; `kernel` a name with changes; `machine` the name of a profile. */
export type FieldKind = ParamSpec['kind'] | 'limit' | 'kernel' | 'machine'

export interface FieldSpec {
  readonly title: string
  readonly kind: FieldKind
  readonly min?: number
  readonly max?: number
  readonly options?: readonly string[]
  /** `none` may be written: there is no such limit or time. */
  readonly orNone?: boolean
  /** Whole numbers, besides bytes and counts. */
  readonly whole?: boolean
}

const { maxHorizonS, maxInstances, maxRamBytes } = SCENARIO_BOUNDS
const bytes = (title: string, more: Partial<FieldSpec> = {}): FieldSpec => ({
  title,
  kind: 'bytes',
  min: 0,
  max: maxRamBytes,
  ...more,
})
const count = (title: string, min: number, max: number): FieldSpec => ({ title, kind: 'count', min, max })
const seconds = (title: string, more: Partial<FieldSpec> = {}): FieldSpec => ({
  title,
  kind: 'seconds',
  min: 0,
  max: maxHorizonS,
  ...more,
})
const choice = (title: string, ...options: readonly string[]): FieldSpec => ({
  title,
  kind: 'choice',
  options,
})
const flag = (title: string): FieldSpec => ({ title, kind: 'flag' })
const THP = ['always', 'madvise', 'never']

/** By path; `*` is any item of a list. Parameters of workloads and strategies come from their own lists. */
export const FIELDS: Readonly<Record<string, FieldSpec>> = {
  kernel: { title: 'kernel', kind: 'kernel' },
  horizonS: seconds('horizon', { min: 1e-6 }),
  sampleS: seconds('sample distance', { min: 1e-6 }),
  seed: count('seed', 0, 2 ** 32 - 1),
  machine: { title: 'machine', kind: 'machine' },
  'machine.ramBytes': bytes('RAM', { min: 2 ** 26 }),
  'machine.nodes': count('NUMA nodes', 1, 64),
  'machine.cpus': count('CPUs', 1, 8192),
  'machine.memoryBandwidthBytesPerS': { title: 'memory bandwidth', kind: 'bytes', min: 1e6, max: 1e15 },
  'machine.disk': { title: 'disk', kind: 'choice' },
  'machine.swap.*.device': { title: 'swap device', kind: 'choice' },
  'machine.swap.*.sizeBytes': bytes('swap size'),
  'machine.swap.*.priority': { title: 'swap priority', kind: 'number', min: -1, max: 32767, whole: true },
  'machine.zswap.enabled': flag('zswap'),
  'machine.zswap.maxPoolPercent': { title: 'zswap pool, % of RAM', kind: 'number', min: 0, max: 100 },
  'machine.zswap.compressionRatio': { title: 'zswap compression', kind: 'number', min: 1, max: 1000 },
  'machine.thp.enabled': choice('huge pages', ...THP),
  'machine.thp.defrag': choice('huge page defrag', 'always', 'defer', 'defer+madvise', 'madvise', 'never'),
  'machine.thp.shmem': choice(
    'huge pages of shared memory',
    'always',
    'within_size',
    'advise',
    'never',
    'deny',
    'force',
  ),
  'machine.thp.zeroPage': flag('huge zero page'),
  'machine.thp.mthp.*': choice('huge pages of one size', 'always', 'madvise', 'inherit', 'never'),
  'machine.hugetlb.2M': count('2 MiB pages in the pool', 0, 2 ** 25),
  'machine.hugetlb.1G': count('1 GiB pages in the pool', 0, 2 ** 16),
  'machine.overcommit.mode': choice('vm.overcommit_memory', '0', '1', '2'),
  'machine.overcommit.ratioPercent': { title: 'vm.overcommit_ratio', kind: 'number', min: 0, max: 10_000 },
  'machine.swappiness': count('vm.swappiness', 0, 200),
  'machine.pageCluster': count('vm.page-cluster', 0, 10),
  'machine.minFreeKib': { ...count('vm.min_free_kbytes', 0, 2 ** 36), orNone: true },
  'machine.watermarkScaleFactor': count('vm.watermark_scale_factor', 1, 3000),
  'machine.faultAroundBytes': bytes('fault-around', { min: 4096, max: 2 ** 21 }),
  'machine.hostReserveBytes': bytes('host reserve'),
  'machine.otherCacheBytes': bytes('other page cache'),
  'workloads.*.count': count('instances', 0, maxInstances),
  'workloads.*.startS': seconds('start'),
  'workloads.*.staggerS': seconds('stagger'),
  'workloads.*.stopS': seconds('stop', { orNone: true }),
  'workloads.*.strategy': { title: 'strategy', kind: 'choice' },
  'workloads.*.oomScoreAdj': {
    title: 'oom_score_adj',
    kind: 'number',
    min: -1000,
    max: 1000,
    whole: true,
  },
  'workloads.*.limits.memlockBytes': { title: 'RLIMIT_MEMLOCK', kind: 'limit', min: 0 },
  'workloads.*.limits.capIpcLock': flag('CAP_IPC_LOCK'),
  'workloads.*.memcg.maxBytes': bytes('memory.max', { orNone: true }),
  'workloads.*.memcg.highBytes': bytes('memory.high', { orNone: true }),
  'workloads.*.memcg.swapMaxBytes': bytes('memory.swap.max', { orNone: true }),
}

/** Endings that say a unit and may be left out by whoever types a path. */
const UNIT_ENDING = /(?:BytesPerS|Bytes|Percent|Kib|S)$/

/** The key that a person meant: itself, or the one key that differs only in its unit. */
export function keyFor(typed: string, keys: readonly string[]): string | undefined {
  if (keys.includes(typed)) return typed
  const meant = keys.filter(key => key.replace(UNIT_ENDING, '').toLowerCase() === typed.toLowerCase())
  return meant.length === 1 ? meant[0] : undefined
}
