/** A model as the header of its file describes it. */
import type { ModelShape } from '../../../engine/data/models.ts'

/** What a GGUF header says; bytes and counts. */
export interface GgufModel {
  readonly version: 2 | 3
  readonly bigEndian: boolean
  readonly architecture: string
  readonly name: string
  /** `general.file_type` by its name, such as `Q4_K_M`; empty where it is not stated or unknown. */
  readonly fileType: string
  readonly tensors: number
  /** Elements of all tensors: the number of weights. */
  readonly parameters: number
  /** What the tensors take in this file, with the padding between them. */
  readonly tensorBytes: number
  /** Where the tensors begin. */
  readonly dataOffsetBytes: number
  /** The whole file as the header has it. */
  readonly fileBytes: number
  readonly contextTokens: number
  readonly vocab: number
  /** Of what a KV cache is made; absent where the header does not say enough. */
  readonly shape?: ModelShape
  /** Part of a split model: number from 1, of so many. */
  readonly split?: { readonly part: number; readonly of: number }
  /** Largest tensor, in bytes. */
  readonly largestTensorBytes: number
  /** Tensors of a type that is not known: their size is the distance to the next. */
  readonly unknownTypes: number
}
