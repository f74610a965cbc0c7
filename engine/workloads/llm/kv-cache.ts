import type { ModelShape } from '../../data/models.ts'
import { alignUp } from '../../units.ts'
import { cacheElementBytes, type CacheType } from './tensor-types.ts'

export interface KvCacheOptions {
  /** Context over all sequences, in tokens (`-c`): each of `sequences` slots has its share. */
  readonly contextTokens: number
  /** Slots (`-np`); default 1. */
  readonly sequences?: number
  /** Tokens of one batch (`-b`), which a sliding window keeps besides; default 2048. Some builds use the micro batch. */
  readonly batchTokens?: number
  /** `-ctk`, `-ctv`; default f16. Quantised values need flash attention. */
  readonly keyType?: CacheType
  readonly valueType?: CacheType
  /** `-fa`; default on. Without it, and in older builds, the cache is padded to 32 cells instead of 256. */
  readonly flashAttention?: boolean
  /** `--swa-full`: layers with a sliding window keep all of the context. */
  readonly fullWindows?: boolean
  /** Models with compressed attention: cache with values, without, or a build that knows no compression. */
  readonly mla?: 'keys only' | 'keys and values' | 'uncompressed'
}

export interface KvCache {
  readonly bytes: number
  readonly keyBytes: number
  readonly valueBytes: number
  /** Cells of a layer that sees all of the context. */
  readonly cells: number
  /** Cells of a layer with a sliding window; the same where there is none. */
  readonly windowCells: number
  readonly globalLayers: number
  readonly windowLayers: number
}

/**
 * The KV cache of llama.cpp: over attention layers, cells × KV heads × (key length × bytes of an element + value
 * length × bytes of an element). Plain anonymous memory, which the lock flag does not cover.
 */
export function kvCache(shape: ModelShape, options: KvCacheOptions): KvCache {
  const { contextTokens, sequences = 1, batchTokens = 2048, flashAttention = true } = options
  const pad = flashAttention ? 256 : 32
  const cells = alignUp(contextTokens, pad)
  const windowed = shape.window !== undefined && options.fullWindows !== true
  const windowCells = windowed
    ? Math.min(cells, alignUp(shape.window.tokens * sequences + batchTokens, pad))
    : cells
  const globalLayers = windowed ? Math.floor(shape.layers / shape.window.globalEvery) : shape.layers
  const windowLayers = shape.layers - globalLayers
  const layerCells = globalLayers * cells + windowLayers * windowCells
  const { key, value } = lengths(shape, options.mla ?? 'keys only')
  const keyBytes = layerCells * key * cacheElementBytes(options.keyType ?? 'f16')
  const valueBytes = layerCells * value * cacheElementBytes(options.valueType ?? 'f16')
  return {
    bytes: keyBytes + valueBytes,
    keyBytes,
    valueBytes,
    cells,
    windowCells,
    globalLayers,
    windowLayers,
  }
}

/** Elements of keys and of values in one cell of one layer. */
function lengths(shape: ModelShape, mla: NonNullable<KvCacheOptions['mla']>): { key: number; value: number } {
  if (shape.mla === undefined)
    return { key: shape.kvHeads * shape.headLength, value: shape.kvHeads * shape.headLength }
  const { kvLoraRank, ropeDim, nopeDim, valueDim } = shape.mla
  if (mla === 'uncompressed') return { key: shape.heads * (nopeDim + ropeDim), value: shape.heads * valueDim }
  return { key: kvLoraRank + ropeDim, value: mla === 'keys only' ? 0 : kvLoraRank }
}

/** Context that one slot has. */
export function slotContextTokens(contextTokens: number, sequences: number): number {
  return Math.floor(contextTokens / Math.max(1, sequences))
}

/** State of a recurrent layer (RWKV) in f32, whatever the context: per layer and sequence. */
export function rwkvStateBytes(shape: { hidden: number; headSize: number; shifts: number }): number {
  return 4 * (shape.shifts * shape.hidden + shape.headSize * shape.hidden)
}

/** State of a recurrent layer (Mamba) in f32, whatever the context: per layer and sequence. */
export function mambaStateBytes(shape: {
  conv: number
  inner: number
  groups: number
  state: number
}): number {
  return 4 * ((shape.conv - 1) * (shape.inner + 2 * shape.groups * shape.state) + shape.state * shape.inner)
}
