import { formatBytes as show, formatBytesApart, GIB } from '../../quantity.ts'
import { totalMemoryBytes, vfioDevices, type GuestFacts } from '../limits/guest.ts'
import { dmaFactor } from '../limits/libvirt.ts'
import { qemu } from '../limits/qemu.ts'
import { rule, type CompatibilityRule, type PlanFacts } from './rule.ts'

/** A rule about a guest: nothing without one. */
const ofGuest =
  <Result>(find: (guest: GuestFacts, facts: PlanFacts) => Result | null) =>
  (facts: PlanFacts): Result | null =>
    facts.guest === undefined ? null : find(facts.guest, facts)

const virtioMem = (guest: GuestFacts) => guest.memoryDevices.filter(({ model }) => model === 'virtio-mem')

/** Devices that pin all of a guest's RAM and know no discards. */
function pinners({ devices }: GuestFacts): string[] {
  const { vdpa, sev, nvmeDisks } = devices
  return [vdpa > 0 ? 'vDPA' : '', sev ? 'SEV' : '', nvmeDisks > 0 ? 'a userspace NVMe disk' : ''].filter(
    Boolean,
  )
}

/** Is a release like `9.2.1` at least another? */
export function atLeast(release: string, wanted: string): boolean {
  const [a, b] = [release, wanted].map(text => text.split('.').map(part => parseInt(part, 10) || 0))
  for (const i of [0, 1, 2]) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

/** What QEMU, libvirt and devices refuse or ignore. */
export const GUEST_RULES: readonly CompatibilityRule[] = [
  rule(
    {
      id: 'virtio-mem-with-lock',
      title: 'virtio-mem with a memory lock',
      severity: 'error',
      source: 'R19, QEMU virtio_mem_device_realize()',
      fix: 'Set mem-lock=off, or plug DIMMs instead of virtio-mem.',
    },
    ofGuest(guest => {
      if (guest.lock === 'off' || virtioMem(guest).length === 0) return null
      return { message: `QEMU refuses a virtio-mem device when mem-lock is ${guest.lock}.` }
    }),
  ),
  rule(
    {
      id: 'virtio-mem-with-pins',
      title: 'virtio-mem with a device that pins all memory',
      severity: 'error',
      source: 'R18, QEMU ram_block_discard_disable()',
      fix: 'Leave one of them out; VFIO may stay, it follows discards.',
    },
    ofGuest(guest => {
      const reasons = pinners(guest)
      if (virtioMem(guest).length === 0 || reasons.length === 0) return null
      return { message: `QEMU refuses virtio-mem together with ${reasons.join(' and ')}.` }
    }),
  ),
  rule(
    {
      id: 'balloon-with-pins',
      title: 'A balloon that frees nothing',
      severity: 'warning',
      source: 'R18, QEMU virtio_balloon_handle_output()',
      fix: 'Do not count on the balloon; virtio-mem can give memory back while VFIO is in use.',
    },
    ofGuest(guest => {
      const reasons = [vfioDevices(guest) > 0 ? 'VFIO' : '', ...pinners(guest)].filter(Boolean)
      if (!guest.devices.balloon || reasons.length === 0) return null
      const bytes = guest.ramBytes
      return {
        message: `${reasons.join(' and ')} pins all ${show(bytes)}: inflating the balloon frees no memory of the host.`,
        numbers: { pinnedBytes: bytes },
      }
    }),
  ),
  rule(
    {
      id: 'prealloc-without-reserve',
      title: 'prealloc=on with reserve=off',
      severity: 'error',
      source: 'QEMU host_memory_backend_memory_complete()',
      fix: 'Set reserve=on, or prealloc=off.',
    },
    ofGuest(guest => {
      if (!guest.prealloc || guest.reserve) return null
      return { message: 'QEMU refuses a memory backend that is preallocated and reserves nothing.' }
    }),
  ),
  rule(
    {
      id: 'virtio-mem-memdev-prealloc',
      title: 'A preallocated backend under virtio-mem',
      severity: 'error',
      source: 'QEMU virtio_mem_device_realize()',
      fix: 'Set prealloc=off on the backend and prealloc=on on the virtio-mem device.',
    },
    ofGuest(guest => {
      const wrong = virtioMem(guest).filter(({ memdevPrealloc }) => memdevPrealloc === true)
      if (wrong.length === 0) return null
      return {
        message: `${wrong.length} virtio-mem device(s) with prealloc=on on the backend: QEMU refuses them.`,
      }
    }),
  ),
  rule(
    {
      id: 'on-fault-before-qemu-10',
      title: 'mem-lock=on-fault before QEMU 10.0',
      severity: 'error',
      source: 'QEMU 10.0, "overcommit: introduce mem-lock=on-fault"',
      fix: 'Use QEMU 10.0 or later, or mem-lock=on with its cost.',
    },
    ofGuest((guest, { qemuRelease }) => {
      if (guest.lock !== 'on-fault' || qemuRelease === undefined || atLeast(qemuRelease, '10.0')) return null
      return { message: `QEMU ${qemuRelease} knows mem-lock=on and off only and does not start.` }
    }),
  ),
  rule(
    {
      id: 'on-fault-without-hard-limit',
      title: 'on-fault through libvirt without a hard_limit',
      severity: 'error',
      source: 'libvirt qemuDomainGetMemLockLimitBytes()',
      fix: 'Set memtune hard_limit to guest, video RAM and overhead, and remember that it also kills.',
    },
    ofGuest((guest, { libvirt }) => {
      if (guest.lock !== 'on-fault' || libvirt !== true || guest.hardLimitBytes > 0) return null
      const message =
        'libvirt raises the limit for <locked/> and devices, not for a raw mem-lock=on-fault: mlockall fails.'
      return { message, numbers: { neededBytes: Number(qemu.compute(guest).memlockBytes) } }
    }),
  ),
  rule(
    {
      id: 'hard-limit-below-memory',
      title: 'hard_limit below the memory of the guest',
      severity: 'error',
      source: 'libvirt memtune: hard_limit is memory.max of the cgroup; R17',
      fix: 'Raise hard_limit to guest memory, video RAM and overhead.',
    },
    ofGuest(guest => {
      const needed = guest.backing === 'hugetlb' ? 0 : totalMemoryBytes(guest)
      if (guest.hardLimitBytes === 0 || guest.hardLimitBytes >= needed) return null
      const [limit = '', memory = ''] = formatBytesApart(guest.hardLimitBytes, needed)
      return {
        message: `hard_limit ${limit} is below ${memory}: the guest is killed when it uses them.`,
        numbers: { hardLimitBytes: guest.hardLimitBytes, neededBytes: needed },
      }
    }),
  ),
  rule(
    {
      id: 'lock-of-hugetlb',
      title: 'Locking huge pages',
      severity: 'note',
      source: 'R3, R4',
      fix: 'Leave the lock out if only guest RAM matters; keep it for the memory of QEMU itself.',
    },
    ofGuest(guest => {
      if (guest.lock === 'off' || guest.backing !== 'hugetlb') return null
      const message = `${show(guest.ramBytes)} of huge pages are never evicted and never count as locked, but mlockall still compares them with the limit.`
      return { message, numbers: { hugetlbBytes: guest.ramBytes } }
    }),
  ),
  rule(
    {
      id: 'lock-populates-in-one-thread',
      title: 'A lock that populates in one thread',
      severity: 'warning',
      source: 'QEMU os_mlock() after machine init',
      fix: 'Add prealloc=on: it populates in up to 16 threads and leaves the lock a walk.',
    },
    ofGuest(guest => {
      if (guest.lock !== 'on' || guest.prealloc || guest.backing === 'hugetlb' || guest.ramBytes < 16 * GIB)
        return null
      return {
        message: `mem-lock=on without prealloc faults in ${show(guest.ramBytes)} in one thread at start.`,
        numbers: { populatedBytes: guest.ramBytes },
      }
    }),
  ),
  rule(
    {
      id: 'pages-pinned-twice',
      title: 'The same memory pinned more than once',
      severity: 'warning',
      source: 'R5; libvirt since 8.7 counts each device',
      fix: 'Use iommufd, or drop the vIOMMU; else allow the multiple in the limit.',
    },
    ofGuest(guest => {
      const times = dmaFactor(guest)
      if (times < 2 || guest.devices.iommufd) return null
      const bytes = times * totalMemoryBytes(guest)
      return {
        message: `Guest memory is counted ${times} times, ${show(bytes)} in all, once for each container.`,
        numbers: { times, countedBytes: bytes },
      }
    }),
  ),
  rule(
    {
      id: 'iommufd-counts-per-user',
      title: 'iommufd counts per user',
      severity: 'note',
      source: 'R7',
      fix: 'Size the limit for all guests of the user together.',
    },
    ofGuest(guest => {
      if (!guest.devices.iommufd || vfioDevices(guest) === 0) return null
      return {
        message: 'Pages pinned through iommufd count for the user, so guests of one user share a limit.',
      }
    }),
  ),
]
