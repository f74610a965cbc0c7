/** The tensors of a model's file in the order in which llama.cpp loads and locks them, from the shape alone. */
import { nrParams } from '../../data/model-params.ts'
import type { ModelShape } from '../../data/models.ts'
import { alignUp, PAGE_SIZE } from '../../units.ts'
import type { FileTensor } from './locked-prefix.ts'

/** Elements of one layer's matrices; norms, a thousandth, are left out. */
function layerTensors(shape: ModelShape, layer: number): [string, number][] {
  const { hidden, heads, kvHeads, headLength, experts, ffn } = shape
  const kv = hidden * kvHeads * headLength
  const query = hidden * heads * headLength
  const dense = experts === undefined || layer < experts.denseLayers
  const width =
    experts === undefined ? ffn : dense ? experts.denseFfn : ffn * (experts.count + experts.shared)
  const forward = hidden * width
  return [
    ['attn_q', query],
    ['attn_k', kv],
    ['attn_v', kv],
    ['attn_output', query],
    ['ffn_gate', forward],
    ['ffn_down', forward],
    ['ffn_up', forward],
  ]
}

/**
 * Tensors with their places in a file of `fileBytes`: embedding, output, then layer by layer. Every weight takes the
 * same room, so that sizes are right on average though a quantisation mixes types.
 */
export function fileTensors(shape: ModelShape, fileBytes: number): FileTensor[] {
  const embedding = shape.vocab * shape.hidden
  const elements: [string, number][] = [
    ['token_embd', embedding],
    ...(shape.tied ? [] : ([['output', embedding]] as [string, number][])),
    ...Array.from({ length: shape.layers }, (_, layer) =>
      layerTensors(shape, layer).map(([name, count]): [string, number] => [`blk.${layer}.${name}`, count]),
    ).flat(),
  ]
  const sum = Math.max(
    nrParams(shape),
    elements.reduce((total, [, count]) => total + count, 0),
  )
  let before = 0
  return elements.map(([name, count]) => {
    const offsetBytes = Math.floor((before / sum) * fileBytes)
    before += count
    return { name, offsetBytes, bytes: Math.floor((before / sum) * fileBytes) - offsetBytes }
  })
}

/** Where each step of the growing lock ends, ascending: the end of each tensor in whole pages, the last at the file's. */
export function lockEnds(shape: ModelShape, fileBytes: number): number[] {
  const ends = fileTensors(shape, fileBytes).map(t => alignUp(t.offsetBytes + t.bytes, PAGE_SIZE))
  return [...new Set([...ends.slice(0, -1), alignUp(fileBytes, PAGE_SIZE)])]
}
