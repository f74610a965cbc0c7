/** Devices of a QEMU command line that pin memory or take some. */
import { MIB } from '../../../engine/quantity.ts'
import type { GuestDevices } from '../../../engine/planner/limits/guest.ts'
import { quoted } from '../../safe-text.ts'
import type { Notes } from '../notes.ts'
import { keysOf, type Option } from './options.ts'

interface Keyed {
  readonly name: string
  /** The driver of a device, the type of an object or a net. */
  readonly type: string
  readonly keys: ReadonlyMap<string, string>
  readonly line: number
}

const FIRST: Readonly<Record<string, string>> = {
  device: 'driver',
  object: 'qom-type',
  netdev: 'type',
  blockdev: 'driver',
  drive: 'file',
  machine: 'type',
  M: 'type',
}

export function devicesOf(options: readonly Option[], notes: Notes): GuestDevices {
  const all = options.flatMap(({ name, value, line }): Keyed[] => {
    const first = Object.hasOwn(FIRST, name) ? FIRST[name] : undefined
    if (first === undefined) return []
    const keys = keysOf(value, first)
    return [{ name, type: keys.get(first) ?? '', keys, line }]
  })
  const devices = all.filter(one => one.name === 'device')
  const objects = all.filter(one => one.name === 'object')
  const vfio = devices.filter(one => /^vfio-(?:pci|ap|ccw|amd|platform)/.test(one.type))
  const mdev = vfio.filter(isMdev)
  const vdpa = [
    ...all.filter(one => one.name === 'netdev' && one.type === 'vhost-vdpa'),
    ...devices.filter(one => one.type.startsWith('vhost-vdpa')),
    ...all.filter(one => one.name === 'blockdev' && /^virtio-blk-vhost-vdpa$/.test(one.type)),
  ]
  const nvme = all.filter(isNvme)
  const viommu = [
    ...devices.filter(one => /^(?:intel-iommu|amd-iommu|virtio-iommu|arm-smmuv3)/.test(one.type)),
    ...all.filter(hasMachineIommu),
  ]
  const say = (list: readonly Keyed[], what: string): void => {
    for (const { name, type, keys, line } of list)
      notes.taken(`-${name}`, `${what}: ${quoted(keys.get('host') ?? keys.get('sysfsdev') ?? type)}.`, line)
  }
  say(vfio, 'A device passed through')
  say(vdpa, 'A vDPA device')
  say(nvme, 'A disk on an NVMe controller of QEMU’s own driver')
  say(viommu, 'A virtual IOMMU')
  for (const { type, line } of devices.filter(one => one.type.startsWith('vhost-user')))
    notes.ignored(
      `-device ${type}`,
      'vhost-user shares guest memory with another process and pins none.',
      line,
    )
  const sev = objects.some(one => /^sev(?:-snp)?-guest$/.test(one.type))
  return {
    pciHostdevs: vfio.length - mdev.length,
    mdevHostdevs: mdev.length,
    gpus: 0,
    nvmeDisks: nvme.length,
    vdpa: vdpa.length,
    viommu: viommu.length > 0,
    iommufd: vfio.some(({ keys }) => keys.has('iommufd')),
    phbs: 1 + devices.filter(one => one.type === 'spapr-pci-host-bridge').length,
    nvlink2: false,
    videoRamBytes: videoRamOf(options, devices, notes),
    ioThreads: objects.filter(one => one.type === 'iothread').length,
    graphics: hasGraphics(options),
    tpm: devices.some(one => one.type.startsWith('tpm-')),
    sev,
    downwardMetrics: false,
    balloon:
      devices.some(one => one.type.startsWith('virtio-balloon')) ||
      options.some(one => one.name === 'balloon' && one.value !== 'none'),
  }
}

const isMdev = ({ type, keys }: Keyed): boolean =>
  type !== 'vfio-pci' && type !== 'vfio-pci-nohotplug' && !type.startsWith('vfio-amd')
    ? true
    : /mdev|\/[0-9a-f]{8}-[0-9a-f]{4}-/.test(keys.get('sysfsdev') ?? '')

/** Itself or the file below it, by driver or by address. */
const isNvme = ({ name, type, keys }: Keyed): boolean =>
  name === 'blockdev'
    ? type === 'nvme' || keys.get('file.driver') === 'nvme'
    : name === 'drive' &&
      (/^nvme:\/\//.test(keys.get('file') ?? '') ||
        keys.get('driver') === 'nvme' ||
        keys.get('file.driver') === 'nvme')

const hasMachineIommu = ({ name, keys }: Keyed): boolean =>
  (name === 'machine' || name === 'M') && /^(?:smmuv3|on)$/.test(keys.get('iommu') ?? '')

function hasGraphics(options: readonly Option[]): boolean {
  if (options.some(({ name }) => name === 'vnc' || name === 'spice' || name === 'sdl' || name === 'curses'))
    return true
  const display = options.findLast(({ name }) => name === 'display')?.value ?? ''
  return !/^none/.test(display) && !options.some(({ name }) => name === 'nographic')
}

/** Video memory: stated, or 16 MiB for a card of QEMU’s default kind. */
function videoRamOf(options: readonly Option[], devices: readonly Keyed[], notes: Notes): number {
  const cards = devices.filter(one =>
    /^(?:VGA|secondary-vga|qxl|qxl-vga|cirrus-vga|bochs-display|vmware-svga)$/.test(one.type),
  )
  const vga = options.findLast(({ name }) => name === 'vga')?.value
  const own =
    vga === undefined ? (options.some(({ name }) => name === 'nodefaults') ? 0 : 1) : vga === 'none' ? 0 : 1
  const bytes = cards.map(({ type, keys, line }) => {
    const mib = notes.count(keys.get('vgamem_mb') ?? '16', `-device ${type},vgamem_mb`, line, 4096) ?? 16
    const given = ['ram_size', 'vram_size'].map(
      key => notes.bytes(keys.get(key) ?? '0', 'qemu-size', `-device ${type},${key}`, line) ?? 0,
    )
    return Math.max(
      mib * MIB,
      given.reduce((sum, one) => sum + one, 0),
    )
  })
  const standard = cards.length === 0 ? own * 16 * MIB : 0
  return bytes.reduce((sum, one) => sum + one, standard)
}

/** Accelerated by KVM: `-enable-kvm`, `-accel kvm`, `-machine accel=kvm`, or a program that is nothing else. */
export function usesKvm(program: string, options: readonly Option[]): boolean {
  if (/(?:^|\/)(?:qemu-)?kvm$/.test(program)) return true
  return options.some(({ name, value }) => {
    if (name === 'enable-kvm') return true
    if (name === 'accel') return /^(?:accel=)?kvm/.test(value)
    const accel = name === 'machine' || name === 'M' ? keysOf(value, 'type').get('accel') : undefined
    return accel !== undefined && accel.split(':').includes('kvm')
  })
}

/** `-smp 8`, `-smp cpus=4,maxcpus=8`, `-smp sockets=2,cores=4,threads=2`. */
export function vcpusOf(options: readonly Option[], notes: Notes): number {
  const smp = options.findLast(({ name }) => name === 'smp')
  if (smp === undefined) return 1
  const keys = keysOf(smp.value, 'cpus')
  const number = (key: string): number | undefined => {
    const text = keys.get(key)
    return text === undefined ? undefined : notes.count(text, `-smp ${key}`, smp.line, 65536)
  }
  const product = ['drawers', 'books', 'sockets', 'dies', 'clusters', 'modules', 'cores', 'threads'].reduce(
    (times, key) => times * (number(key) ?? 1),
    1,
  )
  const vcpus = number('cpus') ?? number('maxcpus') ?? product
  notes.taken('-smp', `${vcpus} vCPUs.`, smp.line)
  return Math.min(65536, Math.max(1, vcpus))
}
