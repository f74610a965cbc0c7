/** The shape of a language model from the keys of its header. */
import type { ModelShape } from '../../../engine/data/models.ts'
import type { Value } from './reader.ts'

/** Undefined where layers, width or heads are not stated: no language model, or a part of one. */
export function shapeOf(
  keys: ReadonlyMap<string, Value>,
  architecture: string,
  tensors: ReadonlySet<string>,
): ModelShape | undefined {
  const of = (key: string): number | undefined => numberIn(keys.get(`${architecture}.${key}`))
  const [layers, hidden, heads] = [of('block_count'), of('embedding_length'), of('attention.head_count')]
  if (layers === undefined || hidden === undefined || heads === undefined) return undefined
  if (![layers, hidden, heads].every(isCount)) return undefined
  const experts = of('expert_count') ?? 0
  const window = of('attention.sliding_window') ?? 0
  const rank = of('attention.kv_lora_rank')
  const headLength = of('attention.key_length') ?? Math.floor(hidden / heads)
  const dense = of('feed_forward_length') ?? 0
  const tokens = keys.get('tokenizer.ggml.tokens')
  const rope = of('rope.dimension_count') ?? 0
  return {
    layers,
    hidden,
    heads,
    kvHeads: of('attention.head_count_kv') ?? heads,
    headLength,
    ffn: experts > 0 ? (of('expert_feed_forward_length') ?? dense) : dense,
    tied: tensors.size > 0 && !tensors.has('output.weight'),
    vocab: typeof tokens === 'object' ? tokens.count : (of('vocab_size') ?? 0),
    ...(experts > 0
      ? {
          experts: {
            count: experts,
            used: of('expert_used_count') ?? 1,
            shared: of('expert_shared_count') ?? 0,
            denseLayers: of('leading_dense_block_count') ?? 0,
            denseFfn: dense,
          },
        }
      : {}),
    ...(window > 0 ? { window: { tokens: window, globalEvery: globalEvery(architecture) } } : {}),
    ...(rank === undefined
      ? {}
      : {
          mla: {
            kvLoraRank: rank,
            ropeDim: rope,
            qLoraRank: of('attention.q_lora_rank') ?? 0,
            nopeDim: Math.max(0, (of('attention.key_length_mla') ?? headLength) - rope),
            valueDim: of('attention.value_length_mla') ?? of('attention.value_length') ?? headLength,
          },
        }),
  }
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0 && value < 2 ** 31

/** Every so many layers one sees all of the context: of the architecture, not in the header. */
function globalEvery(architecture: string): number {
  if (architecture === 'gemma3') return 6
  return 2
}

/** A number; of a list (one for each layer) the largest. */
function numberIn(value: Value | undefined): number | undefined {
  const number =
    typeof value === 'object'
      ? Math.max(...value.numbers)
      : typeof value === 'boolean'
        ? NaN
        : Number(value ?? NaN)
  return Number.isFinite(number) ? number : undefined
}
