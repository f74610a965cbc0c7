import { GIB, KIB } from '../../quantity.ts'
import { maxMemoryBytes, totalMemoryBytes, vfioDevices, type GuestFacts } from './guest.ts'
import { choiceOf, linesOf, show, total, type LimitAnswer, type LimitLine, type LimitRule } from './rule.ts'
import type { LimitSetting, SettingValues } from './rule.ts'

const SOURCE = 'libvirt qemuDomainGetMemLockLimitBytes(), src/qemu/qemu_domain.c'
const PPC64_SOURCE = 'libvirt getPPC64MemLockLimitBytes(), src/qemu/qemu_domain.c'

const VERSION: LimitSetting = {
  id: 'version',
  title: 'libvirt release',
  source: 'per-device counting of VFIO behind a vIOMMU, vDPA and NVMe since 8.7.0',
  default: '8.7 and later',
  choices: ['8.7 and later', 'before 8.7'],
}

/**
 * RLIMIT_MEMLOCK that libvirt sets for a QEMU process. The first that applies decides: hard_limit, locked, ppc64, then
 * devices whose DMA pins guest memory. In KiB inside libvirt; no limit is set where nothing needs one.
 */
export const libvirt: LimitRule = {
  id: 'libvirt',
  title: 'libvirt',
  versionSettings: [VERSION],
  compute: (guest, settings) => ({
    id: 'libvirt',
    title: 'libvirt',
    lines: [],
    notes: guest.backing === 'hugetlb' ? ['Any setting of huge pages makes QEMU preallocate.'] : [],
    ...memlock(guest, settings),
    warnings: warningsOf(guest),
  }),
}

type Memlock = Pick<LimitAnswer, 'memlockBytes' | 'memlockLines'>

const sum = (lines: LimitLine[]): Memlock => ({ memlockBytes: total(lines), memlockLines: lines })

function memlock(guest: GuestFacts, settings: SettingValues | undefined): Memlock {
  if (guest.hardLimitBytes > 0)
    return sum(
      linesOf(SOURCE, [['hard_limit', guest.hardLimitBytes, 'memtune hard_limit comes before all else']]),
    )
  if (guest.lock === 'on') return { memlockBytes: 'unlimited', memlockLines: [] }
  if (guest.arch === 'ppc64' && guest.kvm) return sum(ppc64Lines(guest))
  const factor = dmaFactor(guest, choiceOf(VERSION, settings) === 'before 8.7')
  if (factor === 0) return { memlockBytes: 'unset', memlockLines: [] }
  const memory = totalMemoryBytes(guest)
  return sum(
    linesOf(SOURCE, [
      ['guest memory', factor * memory, `${factor} × ${show(memory)}: ${factorText(guest)}`],
      ['MMIO and the rest', GIB, 'constant 1 GiB, from the MMIO space of x86 systems'],
    ]),
  )
}

/** How often all of guest memory is pinned: once per vDPA and NVMe device, per VFIO device behind a vIOMMU, else once. */
export function dmaFactor(guest: GuestFacts, once = false): number {
  const nrVfio = vfioDevices(guest)
  const { nvmeDisks, vdpa, viommu } = guest.devices
  if (once) return nrVfio + nvmeDisks + vdpa > 0 ? 1 : 0
  return vdpa + nvmeDisks + (nrVfio > 0 ? (viommu ? nrVfio : 1) : 0)
}

function factorText(guest: GuestFacts): string {
  const { nvmeDisks, vdpa, viommu } = guest.devices
  const vfio = `${vfioDevices(guest)} VFIO ${viommu ? 'behind a vIOMMU, each by itself' : 'together once'}`
  return `${vdpa} vDPA, ${nvmeDisks} NVMe, ${vfio}`
}

/** ppc64 counts the hash table, DMA windows of each PCI host bridge, and with passthrough the memory itself. */
function ppc64Lines(guest: GuestFacts): LimitLine[] {
  const { phbs, nvlink2, nvmeDisks, vdpa } = guest.devices
  const max = maxMemoryBytes(guest)
  const memory = totalMemoryBytes(guest)
  const kib = (bytes: number): number => Math.floor(bytes / KIB)
  const dma = vfioDevices(guest) > 0 || vdpa > 0 || nvmeDisks > 0
  const window = Math.max(2 * KIB * KIB * phbs, kib(memory) + Math.floor(kib(memory) / 512) * phbs + 8192)
  const gpu = kib(max) + ((128 * 2 ** 30) / 512) * phbs + 8192
  return linesOf(PPC64_SOURCE, [
    ['hash table', Math.floor(kib(max) / 128) * KIB, `maximum ${show(max)} / 128`],
    ['32-bit DMA windows', (4096 * phbs + 8192) * KIB, `4 MiB × ${phbs} host bridges + 8 MiB`],
    nvlink2
      ? ['NVLink2 passthrough', gpu * KIB, `${show(max)} + 128 TiB / 512 KiB × ${phbs} + 8 MiB`]
      : [
          'passthrough',
          dma ? window * KIB : 0,
          `max(2 GiB × ${phbs}, ${show(memory)} × (1 + ${phbs}/512) + 8 MiB)`,
        ],
  ])
}

function warningsOf(guest: GuestFacts): string[] {
  const warnings = []
  if (guest.hardLimitBytes > 0)
    warnings.push(
      `hard_limit is also the memory limit of the cgroup: beyond ${show(guest.hardLimitBytes)} the guest is killed.`,
    )
  if (guest.hardLimitBytes > 0 && guest.hardLimitBytes < totalMemoryBytes(guest))
    warnings.push(
      `hard_limit ${show(guest.hardLimitBytes)} is less than the guest's ${show(totalMemoryBytes(guest))}.`,
    )
  if (guest.lock === 'on' && guest.hardLimitBytes === 0)
    warnings.push('Without a limit the guest can lock all memory of the host; a hard_limit bounds it.')
  if (guest.lock === 'on-fault' && guest.hardLimitBytes === 0)
    warnings.push(
      'libvirt knows mem-lock=on and off only: on-fault as a raw argument does not raise the limit; set hard_limit.',
    )
  return warnings
}
