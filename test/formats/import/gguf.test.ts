import { describe, expect, it } from 'vitest'
import { importInput } from '../../../formats/import/index.ts'
import { ggufFile, llamaDraft } from './gguf-file.ts'

const modelOf = (bytes: Uint8Array, fileName = 'a.gguf') => {
  const result = importInput({ bytes }, { fileName })
  if (!result.ok) throw new Error(JSON.stringify(result.issues))
  return result.observed!.models![0]!
}
const found = (bytes: Uint8Array): string => {
  const result = importInput({ bytes })
  return result.ok ? '' : result.issues[0]!.found
}

describe('a GGUF header', () => {
  it('says the same in both byte orders and both versions', () => {
    const { version, bigEndian, ...little } = modelOf(ggufFile(llamaDraft()))
    expect([version, bigEndian]).toEqual([3, false])
    for (const draft of [{ bigEndian: true }, { version: 2 }, { version: 2, bigEndian: true }])
      expect(modelOf(ggufFile(llamaDraft(draft)))).toMatchObject(little)
  })

  it('has tensors in whole blocks, aligned, up to the end of the last', () => {
    const model = modelOf(ggufFile(llamaDraft()))
    // Q4_K: 144 bytes for 256 elements; at 504000 behind the start of the data.
    expect(model.tensorBytes).toBe(504000 + (2048 * 2048 * 144) / 256)
    expect(model.parameters).toBe(2048 * 300 + 2048 * 2048)
    expect(model.dataOffsetBytes % 32).toBe(0)
  })

  it('has a shape; lists by layer count with their largest', () => {
    expect(modelOf(ggufFile(llamaDraft())).shape).toMatchObject({
      layers: 16,
      kvHeads: 8,
      headLength: 64,
      ffn: 8192,
      vocab: 300,
    })
  })

  it('knows a part of a split model by its keys or by its name', () => {
    expect(modelOf(ggufFile(llamaDraft()), 'm-00002-of-00009.gguf').split).toEqual({ part: 2, of: 9 })
  })

  it('may be the beginning of a larger file', () => {
    const bytes = Uint8Array.from([...ggufFile(llamaDraft()), ...new Uint8Array(1000)])
    const result = importInput({ bytes }, { fileBytes: 5_000_000_000 })
    expect(result).toMatchObject({
      ok: true,
      workloads: [{ params: { model: 'Llama-3.2-1B', fileBytes: 5_000_000_000 } }],
    })
  })

  it('that ends anywhere is refused', () => {
    const bytes = ggufFile(llamaDraft())
    for (let length = 4; length < bytes.length; length++)
      expect(found(bytes.subarray(0, length)), String(length)).not.toBe('')
  })

  it('with counts that cannot fit, unknown types or versions is refused', () => {
    const bytes = ggufFile(llamaDraft())
    const set = (at: number, ...values: number[]) =>
      Uint8Array.from(bytes).map((byte, i) => values[i - at] ?? byte)
    expect(found(set(8, 255, 255, 255, 255, 255, 255, 255, 255))).toMatch(/count of tensors/)
    expect(found(set(8, 255, 255, 255, 255, 0, 0))).toMatch(/do not fit/)
    expect(found(set(4, 9))).toMatch(/version 9/)
    expect(found(set(4, 1))).toMatch(/version 1/)
  })
})
