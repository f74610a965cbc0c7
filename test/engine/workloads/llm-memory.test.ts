import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { modelNamed, MODELS } from '../../../engine/data/models.ts'
import { GIB, KIB, MIB } from '../../../engine/quantity.ts'
import {
  computeBufferBytes,
  expectedUniquePages,
  fixedBytes,
  kvCache,
  loadNs,
  lockedPrefix,
  mambaStateBytes,
  outputBufferBytes,
  rereadNsPerToken,
  residentWeightBytes,
  rwkvStateBytes,
  slotContextTokens,
  TENSOR_TYPES,
  tensorBytes,
  tensorTypeOf,
  toleranceBytes,
  touchedExpertShare,
  type KvCacheOptions,
} from '../../../engine/workloads/llm-memory.ts'

const cache = (id: string, options: KvCacheOptions) => kvCache(modelNamed(id)!, options)

describe('tensors', () => {
  it('take whole blocks', () => {
    const q4k = tensorTypeOf(12)!
    expect(q4k).toEqual({ id: 12, name: 'Q4_K', blockElements: 256, blockBytes: 144 })
    expect(tensorBytes(q4k, 4096 * 4096)).toBe(9_437_184)
    expect(tensorBytes(q4k, 257)).toBe(288)
    expect(tensorTypeOf(39)?.name).toBe('MXFP4')
    expect(tensorTypeOf(4)).toBeUndefined()
    expect(TENSOR_TYPES).toHaveLength(32)
  })
})

describe('the KV cache', () => {
  it.each(MODELS)('$id: one token takes what the table says', model => {
    const perToken = kvCache(model, { contextTokens: 256, fullWindows: true }).bytes / 256 / KIB
    expect(Number(perToken.toFixed(1))).toBe(model.kvF16KibPerToken)
  })

  it.each<[string, string, KvCacheOptions, number, number]>([
    ['Llama-3.1-8B', 'f16', { contextTokens: 8192 }, 1024 * MIB, 0],
    ['Llama-3.1-8B', 'q8_0', { contextTokens: 8192, keyType: 'q8_0', valueType: 'q8_0' }, 544 * MIB, 0],
    ['Llama-3.3-70B', 'f16', { contextTokens: 32768 }, 10 * GIB, 0],
    ['DeepSeek-V3', 'keys only', { contextTokens: 32768 }, 2196 * MIB, 0],
    [
      'DeepSeek-V3',
      'keys and values',
      { contextTokens: 32768, mla: 'keys and values' },
      (2196 + 1952) * MIB,
      0,
    ],
    ['DeepSeek-V3', 'uncompressed', { contextTokens: 32768, mla: 'uncompressed' }, 152.5 * GIB, 0],
    ['Gemma-3-27B', 'full', { contextTokens: 32768, fullWindows: true }, 15.5 * GIB, 0],
    ['Gemma-3-27B', 'windows', { contextTokens: 32768 }, 3.72 * GIB, 0.005],
  ])('%s, %s', (id, _what, options, bytes, tolerance) =>
    expect(Math.abs(cache(id, options).bytes / bytes - 1)).toBeLessThanOrEqual(tolerance),
  )

  it('layers with a window keep the window of each sequence and a batch', () => {
    expect(cache('Gemma-3-27B', { contextTokens: 32768 })).toMatchObject({
      windowCells: 3072,
      globalLayers: 10,
      windowLayers: 52,
    })
    expect(cache('Gemma-3-27B', { contextTokens: 32768, sequences: 4 }).windowCells).toBe(6144)
    expect(cache('Gemma-3-27B', { contextTokens: 512 }).windowCells).toBe(512)
    expect(cache('gpt-oss-20b', { contextTokens: 8192, batchTokens: 512 })).toMatchObject({
      windowCells: 768,
      globalLayers: 12,
    })
  })

  it('cells are rounded up to 256, without flash attention to 32', () => {
    expect(cache('Llama-3.1-8B', { contextTokens: 1000 }).cells).toBe(1024)
    expect(cache('Llama-3.1-8B', { contextTokens: 1000, flashAttention: false }).cells).toBe(1024)
    expect(cache('Llama-3.1-8B', { contextTokens: 1025, flashAttention: false }).cells).toBe(1056)
    expect(slotContextTokens(32768, 4)).toBe(8192)
  })

  it('recurrent layers do not depend on the context', () => {
    expect(rwkvStateBytes({ hidden: 4096, headSize: 64, shifts: 2 })).toBe(4 * 66 * 4096)
    expect(mambaStateBytes({ conv: 4, inner: 8192, groups: 1, state: 16 })).toBe(4 * (3 * 8224 + 16 * 8192))
  })
})

describe('buffers', () => {
  const llama = modelNamed('Llama-3.1-8B')!
  it('of an evaluation grow with the context, more so without flash attention', () => {
    const plain = computeBufferBytes(llama, { cells: 8192, flashAttention: false })
    expect(plain).toBe(4 * 512 * 8192 * 32 + 4 * 512 * (8192 + 4 * 4096))
    expect(computeBufferBytes(llama, { cells: 8192 })).toBe(4 * 512 * (4096 + 128256))
    expect(computeBufferBytes(llama, { cells: 131072 * 4 })).toBe(
      2 * 512 * 524288 + 4 * 512 * (16384 + 14336),
    )
  })

  it('outputs are floats, fixed parts go with the vocabulary, the tolerance is stated', () => {
    expect(outputBufferBytes(llama, 1, 4)).toBe(16 * (128256 + 4096))
    expect(fixedBytes(1000, 10)).toBe(9 * MIB + 96_000 + 1040)
    expect(toleranceBytes(GIB)).toBe(0.1 * GIB)
    expect(toleranceBytes(MIB)).toBe(100 * MIB)
  })
})

describe('experts that are touched', () => {
  it.each([
    [8, 128, 1, 0.062],
    [8, 128, 10, 0.476],
    [8, 128, 50, 0.96],
    [8, 256, 50, 0.796],
    [2, 8, 10, 0.944],
  ])('%d of %d after %d tokens: %d', (used, experts, tokens, share) =>
    expect(Math.abs(touchedExpertShare({ used, experts }, tokens) - share)).toBeLessThan(0.0006),
  )

  it('with favourites fewer are touched, and the first token touches no more than its own', () => {
    const at = (skew: number, tokens: number) => touchedExpertShare({ used: 8, experts: 128, skew }, tokens)
    expect(at(1, 50)).toBeLessThan(at(0.5, 50))
    expect(at(0.5, 50)).toBeLessThan(at(0, 50))
    expect(at(2, 1)).toBeLessThanOrEqual(8 / 128)
    expect(at(1, 1e9)).toBeCloseTo(1)
  })

  it('resident weights are the dense part and the touched share', () => {
    const qwen = modelNamed('Qwen3-30B-A3B')!
    const first = residentWeightBytes(qwen, 18.6e9, 1) / 18.6e9
    expect(first).toBeGreaterThan(qwen.activeParamsG / qwen.paramsG - 0.02)
    expect(first).toBeLessThan(qwen.activeParamsG / qwen.paramsG + 0.02)
    expect(residentWeightBytes(qwen, 18.6e9, 1e6)).toBeCloseTo(18.6e9)
    expect(residentWeightBytes(modelNamed('Phi-4')!, 8.9e9, 1)).toBe(8.9e9)
    expect(residentWeightBytes(qwen, 18.6e9, 0)).toBe(0)
  })
})

describe('pages that lookups touch', () => {
  /** The sum itself, page by page. */
  function exactly(nrPages: number, lookups: number, skew: number): number {
    let total = 0
    for (let rank = 1; rank <= nrPages; rank++) total += rank ** -skew
    let unique = 0
    for (let rank = 1; rank <= nrPages; rank++) unique += -Math.expm1((-lookups * rank ** -skew) / total)
    return unique
  }

  it('are all of them in the end, and no more than lookups', () => {
    expect(expectedUniquePages(1e6, 1e6)).toBeCloseTo(632_120.56, 1)
    expect(expectedUniquePages(1e6, 1)).toBeCloseTo(1)
    expect(expectedUniquePages(1e9, 1e13, 0.5)).toBeCloseTo(1e9, -6)
    expect(expectedUniquePages(0, 5)).toBe(0)
  })

  it.each([
    [200_000, 1000, 1],
    [200_000, 100_000, 1],
    [200_000, 5_000_000, 0.8],
    [200_000, 300_000, 1.4],
    [1500, 2000, 1],
  ])('%d pages, %d lookups, exponent %d: within 0.1 %% of the sum', (nrPages, lookups, skew) => {
    const exact = exactly(nrPages, lookups, skew)
    expect(Math.abs(expectedUniquePages(nrPages, lookups, skew) / exact - 1)).toBeLessThan(0.001)
  })
})

describe('what llama.cpp locks', () => {
  const tensors = [
    { name: 'token_embd', offsetBytes: 5000, bytes: 500e6 },
    { name: 'blk.0', offsetBytes: 500_005_000, bytes: 100e6 },
    { name: 'blk.1', offsetBytes: 600_005_000, bytes: 100e6 },
  ]

  it('nothing, if the first tensor is beyond the limit; it warns and goes on', () => {
    const { lockedBytes, refused, nrTensors, leftBytes } = lockedPrefix(tensors, 8 * MIB)
    expect({ lockedBytes, refused: refused?.name, nrTensors, leftBytes }).toEqual({
      lockedBytes: 0,
      refused: 'token_embd',
      nrTensors: 0,
      leftBytes: 8 * MIB,
    })
  })

  it('a prefix of whole tensors, rounded up to a page', () => {
    expect(lockedPrefix(tensors, 650e6)).toMatchObject({ lockedBytes: 600_006_656, nrTensors: 2 })
    expect(lockedPrefix(tensors, 650e6, 100e6)).toMatchObject({ lockedBytes: 500_006_912, nrTensors: 1 })
    expect(lockedPrefix(tensors, 600_006_655)).toMatchObject({ nrTensors: 1 })
    expect(lockedPrefix(tensors, 'unlimited')).toMatchObject({ lockedBytes: 700_006_400, refused: null })
  })

  it('never more than the limit, and a higher limit never locks less', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 1e6 }), { maxLength: 30 })
    fc.assert(
      fc.property(sizes, fc.nat(2e7), fc.nat(1e6), (bytes, limit, more) => {
        let end = 0
        const file = bytes.map((size, i) => ({
          name: `t${i}`,
          offsetBytes: (end += size) - size,
          bytes: size,
        }))
        const { lockedBytes } = lockedPrefix(file, limit)
        return lockedBytes <= limit && lockedPrefix(file, limit + more).lockedBytes >= lockedBytes
      }),
      { seed: 7 },
    )
  })
})

describe('time to load', () => {
  it('cold at the slower of device and kernel, warm at the cost of mapping', () => {
    const cold = { fileBytes: 20e9, cachedBytes: 0, deviceBytesPerS: 1e9, populateBytesPerS: 8e9 }
    expect(loadNs(cold)).toBe(20e9)
    expect(loadNs({ ...cold, deviceBytesPerS: 20e9 })).toBe(2.5e9)
    expect(loadNs({ ...cold, cachedBytes: 20e9 })).toBe(Math.ceil(20e9 / 4096) * 180)
  })

  it('20 GB on a host of 16 GB at 1 GB/s reread everything for each token', () => {
    expect(rereadNsPerToken(20e9, 16e9, 0, 1e9)).toBe(20e9)
    expect(rereadNsPerToken(20e9, 16e9, 14e9, 1e9)).toBe(6e9)
    expect(rereadNsPerToken(12e9, 16e9, 0, 1e9)).toBe(0)
  })
})
