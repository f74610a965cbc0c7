import { modelParams } from '../../data/model-params.ts'
import type { ModelShape } from '../../data/models.ts'

export interface Routing {
  readonly experts: number
  /** Chosen for each token. */
  readonly used: number
  /** Zipf exponent of how experts are preferred; 0 or absent: all alike. */
  readonly skew?: number
}

/**
 * Expected share of a layer's experts that have been used after so many tokens: 1 - (1 - k/E)^T when all are alike.
 * With a preference of exponent s, k/E of an expert becomes min(1, k p_i), p_i in proportion to rank^-s.
 * The planner's model of what a lock on fault makes resident; experts are taken as independent from token to token.
 */
export function touchedExpertShare({ experts, used, skew = 0 }: Routing, tokens: number): number {
  if (tokens <= 0 || experts <= 0) return 0
  const weights = Array.from({ length: experts }, (_, i) => (i + 1) ** -skew)
  const sum = weights.reduce((a, b) => a + b, 0)
  const untouched = weights.map(weight => (1 - Math.min(1, (used * weight) / sum)) ** tokens)
  return 1 - untouched.reduce((a, b) => a + b, 0) / experts
}

/** Bytes of weights that are resident after so many tokens, if only what is used is faulted in. */
export function residentWeightBytes(shape: ModelShape, fileBytes: number, tokens: number, skew = 0): number {
  const { experts } = shape
  if (experts === undefined || tokens <= 0) return tokens <= 0 ? 0 : fileBytes
  const parts = modelParams(shape)
  const share = parts.experts / (parts.experts + parts.attention + parts.dense + parts.embedding)
  const touched = touchedExpertShare({ experts: experts.count, used: experts.used, skew }, tokens)
  return fileBytes * (1 - share + share * touched)
}
