import { preallocThreads } from '../../prealloc-threads.ts'
import { GIB, MIB } from '../../quantity.ts'
import { PAGE_SIZE } from '../../units.ts'
import { totalMemoryBytes, type GuestFacts } from './guest.ts'
import { dmaFactor } from './libvirt.ts'
import { linesOf, numberOf, show, total, type LimitLine, type LimitRule } from './rule.ts'
import type { LimitSetting, SettingValues } from './rule.ts'

const VMSIZE = 'mlockall(2): VmSize counts, not resident memory; measured: guest + 256 MiB failed'
const PINS = 'R5, drivers/vfio/vfio_iommu_type1.c'
const PREALLOC = 'QEMU get_memset_num_threads(), util/oslib-posix.c'

const SETTINGS = {
  base: { id: 'baseMib', title: 'Least overhead, MiB', source: 'assumed, editable', default: 2048 },
  perVcpu: { id: 'perVcpuMib', title: 'Overhead per vCPU, MiB', source: 'assumed, editable', default: 64 },
  hostCpus: { id: 'hostCpus', title: 'CPUs of the host', source: 'of the host', default: 64 },
} as const satisfies Readonly<Record<string, LimitSetting>>

/**
 * What QEMU itself needs: with mem-lock, mlockall() after machine init compares all of the address space with the
 * limit; devices that do DMA pin guest memory. QEMU sets no limit; the sum is a suggestion for whoever starts it without CAP_IPC_LOCK.
 */
export const qemu: LimitRule = {
  id: 'qemu',
  title: 'QEMU, started by hand',
  versionSettings: Object.values(SETTINGS),
  compute: (guest, settings) => {
    const lines = [...(guest.lock === 'off' ? [] : qemuLockLines(guest, settings)), ...qemuPinLines(guest)]
    return {
      id: 'qemu',
      title: 'QEMU, started by hand',
      memlockBytes: lines.length === 0 ? 'unset' : total(lines),
      memlockLines: lines,
      lines: [],
      notes: notesOf(guest, numberOf(SETTINGS.hostCpus, settings)),
      warnings: warningsOf(guest),
    }
  },
}

/** The address space that mlockall() compares with the limit. */
export function qemuLockLines(guest: GuestFacts, settings?: SettingValues): LimitLine[] {
  const base = numberOf(SETTINGS.base, settings) * MIB
  const perVcpu = numberOf(SETTINGS.perVcpu, settings) * MIB
  const rest = Math.max(base, perVcpu * guest.vcpus)
  return linesOf(VMSIZE, [
    ['guest memory', totalMemoryBytes(guest), 'RAM and memory devices; huge pages count in VmSize, too'],
    [
      'ROMs, video RAM, libraries, thread stacks',
      rest,
      `max(${show(base)}, ${show(perVcpu)} × ${guest.vcpus} vCPUs)`,
    ],
  ])
}

/**
 * What devices pin, which counts as locked on top of a lock: pins come first and are compared alone, but with
 * MCL_FUTURE each later mapping is compared with the sum. Through iommufd it counts for the user instead.
 */
export function qemuPinLines(guest: GuestFacts): LimitLine[] {
  const factor = guest.devices.iommufd ? 0 : dmaFactor(guest)
  const memory = totalMemoryBytes(guest)
  return linesOf(PINS, [
    ['pinned for DMA', factor * memory, `${factor} × ${show(memory)}, huge pages too`],
    ['memory of emulated devices', factor === 0 ? 0 : GIB, 'constant 1 GiB, as libvirt allows'],
  ])
}

/** Pages of the guest's backing, in bytes: what preallocation counts threads by. */
export function backingPageBytes(guest: GuestFacts): number {
  return guest.backing === 'hugetlb' ? guest.hugePageBytes : PAGE_SIZE
}

/** Threads that populate a guest's main memory at start: see {@link preallocThreads}; a lock alone has one. */
export function qemuPopulateThreads(guest: GuestFacts, hostCpus: number): number {
  if (!guest.prealloc) return 1
  return preallocThreads({
    hostCpus,
    askedThreads: guest.preallocThreads > 0 ? guest.preallocThreads : guest.vcpus,
    bytes: guest.ramBytes,
    pageBytes: backingPageBytes(guest),
  })
}

/** Size of a virtio-mem block: requested-size, size and address are multiples of it. */
export function virtioMemBlockBytes(pageBytes: number, thpBytes: number): number {
  return Math.max(pageBytes, thpBytes, MIB)
}

function notesOf(guest: GuestFacts, hostCpus: number): string[] {
  if (!guest.prealloc) return []
  return [`Preallocation runs in ${qemuPopulateThreads(guest, hostCpus)} threads (${PREALLOC}).`]
}

function warningsOf(guest: GuestFacts): string[] {
  const warnings = []
  if (guest.lock === 'on' && !guest.prealloc && guest.backing !== 'hugetlb')
    warnings.push(
      `mem-lock=on without prealloc populates ${show(guest.ramBytes)} in one thread while the machine starts.`,
    )
  if (guest.lock !== 'off' && guest.ramBytes > 512 * GIB)
    warnings.push('At this size an unlimited RLIMIT_MEMLOCK is safer than a sum.')
  return warnings
}
