/** How much memory a domain has, as libvirt adds it up. */
import { formatBytes, parseBytes } from '../../../engine/quantity.ts'
import type { GuestMemoryDevice } from '../../../engine/planner/limits/guest.ts'
import { quoted } from '../../safe-text.ts'
import type { Notes } from '../notes.ts'
import { childOf, childrenOf, type XmlElement } from '../xml.ts'

/** What is no limit in memtune: 2^53 - 1 KiB and more. VIR_DOMAIN_MEMORY_PARAM_UNLIMITED, libvirt-domain.h */
const UNLIMITED_KIB = 2n ** 53n - 1n

export interface DomainMemory {
  /** RAM without memory devices. */
  readonly ramBytes: number
  readonly devices: readonly GuestMemoryDevice[]
  readonly maxBytes: number
  /** Where the balloon goes: what is missing from all that there is. */
  readonly balloonBytes: number
}

/** The amount in an element: `<memory unit='GiB'>32</memory>`; KiB without a unit. */
export function amountOf(element: XmlElement | undefined, path: string, notes: Notes): number | undefined {
  if (element === undefined) return undefined
  return notes.bytes(element.text, 'libvirt', path, element.line, element.attributes['unit'] ?? 'KiB')
}

/** A limit of memtune; undefined where there is none. */
export function memtuneOf(domain: XmlElement, name: string, path: string, notes: Notes): number | undefined {
  const element = childOf(domain, 'memtune', name)
  if (element === undefined) return undefined
  const unit = element.attributes['unit'] ?? 'KiB'
  const bytes = parseBytes(element.text, { dialect: 'libvirt', defaultUnit: unit })
  const digits = /^\d{16,30}$/.exec(element.text.trim())?.[0]
  if (!bytes.ok && digits !== undefined && (unit !== 'KiB' || BigInt(digits) >= UNLIMITED_KIB)) {
    notes.taken(`${path}/memtune/${name}`, `${name} is the largest number there is: no limit.`, element.line)
    return undefined
  }
  const amount = amountOf(element, `${path}/memtune/${name}`, notes)
  if (amount !== undefined && amount > 0)
    notes.taken(`${path}/memtune/${name}`, `${name} is ${formatBytes(amount)}.`, element.line)
  return amount === 0 ? undefined : amount
}

/**
 * virDomainDefPostParseMemory(), src/conf/domain_postparse.c: the sum of NUMA cells and memory devices where cells state
 * memory. Otherwise `memory`, which has the memory devices in it.
 */
export function memoryOf(domain: XmlElement, path: string, notes: Notes): DomainMemory | undefined {
  const devices = memoryDevices(domain, path, notes)
  const plugged = devices.reduce((sum, device) => sum + device.sizeBytes, 0)
  const element = childOf(domain, 'memory')
  const stated = amountOf(element, `${path}/memory`, notes)
  const cells = cellBytes(domain, path, notes)
  if (cells === 0 && stated === undefined) {
    notes.notUnderstood(`${path}/memory`, 'The memory of this domain is not stated.', domain.line)
    return undefined
  }
  const ramBytes = cells > 0 ? cells : (stated ?? 0) - plugged
  if (ramBytes <= 0) {
    notes.notUnderstood(
      `${path}/memory`,
      `memory is ${formatBytes(stated ?? 0)}, its memory devices are ${formatBytes(plugged)}: nothing is left.`,
      element?.line,
    )
    return undefined
  }
  const total = ramBytes + plugged
  notes.taken(
    `${path}/memory`,
    `${formatBytes(ramBytes)} of RAM${plugged > 0 ? ` and ${formatBytes(plugged)} in memory devices` : ''}.`,
    element?.line,
  )
  if (cells > 0 && stated !== undefined && stated !== total)
    notes.assumed(
      `${path}/memory`,
      `memory says ${formatBytes(stated)}; NUMA cells and memory devices are ${formatBytes(total)}, which counts.`,
      element?.line,
    )
  const maxElement = childOf(domain, 'maxMemory')
  const maxBytes = amountOf(maxElement, `${path}/maxMemory`, notes) ?? 0
  if (maxBytes > 0)
    notes.taken(`${path}/maxMemory`, `Up to ${formatBytes(maxBytes)} can be plugged.`, maxElement?.line)
  return {
    ramBytes,
    devices,
    maxBytes,
    balloonBytes: balloonOf(domain, total - unplugged(devices), path, notes),
  }
}

function cellBytes(domain: XmlElement, path: string, notes: Notes): number {
  const cells = childrenOf(childOf(domain, 'cpu', 'numa'), 'cell')
  return cells.reduce((sum, { attributes, line }, i) => {
    const { memory, unit } = attributes
    if (memory === undefined) return sum
    return sum + (notes.bytes(memory, 'libvirt', `${path}/cpu/numa/cell[${i + 1}]`, line, unit ?? 'KiB') ?? 0)
  }, 0)
}

/** What a virtio-mem device could have and has not is no business of the balloon. */
function unplugged(devices: readonly GuestMemoryDevice[]): number {
  return devices.reduce(
    (sum, { model, sizeBytes, requestedBytes = 0 }) =>
      sum + (model === 'virtio-mem' ? sizeBytes - requestedBytes : 0),
    0,
  )
}

function balloonOf(domain: XmlElement, total: number, path: string, notes: Notes): number {
  const element = childOf(domain, 'currentMemory')
  const current = amountOf(element, `${path}/currentMemory`, notes) ?? total
  const balloonBytes = Math.max(0, total - current)
  if (current === 0 || balloonBytes === 0) return 0
  notes.taken(
    `${path}/currentMemory`,
    `${formatBytes(current)} of ${formatBytes(total)}: the balloon is to hold the rest.`,
    element?.line,
  )
  return balloonBytes
}

const MODELS: Readonly<Record<string, GuestMemoryDevice['model']>> = {
  dimm: 'dimm',
  nvdimm: 'nvdimm',
  'virtio-pmem': 'nvdimm',
  'virtio-mem': 'virtio-mem',
  'sgx-epc': 'dimm',
}

function memoryDevices(domain: XmlElement, path: string, notes: Notes): GuestMemoryDevice[] {
  return childrenOf(childOf(domain, 'devices'), 'memory').flatMap((element, i) => {
    const where = `${path}/devices/memory[${i + 1}]`
    const target = childOf(element, 'target')
    const sizeBytes = amountOf(childOf(target, 'size'), `${where}/target/size`, notes)
    const name = element.attributes['model'] ?? 'dimm'
    const model = Object.hasOwn(MODELS, name) ? MODELS[name] : undefined
    if (sizeBytes === undefined || model === undefined) {
      notes.notUnderstood(
        where,
        `A memory device of model ${quoted(name)} without a size that can be read.`,
        element.line,
      )
      return []
    }
    const requestedBytes = amountOf(childOf(target, 'requested'), `${where}/target/requested`, notes)
    const asked = requestedBytes === undefined ? '' : `, of which ${formatBytes(requestedBytes)} are plugged`
    notes.taken(where, `A device ${name} of ${formatBytes(sizeBytes)}${asked}.`, element.line)
    if (name !== model) notes.assumed(where, `${name} is planned as ${model}.`, element.line)
    const virtio = model === 'virtio-mem' ? { reserve: false } : {}
    return [{ model, sizeBytes, ...(requestedBytes === undefined ? {} : { requestedBytes }), ...virtio }]
  })
}
