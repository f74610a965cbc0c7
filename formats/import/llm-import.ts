/** A language model that was read somewhere, as a workload. */
import { MODELS, type ModelProfile } from '../../engine/data/models.ts'
import { MIB, type LimitBytes } from '../../engine/quantity.ts'
import type { Params, WorkloadSpec } from '../../engine/scenario.ts'
import { CACHE_TYPES } from '../../engine/workloads/llm-memory.ts'
import { llm } from '../../engine/workloads/llm.ts'
import { nameFor } from './guest-import.ts'
import type { Notes } from './notes.ts'

/** What is known of a model and how it is run; what is left out has the defaults of the workload. */
export interface LlmFacts {
  readonly name: string
  readonly model: ModelProfile | undefined
  /** Such as `Q4_K_M`. */
  readonly fileType?: string
  readonly fileBytes?: number
  readonly contextTokens?: number
  readonly slots?: number
  readonly cacheType?: string
  readonly threads?: number
  readonly mmap?: boolean
  readonly lock?: boolean
  readonly warmUp?: boolean
  readonly prefetch?: boolean
  readonly memlockBytes?: LimitBytes
}

/** What a service and a shell have since Linux 5.16. */
const USUAL_MEMLOCK_BYTES = 8 * MIB

export function llmWorkload(facts: LlmFacts, path: string, notes: Notes): WorkloadSpec | undefined {
  const { model } = facts
  if (model === undefined) {
    notes.notUnderstood(path, 'No model on offer is like it; none is planned.')
    return undefined
  }
  const file = typeOf(model, facts.fileType ?? '')
  const cacheType = CACHE_TYPES.find(type => type === facts.cacheType)
  if (facts.cacheType !== undefined && cacheType === undefined)
    notes.notUnderstood(path, `A cache of type ${facts.cacheType}; ${CACHE_TYPES.join(', ')} are known.`)
  const given = {
    model: model.id,
    type: file,
    fileBytes: facts.fileBytes === undefined ? undefined : Math.min(facts.fileBytes, 64 * 2 ** 40),
    context: bounded(facts.contextTokens, 10_000_000),
    slots: bounded(facts.slots, 1024),
    threads: bounded(facts.threads, 1024),
    cacheType,
    load: facts.mmap === false ? 'read' : undefined,
    warmUp: facts.warmUp,
    prefetch: facts.prefetch,
  }
  const params = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as Params
  return {
    name: nameFor(facts.name, model.id),
    kind: llm.id,
    params,
    count: 1,
    startS: 0,
    staggerS: 0,
    stopS: null,
    strategy: facts.lock === true ? 'mlock' : llm.defaultStrategy,
    strategyParams: {},
    limits: { memlockBytes: facts.memlockBytes ?? USUAL_MEMLOCK_BYTES, capIpcLock: false },
    memcg: { maxBytes: null, highBytes: null, swapMaxBytes: null },
    oomScoreAdj: 0,
  }
}

const bounded = (value: number | undefined, most: number): number | undefined =>
  value === undefined || value < 1 ? undefined : Math.min(value, most)

/** The file of the model that is of the type named, or most like it. */
function typeOf(model: ModelProfile, name: string): string {
  const types = model.files.map(({ type }) => type)
  const same = types.find(type => type === name)
  const like = /^(?:F16|BF16|F32)$/.test(name) ? 'F16' : /^Q8|^Q6/.test(name) ? 'Q8_0' : 'Q4_K_M'
  return same ?? types.find(type => type === like) ?? types[0] ?? 'Q4_K_M'
}

/** The model of the table whose name is in a file's name; the longest such. */
export function modelInName(fileName: string): ModelProfile | undefined {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '')
  const sought = plain(fileName.slice(0, 400))
  const found = MODELS.filter(
    ({ id }) => sought.includes(plain(id)) || sought.includes(plain(id).replace(/v0*\d+$/, '')),
  )
  return found.sort((a, b) => b.id.length - a.id.length)[0]
}
