/**
 * The header of a GGUF file: which model, of which shape, how large. Only the header is read; of a large file its first
 * megabytes are enough. The name of the file says which part of a split model it is.
 */
import { MODELS, type ModelProfile } from '../../engine/data/models.ts'
import { formatBytes } from '../../engine/quantity.ts'
import { quoted, safeText } from '../safe-text.ts'
import { Broken } from './gguf/reader.ts'
import { readHeader } from './gguf/header.ts'
import type { GgufModel } from './gguf/model.ts'
import type { Importer, ImportInput, ImportOptions, ImportResult } from './importer.ts'
import { llmWorkload, type LlmFacts } from './llm-import.ts'
import { Notes, refused } from './notes.ts'

/** `model-00001-of-00009.gguf` */
const SPLIT_NAME = /-(\d{5})-of-(\d{5})\.gguf$/

export const gguf: Importer = {
  id: 'gguf',
  title: 'GGUF header',
  yields: ['workloads', 'observed'],
  recognises: head => head.startsWith('GGUF'),
  read: (input, options = {}) => readGguf(bytesOf(input), options),
}

/** A text of a binary file is its bytes as Latin-1. */
function bytesOf(input: ImportInput): Uint8Array {
  return 'bytes' in input
    ? input.bytes
    : Uint8Array.from(input.text, character => character.charCodeAt(0) & 0xff)
}

function readGguf(bytes: Uint8Array, { fileName = '', fileBytes = 0 }: ImportOptions): ImportResult {
  try {
    const { model } = readHeader(bytes, fileBytes)
    return resultOf(model, fileName, fileBytes)
  } catch (error) {
    if (!(error instanceof Broken)) throw error
    return refused({
      path: `byte ${error.at}`,
      found: error.message,
      allowed: 'the header of a GGUF file, version 2 or 3',
      sentence: `The GGUF header cannot be read: at byte ${error.at} ${error.message}.`,
    })
  }
}

function resultOf(header: GgufModel, fileName: string, fileBytes: number): ImportResult {
  const notes = new Notes()
  const named = SPLIT_NAME.exec(fileName)
  const split =
    header.split ?? (named === null ? undefined : { part: Number(named[1]), of: Number(named[2]) })
  const model: GgufModel = {
    ...header,
    ...(split === undefined ? {} : { split }),
    name: safeText(header.name, 100),
    architecture: safeText(header.architecture, 64),
  }
  const bytes = fileBytes > 0 ? fileBytes : model.fileBytes
  notes.taken(
    'header',
    `${quoted(model.name)}, ${model.architecture}, version ${model.version}${model.bigEndian ? ', big endian' : ''}.`,
  )
  notes.taken(
    'tensors',
    `${model.tensors} tensors, ${(model.parameters / 1e9).toPrecision(3)} × 10⁹ weights, ${formatBytes(bytes)}.`,
  )
  if (model.unknownTypes > 0)
    notes.assumed(
      'tensors',
      `${model.unknownTypes} tensors of unknown types: they end where the next begins.`,
    )
  if (split !== undefined)
    notes.assumed(
      'split.count',
      `Part ${split.part} of ${split.of}: the other parts are taken to be as large.`,
    )
  if (fileBytes > 0 && fileBytes < model.fileBytes)
    notes.notUnderstood(
      'tensors',
      `The file has ${formatBytes(fileBytes)}; its header has ${formatBytes(model.fileBytes)}.`,
    )
  const facts: LlmFacts = {
    name: model.name === '' ? fileName : model.name,
    model: nearestModel(model),
    fileType: model.fileType,
    fileBytes: bytes * Math.min(1000, split?.of ?? 1),
  }
  notes.assumed('shape', shapeSentence(model, facts.model))
  const workload = llmWorkload(facts, 'tensors', notes)
  return {
    ok: true,
    observed: { models: [model] },
    ...(workload === undefined ? {} : { workloads: [workload] }),
    notes: notes.list(),
  }
}

/** The model of the table that is most like it: of the same shape, or of about as many weights. */
function nearestModel(model: GgufModel): ModelProfile | undefined {
  const { shape } = model
  const same = MODELS.find(one => shape !== undefined && isAlike(one, shape))
  if (same !== undefined) return same
  const parts = (model.parameters / 1e9) * (model.split?.of ?? 1)
  const distance = (one: ModelProfile): number => Math.abs(Math.log(one.paramsG / Math.max(0.01, parts)))
  const withExperts = MODELS.filter(one => (one.experts === undefined) === (shape?.experts === undefined))
  return [...withExperts].sort((a, b) => distance(a) - distance(b))[0]
}

function isAlike(one: ModelProfile, shape: NonNullable<GgufModel['shape']>): boolean {
  const { layers, hidden, heads, kvHeads, experts } = shape
  if (one.layers !== layers || one.hidden !== hidden || one.heads !== heads) return false
  // With compressed attention files state one head.
  return (
    (one.mla !== undefined || one.kvHeads === kvHeads) && (one.experts?.count ?? 0) === (experts?.count ?? 0)
  )
}

function shapeSentence({ shape }: GgufModel, model: ModelProfile | undefined): string {
  if (model === undefined) return 'No model on offer is like it.'
  if (shape === undefined) return `The header states no shape: cache and buffers are those of ${model.id}.`
  const { layers, hidden, heads, kvHeads } = shape
  const said = `${layers} layers of ${hidden}, ${heads} heads, ${kvHeads} for the cache`
  return isAlike(model, shape)
    ? `${said}: planned as ${model.id}.`
    : `${said}: the nearest on offer is ${model.id}, whose cache and buffers are planned.`
}
