/** Forms of what the store keeps as JSON. The compiler compares each with the type of the engine. */
import { z } from 'zod'
import type { Provenance } from '../engine/data/provenance.ts'
import type { KernelChoice, MachineProfile } from '../engine/scenario.ts'
import type { CostTable } from '../engine/sim/costs.ts'
import type { RunResult, Snapshot } from '../engine/sim/result.ts'
import type { MthpMode, MthpSize } from '../engine/program.ts'
import type { WorkKind } from '../engine/work.ts'

export const kernelChoice: z.ZodType<KernelChoice> = z.object({
  name: z.string(),
  plus: z.array(z.string()),
  minus: z.array(z.string()),
})

const thpMode = z.enum(['always', 'madvise', 'never'])
const mthpMode: z.ZodType<MthpMode> = z.enum(['always', 'madvise', 'never', 'inherit'])
const mthpSize: z.ZodType<MthpSize, MthpSize> = z.enum(['16k', '32k', '64k', '128k', '256k', '512k', '1024k'])

export const machineProfile: z.ZodType<MachineProfile> = z.object({
  name: z.string(),
  ramBytes: z.number(),
  nodes: z.number(),
  cpus: z.number(),
  memoryBandwidthBytesPerS: z.number(),
  swap: z.array(z.object({ device: z.string(), sizeBytes: z.number(), priority: z.number() })),
  zswap: z.object({ enabled: z.boolean(), maxPoolPercent: z.number(), compressionRatio: z.number() }),
  disk: z.string(),
  thp: z.object({
    enabled: thpMode,
    defrag: z.enum(['always', 'defer', 'defer+madvise', 'madvise', 'never']),
    shmem: z.enum(['never', 'always', 'advise', 'within_size']),
    zeroPage: z.boolean(),
    mthp: z.partialRecord(mthpSize, mthpMode),
  }),
  hugetlb: z.object({ '2M': z.number(), '1G': z.number() }),
  overcommit: z.object({ mode: z.literal([0, 1, 2]), ratioPercent: z.number() }),
  swappiness: z.number(),
  pageCluster: z.number(),
  minFreeKib: z.number().nullable(),
  watermarkScaleFactor: z.number(),
  faultAroundBytes: z.number(),
  hostReserveBytes: z.number(),
  otherCacheBytes: z.number(),
  costs: z.string(),
})

/** Which kinds of work there are is the engine's business: a table of an older version may name fewer. */
const workKind = z.custom<WorkKind>(value => typeof value === 'string')

export const costTable: z.ZodType<CostTable> = z.object({
  id: z.string(),
  title: z.string(),
  source: z.string(),
  cacheBytes: z.number(),
  units: z.array(
    z.object({
      kind: workKind,
      ns: z.number(),
      spreadNs: z.number(),
      beyondCacheNs: z.number(),
      beyondCacheSpreadNs: z.number(),
      basis: z.enum(['fitted', 'estimated']),
      source: z.string(),
      meaning: z.string(),
    }),
  ),
  residuals: z.object({
    rows: z.number(),
    medianError: z.number(),
    p95Error: z.number(),
    maxError: z.number(),
    looMedianError: z.number(),
    looP95Error: z.number(),
    looMaxError: z.number(),
  }),
})

export const provenance: z.ZodType<Provenance> = z.enum(['measured', 'published', 'computed', 'assumed'])

/** All of a result but its curves. */
export type RunSummary = Omit<RunResult, 'timesS' | 'series'>

/** Large, and written by the program alone: its outline and checksum are checked, not each of its numbers. */
const RUN_OUTLINE: Readonly<Record<keyof RunSummary, 'string' | 'number' | 'object' | 'array'>> = {
  format: 'string',
  scenario: 'string',
  kernel: 'string',
  costs: 'string',
  horizonS: 'number',
  verdict: 'object',
  host: 'object',
  workloads: 'array',
  events: 'array',
  refusals: 'array',
  waits: 'array',
  findings: 'array',
  explanations: 'array',
  steps: 'number',
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function hasOutline(value: unknown, outline: Readonly<Record<string, string>>): boolean {
  if (!isRecord(value)) return false
  return Object.entries(outline).every(([key, kind]) =>
    kind === 'array'
      ? Array.isArray(value[key])
      : kind === 'object'
        ? isRecord(value[key])
        : typeof value[key] === kind,
  )
}

export const runSummary = z.custom<RunSummary>(value => hasOutline(value, RUN_OUTLINE))
export const snapshotBody = z.custom<Snapshot>(value =>
  hasOutline(value, { atS: 'number', meminfo: 'object', tasks: 'array' }),
)
