/** Scenarios for tests: a plain host, and random ones from a seed. */
import {
  SCENARIO_FORMAT,
  type MachineProfile,
  type Scenario,
  type WorkloadSpec,
} from '../../engine/scenario.ts'

export const GIB = 2 ** 30
export const MIB = 2 ** 20

/** 64 GiB, 16 processors, 8 GiB of swap on NVMe, 4 GiB of other files in the page cache. */
export const HOST: MachineProfile = {
  name: 'test host',
  ramBytes: 64 * GIB,
  nodes: 1,
  cpus: 16,
  memoryBandwidthBytesPerS: 51e9,
  swap: [{ device: 'nvme-client', sizeBytes: 8 * GIB, priority: -2 }],
  zswap: { enabled: false, maxPoolPercent: 20, compressionRatio: 3 },
  disk: 'nvme-client',
  thp: { enabled: 'madvise', defrag: 'madvise', shmem: 'never', zeroPage: true, mthp: {} },
  hugetlb: { '2M': 0, '1G': 0 },
  overcommit: { mode: 0, ratioPercent: 50 },
  swappiness: 60,
  pageCluster: 3,
  minFreeKib: null,
  watermarkScaleFactor: 10,
  faultAroundBytes: 65_536,
  hostReserveBytes: 2 * GIB,
  otherCacheBytes: 4 * GIB,
  costs: 'default',
}

export function workload(
  spec: Partial<WorkloadSpec> & Pick<WorkloadSpec, 'kind' | 'strategy'>,
): WorkloadSpec {
  return {
    name: spec.kind,
    params: {},
    count: 1,
    startS: 0,
    staggerS: 0,
    stopS: null,
    strategyParams: {},
    limits: { memlockBytes: 'unlimited', capIpcLock: true },
    memcg: { maxBytes: null, highBytes: null, swapMaxBytes: null },
    oomScoreAdj: 0,
    ...spec,
  }
}

export function scenario(
  workloads: readonly WorkloadSpec[],
  over: {
    machine?: Partial<MachineProfile>
    kernel?: string
    horizonS?: number
    plus?: readonly string[]
  } = {},
): Scenario {
  return {
    format: SCENARIO_FORMAT,
    name: 'test',
    doc: '',
    machine: { ...HOST, ...over.machine },
    kernel: { name: over.kernel ?? '6.18', plus: over.plus ?? [], minus: [] },
    workloads,
    horizonS: over.horizonS ?? 600,
    sampleS: 1,
    seed: 1,
  }
}

/** Mulberry32: enough chance for choosing test cases, the same on every machine. */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const KINDS = [
  'qemu-guest',
  'cache',
  'jvm',
  'database',
  'ngram-model',
  'secrets',
  'file-reader',
  'rdma',
] as const
const STRATEGIES = [
  'none',
  'mlock',
  'mlock-onfault',
  'populate-write',
  'map-populate',
  'mlockall',
  'touch-write',
] as const
const KERNELS = ['3.10', '5.10', '6.1', '6.18', '7.2'] as const

/** Up to five workloads on hosts that are sometimes too small. */
export function randomScenario(seed: number): Scenario {
  const next = generator(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T
  const ramGib = pick([8, 16, 32, 64, 128, 512])
  const workloads = Array.from({ length: 1 + Math.floor(next() * 5) }, (_, i) => {
    const maxBytes = next() < 0.2 ? Math.floor((0.5 + 8 * next()) * GIB) : null
    return workload({
      name: `w${i}`,
      kind: pick(KINDS),
      strategy: pick(STRATEGIES),
      count: 1 + Math.floor(next() * 4),
      startS: Math.floor(next() * 60),
      staggerS: next() < 0.5 ? 0 : Math.floor(next() * 30),
      stopS: next() < 0.2 ? 400 : null,
      memcg: { maxBytes, highBytes: null, swapMaxBytes: null },
    })
  })
  const swapGib = pick([0, 1, 8, 64])
  return scenario(workloads, {
    kernel: pick(KERNELS),
    machine: {
      ramBytes: ramGib * GIB,
      swap:
        swapGib === 0
          ? []
          : [
              {
                device: pick(['nvme-client', 'zram-lz4', 'sata-ssd']),
                sizeBytes: swapGib * GIB,
                priority: -2,
              },
            ],
      hostReserveBytes: GIB,
      otherCacheBytes: Math.floor(next() * ramGib * 0.5) * GIB,
      swappiness: pick([0, 10, 60, 100, 200]),
      thp: { ...HOST.thp, enabled: pick(['always', 'madvise', 'never']) },
    },
  })
}
