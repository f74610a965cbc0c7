/** A type of tensor data in ggml: so many elements make a block of so many bytes. */
export interface TensorType {
  /** Number in GGUF files. */
  readonly id: number
  readonly name: string
  readonly blockElements: number
  readonly blockBytes: number
}

/** `id name elements bytes`, from ggml's type traits; a table to add to. */
const TABLE = `
0 F32 1 4, 1 F16 1 2, 2 Q4_0 32 18, 3 Q4_1 32 20, 6 Q5_0 32 22, 7 Q5_1 32 24, 8 Q8_0 32 34, 9 Q8_1 32 36,
10 Q2_K 256 84, 11 Q3_K 256 110, 12 Q4_K 256 144, 13 Q5_K 256 176, 14 Q6_K 256 210, 15 Q8_K 256 292,
16 IQ2_XXS 256 66, 17 IQ2_XS 256 74, 18 IQ3_XXS 256 98, 19 IQ1_S 256 50, 20 IQ4_NL 32 18, 21 IQ3_S 256 110,
22 IQ2_S 256 82, 23 IQ4_XS 256 136, 24 I8 1 1, 25 I16 1 2, 26 I32 1 4, 27 I64 1 8, 28 F64 1 8, 29 IQ1_M 256 56,
30 BF16 1 2, 34 TQ1_0 256 54, 35 TQ2_0 256 66, 39 MXFP4 32 17`

/** The types of tensors; those that ggml dropped are left out. */
export const TENSOR_TYPES: readonly TensorType[] = TABLE.split(',').map(row => {
  const [id, name = '', blockElements, blockBytes] = row.trim().split(' ')
  return { id: Number(id), name, blockElements: Number(blockElements), blockBytes: Number(blockBytes) }
})

/** The type with that number, or none: the size of such a tensor is the distance to the next one. */
export function tensorTypeOf(id: number): TensorType | undefined {
  return TENSOR_TYPES.find(type => type.id === id)
}

/** Bytes of a tensor: whole blocks. */
export function tensorBytes(type: TensorType, nrElements: number): number {
  return Math.ceil(nrElements / type.blockElements) * type.blockBytes
}

/** Bytes of one element, on average. */
export function elementBytes(type: TensorType): number {
  return type.blockBytes / type.blockElements
}

/** Types that a KV cache may have, by the name on llama.cpp's command line. */
export const CACHE_TYPES = ['f16', 'bf16', 'f32', 'q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0', 'iq4_nl'] as const
export type CacheType = (typeof CACHE_TYPES)[number]

/** Bytes of one element of a KV cache. */
export function cacheElementBytes(name: CacheType): number {
  const type = TENSOR_TYPES.find(one => one.name === name.toUpperCase())
  if (type === undefined) throw new Error(`no tensor type ${name}`)
  return elementBytes(type)
}
