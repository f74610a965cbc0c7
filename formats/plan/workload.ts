/** One row of workloads. */
import { behaviourOf, kernelNamed } from '../../engine/kernels/releases.ts'
import { SCENARIO_BOUNDS, type KernelChoice, type WorkloadSpec } from '../../engine/scenario.ts'
import { STRATEGIES, strategyNamed } from '../../engine/strategies/index.ts'
import { WORKLOADS, workloadNamed } from '../../engine/workloads/index.ts'
import type { Place } from '../issues.ts'
import { readParams, writeParams } from './params.ts'
import { isRecord, type Codec, type Field, type Raw, type Reading } from './reader.ts'
import { field, readFields, record, writeFields } from './record.ts'
import { bytes, codec, count, flag, limit, oneOf, orNull, seconds, text } from './values.ts'

const { maxHorizonS, maxInstances, maxRamBytes } = SCENARIO_BOUNDS

/** Parameters are read by the kind that stands beside them. */
const params: Codec<object> = codec(
  'an object of parameters',
  value => (isRecord(value) ? value : undefined),
  value => value,
)

const group = orNull(bytes(4096, maxRamBytes))
const NO_GROUP = { maxBytes: null, highBytes: null, swapMaxBytes: null }
const memcg = record([
  field('max', group, 'memory.max: more than this is reclaimed, or killed for.', {
    prop: 'maxBytes',
    fallback: null,
  }),
  field('high', group, 'memory.high: more than this is slowed down.', { prop: 'highBytes', fallback: null }),
  field('swapMax', orNull(bytes(0, maxRamBytes)), 'memory.swap.max', {
    prop: 'swapMaxBytes',
    fallback: null,
  }),
])

/** `memlock` is what the kernel gives a process unless somebody raises it. */
const limitsOf = (memlockBytes: number | 'unlimited'): Codec<object> =>
  record([
    field('memlock', limit, 'Soft RLIMIT_MEMLOCK of each process; the kernel’s own default if left out.', {
      prop: 'memlockBytes',
      fallback: memlockBytes,
    }),
    field('capIpcLock', flag, 'CAP_IPC_LOCK: the limit does not bind.', { fallback: false }),
  ])

/** The keys of a workload; limits that are left out are those of the kernel. */
export function workloadFields(memlockBytes: number | 'unlimited'): readonly Field[] {
  const kind = oneOf(WORKLOADS.map(one => one.id))
  const strategy = oneOf(STRATEGIES.map(one => one.id))
  return [
    field('name', text(1, 100), 'What results call it; every workload has another.'),
    field('kind', kind, 'What it is.'),
    field('params', params, 'Parameters of the kind; those left out have their defaults.', { fallback: {} }),
    field('count', count(1, maxInstances), 'Identical instances.', { fallback: 1 }),
    field('start', seconds(0, maxHorizonS), 'When the first instance starts.', {
      prop: 'startS',
      fallback: 0,
    }),
    field('stagger', seconds(0, maxHorizonS), 'Each instance starts so much after the one before it.', {
      prop: 'staggerS',
      fallback: 0,
    }),
    field('stop', orNull(seconds(0, maxHorizonS)), 'When all of it exits; null: at the end of the run.', {
      prop: 'stopS',
      fallback: null,
    }),
    field('strategy', strategy, 'What happens to its memory before it runs; the kind has a default.', {
      fallback: 'none',
    }),
    field('strategyParams', params, 'Parameters of the strategy.', { fallback: {} }),
    field('limits', limitsOf(memlockBytes), 'Limits of each process.', {
      fallback: { memlockBytes, capIpcLock: false },
    }),
    field('memcg', memcg, 'Limits of the memory cgroup of each instance.', { fallback: NO_GROUP }),
    field('oomScoreAdj', count(-1000, 1000), 'oom_score_adj; -1000 is never killed.', { fallback: 0 }),
  ]
}

/** RLIMIT_MEMLOCK that a process has on a kernel unless somebody sets another. */
export function defaultMemlockBytes(kernel: KernelChoice | undefined): number {
  const offered = kernelNamed(kernel?.name ?? '6.18')
  if (offered === undefined) return 0
  const { plus = [], minus = [] } = kernel ?? {}
  return behaviourOf({
    ...offered,
    plus: [...(offered.plus ?? []), ...plus],
    minus: [...(offered.minus ?? []), ...minus],
  }).defaultMemlockBytes
}

/** Reads workloads, on a kernel that decides about their default limit. */
export function workloadCodec(kernel: KernelChoice | undefined): Codec<WorkloadSpec> {
  const fields = workloadFields(defaultMemlockBytes(kernel))
  return {
    allowed: `an object with ${fields.map(one => one.key).join(', ')}`,
    read: (value, at, to) => readWorkload(value, fields, at, to),
    write: writeWorkload,
  }
}

function readWorkload(
  value: Raw,
  fields: readonly Field[],
  at: Place,
  to: Reading,
): WorkloadSpec | undefined {
  const before = to.issues.count
  const kind = workloadNamed(isRecord(value) ? String(value['kind']) : '')
  const chosen = kind?.defaultStrategy ?? 'none'
  const own = fields.map(one => (one.key === 'strategy' ? { ...one, fallback: chosen } : one))
  const read = readFields(value, own, at, to)
  if (read === undefined) return undefined
  const strategy = strategyNamed(String(read['strategy']))
  const given =
    kind === undefined ? undefined : readParams(read['params'] ?? {}, kind.params, at.at('params'), to)
  const strategyParams =
    strategy === undefined
      ? undefined
      : readParams(read['strategyParams'] ?? {}, strategy.params, at.at('strategyParams'), to)
  if (to.issues.count > before) return undefined
  return { ...read, params: given, strategyParams } as unknown as WorkloadSpec
}

function writeWorkload(spec: WorkloadSpec): Raw {
  return {
    ...writeFields({ ...spec }, workloadFields(0)),
    params: writeParams(spec.params, workloadNamed(spec.kind)?.params ?? []),
    strategyParams: writeParams(spec.strategyParams, strategyNamed(spec.strategy)?.params ?? []),
  }
}
