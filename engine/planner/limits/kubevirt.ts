import { GIB, MIB } from '../../quantity.ts'
import { vfioDevices, type GuestFacts } from './guest.ts'
import {
  choiceOf,
  linesOf,
  numberOf,
  show,
  total,
  type LimitAnswer,
  type LimitLine,
  type LimitRule,
} from './rule.ts'
import type { LimitSetting, SettingValues } from './rule.ts'

const SOURCE = 'KubeVirt GetMemoryOverhead(), pkg/hypervisor/kvm'
const MEMLOCK = 'KubeVirt adjustQemuProcessMemoryLimits(), pkg/hypervisor/kvm/runtime.go'

/** Fixed parts by release, MiB: launcher monitor, launcher, log daemon, qemu daemon, QEMU. */
const FIXED: Readonly<Record<string, readonly [number, number, number, number, number]>> = {
  '1.9': [25, 100, 25, 40, 50],
  '1.8': [25, 100, 25, 40, 30],
  older: [25, 100, 20, 35, 30],
}

const VERSION: LimitSetting = {
  id: 'version',
  title: 'KubeVirt release',
  source:
    'VirtLauncherMonitorOverhead … QemuOverhead; 1.9 sets no bound for locked memory where 1.8 computes one',
  default: '1.9',
  choices: Object.keys(FIXED),
}
const RATIO: LimitSetting = {
  id: 'overheadRatio',
  title: 'additionalGuestMemoryOverheadRatio',
  source: 'KubeVirt configuration, default 1',
  default: 1,
}

/**
 * What KubeVirt adds to the memory of a pod, and the limit it sets. KubeVirt rounds the request up to 1000 bytes before
 * it divides by 512, which can add two bytes to its figure; left out here.
 */
export const kubevirt: LimitRule = {
  id: 'kubevirt',
  title: 'KubeVirt',
  versionSettings: [VERSION, RATIO],
  compute: (guest, settings) => {
    const overhead = kubevirtOverhead(guest, settings)
    const ram = guest.backing === 'hugetlb' ? 0 : guest.ramBytes
    const lines = [...linesOf(SOURCE, [['guest', ram, 'guest memory']]), ...overhead]
    return {
      id: 'kubevirt',
      title: 'KubeVirt',
      memoryBytes: total(lines),
      lines,
      ...memlock(guest, choiceOf(VERSION, settings), overhead),
      notes:
        guest.backing === 'hugetlb'
          ? [
              `The pod requests ${show(guest.ramBytes)} of hugepages-${show(guest.hugePageBytes).replace(/ (.i)B/, '$1')}.`,
            ]
          : [],
      warnings: guest.lock === 'on-fault' ? ['KubeVirt cannot ask QEMU for mem-lock=on-fault.'] : [],
    }
  },
}

/** The overhead of the pod, line by line. */
export function kubevirtOverhead(guest: GuestFacts, settings?: SettingValues): LimitLine[] {
  const [monitor, launcher, logd, qemud, qemu] = FIXED[choiceOf(VERSION, settings)] ?? [0, 0, 0, 0, 0]
  const { devices } = guest
  const pinned = guest.dedicatedCpus || guest.guaranteed
  const probes = guest.execProbes
  const lines = linesOf(SOURCE, [
    ['page tables', Math.floor(guest.ramBytes / 512), `${show(guest.ramBytes)} / 512`],
    ['launcher monitor', monitor * MIB, 'constant'],
    ['launcher', launcher * MIB, 'constant'],
    ['log daemon', logd * MIB, 'constant'],
    ['qemu daemon', qemud * MIB, 'constant'],
    ['QEMU', qemu * MIB, 'constant'],
    ['vCPUs', 8 * MIB * Math.max(1, guest.vcpus), `8 MiB × ${Math.max(1, guest.vcpus)}`],
    ['IO thread', 8 * MIB, 'constant'],
    ['graphics', devices.graphics ? 32 * MIB : 0, 'autoattachGraphicsDevice, default on'],
    ['UEFI flash', guest.arch === 'aarch64' ? 128 * MIB : 0, 'arm64'],
    ['MMIO of passed-through devices', hasVfio(guest) ? GIB : 0, 'any VFIO device'],
    ['downward metrics', devices.downwardMetrics ? MIB : 0, 'downward metrics disk'],
    ['exec probes', probes > 0 ? (100 + 10 * probes) * MIB : 0, `100 MiB + 10 MiB × ${probes}`],
    ['SEV', devices.sev ? 256 * MIB : 0, 'launchSecurity sev'],
    ['TPM', devices.tpm ? 53 * MIB : 0, 'swtpm'],
    ['dedicated CPUs', pinned ? 100 * MIB : 0, 'dedicatedCpuPlacement or class Guaranteed'],
    ['reservedOverhead', guest.addedOverheadBytes, 'addedOverhead'],
  ])
  const ratio = Math.max(1, numberOf(RATIO, settings))
  const extra = Math.floor(total(lines) * (ratio - 1))
  return [...lines, ...linesOf(SOURCE, [['overhead ratio', extra, `${show(total(lines))} × (${ratio} - 1)`]])]
}

const hasVfio = (guest: GuestFacts): boolean => vfioDevices(guest) + guest.devices.gpus > 0

function memlock(
  guest: GuestFacts,
  version: string,
  overhead: readonly LimitLine[],
): Pick<LimitAnswer, 'memlockBytes' | 'memlockLines'> {
  const needed = hasVfio(guest) || guest.realtime || guest.devices.sev
  const unset = { memlockBytes: 'unset', memlockLines: [] } as const
  if (version === '1.9')
    return needed || guest.memLockRequired ? { memlockBytes: 'unlimited', memlockLines: [] } : unset
  if (!needed) return unset
  const more = version === '1.8' ? Math.max(0, vfioDevices(guest) - 1) : 0
  const max = guest.maxRamBytes > 0 ? guest.maxRamBytes : guest.ramBytes
  const lines = linesOf(MEMLOCK, [
    ['guest memory', max, 'maxGuest, else the memory requested'],
    ['overhead of the pod', total(overhead), 'as the pod requests'],
    ['further VFIO devices', more * max, `${more} × ${show(max)}`],
  ])
  return { memlockBytes: total(lines), memlockLines: lines }
}
