/** Devices of a domain that matter for memory: those that pin it, and those that take some. */
import { KIB } from '../../../engine/quantity.ts'
import type { Arch, GuestDevices } from '../../../engine/planner/limits/guest.ts'
import { quoted } from '../../safe-text.ts'
import type { Notes } from '../notes.ts'
import { childOf, childrenOf, found, type XmlElement } from '../xml.ts'

/** Counted as virHostdevIsVFIODevice(), virStorageSourceChainHasNVMe() and virDomainNetGetActualType() do. */
export function devicesOf(domain: XmlElement, arch: Arch, path: string, notes: Notes): GuestDevices {
  const devices = childOf(domain, 'devices')
  const hostdevs = childrenOf(devices, 'hostdev').filter(
    ({ attributes }) => (attributes['mode'] ?? 'subsystem') === 'subsystem',
  )
  const interfaces = childrenOf(devices, 'interface').map(actualType)
  const disks = childrenOf(devices, 'disk')
  const pci = hostdevs.filter(isType('pci')).length + interfaces.filter(type => type === 'hostdev').length
  const mdev = hostdevs.filter(isType('mdev')).length
  const vdpa = interfaces.filter(type => type === 'vdpa').length + disks.filter(isType('vhostvdpa')).length
  const nvmeDisks = disks.filter(hasNvme).length
  const iommu = childOf(devices, 'iommu')
  const viommu = iommu !== undefined && iommu.attributes['model'] !== 'none'
  const say = (count: number, what: string): void => {
    if (count > 0) notes.taken(`${path}/devices`, `${what}: ${count}.`, devices?.line)
  }
  say(pci, 'PCI devices passed through')
  say(mdev, 'Mediated devices passed through')
  say(vdpa, 'vDPA devices')
  say(nvmeDisks, 'Disks on NVMe controllers of QEMU’s own driver')
  if (viommu)
    notes.taken(
      `${path}/devices/iommu`,
      `A virtual IOMMU ${quoted(iommu.attributes['model'] ?? '')}.`,
      iommu.line,
    )
  noteUnknown(hostdevs, interfaces, path, notes)
  const launch = childOf(domain, 'launchSecurity')
  const sev = /^sev/.test(launch?.attributes['type'] ?? '')
  if (sev) notes.taken(`${path}/launchSecurity`, 'SEV pins all of its memory.', launch?.line)
  const ioThreads = notes.count(
    childOf(domain, 'iothreads')?.text ?? '0',
    `${path}/iothreads`,
    domain.line,
    65536,
  )
  return {
    pciHostdevs: pci,
    mdevHostdevs: mdev,
    gpus: 0,
    nvmeDisks,
    vdpa,
    viommu,
    iommufd: hostdevs.some(({ children }) => children.some(child => child.attributes['iommufd'] === 'yes')),
    phbs: arch === 'ppc64' ? hostBridgesOf(devices, hostdevs.filter(isType('pci')), path, notes) : 1,
    nvlink2: false,
    videoRamBytes: childrenOf(devices, 'video').reduce(
      (sum, video) => sum + videoRamOf(video, path, notes),
      0,
    ),
    ioThreads: ioThreads ?? 0,
    graphics: childOf(devices, 'graphics') !== undefined,
    tpm: childrenOf(devices, 'tpm').some(tpm => childOf(tpm, 'backend')?.attributes['type'] === 'emulator'),
    sev,
    downwardMetrics: false,
    balloon: balloonOf(devices, path, notes),
  }
}

const isType =
  (type: string) =>
  ({ attributes }: XmlElement): boolean =>
    attributes['type'] === type

/** `<actual type='hostdev'/>` stands in what libvirt keeps of a running domain. */
function actualType(element: XmlElement): string {
  return childOf(element, 'actual')?.attributes['type'] ?? element.attributes['type'] ?? ''
}

/** Anywhere in the chain of a disk. */
function hasNvme(disk: XmlElement): boolean {
  if (disk.attributes['type'] === 'nvme') return true
  return found(disk.children, child => child.name === 'backingStore' || child.name === 'dataStore').some(
    hasNvme,
  )
}

const isPhb = ({ attributes }: XmlElement): boolean =>
  attributes['type'] === 'pci' && attributes['model'] === 'pci-root'

/**
 * PCI host bridges of pSeries. Where the XML has no address for a device that is passed through, libvirt gives each
 * IOMMU group a bridge of its own, apart from the one of emulated devices (qemuDomainAssignPCIAddresses()). Which
 * devices share a group only the host knows; functions of one device do.
 */
function hostBridgesOf(
  devices: XmlElement | undefined,
  hostdevs: readonly XmlElement[],
  path: string,
  notes: Notes,
): number {
  const stated = Math.max(1, childrenOf(devices, 'controller').filter(isPhb).length)
  const unplaced = hostdevs.filter(hostdev => childOf(hostdev, 'address') === undefined)
  const groups = new Set(
    unplaced.map(hostdev => {
      const { domain = '0', bus = '0', slot = '0' } = childOf(hostdev, 'source', 'address')?.attributes ?? {}
      return [domain, bus, slot].map(Number).join(':')
    }),
  )
  if (groups.size === 0 || stated > 1) return stated
  notes.assumed(
    `${path}/devices/hostdev`,
    `libvirt adds a PCI host bridge for each IOMMU group that is passed through: ${groups.size}, one for each device.`,
    unplaced[0]?.line,
  )
  return stated + groups.size
}

function noteUnknown(
  hostdevs: readonly XmlElement[],
  types: readonly string[],
  path: string,
  notes: Notes,
): void {
  if (types.includes('network'))
    notes.assumed(
      `${path}/devices/interface`,
      'An interface of a network: if that network hands out PCI devices, they are not counted here.',
    )
  for (const { attributes, line } of hostdevs) {
    const { type = '' } = attributes
    if (type === 'pci' || type === 'mdev') continue
    const sentence = `A host device of type ${quoted(type)} pins no guest memory.`
    notes.ignored(`${path}/devices/hostdev`, sentence, line)
  }
}

/** KiB by model where the XML states nothing, qemuDomainDefaultVideoRAM(); none without a video device. */
const VIDEO_KIB: Readonly<Record<string, number>> = { qxl: 128 * KIB, none: 0, ramfb: 0, virtio: 0 }

function videoRamOf(video: XmlElement, path: string, notes: Notes): number {
  const { type = 'vga', ram, vram } = childOf(video, 'model')?.attributes ?? {}
  if (ram === undefined && vram === undefined)
    return (Object.hasOwn(VIDEO_KIB, type) ? (VIDEO_KIB[type] ?? 0) : 16 * KIB) * KIB
  const kib = [ram, vram].map(
    text => notes.count(text ?? '0', `${path}/devices/video`, video.line, 2 ** 31) ?? 0,
  )
  return kib.reduce((sum, one) => sum + one, 0) * KIB
}

/** libvirt adds a virtio balloon where the XML has none. */
function balloonOf(devices: XmlElement | undefined, path: string, notes: Notes): boolean {
  const balloon = childOf(devices, 'memballoon')
  const { model = 'virtio', autodeflate, freePageReporting } = balloon?.attributes ?? {}
  if (autodeflate === 'on' || freePageReporting === 'on')
    notes.ignored(
      `${path}/devices/memballoon`,
      'autodeflate and freePageReporting are not modelled.',
      balloon?.line,
    )
  return model !== 'none'
}
