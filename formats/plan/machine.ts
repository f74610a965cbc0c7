/** The machine of a plan: a preset with what differs, or every setting that has no default. */
import { DEVICES } from '../../engine/data/devices.ts'
import { HOSTS } from '../../engine/data/hosts.ts'
import { hostReserveBytes, MACHINE_DEFAULTS, machineNamed } from '../../engine/machines.ts'
import { SCENARIO_BOUNDS, type MachineProfile } from '../../engine/scenario.ts'
import { Place } from '../issues.ts'
import { PlanIssues } from './issues.ts'
import { isRecord, type Codec, type Field, type Raw, type Reading } from './reader.ts'
import { field, readFields, record, writeFields, type Read } from './record.ts'
import {
  bandwidth,
  bytes,
  codec,
  count,
  flag,
  listOf,
  number,
  oneOf,
  oneOfNumbers,
  orNull,
  refuse,
  text,
} from './values.ts'

const MIB = 2 ** 20
const RAM = SCENARIO_BOUNDS.maxRamBytes
const device = oneOf(DEVICES.map(one => one.id))
const thpMode = oneOf(['always', 'madvise', 'never'])
const mthpMode = oneOf(['always', 'madvise', 'never', 'inherit'])
const MTHP_SIZES = ['16k', '32k', '64k', '128k', '256k', '512k', '1024k'] as const
const thpDefrag = oneOf(['always', 'defer', 'defer+madvise', 'madvise', 'never'])
const shmemMode = oneOf(['never', 'always', 'advise', 'within_size'])

/** Pages of a pool: a count, or an amount of memory in whole pages. */
function poolPages(pageBytes: number): Codec<number> {
  return codec(
    `a count of pages, or an amount in whole pages of ${pageBytes / MIB} MiB`,
    (value, at, to) => {
      if (typeof value === 'number') return count(0, RAM / pageBytes).read(value, at, to)
      const amount = bytes(0, RAM).read(value, at, to)
      return amount === undefined || amount % pageBytes !== 0 ? undefined : amount / pageBytes
    },
    value => value,
  )
}

/** Modes by size of page; sizes that are left out are off. */
const mthp: Codec<object> = codec(
  `modes by size (${MTHP_SIZES.join(', ')}): ${mthpMode.allowed}`,
  (value, at, to) => {
    if (!isRecord(value)) return undefined
    const sizes = MTHP_SIZES.filter(size => Object.hasOwn(value, size))
    // Reports keys that are no size.
    readFields(value, [], at, to, [...MTHP_SIZES])
    return Object.fromEntries(sizes.map(size => [size, mthpMode.read(value[size], at.at(size), to)]))
  },
  value => value,
)

const swapArea = record([
  field('device', device, 'What stands behind it.'),
  field('size', bytes(4096, RAM), 'How much fits; for zram, before compression.', { prop: 'sizeBytes' }),
  field('priority', count(-1000, 32767), 'The highest is used first, equal ones in turn.', { fallback: -2 }),
])

/** Ordered as people think of a host. A preset gives all of them a value. */
export const MACHINE_FIELDS: readonly Field[] = [
  field('name', text(1, 200), 'What reports call it.', { fallback: 'a machine' }),
  field('ram', bytes(16 * MIB, RAM), 'Installed memory.', { prop: 'ramBytes' }),
  field('cpus', count(1, 65536), 'Processors that threads run on.'),
  field('nodes', count(1, 1024), 'NUMA nodes.', { fallback: MACHINE_DEFAULTS.nodes }),
  field('memoryBandwidth', bandwidth, 'Theoretical bandwidth of the memory.', {
    prop: 'memoryBandwidthBytesPerS',
    fallback: 50e9,
  }),
  field('swap', listOf(swapArea, 32), 'Swap areas.', { fallback: [] }),
  field(
    'zswap',
    record([
      field('enabled', flag, 'Whether pages are compressed before they go to swap.', { fallback: false }),
      field('maxPoolPercent', number(0, 100), 'Largest part of RAM, in percent.', { fallback: 20 }),
      field('compressionRatio', number(1, 100), 'Uncompressed over compressed.', { fallback: 3 }),
    ]),
    'A compressed cache in front of swap.',
    { fallback: MACHINE_DEFAULTS.zswap },
  ),
  field('disk', device, 'What files are read from.', { fallback: MACHINE_DEFAULTS.disk }),
  field(
    'thp',
    record([
      field('enabled', thpMode, 'transparent_hugepage/enabled', { fallback: 'madvise' }),
      field('defrag', thpDefrag, 'transparent_hugepage/defrag', { fallback: 'madvise' }),
      field('shmem', shmemMode, 'transparent_hugepage/shmem_enabled', { fallback: 'never' }),
      field('zeroPage', flag, 'transparent_hugepage/use_zero_page', { fallback: true }),
      field('mthp', mthp, 'hugepages-*kB/enabled, by size.', { fallback: {} }),
    ]),
    'Transparent huge pages.',
    { fallback: MACHINE_DEFAULTS.thp },
  ),
  field(
    'hugetlb',
    record([
      field('2M', poolPages(2 * MIB), 'Pages of 2 MiB.', { fallback: 0 }),
      field('1G', poolPages(1024 * MIB), 'Pages of 1 GiB.', { fallback: 0 }),
    ]),
    'Pools of huge pages, taken out of RAM at boot.',
    { fallback: MACHINE_DEFAULTS.hugetlb },
  ),
  field(
    'overcommit',
    record([
      field('mode', oneOfNumbers([0, 1, 2]), 'vm.overcommit_memory', { fallback: 0 }),
      field('ratioPercent', number(0, 100_000), 'vm.overcommit_ratio', { fallback: 50 }),
    ]),
    'What may be promised.',
    { fallback: MACHINE_DEFAULTS.overcommit },
  ),
  field('swappiness', count(0, 200), 'vm.swappiness', { fallback: MACHINE_DEFAULTS.swappiness }),
  field('pageCluster', count(0, 10), 'vm.page-cluster', { fallback: MACHINE_DEFAULTS.pageCluster }),
  field('minFreeKib', orNull(count(0, RAM / 1024)), 'vm.min_free_kbytes; null lets the kernel compute it.', {
    fallback: null,
  }),
  field('watermarkScaleFactor', count(1, 3000), 'vm.watermark_scale_factor, in 1/10000.', {
    fallback: MACHINE_DEFAULTS.watermarkScaleFactor,
  }),
  field('faultAround', bytes(4096, 2 ** 30), 'How much a read fault of a file maps: a power of two.', {
    prop: 'faultAroundBytes',
    fallback: MACHINE_DEFAULTS.faultAroundBytes,
  }),
  field(
    'hostReserve',
    bytes(0, RAM),
    'Kernel, slabs and unplanned processes: resident, never given back. Left out: 1/128 of RAM, at least 1 GiB.',
    {
      prop: 'hostReserveBytes',
    },
  ),
  field('otherCache', bytes(0, RAM), 'Page cache of files outside the plan, at the start.', {
    prop: 'otherCacheBytes',
    fallback: 0,
  }),
  field('costs', text(1, 100), 'Cost table.', { fallback: MACHINE_DEFAULTS.costs }),
]

/** Reads a machine. Objects within it are taken whole: `thp: {enabled}` has defaults for the rest. */
export function readMachine(value: Raw, at: Place, to: Reading): MachineProfile | undefined {
  const before = to.issues.count
  const base = baseOf(value, at, to)
  const ram = ramOf(value, base)
  const fields =
    to.naming === 'scenario' ? MACHINE_FIELDS : MACHINE_FIELDS.map(one => withBase(one, base, ram))
  const reading = ram === undefined ? to : { ...to, baseBytes: ram }
  const read = readFields(value, fields, at, reading, to.naming === 'plan' ? ['preset'] : [])
  if (read === undefined || to.issues.count > before) return undefined
  const machine = read as unknown as MachineProfile
  if (Math.log2(machine.faultAroundBytes) % 1 === 0) return machine
  const place = at.at(to.naming === 'plan' ? 'faultAround' : 'faultAroundBytes')
  refuse(machine.faultAroundBytes, 'a power of two', place, to)
  return undefined
}

function baseOf(value: Raw, at: Place, to: Reading): MachineProfile | undefined {
  if (to.naming === 'scenario' || !isRecord(value) || !Object.hasOwn(value, 'preset')) return undefined
  const id = oneOf(HOSTS.map(host => host.id)).read(value['preset'], at.at('preset'), to)
  return id === undefined ? undefined : machineNamed(id)
}

/** RAM before anything is checked, for percentages and for the reserve that follows from it. */
function ramOf(value: Raw, base: MachineProfile | undefined): number | undefined {
  const given = isRecord(value) ? value['ram'] : undefined
  if (given === undefined) return base?.ramBytes
  const unheard: Reading = { issues: new PlanIssues(), naming: 'plan' }
  return bytes(1, RAM).read(given, Place.root, unheard)
}

function withBase(one: Field, base: MachineProfile | undefined, ram: number | undefined): Field {
  const values: Read = { ...base }
  if (one.prop === 'hostReserveBytes')
    return {
      ...one,
      fallback: ram === undefined || ram === base?.ramBytes ? (values[one.prop] ?? 0) : hostReserveBytes(ram),
    }
  return Object.hasOwn(values, one.prop) ? { ...one, fallback: values[one.prop] } : one
}

/** A machine with all its settings, whatever preset it came from. */
export function writeMachine(machine: MachineProfile): Raw {
  return writeFields({ ...machine }, MACHINE_FIELDS)
}
