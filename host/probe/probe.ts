/** Reads the running host: its texts, its block devices, how fast its memory is, and what its kernel can do. */
import { blockDeviceOf, swapPaths, type BlockDevice } from './block-devices.ts'
import { fillSpeed, type FillSpeed } from './bandwidth.ts'
import { tryFeatures, type Features } from './features.ts'
import { hostReader, type HostReader } from './reader.ts'
import { hostTexts, type HostTexts } from './texts.ts'
import { CannotRun } from '../refusal.ts'

/** What was found, as plain data; `app/probe` makes a machine of it. */
export interface HostRecord extends HostTexts {
  /** One for each area of swap, in the order of /proc/swaps. */
  readonly swap: readonly BlockDevice[]
  /** Behind the root file system; null where it is not known. */
  readonly disk: BlockDevice | null
  /** Null where it was not measured. */
  readonly fill: FillSpeed | null
  /** Null for a recorded host: only a running kernel can be tried. */
  readonly features: Features | null
  readonly nodeBytes: readonly number[]
  /** Page size; null where nothing says it. */
  readonly pageBytes: number | null
  /** It is a virtual machine. */
  readonly isVirtual: boolean
  readonly hostName: string
  readonly cpuModel: string
  /** Of the last-level cache of the first processor; null where sysfs does not say. */
  readonly cacheBytes: number | null
}

/** Needs no privilege and changes nothing. Throws CannotRun where this is not Linux. */
export async function probeHost(reader: HostReader = hostReader()): Promise<HostRecord> {
  if (reader.isRunning && process.platform !== 'linux')
    throw new CannotRun('platform', `A machine is read where Linux runs; this is ${process.platform}.`)
  const text = (path: string): string => {
    const found = reader.read(path)
    return 'text' in found ? found.text : ''
  }
  const cpuinfo = text('/proc/cpuinfo')
  return {
    ...hostTexts(reader),
    swap: swapPaths(text('/proc/swaps')).map(path => blockDeviceOf(reader, path)),
    disk: reader.isRunning ? blockDeviceOf(reader, '/') : null,
    fill: reader.isRunning ? await measuredFill(text) : null,
    features: reader.isRunning ? tryFeatures() : null,
    nodeBytes: nodeBytes(reader),
    pageBytes: pageBytes(text('/proc/self/smaps')),
    isVirtual: /^flags\s*:.*\bhypervisor\b/m.test(cpuinfo),
    hostName: text('/proc/sys/kernel/hostname').trim(),
    cpuModel: /^model name\s*:\s*(\S.*)$/m.exec(cpuinfo)?.[1]?.trim() ?? '',
    cacheBytes: lastCacheBytes(reader),
  }
}

const measuredFill = (text: (path: string) => string): Promise<FillSpeed | null> =>
  fillSpeed(
    cpusOf(text('/sys/devices/system/cpu/online')),
    kibOf(text('/proc/meminfo'), 'MemAvailable') * 1024,
  )

const kibOf = (text: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0)

/** How many numbers a list such as `0-3,8` has. */
function cpusOf(list: string): number {
  return list
    .split(',')
    .map(part => part.split('-').map(Number))
    .reduce((sum, [from = 0, to = from]) => sum + to - from + 1, 0)
}

/** MemTotal of each node, by their numbers. */
function nodeBytes(reader: HostReader): number[] {
  const folder = '/sys/devices/system/node'
  return reader
    .list(folder)
    .filter(name => /^node\d+$/.test(name))
    .sort((a, b) => Number(a.slice(4)) - Number(b.slice(4)))
    .flatMap(node => {
      const found = reader.read(`${folder}/${node}/meminfo`)
      const kib = 'text' in found ? /MemTotal:\s+(\d+) kB/.exec(found.text)?.[1] : undefined
      return kib === undefined ? [] : [Number(kib) * 1024]
    })
}

/** Every mapping of ordinary memory has pages of that size. */
function pageBytes(smaps: string): number | null {
  const kib = /^KernelPageSize:\s+(\d+) kB$/m.exec(smaps)?.[1]
  return kib === undefined ? null : Number(kib) * 1024
}

/** Of the first processor; null where sysfs does not say. */
export function lastCacheBytes(reader: HostReader): number | null {
  const folder = '/sys/devices/system/cpu/cpu0/cache'
  const sizes = reader.list(folder).flatMap(index => {
    const found = reader.read(`${folder}/${index}/size`)
    const [, amount, unit] = /^(\d+)([KM])$/.exec('text' in found ? found.text.trim() : '') ?? []
    return amount === undefined ? [] : [Number(amount) * (unit === 'M' ? 2 ** 20 : 1024)]
  })
  return sizes.length === 0 ? null : Math.max(...sizes)
}
