/**
 * /proc/PID/smaps: a header for each mapping, then its figures.
 *
 *     7f2000000000-7f2200000000 rw-p 00000000 00:00 0
 *     Size:            8388608 kB
 *     Locked:          1048576 kB
 *     VmFlags: rd wr mr mw me lo lf ac
 */
import { formatBytes } from '../../engine/quantity.ts'
import { safeText } from '../safe-text.ts'
import { textOf } from './decode.ts'
import { figures } from './figures.ts'
import {
  MOST_CHARACTERS_OF_A_TRACE,
  type Importer,
  type ImportResult,
  type ObservedMappings,
} from './importer.ts'
import { procFields } from './lines.ts'
import { Notes, refused } from './notes.ts'

const HEADER =
  /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) ([rwxsp-]{4}) [0-9a-f]+ [0-9a-f]+:[0-9a-f]+ \d+(?: +(.*))?$/
/** Figures that are sizes of pages or yes and no: no sums. */
const NO_SUMS = new Set(['KernelPageSize', 'MMUPageSize', 'THPeligible', 'ProtectionKey'])
/** Kinds of mappings beyond this become one, so that hostile input cannot make the list long. */
const MOST_KINDS = 5_000
const MOST_NAMES = 100

export const procSmaps: Importer = {
  id: 'proc-smaps',
  title: '/proc/PID/smaps',
  yields: ['observed'],
  maxCharacters: MOST_CHARACTERS_OF_A_TRACE,
  recognises(head) {
    const [first = '', second = ''] = head.trimStart().split('\n', 2)
    return HEADER.test(first.trimEnd()) && !first.includes('[rollup]') && /^Size:\s+\d+ kB/.test(second)
  },
  read: input => readSmaps(textOf(input)),
}

export const procSmapsRollup: Importer = {
  id: 'proc-smaps-rollup',
  title: '/proc/PID/smaps_rollup',
  yields: ['observed'],
  recognises: head => /^[0-9a-f]+-[0-9a-f]+ [^\n]{0,60}\[rollup\]\s*\n/.test(head.trimStart()),
  read: input => readRollup(textOf(input)),
}

function readRollup(text: string): ImportResult {
  const sums: [string, number][] = procFields(text).flatMap(({ name, value }) => {
    const kib = /^(\d{1,12}) kB$/.exec(value)?.[1]
    return kib === undefined ? [] : [[name, Number(kib) * 1024] as [string, number]]
  })
  const notes = new Notes()
  const { Rss = 0, Locked = 0 } = figures(sums).bytes
  notes.taken('[rollup]', `Rss ${formatBytes(Rss)}, Locked ${formatBytes(Locked)}.`)
  const processes = [{ name: '', pid: null, source: 'smaps_rollup' as const, figures: figures(sums) }]
  return { ok: true, observed: { processes }, notes: notes.list() }
}

/** Mappings that are alike, while they are summed up. */
interface Sums {
  name: string
  locked: boolean
  onFault: boolean
  hugetlb: boolean
  mappings: number
  bytes: Map<string, number>
}

function readSmaps(text: string): ImportResult {
  const kinds = new Map<string, Sums>()
  const one: { name: string; bytes: Map<string, number> } = { name: '', bytes: new Map() }
  let open = false
  let mappings = 0
  const close = (flags: string): void => {
    if (open) addTo(kinds, one.name, one.bytes, flags)
    open = false
    one.bytes.clear()
  }
  let flags = ''
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at)
    const to = end < 0 ? text.length : end
    const colon = text.indexOf(':', at)
    const first = text.charCodeAt(at)
    // Names of figures begin with a capital, addresses with a digit or a small letter.
    if (first >= 0x41 && first <= 0x5a && colon > at && colon < to) {
      const name = text.slice(at, colon)
      if (name === 'VmFlags') flags = ` ${text.slice(colon + 1, to).trim()} `
      else if (open && !NO_SUMS.has(name) && one.bytes.size < 64)
        one.bytes.set(name, kibAt(text, colon + 1, to) * 1024)
    } else {
      const header = HEADER.exec(text.slice(at, Math.min(to, at + 4096)).trimEnd())
      if (header !== null) {
        close(flags)
        open = true
        mappings++
        flags = ''
        one.name = header[4] ?? ''
      }
    }
    at = to + 1
  }
  close(flags)
  return resultOf(kinds, mappings)
}

/** The number of ` 123 kB`; what is no number is 0. */
function kibAt(text: string, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit >= 0 && digit <= 9) value = value * 10 + digit
    else if (value > 0) break
  }
  return value <= 2 ** 43 ? value : 0
}

function addTo(
  kinds: Map<string, Sums>,
  name: string,
  bytes: ReadonlyMap<string, number>,
  flags: string,
): void {
  const locked = flags.includes(' lo ')
  const onFault = flags.includes(' lf ')
  const hugetlb = flags.includes(' ht ')
  const label = kinds.size < MOST_KINDS ? name : 'others'
  const key = `${locked} ${onFault} ${hugetlb} ${label}`
  let sums = kinds.get(key)
  if (sums === undefined) {
    sums = { name: label, locked, onFault, hugetlb, mappings: 0, bytes: new Map() }
    kinds.set(key, sums)
  }
  sums.mappings++
  for (const [figure, value] of bytes)
    if (sums.bytes.size < 200 || sums.bytes.has(figure))
      sums.bytes.set(figure, (sums.bytes.get(figure) ?? 0) + value)
}

function resultOf(kinds: ReadonlyMap<string, Sums>, mappings: number): ImportResult {
  if (mappings === 0)
    return refused({
      path: '',
      found: 'no mapping',
      allowed: 'START-END PERMS …',
      sentence: 'There is no mapping in it.',
    })
  const total = new Map<string, number>()
  for (const { bytes } of kinds.values())
    for (const [name, value] of bytes)
      if (total.size < 200 || total.has(name)) total.set(name, (total.get(name) ?? 0) + value)
  const notes = new Notes()
  const [rss, locked] = [total.get('Rss') ?? 0, total.get('Locked') ?? 0]
  notes.taken('', `${mappings} mappings: Rss ${formatBytes(rss)}, Locked ${formatBytes(locked)}.`)
  const sorted = [...kinds.values()].sort((a, b) => (b.bytes.get('Size') ?? 0) - (a.bytes.get('Size') ?? 0))
  if (sorted.length > MOST_NAMES)
    notes.ignored(
      '',
      `The ${MOST_NAMES} largest of ${sorted.length} kinds of mappings are listed; sums have all.`,
    )
  const listed = sorted.slice(0, MOST_NAMES).map(({ bytes, name, ...kind }): ObservedMappings => ({
    name: safeText(name, 200),
    ...kind,
    figures: figures(bytes),
  }))
  const processes = [
    { name: '', pid: null, source: 'smaps' as const, figures: figures(total), mappings: listed },
  ]
  return { ok: true, observed: { processes }, notes: notes.list() }
}
