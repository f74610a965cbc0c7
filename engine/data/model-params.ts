import type { ModelShape } from './models.ts'

/** Weights by what they are for: attention, feed-forward without experts, experts, embeddings. */
export interface ModelParams {
  readonly attention: number
  readonly dense: number
  /** Of all experts that tokens are routed to. */
  readonly experts: number
  readonly embedding: number
}

/** Weights of a model from its shape; norms and biases, less than a thousandth, are left out. */
export function modelParams(shape: ModelShape): ModelParams {
  const { layers, hidden, ffn, experts, vocab, tied } = shape
  const gated = 3 * hidden
  const routed = experts === undefined ? 0 : layers - experts.denseLayers
  return {
    attention: layers * attentionParams(shape),
    dense:
      experts === undefined
        ? layers * gated * ffn
        : experts.denseLayers * gated * experts.denseFfn +
          routed * (gated * ffn * experts.shared + hidden * experts.count),
    experts: experts === undefined ? 0 : routed * experts.count * gated * ffn,
    embedding: vocab * hidden * (tied ? 1 : 2),
  }
}

/** All weights. */
export function nrParams(shape: ModelShape): number {
  const { attention, dense, experts, embedding } = modelParams(shape)
  return attention + dense + experts + embedding
}

/** Query, key, value and output of one layer. */
function attentionParams({ hidden, heads, kvHeads, headLength, mla }: ModelShape): number {
  if (mla === undefined) return 2 * hidden * heads * headLength + 2 * hidden * kvHeads * headLength
  const query = hidden * mla.qLoraRank + mla.qLoraRank * heads * (mla.nopeDim + mla.ropeDim)
  const keyValue =
    hidden * (mla.kvLoraRank + mla.ropeDim) + mla.kvLoraRank * heads * (mla.nopeDim + mla.valueDim)
  return query + keyValue + heads * mla.valueDim * hidden
}
