/** A machine profile of what the probe found, and a note for every part of it: read, measured, assumed, not read. */
import { MACHINE_DEFAULTS } from '../../engine/machines.ts'
import { formatBytes } from '../../engine/quantity.ts'
import type { KernelChoice, MachineProfile } from '../../engine/scenario.ts'
import { USABLE_BANDWIDTH } from '../../engine/sim/preallocation.ts'
import { KERNELS } from '../../engine/kernels/releases.ts'
import { machineOf } from '../../formats/import/combine.ts'
import { hostBundle } from '../../formats/import/host-bundle.ts'
import type {
  Figures,
  ImportData,
  ImportedLimits,
  Note,
  ObservedPool,
} from '../../formats/import/importer.ts'
import { knownRelease } from '../../formats/import/kernel-release.ts'
import { Notes } from '../../formats/import/notes.ts'
import type { BlockDevice } from '../../host/probe/block-devices.ts'
import type { FeatureFinding } from '../../host/probe/features.ts'
import type { HostRecord } from '../../host/probe/probe.ts'
import { deviceClassOf } from './device-class.ts'
import { kernelChoiceOf } from './kernel-choice.ts'
import type { PROBE_NOTE_KINDS } from './note-kinds.ts'

export interface ProbeNote {
  readonly kind: (typeof PROBE_NOTE_KINDS)[number]
  /** What it is about: a file, a setting, a field of the machine. */
  readonly field: string
  readonly sentence: string
}

/** Limits of whoever asked. */
export interface ProbedLimits {
  readonly memlockSoftBytes: number | 'unlimited' | null
  readonly memlockHardBytes: number | 'unlimited' | null
  readonly capIpcLock: boolean | null
  /** Least memory.max of the cgroups around this process; null: none. */
  readonly memoryMaxBytes: number | null
}

export interface ProbedMachine {
  readonly machine: MachineProfile
  readonly kernel: KernelChoice
  /** As `uname -r` prints it. */
  readonly release: string
  readonly kernelTitle: string
  readonly features: readonly FeatureFinding[]
  readonly limits: ProbedLimits
  /** Pools of huge pages by size and node; node -1 is all of them. */
  readonly pools: readonly ObservedPool[]
  readonly notes: readonly ProbeNote[]
}

const FALLBACK = '6.18'

export function probedMachine(record: HostRecord): ProbedMachine {
  const read = hostBundle.read({ text: record.bundle })
  if (!read.ok) throw new Error('a bundle is always read')
  const notes = new ProbeNotes(read.notes, record)
  const release = /^=== uname -r\n(.*)$/m.exec(record.bundle)?.[1] ?? ''
  const known = knownRelease(release) ?? {
    ...{ kernel: kernelOfName(FALLBACK), isExact: false },
    sentence: `The release is not known; ${FALLBACK} is assumed.`,
  }
  const findings = record.features?.findings ?? []
  const { kernel, surprises } = kernelChoiceOf(known, findings)
  for (const sentence of surprises) notes.add('measured', 'kernel', sentence)
  noteFeatures(record, notes)
  const limits = limitsIn(read.limits ?? [], read.observed?.processes?.[0]?.capIpcLock ?? null)
  noteMachine(record, limits, notes)
  return {
    machine: profileOf(record, read, notes),
    kernel,
    release,
    kernelTitle: known.kernel.title,
    features: findings,
    limits,
    pools: read.observed?.pools ?? [],
    notes: notes.list,
  }
}

const kernelOfName = (name: string): (typeof KERNELS)[number] => {
  const found = KERNELS.find(one => one.name === name)
  if (found === undefined) throw new Error(`no kernel ${name}`)
  return found
}

class ProbeNotes {
  readonly list: ProbeNote[] = []

  constructor(read: readonly Note[], { swap, unread }: HostRecord) {
    // What stands behind swap is known better than by its name, and the running process is not the machine.
    const better = new Set(['/proc/meminfo SwapTotal', ...swap.map(area => `/proc/swaps ${area.path}`)])
    for (const { kind, path, sentence } of read)
      if (!(kind === 'assumed' && better.has(path)) && !path.startsWith('/proc/self/status'))
        this.add(kind, path, sentence)
    for (const { path, why } of unread)
      this.add(
        'not read',
        path,
        `${path} was not read: ${why === 'denied' ? 'this user may not' : 'it is not there'}.`,
      )
  }

  add(kind: ProbeNote['kind'], field: string, sentence: string): void {
    this.list.push({ kind, field, sentence })
  }
}

function noteFeatures({ features }: HostRecord, notes: ProbeNotes): void {
  if (features === null) {
    notes.add('assumed', 'kernel', 'The kernel is taken to be as its release says: nothing was tried.')
    return
  }
  if (features.untraced !== null)
    notes.add(
      'assumed',
      'kernel',
      `Calls were tried in the program's own process, since: ${features.untraced}`,
    )
  for (const { change, state, by, why } of features.findings)
    if (state === 'untold')
      notes.add('assumed', 'kernel', `${change} is as the release has it: ${by} could not tell (${why}).`)
}

/** What a plan has no field for. */
function noteMachine(record: HostRecord, limits: ProbedLimits, notes: ProbeNotes): void {
  const { pageBytes, isVirtual, nodeBytes } = record
  if (pageBytes !== null && pageBytes !== 4096)
    notes.add(
      'assumed',
      'pages',
      `Pages are ${formatBytes(pageBytes)} here; plans have pages of 4 KiB, and huge pages of 2 MiB and 1 GiB.`,
    )
  if (isVirtual)
    notes.add(
      'taken',
      'machine',
      'It is a virtual machine: the first touch of memory that it never used costs more than the plan says.',
    )
  if (nodeBytes.length > 1)
    notes.add('taken', 'nodes', `Nodes have ${nodeBytes.map(formatBytes).join(', ')}; plans have equal ones.`)
  if (limits.memoryMaxBytes !== null)
    notes.add(
      'taken',
      'memcg',
      `What is started here may have ${formatBytes(limits.memoryMaxBytes)}: give workloads memcg.max.`,
    )
}

function profileOf(record: HostRecord, read: ImportData, notes: ProbeNotes): MachineProfile {
  const { host = {} } = read
  const memory = read.observed?.memory
  const assumed = new Notes()
  const machine = machineOf(
    {
      ...host,
      name: nameOf(record),
      ...(host.swap === undefined ? {} : { swap: withDevices(host.swap, record.swap, notes) }),
      ...(record.disk === null ? {} : { disk: classNoted(record.disk, 'disk', notes) }),
      ...(memory === undefined ? {} : inUse(memory, notes)),
      ...bandwidthOf(record, host.cpus ?? 1, notes),
    },
    assumed,
  )
  for (const { sentence } of assumed.list()) notes.add('assumed', 'machine', sentence)
  if (host.faultAroundBytes === undefined)
    notes.add(
      'assumed',
      'faultAround',
      `fault_around_bytes is in debugfs, which was not read: ${formatBytes(MACHINE_DEFAULTS.faultAroundBytes)} is the default.`,
    )
  return machine
}

function nameOf({ hostName, cpuModel }: HostRecord): string {
  const name = [hostName, cpuModel === '' ? '' : `(${cpuModel})`].filter(part => part !== '').join(' ')
  return (name === '' ? 'this machine' : name).slice(0, 200)
}

function withDevices(
  swap: MachineProfile['swap'],
  devices: readonly BlockDevice[],
  notes: ProbeNotes,
): MachineProfile['swap'] {
  return swap.map((area, i) => {
    const device = devices[i]
    return device === undefined ? area : { ...area, device: classNoted(device, device.path, notes) }
  })
}

function classNoted(device: BlockDevice, field: string, notes: ProbeNotes): string {
  const found = deviceClassOf(device)
  notes.add(found.isMeasured ? 'measured' : 'assumed', field, found.sentence)
  return found.device
}

/** What is in use now, and stays: the plan is about what comes on top. */
function inUse({ bytes }: Figures, notes: ProbeNotes): Partial<MachineProfile> {
  const of = (name: string): number => bytes[name] ?? 0
  const otherCacheBytes = Math.max(0, of('Cached') + of('Buffers') - of('Shmem'))
  const used = of('MemTotal') - of('MemFree') - otherCacheBytes - of('SReclaimable') - of('Hugetlb')
  const hostReserveBytes = Math.max(0, used)
  notes.add(
    'taken',
    'hostReserve',
    `${formatBytes(hostReserveBytes)} are in use by the kernel and by what runs now. A plan that has the same programs again needs less.`,
  )
  notes.add('taken', 'otherCache', `${formatBytes(otherCacheBytes)} are page cache now.`)
  return { hostReserveBytes, otherCacheBytes }
}

/** The model lets all threads together have a share of what memory has on paper; so it is put down as that. */
function bandwidthOf({ fill }: HostRecord, cpus: number, notes: ProbeNotes): Partial<MachineProfile> {
  if (fill === null) return {}
  const { bytesPerS, threads } = fill
  const memoryBandwidthBytesPerS = Number((bytesPerS / USABLE_BANDWIDTH).toPrecision(3))
  const bound = threads < cpus ? ' More threads may reach more: it is a lower bound.' : ''
  const speed = `${(bytesPerS / 1e9).toPrecision(3)} GB/s`
  notes.add(
    'measured',
    'memoryBandwidth',
    `${threads} threads fill memory at ${speed}, taken for ${USABLE_BANDWIDTH} of what it has on paper.${bound}`,
  )
  return { memoryBandwidthBytesPerS }
}

function limitsIn(all: readonly ImportedLimits[], capIpcLock: boolean | null): ProbedLimits {
  const own = all.find(({ kind }) => kind === 'process')
  const maxima = all.flatMap(({ memoryMaxBytes }) => (memoryMaxBytes === null ? [] : [memoryMaxBytes]))
  const known = (limit: number | 'unlimited' | 'unset' | undefined): number | 'unlimited' | null =>
    limit === undefined || limit === 'unset' ? null : limit
  return {
    memlockSoftBytes: known(own?.memlockSoftBytes),
    memlockHardBytes: known(own?.memlockHardBytes),
    capIpcLock,
    memoryMaxBytes: maxima.length === 0 ? null : Math.min(...maxima),
  }
}
