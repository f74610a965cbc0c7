import type { ModelShape } from '../../data/models.ts'

const MIB = 2 ** 20

export interface BufferOptions {
  /** Cells of the cache. */
  readonly cells: number
  /** `-ub`; default 512. */
  readonly microBatchTokens?: number
  readonly flashAttention?: boolean
}

/** Scratch memory of one evaluation on the CPU. Estimate: within 10 %, see {@link toleranceBytes}. */
export function computeBufferBytes(shape: ModelShape, options: BufferOptions): number {
  const { cells, microBatchTokens = 512, flashAttention = true } = options
  const { hidden, heads, ffn, vocab } = shape
  const n = Math.min(cells, microBatchTokens)
  const attention = flashAttention
    ? 2 * n * cells + 4 * n * (4 * hidden + ffn)
    : 4 * n * cells * heads + 4 * n * (cells + 4 * hidden)
  return Math.max(attention, 4 * n * (hidden + vocab))
}

/** Logits and embeddings that are handed out: f32, for each output or sequence. */
export function outputBufferBytes(shape: ModelShape, outputs: number, sequences: number): number {
  return 4 * (shape.vocab + shape.hidden) * Math.max(outputs, sequences)
}

/** Fixed parts: 5 MiB, the scheduler's 4 MiB, 96 bytes a token of the vocabulary, 104 a merge. Estimate. */
export function fixedBytes(vocab: number, merges = 0): number {
  return 9 * MIB + 96 * vocab + 104 * merges
}

/** How far an estimate of buffers may be off: 10 %, at least 100 MiB. Shown with every such figure. */
export function toleranceBytes(bytes: number): number {
  return Math.max(0.1 * bytes, 100 * MIB)
}
