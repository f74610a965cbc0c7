/** One row of workloads. */
import { SCENARIO_BOUNDS, type Params, type WorkloadSpec } from '../../engine/scenario.ts'
import { STRATEGIES, strategyNamed } from '../../engine/strategies/index.ts'
import { jsonOf } from '../../engine/workloads/generic.ts'
import { WORKLOADS, workloadNamed } from '../../engine/workloads/index.ts'
import type { Place } from '../issues.ts'
import { readAreas } from './areas.ts'
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

/** What systemd gives to services, and the kernel to its first process since 5.16. Before: 64 KiB. */
const DEFAULT_MEMLOCK = 8 * 2 ** 20

const limits = record([
  field('memlock', limit, 'Soft RLIMIT_MEMLOCK of each process.', {
    prop: 'memlockBytes',
    fallback: DEFAULT_MEMLOCK,
  }),
  field('capIpcLock', flag, 'CAP_IPC_LOCK: the limit does not bind.', { fallback: false }),
])

/** The keys of a workload. */
function workloadFields(): readonly Field[] {
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
    field('limits', limits, 'Limits of each process.', {
      fallback: { memlockBytes: DEFAULT_MEMLOCK, capIpcLock: false },
    }),
    field('memcg', memcg, 'Limits of the memory cgroup of each instance.', { fallback: NO_GROUP }),
    field('oomScoreAdj', count(-1000, 1000), 'oom_score_adj; -1000 is never killed.', { fallback: 0 }),
  ]
}

export const WORKLOAD_FIELDS = workloadFields()

export const workload: Codec<WorkloadSpec> = {
  allowed: `an object with ${WORKLOAD_FIELDS.map(one => one.key).join(', ')}`,
  read: readWorkload,
  write: writeWorkload,
}

function readWorkload(value: Raw, at: Place, to: Reading): WorkloadSpec | undefined {
  const before = to.issues.count
  const kind = workloadNamed(isRecord(value) ? String(value['kind']) : '')
  const chosen = kind?.defaultStrategy ?? 'none'
  const own = WORKLOAD_FIELDS.map(one => (one.key === 'strategy' ? { ...one, fallback: chosen } : one))
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
  const normalised = given === undefined ? undefined : withAreas(given, at.at('params').at('areas'), to)
  return normalised === undefined
    ? undefined
    : ({ ...read, params: normalised, strategyParams } as unknown as WorkloadSpec)
}

/** Stated areas as the engine has them: amounts in bytes, defaults filled in. */
function withAreas(params: Params, at: Place, to: Reading): Params | undefined {
  const text = params['areas']
  const value = typeof text === 'string' ? jsonOf(text) : undefined
  // What is no list is reported by the kind itself.
  if (!Array.isArray(value)) return params
  const areas = readAreas(value, at, to)
  return areas === undefined ? undefined : { ...params, areas: JSON.stringify(areas) }
}

function writeWorkload(spec: WorkloadSpec): Raw {
  return {
    ...writeFields({ ...spec }, WORKLOAD_FIELDS),
    params: writeParams(spec.params, workloadNamed(spec.kind)?.params ?? []),
    strategyParams: writeParams(spec.strategyParams, strategyNamed(spec.strategy)?.params ?? []),
  }
}
