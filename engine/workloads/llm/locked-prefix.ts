import { alignUp, PAGE_SIZE } from '../../units.ts'

/** A tensor in a model's file, in the order in which it is loaded. */
export interface FileTensor {
  readonly name: string
  /** From the start of the file. */
  readonly offsetBytes: number
  readonly bytes: number
}

export interface LockedPrefix {
  /** What `VmLck` shows of the file: whole pages from its start. */
  readonly lockedBytes: number
  /** Tensors that lie in it. */
  readonly nrTensors: number
  /** The first tensor whose lock was refused: a warning is printed, nothing more is locked, the program goes on. */
  readonly refused: FileTensor | null
  /** What that lock asked for and what was left of the limit, in bytes. */
  readonly askedBytes: number
  readonly leftBytes: number
}

/**
 * What llama.cpp's `--mlock` gets with mmap: the lock grows tensor by tensor, each step from what is locked to the end
 * of the tensor rounded up to a page. The first step that is refused ends it. Weights only: KV cache and buffers are
 * not locked. Source: llama_mlock::grow_to(), src/llama-mmap.cpp.
 */
export function lockedPrefix(
  tensors: readonly FileTensor[],
  limitBytes: number | 'unlimited',
  alreadyLockedBytes = 0,
): LockedPrefix {
  // The kernel compares pages: a limit is rounded down to them.
  const limit = limitBytes === 'unlimited' ? Infinity : Math.floor(limitBytes / PAGE_SIZE) * PAGE_SIZE
  const left = Math.max(0, limit - alreadyLockedBytes)
  let lockedBytes = 0
  let nrTensors = 0
  for (const tensor of tensors) {
    const end = alignUp(tensor.offsetBytes + tensor.bytes, PAGE_SIZE)
    if (end > lockedBytes) {
      if (end > left)
        return {
          lockedBytes,
          nrTensors,
          refused: tensor,
          askedBytes: end - lockedBytes,
          leftBytes: left - lockedBytes,
        }
      lockedBytes = end
    }
    nrTensors++
  }
  return { lockedBytes, nrTensors, refused: null, askedBytes: 0, leftBytes: left - lockedBytes }
}
