import { MIB } from '../../quantity.ts'
import { totalMemoryBytes } from './guest.ts'
import { linesOf, numberOf, total, type LimitLine, type LimitRule, type LimitSetting } from './rule.ts'

const SOURCE = 'Kubernetes node allocatable; kubelet memory manager'

const SETTINGS = {
  kubeReserved: { id: 'kubeReservedMib', title: 'kubeReserved, MiB', source: 'kubelet', default: 0 },
  systemReserved: { id: 'systemReservedMib', title: 'systemReserved, MiB', source: 'kubelet', default: 0 },
  eviction: {
    id: 'evictionHardMib',
    title: 'evictionHard, MiB',
    source: 'kubelet, default 100Mi',
    default: 100,
  },
} as const satisfies Readonly<Record<string, LimitSetting>>

/** A guest, or any process, as a plain pod: no field of Kubernetes sets a limit for locked memory. */
export const kubernetes: LimitRule = {
  id: 'kubernetes',
  title: 'Kubernetes, plain pod',
  versionSettings: Object.values(SETTINGS),
  compute: guest => {
    const huge = guest.backing === 'hugetlb'
    const lines = linesOf(SOURCE, [
      ['guest', huge ? 0 : totalMemoryBytes(guest), 'request; what the program needs besides is to be added'],
    ])
    const warnings = []
    if (guest.lock !== 'off')
      warnings.push(
        'A pod cannot set a limit: LimitMEMLOCK= of containerd does, or IPC_LOCK for a process that is root.',
      )
    if (huge) warnings.push('Requests of hugepages must equal their limits.')
    if (guest.dedicatedCpus && !guest.guaranteed)
      warnings.push('Only pods of class Guaranteed are pinned to NUMA nodes.')
    return {
      id: 'kubernetes',
      title: 'Kubernetes, plain pod',
      memlockBytes: 'unset',
      memlockLines: [],
      memoryBytes: total(lines),
      lines,
      notes: [],
      warnings,
    }
  },
}

/** What a node keeps from its pods; with the static memory manager reservedMemory over all NUMA nodes equals it. */
export function kubernetesReserved(settings?: Readonly<Record<string, string | number>>): LimitLine[] {
  return linesOf(
    SOURCE,
    Object.values(SETTINGS).map(
      setting =>
        [setting.title.replace(', MiB', ''), numberOf(setting, settings) * MIB, setting.source] as const,
    ),
  )
}

/** Memory of a node that pods may have. */
export function kubernetesAllocatableBytes(
  capacityBytes: number,
  settings?: Readonly<Record<string, string | number>>,
): number {
  return Math.max(0, capacityBytes - total(kubernetesReserved(settings)))
}
