/** A guest of KubeVirt: spec of a VirtualMachineInstance. */
import { guestOf, type GuestFacts } from '../../../engine/planner/limits/guest.ts'
import { kubevirt } from '../../../engine/planner/limits/kubevirt.ts'
import { formatBytes, MIB } from '../../../engine/quantity.ts'
import type { WorkloadSpec } from '../../../engine/scenario.ts'
import { quoted } from '../../safe-text.ts'
import { groupBytes, guestWorkload, nameFor } from '../guest-import.ts'
import type { ImportedLimits } from '../importer.ts'
import { limitsOf, type Notes } from '../notes.ts'
import { at, listAt, textAt } from '../yaml-documents.ts'

/** What libvirt inside of a launcher leaves where KubeVirt raises nothing. */
const USUAL_MEMLOCK_BYTES = 8 * MIB

export interface Where {
  readonly path: string
  readonly line: number | undefined
}

export interface ReadGuest {
  readonly guest: GuestFacts
  readonly limits: ImportedLimits
  readonly workload: WorkloadSpec | undefined
}

export function readKubevirt(spec: unknown, name: string, where: Where, notes: Notes): ReadGuest | undefined {
  const { path, line } = where
  const domain = at(spec, 'domain')
  const amount = (...keys: readonly string[]): number | undefined => {
    const text = textAt(domain, ...keys)
    return text === undefined
      ? undefined
      : notes.bytes(text, 'kubernetes', `${path}.domain.${keys.join('.')}`, line)
  }
  const [request, limit] = [
    amount('resources', 'requests', 'memory'),
    amount('resources', 'limits', 'memory'),
  ]
  const stated = amount('memory', 'guest')
  const ramBytes = stated ?? request ?? limit
  if (ramBytes === undefined) {
    const why =
      at(spec, 'instancetype') === undefined ? '' : ' It is in an instance type, which is another object.'
    notes.notUnderstood(`${path}.domain.memory`, `The memory of ${quoted(name)} is not stated.${why}`, line)
    return undefined
  }
  if (stated === undefined)
    notes.assumed(
      `${path}.domain.memory`,
      `The guest gets what is requested: ${formatBytes(ramBytes)}.`,
      line,
    )
  else notes.taken(`${path}.domain.memory.guest`, `${formatBytes(ramBytes)} of RAM.`, line)
  const pageBytes = amount('memory', 'hugepages', 'pageSize') ?? 0
  if (pageBytes > 0)
    notes.taken(
      `${path}.domain.memory.hugepages`,
      `Huge pages of ${formatBytes(pageBytes)}, preallocated.`,
      line,
    )
  const required = textAt(domain, 'memory', 'reservedOverhead', 'memLock') === 'Required'
  const guest = guestOf({
    name: nameFor(name, 'guest'),
    arch: textAt(spec, 'architecture') === 'arm64' ? 'aarch64' : 'x86_64',
    ramBytes,
    maxRamBytes: amount('memory', 'maxGuest') ?? 0,
    vcpus: vcpusOf(domain, where, notes),
    ...(pageBytes > 0 ? { backing: 'hugetlb' as const, hugePageBytes: pageBytes, prealloc: true } : {}),
    dedicatedCpus: at(domain, 'cpu', 'dedicatedCpuPlacement') === true,
    guaranteed:
      request !== undefined &&
      request === limit &&
      textAt(domain, 'resources', 'requests', 'cpu') !== undefined &&
      textAt(domain, 'resources', 'requests', 'cpu') === textAt(domain, 'resources', 'limits', 'cpu'),
    realtime: at(domain, 'cpu', 'realtime') !== undefined,
    execProbes: ['livenessProbe', 'readinessProbe'].filter(probe => at(spec, probe, 'exec') !== undefined)
      .length,
    addedOverheadBytes: amount('memory', 'reservedOverhead', 'addedOverhead') ?? 0,
    memLockRequired: required,
    devices: devicesOf(spec, domain, where, notes),
  })
  const { memlockBytes } = kubevirt.compute(guest)
  notes.taken(
    path,
    `KubeVirt’s limit of locked memory for ${quoted(name)} is ${typeof memlockBytes === 'number' ? `${memlockBytes} bytes` : memlockBytes}.`,
    line,
  )
  const limits: ImportedLimits = {
    ...limitsOf(guest.name, 'guest'),
    memlockSoftBytes: memlockBytes,
    memlockHardBytes: memlockBytes,
    memoryMaxBytes: limit ?? null,
  }
  const around = {
    memlockBytes: memlockBytes === 'unset' ? USUAL_MEMLOCK_BYTES : memlockBytes,
    path,
    ...(line === undefined ? {} : { line }),
  }
  const workload = guestWorkload(guest, around, notes)
  if (workload === undefined || limit === undefined || pageBytes > 0) return { guest, limits, workload }
  return {
    guest,
    limits,
    workload: { ...workload, memcg: { ...workload.memcg, maxBytes: groupBytes(limit) } },
  }
}

function vcpusOf(domain: unknown, { path, line }: Where, notes: Notes): number {
  const number = (key: string): number | undefined => {
    const text = textAt(domain, 'cpu', key)
    return text === undefined ? undefined : notes.count(text, `${path}.domain.cpu.${key}`, line, 65536)
  }
  const [sockets, cores, threads] = [number('sockets'), number('cores'), number('threads')]
  if (sockets !== undefined || cores !== undefined || threads !== undefined)
    return Math.min(65536, Math.max(1, (sockets ?? 1) * (cores ?? 1) * (threads ?? 1)))
  const asked =
    textAt(domain, 'resources', 'requests', 'cpu') ?? textAt(domain, 'resources', 'limits', 'cpu') ?? '1'
  const cpus = /^\d{1,9}m$/.test(asked) ? Number(asked.slice(0, -1)) / 1000 : Number(asked)
  return Number.isFinite(cpus) ? Math.min(65536, Math.max(1, Math.ceil(cpus))) : 1
}

function devicesOf(
  spec: unknown,
  domain: unknown,
  { path, line }: Where,
  notes: Notes,
): Partial<GuestFacts['devices']> {
  const gpus = listAt(domain, 'devices', 'gpus').length
  const hostDevices = listAt(domain, 'devices', 'hostDevices').length
  const sriov = listAt(domain, 'devices', 'interfaces').filter(one => at(one, 'sriov') !== undefined).length
  const total = gpus + hostDevices + sriov
  if (total > 0)
    notes.taken(
      `${path}.domain.devices`,
      `${gpus} GPUs, ${hostDevices} host devices, ${sriov} SR-IOV interfaces.`,
      line,
    )
  const graphics = at(domain, 'devices', 'autoattachGraphicsDevice') !== false
  return {
    pciHostdevs: total,
    gpus,
    viommu: false,
    ioThreads: textAt(domain, 'ioThreadsPolicy') === undefined ? 0 : 1,
    graphics,
    videoRamBytes: graphics ? 16 * MIB : 0,
    tpm: at(domain, 'devices', 'tpm') !== undefined,
    sev:
      at(domain, 'launchSecurity', 'sev') !== undefined || at(domain, 'launchSecurity', 'snp') !== undefined,
    downwardMetrics:
      at(domain, 'devices', 'downwardMetrics') !== undefined ||
      listAt(spec, 'volumes').some(one => at(one, 'downwardMetrics') !== undefined),
    balloon: at(domain, 'devices', 'autoattachMemBalloon') !== false,
  }
}
