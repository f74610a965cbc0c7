import { MIB } from '../../quantity.ts'
import { libvirt } from './libvirt.ts'
import { linesOf, numberOf, show, total, type LimitRule, type LimitSetting } from './rule.ts'

const SOURCE = 'Nova, placement inventory MEMORY_MB; nova.conf'

const RESERVED: LimitSetting = {
  id: 'reservedHostMemoryMb',
  title: 'reserved_host_memory_mb',
  source: 'nova.conf, default 512',
  default: 512,
}
const RATIO: LimitSetting = {
  id: 'ramAllocationRatio',
  title: 'initial_ram_allocation_ratio',
  source: 'nova.conf, default 1.0',
  default: 1,
}

/** OpenStack Nova counts a guest with its RAM and no overhead at all; locked memory goes through libvirt's `<locked/>`. */
export const nova: LimitRule = {
  id: 'nova',
  title: 'OpenStack Nova',
  versionSettings: [RESERVED, RATIO],
  compute: (guest, settings) => {
    const locked = guest.lock === 'on' || guest.realtime || guest.devices.sev
    const asked = { ...guest, lock: locked ? ('on' as const) : guest.lock }
    const lines = linesOf(SOURCE, [['guest', guest.ramBytes, 'flavor RAM; nothing is added for QEMU']])
    const reserved = numberOf(RESERVED, settings) * MIB
    const warnings = [
      `QEMU's own memory is not counted: it must fit into the ${show(reserved)} reserved for the host.`,
    ]
    if (guest.lock === 'on' && guest.backing !== 'hugetlb')
      warnings.push('hw:locked_memory needs hw:mem_page_size.')
    if (guest.lock === 'on-fault') warnings.push('Nova cannot ask for mem-lock=on-fault.')
    if (locked && guest.lock !== 'on')
      warnings.push(`${guest.realtime ? 'A realtime' : 'An SEV'} guest is locked without being asked to.`)
    return {
      id: 'nova',
      title: 'OpenStack Nova',
      memlockBytes: libvirt.compute(asked).memlockBytes,
      memlockLines: libvirt.compute(asked).memlockLines,
      memoryBytes: total(lines),
      lines,
      notes: [`A host offers (RAM - ${show(reserved)}) × ${numberOf(RATIO, settings)}.`],
      warnings,
    }
  },
}
