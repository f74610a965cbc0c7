import type { Provenance, Sourced } from './provenance.ts'

/** Multi-head latent attention: keys and values of all heads come from one compressed vector per token. */
export interface MlaShape {
  readonly kvLoraRank: number
  readonly ropeDim: number
  readonly qLoraRank: number
  /** Per head without compression: key without and with position, and value. */
  readonly nopeDim: number
  readonly valueDim: number
}

export interface ExpertShape {
  readonly count: number
  /** Chosen for each token. */
  readonly used: number
  /** Used for every token besides. */
  readonly shared: number
  /** Leading layers without experts, and their feed-forward length. */
  readonly denseLayers: number
  readonly denseFfn: number
}

/** The file of a model in one quantisation. G is 10^9. */
export interface ModelFile {
  readonly type: 'Q4_K_M' | 'Q8_0' | 'F16' | 'MXFP4'
  readonly gigabytes: number
  readonly provenance: Provenance
}

/** The shape of a language model, as its GGUF header states it. */
export interface ModelShape {
  readonly layers: number
  readonly hidden: number
  readonly heads: number
  readonly kvHeads: number
  /** Length of one head's key and value. */
  readonly headLength: number
  /** Length of the feed-forward part; of one expert where there are experts. */
  readonly ffn: number
  readonly tied: boolean
  readonly vocab: number
  readonly experts?: ExpertShape
  /** Sliding window in tokens, in all layers but each `globalEvery`-th. */
  readonly window?: { readonly tokens: number; readonly globalEvery: number }
  readonly mla?: MlaShape
}

export interface ModelProfile extends ModelShape, Sourced {
  readonly id: string
  /** Weights, in 10^9. */
  readonly paramsG: number
  /** Weights that one token uses, in 10^9; all of them in a dense model. */
  readonly activeParamsG: number
  readonly contextTokens: number
  readonly files: readonly ModelFile[]
  /** Cache of one token in f16 with every layer's full context, in KiB, as published tables round it. */
  readonly kvF16KibPerToken: number
}

const file = (type: ModelFile['type'], gigabytes: number, provenance: Provenance): ModelFile => ({
  type,
  gigabytes,
  provenance,
})

/** Sizes of Q4_K_M, Q8_0 and F16: a number is read from a published file, a letter says otherwise. */
type Size = number | `${number}${'c' | 'p'}`

function files(q4: Size, q8: Size, f16: Size): ModelFile[] {
  const read = (type: ModelFile['type'], size: Size): ModelFile => {
    if (typeof size === 'number') return file(type, size, 'measured')
    return file(type, parseFloat(size), size.endsWith('c') ? 'computed' : 'published')
  }
  return [read('Q4_K_M', q4), read('Q8_0', q8), read('F16', f16)]
}

type Draft = Omit<ModelProfile, 'provenance' | 'source' | 'activeParamsG' | 'tied'> &
  Partial<Pick<ModelProfile, 'activeParamsG' | 'tied'>>

const model = (draft: Draft): ModelProfile => ({
  activeParamsG: draft.paramsG,
  tied: false,
  provenance: 'published',
  source: 'shape and size from the published configuration and files',
  ...draft,
})

const dense = (count: number, used: number, shared = 0): ExpertShape => ({
  count,
  used,
  shared,
  denseLayers: 0,
  denseFfn: 0,
})

/** Models on offer. */
export const MODELS: readonly ModelProfile[] = [
  model({
    ...{ id: 'Llama-3.2-1B', paramsG: 1.24, layers: 16, hidden: 2048, heads: 32, kvHeads: 8, headLength: 64 },
    ...{ ffn: 8192, tied: true, vocab: 128256, contextTokens: 131072, kvF16KibPerToken: 32 },
    files: files('0.81p', '1.3c', '2.5c'),
  }),
  model({
    ...{
      id: 'Llama-3.2-3B',
      paramsG: 3.21,
      layers: 28,
      hidden: 3072,
      heads: 24,
      kvHeads: 8,
      headLength: 128,
    },
    ...{ ffn: 8192, tied: true, vocab: 128256, contextTokens: 131072, kvF16KibPerToken: 112 },
    files: files('2.0p', '3.4c', '6.4c'),
  }),
  model({
    ...{ id: 'Mistral-7B-v0.3', paramsG: 7.25, layers: 32, hidden: 4096, heads: 32, kvHeads: 8 },
    ...{ headLength: 128, ffn: 14336, vocab: 32768, contextTokens: 32768, kvF16KibPerToken: 128 },
    files: files('4.4p', '7.7c', '14.5c'),
  }),
  model({
    ...{ id: 'Qwen2.5-7B', paramsG: 7.62, layers: 28, hidden: 3584, heads: 28, kvHeads: 4, headLength: 128 },
    ...{ ffn: 18944, vocab: 152064, contextTokens: 131072, kvF16KibPerToken: 56 },
    files: files(4.68, 8.1, 15.2),
  }),
  model({
    ...{
      id: 'Llama-3.1-8B',
      paramsG: 8.03,
      layers: 32,
      hidden: 4096,
      heads: 32,
      kvHeads: 8,
      headLength: 128,
    },
    ...{ ffn: 14336, vocab: 128256, contextTokens: 131072, kvF16KibPerToken: 128 },
    files: files(4.92, 8.54, 16.1),
  }),
  model({
    ...{ id: 'Phi-4', paramsG: 14.66, layers: 40, hidden: 5120, heads: 40, kvHeads: 10, headLength: 128 },
    ...{ ffn: 17920, vocab: 100352, contextTokens: 16384, kvF16KibPerToken: 200 },
    files: files('8.9c', '15.6c', '29.3c'),
  }),
  model({
    ...{
      id: 'Gemma-3-27B',
      paramsG: 27.0,
      layers: 62,
      hidden: 5376,
      heads: 32,
      kvHeads: 16,
      headLength: 128,
    },
    ...{ ffn: 21504, tied: true, vocab: 262208, contextTokens: 131072, kvF16KibPerToken: 496 },
    window: { tokens: 1024, globalEvery: 6 },
    files: files('16.4c', '28.7c', '54c'),
  }),
  model({
    ...{
      id: 'Qwen2.5-32B',
      paramsG: 32.76,
      layers: 64,
      hidden: 5120,
      heads: 40,
      kvHeads: 8,
      headLength: 128,
    },
    ...{ ffn: 27648, vocab: 152064, contextTokens: 131072, kvF16KibPerToken: 256 },
    files: files(19.9, 34.8, '65.5c'),
  }),
  model({
    ...{ id: 'Llama-3.3-70B', paramsG: 70.55, layers: 80, hidden: 8192, heads: 64, kvHeads: 8 },
    ...{ headLength: 128, ffn: 28672, vocab: 128256, contextTokens: 131072, kvF16KibPerToken: 320 },
    files: files(42.5, '75.0c', '141c'),
  }),
  model({
    ...{ id: 'Qwen2.5-72B', paramsG: 72.7, layers: 80, hidden: 8192, heads: 64, kvHeads: 8, headLength: 128 },
    ...{ ffn: 29568, vocab: 152064, contextTokens: 131072, kvF16KibPerToken: 320 },
    files: files(47.4, '77.3c', '145c'),
  }),
  model({
    ...{ id: 'Mixtral-8x7B', paramsG: 46.7, activeParamsG: 12.9, layers: 32, hidden: 4096, heads: 32 },
    ...{ kvHeads: 8, headLength: 128, ffn: 14336, vocab: 32000, contextTokens: 32768, kvF16KibPerToken: 128 },
    experts: dense(8, 2),
    files: files(28.4, 49.6, '93.4c'),
  }),
  model({
    ...{ id: 'Qwen3-30B-A3B', paramsG: 30.5, activeParamsG: 3.3, layers: 48, hidden: 2048, heads: 32 },
    ...{ kvHeads: 4, headLength: 128, ffn: 768, vocab: 151936, contextTokens: 40960, kvF16KibPerToken: 96 },
    experts: dense(128, 8),
    files: files(18.6, '32.4c', '61c'),
  }),
  model({
    ...{ id: 'Qwen3-235B-A22B', paramsG: 235, activeParamsG: 22, layers: 94, hidden: 4096, heads: 64 },
    ...{ kvHeads: 4, headLength: 128, ffn: 1536, vocab: 151936, contextTokens: 40960, kvF16KibPerToken: 188 },
    experts: dense(128, 8),
    files: files('142c', '250c', '470c'),
  }),
  model({
    ...{ id: 'gpt-oss-20b', paramsG: 20.9, activeParamsG: 3.6, layers: 24, hidden: 2880, heads: 64 },
    ...{ kvHeads: 8, headLength: 64, ffn: 2880, vocab: 201088, contextTokens: 131072, kvF16KibPerToken: 48 },
    experts: dense(32, 4),
    window: { tokens: 128, globalEvery: 2 },
    files: [file('MXFP4', 12.1, 'published')],
  }),
  model({
    ...{ id: 'gpt-oss-120b', paramsG: 116.8, activeParamsG: 5.1, layers: 36, hidden: 2880, heads: 64 },
    ...{ kvHeads: 8, headLength: 64, ffn: 2880, vocab: 201088, contextTokens: 131072, kvF16KibPerToken: 72 },
    experts: dense(128, 4),
    window: { tokens: 128, globalEvery: 2 },
    files: [file('MXFP4', 63.4, 'published')],
  }),
  model({
    ...{ id: 'DeepSeek-V3', paramsG: 671.0, activeParamsG: 37, layers: 61, hidden: 7168, heads: 128 },
    ...{ kvHeads: 128, headLength: 128, ffn: 2048, vocab: 129280, contextTokens: 163840 },
    kvF16KibPerToken: 68.6,
    experts: { count: 256, used: 8, shared: 1, denseLayers: 3, denseFfn: 18432 },
    mla: { kvLoraRank: 512, ropeDim: 64, qLoraRank: 1536, nopeDim: 128, valueDim: 128 },
    files: files(404, '713c', '1342c'),
  }),
]

/** A model by its id. */
export function modelNamed(id: string): ModelProfile | undefined {
  return MODELS.find(one => one.id === id)
}
