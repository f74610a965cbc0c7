import { GIB, MIB } from '../../quantity.ts'
import { vfioDevices, type GuestFacts } from './guest.ts'
import { linesOf, total, type LimitRule } from './rule.ts'

const SOURCE = 'Proxmox VE 9, qm.conf(5)'

/** Proxmox starts QEMU as root, so no limit stands in the way; memory is counted without overhead. */
export const proxmox: LimitRule = {
  id: 'proxmox',
  title: 'Proxmox VE',
  versionSettings: [],
  compute: guest => {
    const lines = linesOf(SOURCE, [['guest', guest.ramBytes, 'memory:, nothing is added for QEMU']])
    return {
      id: 'proxmox',
      title: 'Proxmox VE',
      memlockBytes: 'unset',
      memlockLines: [],
      memoryBytes: total(lines),
      lines,
      notes:
        guest.backing === 'hugetlb' ? [`hugepages: any would be ${proxmoxHugepagesMib(guest, true)}.`] : [],
      warnings: [
        ...(guest.lock === 'off' ? [] : ['mem-lock is only possible as a raw argument (args:).']),
        ...(vfioDevices(guest) > 0 && guest.devices.balloon
          ? ['Set balloon: 0: VFIO pins all RAM, ballooning frees none.']
          : []),
      ],
    }
  },
}

/** `hugepages: any`, in MiB: 1024 if memory is a multiple of it and the host has 1 GiB pages, else 2. */
export function proxmoxHugepagesMib(guest: GuestFacts, hasGigabytePages: boolean): 2 | 1024 {
  return hasGigabytePages && guest.ramBytes % GIB === 0 ? 1024 : 2
}

/** With memory hotplug the first GiB is static and the rest are DIMMs; all of it is static otherwise. */
export function proxmoxStaticBytes(guest: GuestFacts, hotplug: boolean): number {
  return hotplug ? Math.min(guest.ramBytes, 1024 * MIB) : guest.ramBytes
}
