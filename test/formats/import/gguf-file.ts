/** Writes GGUF headers for tests: keys and tensors as given, in either byte order. */

export type GgufValue =
  | { readonly type: 'u32' | 'u64' | 'f32' | 'bool'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly count: number }
  | { readonly type: 'u32s'; readonly values: readonly number[] }

export interface GgufTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly type: number
  readonly offset: number
}

export interface GgufDraft {
  readonly version?: number
  readonly bigEndian?: boolean
  readonly keys: Readonly<Record<string, GgufValue>>
  readonly tensors: readonly GgufTensor[]
}

const TYPES = { u32: 4, f32: 6, bool: 7, string: 8, u64: 10 } as const

export function ggufFile({ version = 3, bigEndian = false, keys, tensors }: GgufDraft): Uint8Array {
  const bytes: number[] = [0x47, 0x47, 0x55, 0x46]
  const number = (value: number | bigint, size: number): void => {
    const digits = Array.from({ length: size }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn))
    bytes.push(...(bigEndian ? digits.reverse() : digits))
  }
  const string = (text: string): void => {
    const encoded = new TextEncoder().encode(text)
    number(encoded.length, 8)
    bytes.push(...encoded)
  }
  number(version, 4)
  number(tensors.length, 8)
  number(Object.keys(keys).length, 8)
  for (const [key, value] of Object.entries(keys)) {
    string(key)
    if (value.type === 'strings' || value.type === 'u32s') {
      number(9, 4)
      number(value.type === 'strings' ? 8 : 4, 4)
      const items = value.type === 'strings' ? Array.from({ length: value.count }, (_, i) => i) : value.values
      number(items.length, 8)
      for (const item of items)
        if (value.type === 'strings') string(`t${item}`)
        else number(item, 4)
      continue
    }
    number(TYPES[value.type], 4)
    if (value.type === 'string') string(value.value)
    else number(value.value, value.type === 'u64' ? 8 : value.type === 'bool' ? 1 : 4)
  }
  for (const { name, shape, type, offset } of tensors) {
    string(name)
    number(shape.length, 4)
    for (const length of shape) number(length, 8)
    number(type, 4)
    number(offset, 8)
  }
  return Uint8Array.from(bytes)
}

/** The header of a small model of the shape of Llama-3.2-1B. */
export function llamaDraft(more: Partial<GgufDraft> = {}): GgufDraft {
  return {
    keys: {
      'general.architecture': { type: 'string', value: 'llama' },
      'general.name': { type: 'string', value: 'Llama 3.2 1B Instruct' },
      'general.file_type': { type: 'u32', value: 15 },
      'llama.context_length': { type: 'u32', value: 131072 },
      'llama.embedding_length': { type: 'u32', value: 2048 },
      'llama.block_count': { type: 'u32', value: 16 },
      'llama.feed_forward_length': { type: 'u32s', values: [8192, 8192] },
      'llama.attention.head_count': { type: 'u32', value: 32 },
      'llama.attention.head_count_kv': { type: 'u32', value: 8 },
      'llama.attention.key_length': { type: 'u32', value: 64 },
      'tokenizer.ggml.tokens': { type: 'strings', count: 300 },
    },
    tensors: [
      { name: 'token_embd.weight', shape: [2048, 300], type: 14, offset: 0 },
      { name: 'blk.0.attn_q.weight', shape: [2048, 2048], type: 12, offset: 504000 },
    ],
    ...more,
  }
}
