/** One domain: what its memory is, what pins it, and which limit libvirt sets for it. */
import { formatBytes, MIB } from '../../../engine/quantity.ts'
import { guestOf, type Arch, type GuestFacts, type GuestLock } from '../../../engine/planner/limits/guest.ts'
import { libvirt } from '../../../engine/planner/limits/libvirt.ts'
import type { WorkloadSpec } from '../../../engine/scenario.ts'
import { quoted } from '../../safe-text.ts'
import { guestWorkload, nameFor } from '../guest-import.ts'
import type { ImportedLimits } from '../importer.ts'
import { limitsOf, type Notes } from '../notes.ts'
import { lockOf, optionsOf } from '../qemu/options.ts'
import { childOf, childrenOf, type XmlElement } from '../xml.ts'
import { backingOf } from './backing.ts'
import { devicesOf } from './devices.ts'
import { memoryOf, memtuneOf } from './memory.ts'

/** `LimitMEMLOCK=` of the units of libvirt's daemons, which a domain inherits that gets no limit of its own. */
const INHERITED_BYTES = 64 * MIB

export interface ReadDomain {
  readonly guest: GuestFacts
  readonly limits: ImportedLimits
  /** Absent for a domain that no plan can have. */
  readonly workload: WorkloadSpec | undefined
}

export function readDomain(domain: XmlElement, path: string, notes: Notes): ReadDomain | undefined {
  const memory = memoryOf(domain, path, notes)
  if (memory === undefined) return undefined
  const { locked, ...backing } = backingOf(domain, path, notes)
  const lock = passedLock(domain, path, notes) ?? (locked ? 'on' : 'off')
  const hardLimitBytes = memtuneOf(domain, 'hard_limit', path, notes) ?? 0
  const minimum = memtuneOf(domain, 'min_guarantee', path, notes)
  const arch = archOf(domain, path, notes)
  const guest = guestOf({
    name: nameFor(childOf(domain, 'name')?.text ?? '', 'domain'),
    arch,
    kvm: (domain.attributes['type'] ?? 'kvm') === 'kvm',
    ramBytes: memory.ramBytes,
    maxRamBytes: memory.maxBytes,
    vcpus: vcpusOf(domain, path, notes),
    ...backing,
    lock,
    hardLimitBytes,
    memoryDevices: memory.devices.map(device =>
      // libvirt 9.0 and later populate a virtio-mem device itself, others through their backend.
      device.model === 'virtio-mem'
        ? { ...device, memdevPrealloc: false, prealloc: backing.prealloc }
        : { ...device, memdevPrealloc: backing.prealloc },
    ),
    devices: devicesOf(domain, arch, path, notes),
    dedicatedCpus: childrenOf(childOf(domain, 'cputune'), 'vcpupin').length > 0,
    realtime: childrenOf(childOf(domain, 'cputune'), 'vcpusched').length > 0,
    guaranteedBytes: minimum ?? 0,
  })
  const limits = limitsFor(guest, locked, domain, path, notes)
  const high = memtuneOf(domain, 'soft_limit', path, notes)
  const swapAndMemory = memtuneOf(domain, 'swap_hard_limit', path, notes)
  const workload = guestWorkload(
    guest,
    {
      memlockBytes: limits.memlockSoftBytes === 'unset' ? INHERITED_BYTES : limits.memlockSoftBytes,
      memoryHighBytes: high ?? null,
      memorySwapMaxBytes:
        swapAndMemory === undefined || hardLimitBytes === 0
          ? null
          : Math.max(0, swapAndMemory - hardLimitBytes),
      balloonBytes: guest.devices.balloon ? memory.balloonBytes : 0,
      path,
      line: domain.line,
    },
    notes,
  )
  return { guest, limits, workload }
}

/** RLIMIT_MEMLOCK as libvirt computes it, for memory rounded as it rounds it. */
function limitsFor(
  guest: GuestFacts,
  locked: boolean,
  domain: XmlElement,
  path: string,
  notes: Notes,
): ImportedLimits {
  const type = domain.attributes['type'] ?? 'kvm'
  const none = limitsOf(guest.name, 'guest')
  if (type !== 'kvm' && type !== 'qemu' && type !== 'hvf' && type !== 'kqemu') {
    notes.ignored(
      `${path}/@type`,
      `A domain of type ${quoted(type)} has no QEMU: no limit is computed, and it is planned as if QEMU ran it.`,
      domain.line,
    )
    return none
  }
  // The limit follows <locked/> and knows nothing of raw arguments.
  const lock = locked ? 'on' : 'off'
  const { memlockBytes, memlockLines } = libvirt.compute({ ...aligned(guest), lock })
  const rule = memlockLines.map(line => `${line.label} ${formatBytes(line.bytes)}`).join(' + ')
  const shown = typeof memlockBytes === 'number' ? `${memlockBytes} bytes: ${rule}` : memlockBytes
  notes.taken(path, `libvirt’s limit of locked memory for ${quoted(guest.name)} is ${shown}.`, domain.line)
  if (memlockBytes === 'unset')
    notes.assumed(
      path,
      `libvirt sets no limit: ${formatBytes(INHERITED_BYTES)} of its daemon is inherited.`,
      domain.line,
    )
  if (aligned(guest).ramBytes !== guest.ramBytes)
    notes.assumed(
      `${path}/memory`,
      `For QEMU libvirt rounds it up to ${formatBytes(aligned(guest).ramBytes)}.`,
      domain.line,
    )
  return {
    ...none,
    memlockSoftBytes: memlockBytes,
    memlockHardBytes: memlockBytes,
    memoryMaxBytes: guest.hardLimitBytes > 0 ? guest.hardLimitBytes : null,
  }
}

/** qemuDomainAlignMemorySizes(): RAM to 1 MiB, memory devices to 2 MiB; on ppc64 both to 256 MiB. */
function aligned(guest: GuestFacts): GuestFacts {
  const ppc64 = guest.arch === 'ppc64'
  const up = (bytes: number, unit: number): number => Math.ceil(bytes / unit) * unit
  const ramUnit = ppc64 ? 256 * MIB : MIB
  return {
    ...guest,
    ramBytes: up(guest.ramBytes, ramUnit),
    maxRamBytes: up(guest.maxRamBytes, ramUnit),
    memoryDevices: guest.memoryDevices.map(device => ({
      ...device,
      sizeBytes: up(device.sizeBytes, ppc64 ? 256 * MIB : 2 * MIB),
    })),
  }
}

const ARCHES: Readonly<Record<string, Arch>> = {
  x86_64: 'x86_64',
  aarch64: 'aarch64',
  ppc64: 'ppc64',
  ppc64le: 'ppc64',
  s390x: 's390x',
  riscv64: 'riscv64',
}

function archOf(domain: XmlElement, path: string, notes: Notes): Arch {
  const type = childOf(domain, 'os', 'type')
  const name = type?.attributes['arch']
  if (name === undefined) {
    notes.assumed(`${path}/os/type/@arch`, 'The architecture is not stated; x86_64 is assumed.', domain.line)
    return 'x86_64'
  }
  const arch = Object.hasOwn(ARCHES, name) ? ARCHES[name] : undefined
  if (arch !== undefined) return arch
  notes.assumed(
    `${path}/os/type/@arch`,
    `${quoted(name)} is planned as x86_64: its limit follows the same rule.`,
    type?.line,
  )
  return 'x86_64'
}

function vcpusOf(domain: XmlElement, path: string, notes: Notes): number {
  const vcpu = childOf(domain, 'vcpu')
  if (vcpu === undefined) return 1
  const count = notes.count(vcpu.text, `${path}/vcpu`, vcpu.line, 65536) ?? 1
  const current = vcpu.attributes['current']
  notes.taken(
    `${path}/vcpu`,
    `${count} vCPUs${current === undefined ? '' : `, of which ${current} at the start`}.`,
    vcpu.line,
  )
  return Math.max(1, count)
}

/** mem-lock of raw arguments, which come after those of libvirt and so win. */
function passedLock(domain: XmlElement, path: string, notes: Notes): GuestLock | undefined {
  const commandline = childOf(domain, 'commandline')
  const words = childrenOf(commandline, 'arg').map(arg => arg.attributes['value'] ?? '')
  if (words.length === 0) return undefined
  const where = `${path}/qemu:commandline`
  const options = optionsOf(words.map(text => ({ text, line: commandline?.line ?? domain.line })))
  const lock = lockOf(options)
  if (lock === undefined)
    notes.ignored(where, 'Raw arguments of QEMU say nothing about locking.', commandline?.line)
  else notes.taken(where, `A raw argument of QEMU sets mem-lock=${lock}.`, commandline?.line)
  const devices = options.filter(
    ({ name, value }) => /^(?:device|object)$/.test(name) && /vfio|memory-backend/.test(value),
  )
  for (const { name, value, line } of devices)
    notes.notUnderstood(
      where,
      `-${name} ${quoted(value)} as a raw argument is unknown to libvirt and is not counted.`,
      line,
    )
  return lock
}
