/** Containers of a Pod: limits of their memory, the capability to lock, and what they run. */
import { formatBytes } from '../../../engine/quantity.ts'
import type { WorkloadSpec } from '../../../engine/scenario.ts'
import { quoted } from '../../safe-text.ts'
import { commandWorkload, within } from '../command-workload.ts'
import type { ImportedLimits } from '../importer.ts'
import { limitsOf, type Notes } from '../notes.ts'
import { at, listAt, textAt } from '../yaml-documents.ts'
import type { Where } from './kubevirt.ts'

export interface ReadPod {
  readonly limits: readonly ImportedLimits[]
  readonly workloads: readonly WorkloadSpec[]
}

const MOST_CONTAINERS = 100

export function readPod(spec: unknown, name: string, { path, line }: Where, notes: Notes): ReadPod {
  const limits: ImportedLimits[] = []
  const workloads: WorkloadSpec[] = []
  listAt(spec, 'containers')
    .slice(0, MOST_CONTAINERS)
    .forEach((container, i) => {
      const where = `${path}.containers[${i}]`
      const own = textAt(container, 'name')
      const of = own === undefined ? name : `${name}/${own}`
      const amount = (...keys: readonly string[]): number | null => {
        const text = textAt(container, 'resources', ...keys)
        return text === undefined
          ? null
          : (notes.bytes(text, 'kubernetes', `${where}.resources.${keys.join('.')}`, line) ?? null)
      }
      const memoryMaxBytes = amount('limits', 'memory')
      const capIpcLock = hasIpcLock(container)
      const max =
        memoryMaxBytes === null ? 'no limit of memory' : `at most ${formatBytes(memoryMaxBytes)} of memory`
      notes.taken(where, `${quoted(of)}: ${max}, ${capIpcLock ? 'with' : 'without'} IPC_LOCK.`, line)
      for (const size of ['hugepages-2Mi', 'hugepages-1Gi']) {
        const bytes = amount('limits', size)
        if (bytes !== null) notes.taken(`${where}.resources`, `${formatBytes(bytes)} of ${size}.`, line)
      }
      const one = { ...limitsOf(of, 'container'), memoryMaxBytes, capIpcLock }
      limits.push(one)
      const words = [...listAt(container, 'command'), ...listAt(container, 'args')].filter(
        word => typeof word === 'string',
      )
      const workload = commandWorkload(words, line ?? 1, notes)
      if (workload !== undefined) workloads.push({ ...workload, ...within(workload, one) })
    })
  if (limits.length > 0)
    notes.assumed(path, 'No field of a Pod sets the limit of locked memory: it is that of containerd.', line)
  return { limits, workloads }
}

function hasIpcLock(container: unknown): boolean {
  const added = listAt(container, 'securityContext', 'capabilities', 'add')
  return (
    at(container, 'securityContext', 'privileged') === true ||
    added.some(cap => /^(?:CAP_)?(?:IPC_LOCK|ALL)$/.test(String(cap)))
  )
}
