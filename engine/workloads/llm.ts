import { modelParams } from '../data/model-params.ts'
import { modelNamed, MODELS, type ModelProfile } from '../data/models.ts'
import {
  bytesParam,
  choiceParam,
  countParam,
  flagParam,
  ParamReader,
  rateParam,
  shareParam,
} from '../params.ts'
import type { AccessPattern, AreaNeed, ParamSpec, SetupStep, WorkloadNeed } from '../scenario.ts'
import { CACHE_TYPES, computeBufferBytes, fixedBytes, kvCache, outputBufferBytes } from './llm-memory.ts'
import type { CacheType } from './llm-memory.ts'
import { lockEnds } from './llm/tensors.ts'
import { need, ownArea, touchFirst } from './parts.ts'
import type { WorkloadContext, WorkloadKind } from './workload.ts'

const FILE_TYPES = ['Q4_K_M', 'Q8_0', 'F16', 'MXFP4'] as const

const params: readonly ParamSpec[] = [
  choiceParam(
    'model',
    'Llama-3.1-8B',
    MODELS.map(({ id, paramsG }) => [id, `${id}, ${paramsG} × 10⁹ weights`] as const),
    { title: 'Model', help: 'Its shape gives cache and buffers.', source: 'the table of models' },
  ),
  choiceParam(
    'type',
    'Q4_K_M',
    FILE_TYPES.map(type => [type, type] as const),
    {
      title: 'Quantisation',
      help: 'Which file of the model; the first that there is if there is none of this type.',
      source: 'what most downloads are',
    },
  ),
  bytesParam('fileBytes', 0, {
    title: 'File size',
    help: 'Size of the weights, if it is another than the table has; 0 takes the table’s.',
    source: 'the table of models',
  }),
  choiceParam(
    'load',
    'mmap',
    [
      ['mmap', 'Mapped (default)'],
      ['read', 'Read into memory (--no-mmap)'],
    ],
    {
      title: 'Loading',
      help: 'Mapped weights are page cache, shared among processes; read weights are anonymous memory, and the page cache holds a second copy for a while.',
      source: 'llama.cpp: mmap',
    },
  ),
  flagParam('prefetch', true, {
    title: 'Populate the mapping',
    help: 'llama.cpp maps with MAP_POPULATE, except with --numa. Turn it off to see locking on fault.',
    source: 'llama.cpp: on',
  }),
  flagParam('warmUp', true, {
    title: 'Warm-up run',
    help: 'An empty run before the first request, which reads all weights.',
    source: 'llama.cpp: on',
  }),
  shareParam('cached', 0, {
    title: 'In the page cache',
    help: 'How much of the file is in the page cache before the start.',
    source: 'nothing: after a boot',
  }),
  countParam('context', 8192, {
    title: 'Context',
    help: 'Tokens of context over all slots (-c).',
    min: 1,
    max: 10_000_000,
    source: 'assumed',
  }),
  countParam('slots', 1, {
    title: 'Slots',
    help: 'Requests at once (-np).',
    min: 1,
    max: 1024,
    source: 'llama.cpp: 1',
  }),
  choiceParam(
    'cacheType',
    'f16',
    CACHE_TYPES.map(type => [type, type] as const),
    {
      title: 'Type of the KV cache',
      help: '-ctk and -ctv.',
      source: 'llama.cpp: f16',
    },
  ),
  rateParam('tokensPerS', 5, {
    title: 'Tokens',
    help: 'Tokens a second while it answers; each reads all weights that it uses.',
    max: 1000,
    source: 'a large model on a server’s processors (assumed)',
  }),
  countParam('threads', 16, { title: 'Threads', help: '-t', min: 1, max: 1024, source: 'assumed' }),
]

function profileOf(reader: ParamReader): ModelProfile {
  const model = modelNamed(reader.text('model'))
  if (model === undefined) throw new Error(`model ${reader.text('model')} is not on offer`)
  return model
}

/** Bytes of the weights: as stated, or of the model's file of that type, or of its first file. */
export function weightBytes(model: ModelProfile, type: string, statedBytes: number): number {
  const [first] = model.files
  const file = model.files.find(one => one.type === type) ?? first
  return statedBytes > 0 ? statedBytes : Math.round((file?.gigabytes ?? 0) * 1e9)
}

/**
 * Accesses to weights: each token reads what it uses, page by page. A dense model sweeps over everything; with experts,
 * what every token uses is a hot part and the chosen experts are some of the rest.
 */
function weightAccess(model: ModelProfile, bytes: number, tokensPerS: number): AccessPattern | null {
  if (tokensPerS === 0) return null
  const active = model.activeParamsG / model.paramsG
  const parts = modelParams(model)
  const common = 1 - parts.experts / (parts.experts + parts.attention + parts.dense + parts.embedding)
  return {
    ratePerS: (tokensPerS * bytes * active) / 4096,
    writeShare: 0,
    footprintShare: 1,
    popularity:
      model.experts === undefined
        ? { kind: 'cyclic' }
        : { kind: 'hotset', itemShare: common, accessShare: Math.min(1, common / active) },
    layout: 'contiguous',
  }
}

function weights(reader: ParamReader): AreaNeed {
  const model = profileOf(reader)
  const bytes = weightBytes(model, reader.text('type'), reader.number('fileBytes'))
  const access = weightAccess(model, bytes, reader.number('tokensPerS'))
  if (reader.text('load') === 'read') return { ...ownArea('weights', bytes), role: 'main', access }
  return {
    name: 'weights',
    bytes,
    backing: 'file',
    sharing: 'shared',
    prot: 'r',
    role: 'main',
    file: { name: fileName(reader), kind: 'file', cachedShare: reader.number('cached') },
    access,
    ...(reader.flag('prefetch') ? { mmapFlags: ['populate'] as const } : {}),
    lockPieces: lockEnds(model, bytes),
  }
}

const fileName = (reader: ParamReader): string => `${reader.text('model')}-${reader.text('type')}.gguf`

/** Cache and buffers of llama.cpp: anonymous, cleared at the start, never locked by its own lock. */
function buffers(reader: ParamReader): { kv: AreaNeed; compute: AreaNeed } {
  const model = profileOf(reader)
  const slots = reader.number('slots')
  const type = reader.text('cacheType') as CacheType
  const cache = kvCache(model, {
    contextTokens: reader.number('context'),
    sequences: slots,
    keyType: type,
    valueType: type,
  })
  const bytes =
    computeBufferBytes(model, { cells: cache.cells }) +
    outputBufferBytes(model, 1, slots) +
    fixedBytes(model.vocab)
  const tokensPerS = reader.number('tokensPerS')
  const access = (size: number): AccessPattern | null =>
    tokensPerS === 0
      ? null
      : {
          ratePerS: (tokensPerS * size) / 4096,
          writeShare: 0.05,
          footprintShare: 1,
          popularity: { kind: 'cyclic' },
          layout: 'contiguous',
        }
  return {
    kv: { ...ownArea('kv-cache', cache.bytes), access: access(cache.bytes / 2) },
    compute: { ...ownArea('compute', bytes), access: access(bytes) },
  }
}

function plan(context: WorkloadContext): WorkloadNeed {
  const reader = new ParamReader(params, context.params)
  const area = weights(reader)
  const { kv, compute } = buffers(reader)
  const loaded: SetupStep[] =
    reader.text('load') === 'mmap'
      ? []
      : [
          { do: 'read', file: fileName(reader), bytes: area.bytes },
          ...touchFirst(area, area.bytes, 'write', 'weights are read'),
        ]
  return need({
    areas: [area, kv, compute],
    work: [
      ...loaded,
      ...touchFirst(kv, kv.bytes, 'write', 'the KV cache is cleared'),
      ...touchFirst(compute, compute.bytes, 'write', 'buffers are set up'),
      ...(reader.flag('warmUp') ? touchFirst(area, area.bytes, 'read', 'warm-up run') : []),
      { do: 'ready' },
    ],
    workerThreads: reader.number('threads'),
    onLockRefusal: 'warn',
    assumptions: [
      'Weights lie in the order embedding, output, layers, and take the same room each.',
      'The lock grows tensor by tensor over the weights and ends at the first refusal; the program goes on.',
      'A token reads half of the KV cache; buffers are within 10 % of what llama.cpp reports.',
      'Nothing runs on a GPU.',
    ],
  })
}

export const llm: WorkloadKind = {
  id: 'llm',
  title: 'Language model (llama.cpp)',
  help: 'Weights mapped or read, KV cache and buffers, answering at so many tokens a second. Strategies act on the weights, as --mlock does.',
  params,
  defaultStrategy: 'none',
  plan,
}
