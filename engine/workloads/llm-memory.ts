/** The memory of a language model, as formulas: weights, cache, buffers, what a lock covers, what is touched. */
export { computeBufferBytes, fixedBytes, outputBufferBytes, toleranceBytes } from './llm/buffers.ts'
export { kvCache, mambaStateBytes, rwkvStateBytes, slotContextTokens } from './llm/kv-cache.ts'
export type { KvCache, KvCacheOptions } from './llm/kv-cache.ts'
export { loadNs, rereadNsPerToken } from './llm/load-time.ts'
export { lockedPrefix, type FileTensor, type LockedPrefix } from './llm/locked-prefix.ts'
export { expectedUniquePages, NGRAM_LOADS, type NgramLoad } from './llm/n-gram.ts'
export { residentWeightBytes, touchedExpertShare, type Routing } from './llm/routing.ts'
export {
  CACHE_TYPES,
  cacheElementBytes,
  elementBytes,
  TENSOR_TYPES,
  tensorBytes,
  tensorTypeOf,
  type CacheType,
  type TensorType,
} from './llm/tensor-types.ts'
