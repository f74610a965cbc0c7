/**
 * Reads /proc/PID/smaps:
 *
 *     200020000000-200020004000 rw-p 00000000 00:00 0
 *     Size:                 16 kB
 *     Rss:                   8 kB
 *     …
 *     VmFlags: rd wr mr mw me lo ac sd
 */
import { VMA_NUMBERS, type VmaNumber } from '../engine/program.ts'

export interface SmapsEntry {
  /** Addresses. */
  readonly start: number
  readonly end: number
  /** Reduced to the flags of the replay format, in its order. */
  flags: string
  /** Mapping offset in bytes; 0 for anonymous memory. */
  readonly fileOffset: number
  /** A memfd, shared anonymous memory or System V memory: counted in RssShmem, not in RssFile. */
  readonly isShmem: boolean
  /** KiB, only those that are not 0. */
  readonly sizes: Partial<Record<VmaNumber, number>>
}

const FLAGS = 'rd wr ex sh ms gd lo lf dc wf de ac nr ht hg nh rr sr dp gu'.split(' ')
/** Addresses from here on are not the process's own: [vsyscall]. */
const TASK_END = 0x7fff_ffff_f000

const known: ReadonlySet<string> = new Set(VMA_NUMBERS.slice(0, VMA_NUMBERS.indexOf('fileOffset')))
const isKnown = (name: string): name is VmaNumber => known.has(name)

const header = /^([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) \S+ (\d+)/

export function parseSmaps(text: string): SmapsEntry[] {
  const entries: SmapsEntry[] = []
  let entry: SmapsEntry | undefined
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    if (isKnown(name)) {
      const size = Number.parseInt(line.slice(colon + 1), 10)
      if (entry !== undefined && size !== 0) entry.sizes[name] = size
    } else if (name === 'VmFlags') {
      if (entry !== undefined) entry.flags = reduceFlags(line.slice(colon + 1))
    } else if (/^[0-9a-f]/.test(line)) {
      entry = parseHeader(line)
      if (entry !== undefined) entries.push(entry)
    }
  }
  return entries
}

/** undefined for what is outside the process's own addresses. */
function parseHeader(line: string): SmapsEntry | undefined {
  const [, start = '', end = '', offset = '', inode = '0'] = header.exec(line) ?? []
  const from = Number.parseInt(start, 16)
  if (from >= TASK_END) return undefined
  return {
    start: from,
    end: Number.parseInt(end, 16),
    flags: '',
    fileOffset: inode === '0' ? 0 : Number.parseInt(offset, 16),
    isShmem: /\/dev\/zero|\/memfd:|\/SYSV/.test(line),
    sizes: {},
  }
}

/** The same few combinations come again and again. */
const reduced = new Map<string, string>()

function reduceFlags(printed: string): string {
  let flags = reduced.get(printed)
  if (flags === undefined) {
    const set = new Set(printed.split(' '))
    flags = FLAGS.filter(flag => set.has(flag)).join(' ')
    reduced.set(printed, flags)
  }
  return flags
}
