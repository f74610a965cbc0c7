/** What is known of a virtual machine when its limits are asked for: plain data, every field with its default. */

export const ARCHES = ['x86_64', 'aarch64', 'ppc64', 's390x', 'riscv64'] as const
export type Arch = (typeof ARCHES)[number]

/** What guest RAM is mapped from: `-object memory-backend-ram|memfd|file|shm`, or huge pages. */
export const BACKINGS = ['anon', 'memfd', 'file', 'shm', 'hugetlb'] as const
export type GuestBacking = (typeof BACKINGS)[number]

/** QEMU `-overcommit mem-lock=`; libvirt `<locked/>` is `on`. */
export const GUEST_LOCKS = ['off', 'on', 'on-fault'] as const
export type GuestLock = (typeof GUEST_LOCKS)[number]

export interface GuestMemoryDevice {
  readonly model: 'dimm' | 'nvdimm' | 'virtio-mem'
  /** Size of the device: for virtio-mem the most that can be plugged, not what is asked for now. */
  readonly sizeBytes: number
  /** virtio-mem: what is plugged. */
  readonly requestedBytes?: number
  /** `prealloc=on` of the memory backend. */
  readonly memdevPrealloc?: boolean
  /** `reserve=` of the memory backend; QEMU's default is on, libvirt sets off for virtio-mem. */
  readonly reserve?: boolean
  /** `prealloc=on` of the virtio-mem device itself. */
  readonly prealloc?: boolean
}

export interface GuestDevices {
  /** Host PCI devices passed through with VFIO. */
  readonly pciHostdevs: number
  /** Mediated devices (vGPU), through VFIO as well. */
  readonly mdevHostdevs: number
  /** Of the PCI devices and mdevs, GPUs: KubeVirt lists them by themselves. */
  readonly gpus: number
  /** Disks with an NVMe controller in QEMU's own driver anywhere in their chain. */
  readonly nvmeDisks: number
  /** vDPA network interfaces and vhost-vdpa disks. */
  readonly vdpa: number
  /** A virtual IOMMU: each VFIO device then has a container, and an address space, of its own. */
  readonly viommu: boolean
  /** Through iommufd instead of VFIO type1: pages are counted per user. */
  readonly iommufd: boolean
  /** ppc64: PCI host bridges, the default one included. */
  readonly phbs: number
  /** ppc64: a passed-through GPU with NVLink2. */
  readonly nvlink2: boolean
  readonly videoRamBytes: number
  readonly ioThreads: number
  readonly graphics: boolean
  readonly tpm: boolean
  readonly sev: boolean
  readonly downwardMetrics: boolean
  /** A memory balloon that anyone inflates. */
  readonly balloon: boolean
}

export interface GuestFacts {
  readonly name: string
  readonly arch: Arch
  readonly kvm: boolean
  readonly ramBytes: number
  /** With hotplug: the most the guest can have. 0: the same as `ramBytes`. */
  readonly maxRamBytes: number
  readonly vcpus: number
  readonly backing: GuestBacking
  /** Size of one huge page when the backing is hugetlb. */
  readonly hugePageBytes: number
  readonly lock: GuestLock
  readonly prealloc: boolean
  /** `prealloc-threads`; 0: QEMU's default, the number of vCPUs. */
  readonly preallocThreads: number
  /** `reserve=` of the main memory backend. */
  readonly reserve: boolean
  /** libvirt memtune hard_limit; 0: none. */
  readonly hardLimitBytes: number
  readonly memoryDevices: readonly GuestMemoryDevice[]
  readonly devices: GuestDevices
  readonly dedicatedCpus: boolean
  /** Pod of the class Guaranteed: requests equal limits. */
  readonly guaranteed: boolean
  readonly realtime: boolean
  /** Exec probes of a KubeVirt guest: liveness and readiness, 0 to 2. */
  readonly execProbes: number
  /** KubeVirt reservedOverhead.addedOverhead. */
  readonly addedOverheadBytes: number
  /** KubeVirt reservedOverhead.memLock=Required. */
  readonly memLockRequired: boolean
  /** oVirt: guaranteed memory, the floor of the balloon; 0: all of it. */
  readonly guaranteedBytes: number
}

/** A guest without devices, with every default of QEMU: anonymous memory, nothing locked, graphics on. */
export const PLAIN_DEVICES: GuestDevices = {
  pciHostdevs: 0,
  mdevHostdevs: 0,
  gpus: 0,
  nvmeDisks: 0,
  vdpa: 0,
  viommu: false,
  iommufd: false,
  phbs: 1,
  nvlink2: false,
  videoRamBytes: 16 * 2 ** 20,
  ioThreads: 0,
  graphics: true,
  tpm: false,
  sev: false,
  downwardMetrics: false,
  balloon: true,
}

const PLAIN: Omit<GuestFacts, 'ramBytes' | 'vcpus'> = {
  name: 'guest',
  arch: 'x86_64',
  kvm: true,
  maxRamBytes: 0,
  backing: 'anon',
  hugePageBytes: 2 ** 21,
  lock: 'off',
  prealloc: false,
  preallocThreads: 0,
  reserve: true,
  hardLimitBytes: 0,
  memoryDevices: [],
  devices: PLAIN_DEVICES,
  dedicatedCpus: false,
  guaranteed: false,
  realtime: false,
  execProbes: 0,
  addedOverheadBytes: 0,
  memLockRequired: false,
  guaranteedBytes: 0,
}

/** What a caller states of a guest; the rest is default. */
export type GuestDraft = Pick<GuestFacts, 'ramBytes' | 'vcpus'> &
  Partial<Omit<GuestFacts, 'devices'>> & { readonly devices?: Partial<GuestDevices> }

/** A guest from what is known of it. */
export function guestOf(draft: GuestDraft): GuestFacts {
  return { ...PLAIN, ...draft, devices: { ...PLAIN_DEVICES, ...draft.devices } }
}

/** RAM with memory devices: libvirt's virDomainDefGetMemoryTotal(). A virtio-mem device counts with its full size. */
export function totalMemoryBytes(guest: GuestFacts): number {
  return guest.ramBytes + guest.memoryDevices.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

/** The most that the guest can have: its maximum, or all that it has. */
export function maxMemoryBytes(guest: GuestFacts): number {
  return guest.maxRamBytes > 0 ? guest.maxRamBytes : totalMemoryBytes(guest)
}

/** Devices through VFIO: PCI and mediated. */
export function vfioDevices(guest: GuestFacts): number {
  return guest.devices.pciHostdevs + guest.devices.mdevHostdevs
}
