/**
 * The block device behind a swap area or a file system, and how long a read of it takes: measured by a few reads past
 * the page cache where this user may open the device, otherwise the mean that the kernel has kept since the boot.
 */
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { mapOwn, unmapOwn, viewOwn } from '../own-memory.ts'
import type { HostReader } from './reader.ts'

export interface BlockDevice {
  /** Of which it was asked: a device or a file, as /proc/swaps names it. */
  readonly path: string
  /** What the kernel calls the whole disk: `sda`, `nvme0n1`, `zram0`; null where it is not known. */
  readonly name: string | null
  readonly rotational: boolean | null
  /** zram: how it compresses. */
  readonly algorithm: string | null
  /** One read of 4 KiB. */
  readonly latencyNs: number | null
  /** Where the latency is from, in a sentence; empty where there is none. */
  readonly how: string
}

export function blockDeviceOf(reader: HostReader, path: string): BlockDevice {
  const name = diskName(reader, path)
  if (name === null) return { path, name, rotational: null, algorithm: null, latencyNs: null, how: '' }
  const rotational = numberIn(reader, `/sys/class/block/${name}/queue/rotational`)
  const algorithms = reader.read(`/sys/class/block/${name}/comp_algorithm`)
  const algorithm = 'text' in algorithms ? (/\[([\w-]+)\]/.exec(algorithms.text)?.[1] ?? null) : null
  const latency = name.startsWith('zram') ? null : (measured(reader, path, name) ?? remembered(reader, name))
  return {
    ...{ path, name, algorithm, rotational: rotational === null ? null : rotational === 1 },
    ...{ latencyNs: latency?.ns ?? null, how: latency?.how ?? '' },
  }
}

/** The whole disk: of a partition its disk, of a mapped device what it is mapped to. */
function diskName(reader: HostReader, path: string): string | null {
  const found = reader.isRunning ? runningName(path) : path.startsWith('/dev/') ? basename(path) : null
  if (found === null) return null
  const [below] = reader.list(`/sys/class/block/${found}/slaves`)
  const name = below ?? found
  return name.replace(/^(nvme\d+n\d+|mmcblk\d+)p\d+$/, '$1').replace(/^((?:sd|vd|xvd|hd)[a-z]+)\d+$/, '$1')
}

function runningName(path: string): string | null {
  try {
    const { rdev, dev } = statSync(path)
    const number = rdev !== 0 ? rdev : dev
    const major = ((number >>> 8) & 0xfff) | ((number / 2 ** 32) & ~0xfff)
    const minor = (number & 0xff) | ((number >>> 12) & 0xfff00)
    return basename(realpathSync(`/sys/dev/block/${major}:${minor}`))
  } catch {
    return null // a file system without a device of its own
  }
}

interface Latency {
  readonly ns: number
  readonly how: string
}

const PAGE = 4096
const READS = 48
const MOST_MS = 250

/** The middle of some reads at places all over the device, past the page cache. */
function measured(reader: HostReader, path: string, name: string): Latency | null {
  if (!reader.isRunning) return null
  for (const place of [path, `/dev/${name}`, ...programOn(path)]) {
    try {
      return timedReads(place)
    } catch {
      // A folder, a device that only root may read, a file system without direct reads.
    }
  }
  return null
}

/** The file of the running program, if it lies on the same file system: large, and readable by everybody. */
function programOn(path: string): string[] {
  return statSync(path).dev === statSync(process.execPath).dev ? [process.execPath] : []
}

function timedReads(place: string): Latency {
  const fd = openSync(place, constants.O_RDONLY | constants.O_DIRECT)
  const address = mapOwn(PAGE)
  try {
    const pages = Math.floor((fstatSync(fd).size || deviceBytes(place)) / PAGE)
    if (pages < READS) throw new Error('there is too little to read')
    const page = viewOwn(address, PAGE)
    const start = performance.now()
    const times: number[] = []
    // The golden section spreads places evenly, whatever their number.
    for (let i = 1; i <= READS && performance.now() - start < MOST_MS; i++) {
      const at = Math.floor(((i * 0.618034) % 1) * pages) * PAGE
      const before = performance.now()
      readSync(fd, page, 0, PAGE, at)
      times.push(performance.now() - before)
    }
    times.sort((a, b) => a - b)
    const ns = Math.round((times[times.length >> 1] ?? 0) * 1e6)
    return { ns, how: `the middle of ${times.length} reads of 4 KiB, one at a time` }
  } finally {
    closeSync(fd)
    unmapOwn(address, PAGE)
  }
}

/** Sectors of 512 bytes, from sysfs. */
function deviceBytes(place: string): number {
  const folder = realpathSync(`/sys/class/block/${basename(realpathSync(place))}`)
  const fd = openSync(`${folder}/size`, 'r')
  try {
    const text = Buffer.alloc(32)
    return Number(text.toString('latin1', 0, readSync(fd, text))) * 512
  } finally {
    closeSync(fd)
  }
}

/** Fewer reads than this say little. */
const ENOUGH_READS = 100

/** From `READS MERGED SECTORS MILLISECONDS …`: large reads are in it, and waiting. */
function remembered(reader: HostReader, name: string): Latency | null {
  const stat = reader.read(`/sys/class/block/${name}/stat`)
  const [reads = 0, , , ms = 0] = 'text' in stat ? stat.text.trim().split(/\s+/).map(Number) : []
  if (!(reads >= ENOUGH_READS)) return null
  return { ns: Math.round((ms / reads) * 1e6), how: `the mean of ${reads} reads since the boot, of any size` }
}

function numberIn(reader: HostReader, path: string): number | null {
  const found = reader.read(path)
  return 'text' in found && /^\d+$/.test(found.text.trim()) ? Number(found.text) : null
}

/** Areas that /proc/swaps names, with its octal escapes undone. */
export function swapPaths(text: string): string[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap(line => {
      const [path = ''] = line.split(/\s/, 1)
      return path === ''
        ? []
        : [path.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))]
    })
}
