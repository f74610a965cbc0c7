import { prefaultThreads } from '../../prealloc-threads.ts'
import { totalMemoryBytes } from './guest.ts'
import { backingPageBytes } from './qemu.ts'
import { linesOf, numberOf, total, type LimitRule, type LimitSetting } from './rule.ts'

const SOURCE = 'Cloud Hypervisor get_prefault_num_threads()'

const HOST_CPUS: LimitSetting = {
  id: 'hostCpus',
  title: 'CPUs of the host',
  source: 'of the host',
  default: 64,
}

/** Cloud Hypervisor locks nothing; prefault populates with MADV_POPULATE_WRITE. VFIO pins count as everywhere. */
export const cloudHypervisor: LimitRule = {
  id: 'cloud-hypervisor',
  title: 'Cloud Hypervisor',
  versionSettings: [HOST_CPUS],
  compute: (guest, settings) => {
    const pins = guest.devices.pciHostdevs > 0
    const lines = linesOf('VFIO type1 pins guest memory once per container', [
      ['guest memory', pins ? totalMemoryBytes(guest) : 0, 'pinned for DMA; it sets no limit by itself'],
    ])
    const threads = prefaultThreads({
      hostCpus: numberOf(HOST_CPUS, settings),
      bytes: guest.ramBytes,
      pageBytes: backingPageBytes(guest),
    })
    return {
      id: 'cloud-hypervisor',
      title: 'Cloud Hypervisor',
      memlockBytes: 'unset',
      memlockLines: [],
      ...(pins ? { memoryBytes: total(lines) } : {}),
      lines,
      notes: guest.prealloc ? [`prefault=on runs in ${threads} threads (${SOURCE}).`] : [],
      warnings: [
        ...(guest.lock === 'off' ? [] : ['It has no option to lock guest memory.']),
        ...(guest.reserve
          ? []
          : ['Memory is mapped with MAP_NORESERVE: a huge page pool that is short ends in SIGBUS.']),
      ],
    }
  },
}
