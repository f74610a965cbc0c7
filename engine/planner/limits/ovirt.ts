import { KIB, MIB } from '../../quantity.ts'
import { maxMemoryBytes, type GuestFacts } from './guest.ts'
import { libvirt } from './libvirt.ts'
import { linesOf, numberOf, total, type LimitLine, type LimitRule, type LimitSetting } from './rule.ts'

const SOURCE = 'oVirt VmOverheadCalculatorImpl'

const OVERCOMMIT: LimitSetting = {
  id: 'overcommitPercent',
  title: 'Memory overcommit of the cluster, percent',
  source: 'oVirt cluster optimisation: 100, 150 or 200',
  default: 100,
}

/** What oVirt's scheduler counts for a guest, in whole MiB. The locked-memory limit is libvirt's. */
export const ovirt: LimitRule = {
  id: 'ovirt',
  title: 'oVirt',
  versionSettings: [OVERCOMMIT],
  compute: (guest, settings) => {
    const { memlockBytes, memlockLines } = libvirt.compute(guest)
    const ram = guest.backing === 'hugetlb' ? 0 : guest.ramBytes
    const lines = [
      ...linesOf(SOURCE, [['guest', Math.floor(ram / MIB) * MIB, 'RAM that is not on huge pages']]),
      ...ovirtStaticOverhead(guest),
      ...ovirtPossibleOverhead(guest),
    ]
    const percent = numberOf(OVERCOMMIT, settings)
    return {
      id: 'ovirt',
      title: 'oVirt',
      memlockBytes,
      memlockLines,
      memoryBytes: total(lines),
      lines,
      notes: [
        `To schedule it, the host must have this much of its memory × ${percent} % left.`,
        ...hugePages(guest),
      ],
      warnings:
        guest.guaranteedBytes > 0 && guest.guaranteedBytes < guest.ramBytes && guest.devices.pciHostdevs > 0
          ? ['The balloon cannot shrink the guest to its guaranteed memory while VFIO pins its RAM.']
          : [],
    }
  },
}

/** Overhead that QEMU takes at once: page tables and a constant. */
export function ovirtStaticOverhead(guest: GuestFacts): LimitLine[] {
  const mib = Math.floor(guest.ramBytes / MIB)
  if (guest.arch !== 'ppc64')
    return linesOf(SOURCE, [
      ['page tables', Math.floor(mib / 512) * MIB, `${mib} MiB / 512`],
      ['QEMU', 64 * MIB, 'constant'],
    ])
  const maxMib = Math.floor(maxMemoryBytes(guest) / MIB)
  const power = 2 ** Math.ceil(Math.log2(maxMib))
  return linesOf(SOURCE, [
    ['hash table', Math.floor(power / 64) * MIB, `${maxMib} MiB rounded up to a power of two, / 64`],
    ['QEMU', 100 * MIB, 'constant on ppc64'],
  ])
}

/** Overhead that QEMU may take later. */
export function ovirtPossibleOverhead(guest: GuestFacts): LimitLine[] {
  const { videoRamBytes, ioThreads } = guest.devices
  return linesOf(SOURCE, [
    ['video RAM', Math.floor(videoRamBytes / MIB) * MIB, 'of all heads'],
    ['vCPUs', 8 * guest.vcpus * MIB, `8 MiB × ${guest.vcpus}`],
    ['IO threads', 8 * ioThreads * MIB, `8 MiB × ${ioThreads}`],
  ])
}

export interface OvirtHost {
  readonly freeBytes: number
  readonly pendingBytes: number
  readonly dynamicHugepagesBytes: number
  readonly swapFreeBytes: number
}

/** May the guest start: its RAM must fit into free memory and swap, dynamic huge pages into memory alone. */
export function ovirtCanStart(guest: GuestFacts, host: OvirtHost): boolean {
  const ram = guest.backing === 'hugetlb' ? 0 : guest.ramBytes
  const memory = host.freeBytes - host.pendingBytes
  if (host.dynamicHugepagesBytes > memory) return false
  return ram + total(ovirtStaticOverhead(guest)) <= memory - host.dynamicHugepagesBytes + host.swapFreeBytes
}

function hugePages(guest: GuestFacts): string[] {
  if (guest.backing !== 'hugetlb') return []
  const pageKib = guest.hugePageBytes / KIB
  return [`It takes ${Math.ceil(guest.ramBytes / KIB / pageKib)} huge pages of ${pageKib} KiB.`]
}
