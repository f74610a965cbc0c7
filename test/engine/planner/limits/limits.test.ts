import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { preallocThreads, prefaultThreads } from '../../../../engine/prealloc-threads.ts'
import { GIB, KIB, MIB } from '../../../../engine/quantity.ts'
import { ARCHES, BACKINGS, guestOf, type GuestDraft } from '../../../../engine/planner/limits/guest.ts'
import { computeLimits, LIMIT_RULES } from '../../../../engine/planner/limits/index.ts'
import { kubernetesAllocatableBytes } from '../../../../engine/planner/limits/kubernetes.ts'
import { kubevirt, kubevirtOverhead } from '../../../../engine/planner/limits/kubevirt.ts'
import { libvirt } from '../../../../engine/planner/limits/libvirt.ts'
import { nova } from '../../../../engine/planner/limits/nova.ts'
import { ovirt, ovirtCanStart, ovirtStaticOverhead } from '../../../../engine/planner/limits/ovirt.ts'
import { proxmoxHugepagesMib } from '../../../../engine/planner/limits/proxmox.ts'
import { qemu, qemuPopulateThreads, virtioMemBlockBytes } from '../../../../engine/planner/limits/qemu.ts'
import { total } from '../../../../engine/planner/limits/rule.ts'

const guest = (draft: Partial<GuestDraft> = {}) => guestOf({ ramBytes: 16 * GIB, vcpus: 4, ...draft })

describe('libvirt', () => {
  it.each<[string, Partial<GuestDraft>, number | string]>([
    ['nothing needs a limit', {}, 'unset'],
    ['one PCI device, no vIOMMU', { devices: { pciHostdevs: 1 } }, 18253611008],
    ['two PCI devices, no vIOMMU, pin the same pages', { devices: { pciHostdevs: 2 } }, 18253611008],
    ['two PCI devices behind a vIOMMU', { devices: { pciHostdevs: 2, viommu: true } }, 35433480192],
    [
      'a vDPA, an NVMe disk, two PCI devices',
      { devices: { vdpa: 1, nvmeDisks: 1, pciHostdevs: 2 } },
      52613349376,
    ],
    ['an mdev is a VFIO device', { devices: { mdevHostdevs: 1 } }, 18253611008],
    ['locked', { lock: 'on' }, 'unlimited'],
    ['locked with a hard_limit of 36 GiB', { lock: 'on', hardLimitBytes: 36 * GIB }, 38654705664],
    ['on-fault raises nothing', { lock: 'on-fault' }, 'unset'],
    [
      'a virtio-mem device counts with its full size',
      {
        devices: { pciHostdevs: 1 },
        memoryDevices: [{ model: 'virtio-mem', sizeBytes: 8 * GIB, requestedBytes: GIB }],
      },
      25 * GIB,
    ],
  ])('%s', (_name, draft, expected) => expect(libvirt.compute(guest(draft)).memlockBytes).toBe(expected))

  it('ppc64 with VFIO: hash table, DMA windows and the memory with its tables', () => {
    const ppc64: GuestDraft = { ramBytes: 32 * GIB, maxRamBytes: 64 * GIB, vcpus: 4, arch: 'ppc64' }
    const limit = (draft: Partial<GuestDraft>) =>
      libvirt.compute(guestOf({ ...ppc64, ...draft })).memlockBytes
    expect(limit({ devices: { pciHostdevs: 1 } })).toBe(34164736 * KIB)
    expect(limit({})).toBe(536576 * KIB)
    expect(limit({ devices: { pciHostdevs: 1 }, kvm: false })).toBe(33 * GIB)
    expect(limit({ ramBytes: GIB, devices: { pciHostdevs: 1, phbs: 2 } })).toBe((540672 + 4194304) * KIB)
    expect(limit({ devices: { pciHostdevs: 1, nvlink2: true } })).toBe(
      (536576 + 67108864 + 268435456 + 8192) * KIB,
    )
  })

  it('before 8.7 devices were not counted one by one', () => {
    const many = guest({ devices: { pciHostdevs: 2, viommu: true, vdpa: 1 } })
    expect(libvirt.compute(many, { version: 'before 8.7' }).memlockBytes).toBe(17 * GIB)
    expect(libvirt.compute(many, { version: 'no such release' }).memlockBytes).toBe(49 * GIB)
  })

  it('warns that hard_limit kills, and that on-fault needs it', () => {
    const warnings = (draft: Partial<GuestDraft>) => libvirt.compute(guest(draft)).warnings.join(' ')
    expect(warnings({ hardLimitBytes: 12 * GIB })).toMatch(/killed.*12 GiB is less than the guest's 16 GiB/)
    expect(warnings({ lock: 'on-fault' })).toContain('set hard_limit')
  })
})

describe('QEMU', () => {
  it.each([
    [{ hostCpus: 64, askedThreads: 8, bytes: 4 * GIB, pageBytes: 4096 }, 8],
    [{ hostCpus: 64, askedThreads: 16, bytes: 4 * GIB, pageBytes: GIB }, 4],
    [{ hostCpus: 64, askedThreads: 16, bytes: 128 * MIB, pageBytes: 4096 }, 2],
    [{ hostCpus: 64, askedThreads: 100, bytes: 1024 * GIB, pageBytes: 4096 }, 16],
    [{ hostCpus: 4, askedThreads: 16, bytes: 64 * GIB, pageBytes: 4096 }, 4],
    [{ hostCpus: 64, askedThreads: 16, bytes: MIB, pageBytes: 4096 }, 1],
    [{ hostCpus: 0, askedThreads: 16, bytes: 64 * GIB, pageBytes: 4096 }, 1],
  ])('preallocates with a thread per page, 64 MiB, CPU, 16 at most: %o', (question, threads) =>
    expect(preallocThreads(question)).toBe(threads),
  )

  it('a lock without preallocation populates in one thread', () => {
    expect(qemuPopulateThreads(guest({ vcpus: 8 }), 64)).toBe(1)
    expect(qemuPopulateThreads(guest({ vcpus: 8, prealloc: true }), 64)).toBe(8)
    expect(qemuPopulateThreads(guest({ vcpus: 8, prealloc: true, preallocThreads: 12 }), 64)).toBe(12)
    expect(qemu.compute(guest({ lock: 'on' })).warnings.join()).toContain('one thread')
  })

  it('a limit covers all of the address space, and is only needed for a lock', () => {
    expect(qemu.compute(guest({ lock: 'on' })).memlockBytes).toBe(18 * GIB)
    expect(qemu.compute(guest({ lock: 'on-fault', vcpus: 64 })).memlockBytes).toBe(20 * GIB)
    expect(qemu.compute(guest({ lock: 'on' }), { baseMib: 512 }).memlockBytes).toBe(16.5 * GIB)
    expect(qemu.compute(guest()).memlockBytes).toBe('unset')
  })

  it('pins count on top of a lock, huge pages too, once per container', () => {
    const limit = (draft: Partial<GuestDraft>) => qemu.compute(guest(draft)).memlockBytes
    expect(limit({ devices: { pciHostdevs: 1 } })).toBe(17 * GIB)
    expect(limit({ devices: { pciHostdevs: 2, viommu: true }, backing: 'hugetlb' })).toBe(33 * GIB)
    expect(limit({ devices: { pciHostdevs: 1 }, lock: 'on' })).toBe(35 * GIB)
    expect(limit({ devices: { pciHostdevs: 1, iommufd: true } })).toBe('unset')
  })

  it('a virtio-mem block is at least a page, a huge page, a MiB', () => {
    expect(virtioMemBlockBytes(4096, 2 * MIB)).toBe(2 * MIB)
    expect(virtioMemBlockBytes(GIB, 2 * MIB)).toBe(GIB)
    expect(virtioMemBlockBytes(4096, 0)).toBe(MIB)
  })
})

describe('Cloud Hypervisor', () => {
  it.each([
    [8 * GIB, 2],
    [GIB, 1],
    [256 * GIB, 16],
  ])('prefaults %d bytes on 64 CPUs in %d threads', (bytes, threads) =>
    expect(prefaultThreads({ hostCpus: 64, bytes, pageBytes: 4096 })).toBe(threads),
  )
})

describe('KubeVirt', () => {
  const small = guestOf({ ramBytes: 8 * GIB, vcpus: 4 })
  const large = guestOf({ ramBytes: 32 * GIB, vcpus: 8, dedicatedCpus: true, devices: { pciHostdevs: 1 } })

  it('8Mi per vCPU, RAM / 512, the daemons, graphics', () => {
    expect(total(kubevirtOverhead(small)) / MIB).toBe(328)
    expect(total(kubevirtOverhead(large)) / MIB).toBe(1532)
    expect(kubevirt.compute(small).memoryBytes).toBe(8 * GIB + 328 * MIB)
  })

  it('every extra is a line of its own', () => {
    const all = guestOf({
      ramBytes: 8 * GIB,
      vcpus: 4,
      arch: 'aarch64',
      execProbes: 2,
      addedOverheadBytes: 7 * MIB,
      devices: { sev: true, tpm: true, downwardMetrics: true, graphics: false },
    })
    expect(total(kubevirtOverhead(all)) / MIB).toBe(328 - 32 + 128 + 120 + 7 + 256 + 53 + 1)
    expect(total(kubevirtOverhead(small, { overheadRatio: 1.5 })) / MIB).toBe(492)
    expect(total(kubevirtOverhead(small, { version: '1.8' })) / MIB).toBe(308)
    expect(total(kubevirtOverhead(small, { version: 'older' })) / MIB).toBe(298)
  })

  it('with huge pages the pod requests the overhead alone as memory', () => {
    const huge = kubevirt.compute(guestOf({ ...small, backing: 'hugetlb', hugePageBytes: GIB }))
    expect(huge.memoryBytes).toBe(328 * MIB)
    expect(huge.notes).toEqual(['The pod requests 8 GiB of hugepages-1Gi.'])
  })

  it('sets no limit, or computes one in the 1.8 line', () => {
    expect(kubevirt.compute(small).memlockBytes).toBe('unset')
    expect(kubevirt.compute(large).memlockBytes).toBe('unlimited')
    expect(kubevirt.compute(guestOf({ ...small, memLockRequired: true })).memlockBytes).toBe('unlimited')
    const two = guestOf({ ...large, devices: { pciHostdevs: 2 } })
    expect(kubevirt.compute(two, { version: '1.8' }).memlockBytes).toBe(64 * GIB + 1512 * MIB)
    expect(kubevirt.compute(small, { version: '1.8' }).memlockBytes).toBe('unset')
  })
})

describe('oVirt', () => {
  const desk = guestOf({ ramBytes: 8192 * MIB, vcpus: 4, devices: { ioThreads: 1, videoRamBytes: 16 * MIB } })

  it('RAM / 512 and 64 MiB at once, video RAM, vCPUs and IO threads later', () => {
    expect(total(ovirtStaticOverhead(desk)) / MIB).toBe(80)
    expect((ovirt.compute(desk).memoryBytes ?? 0) / MIB).toBe(8328)
  })

  it('ppc64 takes the next power of two of the maximum, / 64', () => {
    const ppc64 = guestOf({ ramBytes: 8 * GIB, maxRamBytes: 20 * GIB, vcpus: 4, arch: 'ppc64' })
    expect(total(ovirtStaticOverhead(ppc64)) / MIB).toBe(612)
  })

  it('starts where RAM and static overhead fit into free memory and swap, huge pages into memory alone', () => {
    const host = { freeBytes: 8 * GIB, pendingBytes: 0, dynamicHugepagesBytes: 0, swapFreeBytes: 80 * MIB }
    expect(ovirtCanStart(desk, host)).toBe(true)
    expect(ovirtCanStart(desk, { ...host, swapFreeBytes: 79 * MIB })).toBe(false)
    expect(ovirtCanStart(desk, { ...host, dynamicHugepagesBytes: 9 * GIB, swapFreeBytes: 99 * GIB })).toBe(
      false,
    )
    expect(ovirtCanStart(guestOf({ ...desk, backing: 'hugetlb' }), { ...host, freeBytes: 80 * MIB })).toBe(
      true,
    )
  })

  it('counts huge pages, rounded up', () => {
    const odd = guestOf({ ramBytes: 8193 * MIB, vcpus: 4, backing: 'hugetlb', hugePageBytes: GIB })
    expect(ovirt.compute(odd).notes.join()).toContain('9 huge pages of 1048576 KiB')
  })
})

describe('Nova, Proxmox, Kubernetes', () => {
  it('Nova adds nothing for QEMU and says so; realtime means locked', () => {
    expect(nova.compute(guest()).memoryBytes).toBe(16 * GIB)
    expect(nova.compute(guest()).warnings.join()).toContain('512 MiB reserved')
    expect(nova.compute(guest({ realtime: true })).memlockBytes).toBe('unlimited')
    expect(nova.compute(guest({ lock: 'on' })).warnings.join()).toContain('hw:mem_page_size')
  })

  it('Proxmox takes 1 GiB pages for whole GiB if the host has them', () => {
    expect(proxmoxHugepagesMib(guest(), true)).toBe(1024)
    expect(proxmoxHugepagesMib(guest(), false)).toBe(2)
    expect(proxmoxHugepagesMib(guest({ ramBytes: 1536 * MIB }), true)).toBe(2)
  })

  it('Kubernetes keeps 100Mi from its pods unless told otherwise', () => {
    expect(kubernetesAllocatableBytes(64 * GIB)).toBe(64 * GIB - 100 * MIB)
    expect(kubernetesAllocatableBytes(64 * GIB, { kubeReservedMib: 924, systemReservedMib: 1024 })).toBe(
      62 * GIB,
    )
  })
})

describe('all systems side by side', () => {
  it('answers in the order of the list', () => {
    expect(computeLimits({ ramBytes: GIB, vcpus: 1 }).map(({ id }) => id)).toEqual(
      LIMIT_RULES.map(({ id }) => id),
    )
    expect(
      computeLimits(guest({ devices: { pciHostdevs: 2 } }), { kubevirt: { version: '1.8' } })[2]
        ?.memlockBytes,
    ).toBe(32 * GIB + (328 + 16 + 1024) * MIB - 20 * MIB)
  })

  const flag = fc.boolean()
  const few = fc.integer({ min: 0, max: 8 })
  const anyGuest = fc.record({
    ramBytes: fc.integer({ min: 1, max: 2 ** 22 }).map(mib => mib * MIB),
    vcpus: fc.integer({ min: 1, max: 512 }),
    arch: fc.constantFrom(...ARCHES),
    backing: fc.constantFrom(...BACKINGS),
    lock: fc.constantFrom('off', 'on', 'on-fault'),
    hardLimitBytes: fc.constantFrom(0, 64 * GIB),
    realtime: flag,
    devices: fc.record({ pciHostdevs: few, nvmeDisks: few, vdpa: few, viommu: flag, sev: flag, tpm: flag }),
  })

  it('every sum is the sum of its lines, whole bytes, and every line names its source', () => {
    fc.assert(
      fc.property(anyGuest, draft => {
        for (const { memlockBytes, memlockLines, memoryBytes, lines } of computeLimits(draft)) {
          if (typeof memlockBytes === 'number') expect(total(memlockLines)).toBe(memlockBytes)
          else expect(memlockLines).toEqual([])
          if (memoryBytes !== undefined) expect(total(lines)).toBe(memoryBytes)
          for (const line of [...memlockLines, ...lines]) {
            expect(Number.isSafeInteger(line.bytes)).toBe(true)
            expect(line.source.length * line.rule.length).toBeGreaterThan(0)
          }
        }
      }),
      { seed: 3, numRuns: 200 },
    )
  })
})
