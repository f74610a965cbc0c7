/**
 * The header of a GGUF file: magic `GGUF`, u32 version, u64 tensors, u64 keys; keys with values; tensors with shape, type
 * and offset. Version 2 and 3; a big-endian file has the bytes of its version swapped.
 */
import { tensorBytes, tensorTypeOf } from '../../../engine/workloads/llm-memory.ts'
import type { GgufModel } from './model.ts'
import { Broken, GgufReader, type Value } from './reader.ts'
import { shapeOf } from './shape.ts'

/** u32 version and two u64 counts behind the magic. */
const FIXED_BYTES = 24
/** The least that a tensor and a key take in a file. */
const LEAST_TENSOR_BYTES = 8 + 4 + 4 + 8
const LEAST_KEY_BYTES = 8 + 4 + 1
const MOST_DIMENSIONS = 8

/** Names of `general.file_type`, llama.h enum llama_ftype; new ones are a row. */
const FILE_TYPES: Readonly<Record<string, string>> = Object.fromEntries(
  `0 F32,1 F16,2 Q4_0,3 Q4_1,7 Q8_0,8 Q5_0,9 Q5_1,10 Q2_K,11 Q3_K_S,12 Q3_K_M,13 Q3_K_L,14 Q4_K_S,15 Q4_K_M,16 Q5_K_S,
  17 Q5_K_M,18 Q6_K,19 IQ2_XXS,20 IQ2_XS,21 Q2_K_S,22 IQ3_XS,23 IQ3_XXS,24 IQ1_S,25 IQ4_NL,26 IQ3_S,27 IQ3_M,28 IQ2_S,
  29 IQ2_M,30 IQ4_XS,31 IQ1_M,32 BF16,36 TQ1_0,37 TQ2_0,38 MXFP4`
    .split(',')
    .map(row => row.trim().split(' ') as [string, string]),
)

export interface GgufHeader {
  readonly keys: ReadonlyMap<string, Value>
  readonly model: GgufModel
}

/** Reads a header. Throws {@link Broken} for what is none, with the position. */
export function readHeader(bytes: Uint8Array, fileBytes: number): GgufHeader {
  if (bytes.length < FIXED_BYTES) throw new Broken(bytes.length, 'the file ends inside its first 24 bytes')
  if (String.fromCharCode(...bytes.subarray(0, 4)) !== 'GGUF')
    throw new Broken(0, 'it does not begin with GGUF')
  const bigEndian = bytes[4] === 0 && bytes[7] !== 0
  const reader = new GgufReader(bytes, !bigEndian)
  reader.at = 4
  const version = reader.u32('the version')
  if (version !== 2 && version !== 3) throw new Broken(4, `version ${version} is not known; 2 and 3 are`)
  const tensors = reader.u64('the count of tensors')
  const nrKeys = reader.u64('the count of keys')
  const most = Math.max(fileBytes, bytes.length)
  if (tensors * LEAST_TENSOR_BYTES + nrKeys * LEAST_KEY_BYTES > most)
    throw new Broken(8, `${tensors} tensors and ${nrKeys} keys do not fit into ${most} bytes`)
  const keys = readKeys(reader, nrKeys)
  const alignment = numberOf(keys, 'general.alignment') ?? 32
  if (alignment < 1 || alignment > 2 ** 20 || alignment % 1 !== 0)
    throw new Broken(24, `an alignment of ${alignment} cannot be`)
  const infos = readTensors(reader, tensors)
  const dataOffsetBytes = Math.ceil(reader.at / alignment) * alignment
  return { keys, model: modelOf({ version, bigEndian, keys, infos, dataOffsetBytes, alignment }) }
}

function readKeys(reader: GgufReader, count: number): Map<string, Value> {
  const keys = new Map<string, Value>()
  for (let i = 0; i < count; i++) {
    const name = reader.string(`the name of key ${i + 1}`)
    const shown = `the value of key ${i + 1}`
    keys.set(name, reader.value(reader.u32(`the type of key ${i + 1}`), shown))
  }
  return keys
}

interface TensorInfo {
  readonly name: string
  readonly elements: number
  readonly type: number
  readonly offset: number
}

function readTensors(reader: GgufReader, count: number): TensorInfo[] {
  const infos: TensorInfo[] = []
  for (let i = 0; i < count; i++) {
    const what = `tensor ${i + 1}`
    const name = reader.string(`the name of ${what}`)
    const dimensions = reader.u32(`the dimensions of ${what}`)
    if (dimensions > MOST_DIMENSIONS)
      throw new Broken(reader.at - 4, `${what} has ${dimensions} dimensions; at most 8 are allowed`)
    let elements = 1
    for (let d = 0; d < dimensions; d++) elements *= reader.u64(`the shape of ${what}`)
    if (elements > 2 ** 50) throw new Broken(reader.at, `${what} has ${elements} elements, which cannot be`)
    infos.push({
      name,
      elements,
      type: reader.u32(`the type of ${what}`),
      offset: reader.u64(`the offset of ${what}`),
    })
  }
  return infos
}

interface Parts {
  readonly version: 2 | 3
  readonly bigEndian: boolean
  readonly keys: ReadonlyMap<string, Value>
  readonly infos: readonly TensorInfo[]
  readonly dataOffsetBytes: number
  readonly alignment: number
}

function modelOf({ version, bigEndian, keys, infos, dataOffsetBytes, alignment }: Parts): GgufModel {
  const sizes = sizesOf(infos, alignment)
  const end = Math.max(0, ...last(infos, sizes))
  const architecture = textOf(keys, 'general.architecture') ?? ''
  const split = splitOf(keys)
  const shape = shapeOf(keys, architecture, new Set(infos.slice(0, 100_000).map(({ name }) => name)))
  return {
    version,
    bigEndian,
    architecture,
    name: textOf(keys, 'general.name') ?? '',
    fileType: FILE_TYPES[String(numberOf(keys, 'general.file_type'))] ?? '',
    tensors: infos.length,
    parameters: infos.reduce((sum, { elements }) => sum + elements, 0),
    tensorBytes: end,
    dataOffsetBytes,
    fileBytes: dataOffsetBytes + end,
    contextTokens: numberOf(keys, `${architecture}.context_length`) ?? 0,
    vocab: countOf(keys, 'tokenizer.ggml.tokens') ?? numberOf(keys, `${architecture}.vocab_size`) ?? 0,
    ...(shape === undefined ? {} : { shape }),
    ...(split === undefined ? {} : { split }),
    largestTensorBytes: sizes.reduce((most, size) => Math.max(most, size), 0),
    unknownTypes: infos.filter(({ type }) => tensorTypeOf(type) === undefined).length,
  }
}

/** Bytes of each tensor by its type; of an unknown type, what is left until the next tensor. */
function sizesOf(infos: readonly TensorInfo[], alignment: number): number[] {
  const offsets = infos.map(({ offset }) => offset).sort((a, b) => a - b)
  const next = new Map(offsets.map((offset, i) => [offset, offsets[i + 1] ?? offset]))
  return infos.map(({ elements, type, offset }) => {
    const known = tensorTypeOf(type)
    if (known === undefined) return (next.get(offset) ?? offset) - offset
    return Math.ceil(tensorBytes(known, elements) / alignment) * alignment
  })
}

/** Where the tensor ends that lies last. */
function last(infos: readonly TensorInfo[], sizes: readonly number[]): number[] {
  let most = 0
  infos.forEach(({ offset }, i) => {
    most = Math.max(most, offset + (sizes[i] ?? 0))
  })
  return [most]
}

function splitOf(keys: ReadonlyMap<string, Value>): GgufModel['split'] {
  const of = numberOf(keys, 'split.count') ?? 0
  return of > 1 ? { part: (numberOf(keys, 'split.no') ?? 0) + 1, of } : undefined
}

export function numberOf(keys: ReadonlyMap<string, Value>, key: string): number | undefined {
  const value = keys.get(key)
  const number = typeof value === 'number' || typeof value === 'bigint' ? Number(value) : NaN
  return Number.isFinite(number) ? number : undefined
}

const textOf = (keys: ReadonlyMap<string, Value>, key: string): string | undefined => {
  const value = keys.get(key)
  return typeof value === 'string' ? value : undefined
}

const countOf = (keys: ReadonlyMap<string, Value>, key: string): number | undefined => {
  const value = keys.get(key)
  return typeof value === 'object' ? value.count : undefined
}
