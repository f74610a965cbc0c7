/** What the command of a service or a container comes to, if it is one that is known. */
import type { WorkloadSpec } from '../../engine/scenario.ts'
import { groupBytes } from './guest-import.ts'
import type { ImportedLimits } from './importer.ts'
import { isLlama, llamaWorkload } from './llama-command.ts'
import type { Notes } from './notes.ts'
import { isQemu, qemuGuestOf } from './qemu-command.ts'
import { programAt, type Word } from './shell-words.ts'

/** The workload of QEMU or llama.cpp; undefined for any other program. */
export function commandWorkload(
  words: readonly string[],
  line: number,
  notes: Notes,
): WorkloadSpec | undefined {
  const all: Word[] = words.map(text => ({ text, line }))
  if (programAt(all, isQemu) >= 0) {
    const read = qemuGuestOf(all, notes)
    if (!('issue' in read)) return read.workload
    notes.notUnderstood(read.issue.path, read.issue.sentence, line)
    return undefined
  }
  const hasModel = words.some(word => /^(?:-m|--model|-hf|--hf-repo)$/.test(word))
  return hasModel && programAt(all, isLlama) >= 0 ? llamaWorkload(all, notes) : undefined
}

/** The limits of a container or a service on what runs in it. */
export function within(
  workload: WorkloadSpec,
  limits: ImportedLimits,
): Pick<WorkloadSpec, 'limits' | 'memcg'> {
  const { memlockSoftBytes, capIpcLock, memoryMaxBytes, memoryHighBytes, memorySwapMaxBytes } = limits
  return {
    limits: {
      memlockBytes: memlockSoftBytes === 'unset' ? workload.limits.memlockBytes : memlockSoftBytes,
      capIpcLock: capIpcLock ?? workload.limits.capIpcLock,
    },
    memcg: {
      maxBytes: groupBytes(memoryMaxBytes) ?? workload.memcg.maxBytes,
      highBytes: groupBytes(memoryHighBytes) ?? workload.memcg.highBytes,
      swapMaxBytes: memorySwapMaxBytes ?? workload.memcg.swapMaxBytes,
    },
  }
}
