/** RAM and memory backends of a QEMU command line. */
import { formatBytes, GIB, MIB } from '../../../engine/quantity.ts'
import type { GuestBacking, GuestMemoryDevice } from '../../../engine/planner/limits/guest.ts'
import { quoted } from '../../safe-text.ts'
import type { Notes } from '../notes.ts'
import { isOn, keysOf, type Option } from './options.ts'

/** QEMU’s own default without -m. */
const DEFAULT_RAM_BYTES = 128 * MIB

export interface Backend {
  readonly id: string
  readonly sizeBytes: number
  readonly backing: GuestBacking
  readonly hugePageBytes: number
  readonly prealloc: boolean
  readonly preallocThreads: number
  readonly reserve: boolean
  readonly line: number
}

export interface CommandMemory {
  readonly ramBytes: number
  readonly maxRamBytes: number
  readonly backing: GuestBacking
  readonly hugePageBytes: number
  readonly prealloc: boolean
  readonly preallocThreads: number
  readonly reserve: boolean
  readonly devices: readonly GuestMemoryDevice[]
}

export function memoryOf(options: readonly Option[], notes: Notes): CommandMemory {
  const backends = new Map(options.flatMap(option => backendOf(option, notes)).map(one => [one.id, one]))
  const prealloc = options.some(({ name }) => name === 'mem-prealloc')
  if (prealloc) notes.taken('-mem-prealloc', 'All memory is preallocated.')
  const main = mainBackends(options, backends, notes)
  const stated = statedBytes(options, notes)
  const inBackends = main.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const ramBytes = stated?.ramBytes ?? (inBackends > 0 ? inBackends : DEFAULT_RAM_BYTES)
  if (stated === undefined)
    notes.assumed(
      '-m',
      inBackends > 0 ? 'Without -m RAM is what its backends have.' : 'Without -m QEMU gives 128 MiB.',
    )
  else if (inBackends > 0 && inBackends !== stated.ramBytes)
    notes.notUnderstood(
      '-m',
      `-m says ${formatBytes(stated.ramBytes)}, its backends have ${formatBytes(inBackends)}; QEMU refuses that.`,
    )
  const [first] = main
  if (first !== undefined && main.some(one => !isAlike(one, first)))
    notes.assumed(
      '-object',
      `Its backends are not of one kind: all of its RAM is planned as ${first.backing}, as ${quoted(first.id)} is.`,
      first.line,
    )
  const path = first === undefined ? memPath(options, notes) : undefined
  return {
    ramBytes,
    maxRamBytes: stated?.maxRamBytes ?? 0,
    backing: first?.backing ?? path?.backing ?? 'anon',
    hugePageBytes: first?.hugePageBytes ?? path?.hugePageBytes ?? 2 * MIB,
    prealloc: prealloc || main.some(backend => backend.prealloc),
    preallocThreads: Math.max(0, ...main.map(backend => backend.preallocThreads)),
    reserve: main.every(backend => backend.reserve),
    devices: options.flatMap(option => memoryDevice(option, backends, prealloc, notes)),
  }
}

const isAlike = (one: Backend, other: Backend): boolean =>
  one.backing === other.backing &&
  one.prealloc === other.prealloc &&
  (one.backing !== 'hugetlb' || one.hugePageBytes === other.hugePageBytes)

/** `-m 4G`, `-m 4096,slots=2,maxmem=8G`, `-m size=4G`: MiB without a suffix. Later ones add to earlier ones. */
function statedBytes(
  options: readonly Option[],
  notes: Notes,
): { ramBytes: number; maxRamBytes: number } | undefined {
  let ramBytes: number | undefined
  let maxRamBytes = 0
  for (const { name, value, line } of options) {
    const keys = name === 'm' ? keysOf(value, 'size') : undefined
    const machine = name === 'machine' || name === 'M' ? keysOf(value, 'type') : undefined
    const size = keys?.get('size') ?? machine?.get('memory.size')
    const max = keys?.get('maxmem') ?? machine?.get('memory.max-size')
    // -machine memory.size= is in bytes, -m in MiB.
    const dialect = keys === undefined ? 'qemu-size' : 'qemu-m'
    if (size !== undefined) ramBytes = notes.bytes(size, dialect, '-m', line) ?? ramBytes
    if (max !== undefined) maxRamBytes = notes.bytes(max, dialect, '-m maxmem', line) ?? maxRamBytes
    if (size !== undefined && ramBytes !== undefined)
      notes.taken(
        '-m',
        `${formatBytes(ramBytes)} of RAM${maxRamBytes > 0 ? `, up to ${formatBytes(maxRamBytes)}` : ''}.`,
        line,
      )
  }
  return ramBytes === undefined ? undefined : { ramBytes, maxRamBytes }
}

const TYPES: Readonly<Record<string, GuestBacking>> = {
  'memory-backend-ram': 'anon',
  'memory-backend-file': 'file',
  'memory-backend-memfd': 'memfd',
  'memory-backend-shm': 'shm',
  'memory-backend-epc': 'anon',
}

function backendOf({ name, value, line }: Option, notes: Notes): Backend[] {
  const keys = name === 'object' ? keysOf(value, 'qom-type') : undefined
  const type = keys?.get('qom-type') ?? ''
  const kind = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined
  if (keys === undefined || kind === undefined) return []
  const id = keys.get('id') ?? ''
  const sizeBytes = notes.bytes(keys.get('size') ?? '0', 'qemu-size', `-object ${type}`, line) ?? 0
  const huge = hugePagesOf(keys, kind, line, notes)
  const prealloc = isOn(keys.get('prealloc'))
  const backing = huge > 0 ? 'hugetlb' : kind
  notes.taken(
    `-object ${type}`,
    `Backend ${quoted(id)}: ${formatBytes(sizeBytes)}, ${backing}${prealloc ? ', preallocated' : ''}.`,
    line,
  )
  const threads = notes.count(
    keys.get('prealloc-threads') ?? '0',
    `-object ${type},prealloc-threads`,
    line,
    65536,
  )
  const reserve = keys.get('reserve') === undefined || isOn(keys.get('reserve'))
  return [
    {
      id,
      sizeBytes,
      backing,
      hugePageBytes: huge > 0 ? huge : 2 * MIB,
      prealloc,
      preallocThreads: threads ?? 0,
      reserve,
      line,
    },
  ]
}

/** Size of the huge pages of a backend; 0 for none. */
function hugePagesOf(
  keys: ReadonlyMap<string, string>,
  kind: GuestBacking,
  line: number,
  notes: Notes,
): number {
  if (kind === 'memfd') {
    if (!isOn(keys.get('hugetlb'))) return 0
    const size = notes.bytes(keys.get('hugetlbsize') ?? '0', 'qemu-size', '-object …,hugetlbsize', line) ?? 0
    return size > 0 ? size : 2 * MIB
  }
  return kind === 'file' ? hugePagesOfPath(keys.get('mem-path') ?? '', '-object …,mem-path', line, notes) : 0
}

/** Whether a path is on hugetlbfs, and of which pages: as far as its name says. */
function hugePagesOfPath(path: string, where: string, line: number, notes: Notes): number {
  if (!/huge/i.test(path)) return 0
  const gigabyte = /1048576|1g|1gb|gb?page/i.test(path)
  notes.assumed(
    where,
    `${quoted(path)} is taken for hugetlbfs with pages of ${gigabyte ? '1 GiB' : '2 MiB'}.`,
    line,
  )
  return gigabyte ? GIB : 2 * MIB
}

function memPath(
  options: readonly Option[],
  notes: Notes,
): Pick<Backend, 'backing' | 'hugePageBytes'> | undefined {
  const option = options.findLast(({ name }) => name === 'mem-path')
  if (option === undefined) return undefined
  const huge = hugePagesOfPath(option.value, '-mem-path', option.line, notes)
  if (huge === 0) notes.taken('-mem-path', `Memory is the file ${quoted(option.value)}.`, option.line)
  return huge === 0
    ? { backing: 'file', hugePageBytes: 2 * MIB }
    : { backing: 'hugetlb', hugePageBytes: huge }
}

/** Backends of RAM itself: of the machine, or of its NUMA nodes. */
function mainBackends(
  options: readonly Option[],
  backends: ReadonlyMap<string, Backend>,
  notes: Notes,
): Backend[] {
  const ids = options.flatMap(({ name, value, line }) => {
    const keys =
      name === 'machine' || name === 'M'
        ? keysOf(value, 'type')
        : name === 'numa'
          ? keysOf(value, 'type')
          : undefined
    const id = name === 'numa' ? keys?.get('memdev') : keys?.get('memory-backend')
    if (id !== undefined && !backends.has(id))
      notes.notUnderstood(`-${name}`, `There is no backend ${quoted(id)}.`, line)
    return id === undefined ? [] : [id]
  })
  return [...new Set(ids)].flatMap(id => backends.get(id) ?? [])
}

const MODELS: Readonly<Record<string, GuestMemoryDevice['model']>> = {
  'pc-dimm': 'dimm',
  nvdimm: 'nvdimm',
  'virtio-pmem-pci': 'nvdimm',
  'virtio-mem-pci': 'virtio-mem',
  'virtio-mem-pci-non-transitional': 'virtio-mem',
  'virtio-mem-ccw': 'virtio-mem',
  'virtio-mem': 'virtio-mem',
}

function memoryDevice(
  { name, value, line }: Option,
  backends: ReadonlyMap<string, Backend>,
  prealloc: boolean,
  notes: Notes,
): GuestMemoryDevice[] {
  const keys = name === 'device' ? keysOf(value, 'driver') : undefined
  const driver = keys?.get('driver') ?? ''
  const model = Object.hasOwn(MODELS, driver) ? MODELS[driver] : undefined
  if (keys === undefined || model === undefined) return []
  const backend = backends.get(keys.get('memdev') ?? '')
  if (backend === undefined) {
    notes.notUnderstood(`-device ${driver}`, `There is no backend ${quoted(keys.get('memdev') ?? '')}.`, line)
    return []
  }
  const requested = keys.get('requested-size')
  const requestedBytes =
    requested === undefined
      ? undefined
      : notes.bytes(requested, 'qemu-size', `-device ${driver},requested-size`, line)
  notes.taken(`-device ${driver}`, `A device of ${formatBytes(backend.sizeBytes)}.`, line)
  return [
    {
      model,
      sizeBytes: backend.sizeBytes,
      ...(requestedBytes === undefined ? {} : { requestedBytes }),
      memdevPrealloc: backend.prealloc || prealloc,
      reserve: backend.reserve,
      prealloc: isOn(keys.get('prealloc')),
    },
  ]
}
