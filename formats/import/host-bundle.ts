/**
 * A whole host in one paste: blocks that begin with the path of a file or a command.
 *
 *     === /proc/meminfo
 *     MemTotal:       24684096 kB
 *     === uname -r
 *     6.12.9-1
 *
 * `host-bundle-snippet.ts` prints such a text.
 */
import type { KernelChoice, MachineProfile } from '../../engine/scenario.ts'
import { quoted } from '../safe-text.ts'
import { textOf } from './decode.ts'
import { dommemstat } from './dommemstat.ts'
import { MOST_CHARACTERS_OF_A_TRACE, type ImportData, type Importer, type ImportResult } from './importer.ts'
import { libvirt } from './libvirt.ts'
import { knownRelease } from './kernel-release.ts'
import { llamaCommand } from './llama-command.ts'
import { linesOf } from './lines.ts'
import { lscpu } from './lscpu.ts'
import { merged, withName } from './merge.ts'
import { Notes } from './notes.ts'
import { processFacts, withFacts } from './process-facts.ts'
import { procLimits } from './proc-limits.ts'
import { procMeminfo } from './proc-meminfo.ts'
import { procSmaps, procSmapsRollup } from './proc-smaps.ts'
import { procStatus } from './proc-status.ts'
import { procSwaps } from './proc-swaps.ts'
import { qemuCommand } from './qemu-command.ts'
import { readSysfsFile } from './sysfs-host.ts'
import { readSettings, type Setting } from './sysfs-hugepages.ts'

/** `=== /proc/meminfo`, and `==> /proc/meminfo <==` of head and tail. */
const HEADER = /^(?:===\s+(\S.*?)\s*(?:===)?|==> (\S.*?) <==)\s*$/
/** What a block may be by its content. */
const INSIDE: readonly Importer[] = [
  procMeminfo,
  procSwaps,
  lscpu,
  procStatus,
  procLimits,
  procSmapsRollup,
  procSmaps,
  dommemstat,
  libvirt,
  qemuCommand,
  llamaCommand,
]
const MOST_BLOCKS = 20_000

export const hostBundle: Importer = {
  id: 'host-bundle',
  title: 'Host bundle',
  yields: ['host', 'workloads', 'observed', 'limits'],
  maxCharacters: MOST_CHARACTERS_OF_A_TRACE,
  recognises: head => HEADER.test((head.trimStart().split('\n', 1)[0] ?? '').slice(0, 1000)),
  read: input => readBundle(textOf(input)),
}

interface Block {
  readonly title: string
  readonly line: number
  readonly text: string
}

function blocksOf(text: string): Block[] {
  const blocks: { title: string; line: number; parts: string[] }[] = []
  for (const { text: row, line } of linesOf(text)) {
    const header = row.startsWith('==') && row.length < 1000 ? HEADER.exec(row) : null
    if (header !== null && blocks.length < MOST_BLOCKS)
      blocks.push({ title: header[1] ?? header[2] ?? '', line, parts: [] })
    else blocks.at(-1)?.parts.push(row)
  }
  return blocks.map(({ title, line, parts }) => ({ title, line, text: parts.join('\n') }))
}

function readBundle(text: string): ImportResult {
  const notes = new Notes()
  const settings: Setting[] = []
  const host: { -readonly [K in keyof MachineProfile]?: MachineProfile[K] } = {}
  const parts: ImportData[] = []
  let kernel: KernelChoice | undefined
  const blocks = blocksOf(text)
  const facts = processFacts(blocks)
  for (const block of blocks) {
    const { title, line } = block
    if (/^sysctl\b/.test(title)) Object.assign(host, sysctlOf(block, notes))
    else if (/^uname\b/.test(title)) kernel = kernelOf(block, notes) ?? kernel
    else if (title === '/proc/cmdline') noteCmdline(block, notes)
    else if (/hugepage/.test(title) && title.startsWith('/'))
      settings.push({ path: title, value: block.text.trim(), line: line + 1 })
    else {
      const read = readBlock(block, notes)
      if (read !== undefined) parts.push(withFacts(read, title, facts, notes))
    }
  }
  const huge = settings.length === 0 ? undefined : readSettings(settings)
  if (huge?.ok === true) {
    parts.push(huge)
    for (const note of huge.notes) notes.add(note.kind, note.path, note.sentence, note.line)
  }
  const all = merged([...parts, { host, ...(kernel === undefined ? {} : { kernel }) }])
  return { ok: true, ...all, notes: notes.list() }
}

/** A block that some importer knows by its content. Its notes come with the lines of the whole text. */
function readBlock({ title, line, text }: Block, notes: Notes): ImportData | undefined {
  if (text.trim() === '') {
    notes.ignored(title, `The block ${quoted(title)} is empty.`, line)
    return undefined
  }
  const file = readSysfsFile(title, text, notes)
  if (file !== null) return file
  const importer = INSIDE.find(one => one.recognises(text.slice(0, 65536)))
  const read = importer?.read({ text })
  if (read === undefined) {
    notes.ignored(title, `The block ${quoted(title)} is kept as it is; nothing is taken from it.`, line)
    return undefined
  }
  if (!read.ok) {
    for (const issue of read.issues) notes.notUnderstood(title, issue.sentence, line + (issue.line ?? 0))
    return undefined
  }
  for (const note of read.notes)
    notes.add(note.kind, `${title} ${note.path}`.trim(), note.sentence, line + (note.line ?? 0))
  const pid = /\/proc\/(\d{1,10})\//.exec(title)?.[1]
  return withName(read, {
    name: pid === undefined ? '' : `pid ${pid}`,
    pid: pid === undefined ? null : Number(pid),
  })
}

const SYSCTLS: Readonly<
  Record<string, { readonly key: keyof MachineProfile; readonly least: number; readonly most: number }>
> = {
  'vm.swappiness': { key: 'swappiness', least: 0, most: 200 },
  'vm.page-cluster': { key: 'pageCluster', least: 0, most: 10 },
  'vm.min_free_kbytes': { key: 'minFreeKib', least: 0, most: 2 ** 36 },
  'vm.watermark_scale_factor': { key: 'watermarkScaleFactor', least: 1, most: 3000 },
}

function sysctlOf({ text, line: from }: Block, notes: Notes): Partial<MachineProfile> {
  const values = new Map<string, number>()
  for (const { text: row, line } of linesOf(text)) {
    const [, name = '', value] = /^(vm\.[\w.-]{1,60})\s*=\s*(\d{1,15})\s*$/.exec(row) ?? []
    if (name !== '') values.set(name, Number(value))
    else if (row.trim() !== '') notes.ignored('sysctl', `${quoted(row)} is no number of vm.`, from + line)
  }
  const host: Record<string, unknown> = {}
  for (const [name, { key, least, most }] of Object.entries(SYSCTLS)) {
    const value = values.get(name)
    if (value === undefined) continue
    if (value >= least && value <= most) {
      host[key] = value
      notes.taken(name, `${name} is ${value}.`, from)
    } else notes.notUnderstood(name, `${name} is ${value}; it is from ${least} to ${most}.`, from)
  }
  const mode = values.get('vm.overcommit_memory')
  if (mode === 0 || mode === 1 || mode === 2) {
    host['overcommit'] = { mode, ratioPercent: Math.min(100_000, values.get('vm.overcommit_ratio') ?? 50) }
    notes.taken('vm.overcommit_memory', `vm.overcommit_memory is ${mode}.`, from)
  }
  return host
}

/** The kernel on offer of that release, or the last one before it. */
function kernelOf({ text, line }: Block, notes: Notes): KernelChoice | undefined {
  const known = knownRelease(text)
  if (known === undefined) return undefined
  notes.add(known.isExact ? 'taken' : 'assumed', 'uname', known.sentence, line)
  return { name: known.kernel.name, plus: [], minus: [] }
}

function noteCmdline({ text, line }: Block, notes: Notes): void {
  const words = text
    .split(/\s+/)
    .filter(word => /^(?:default_)?hugepage|^transparent_hugepage|^hugetlb/.test(word))
  if (words.length > 0)
    notes.taken('/proc/cmdline', `Kernel command line: ${words.slice(0, 20).join(' ')}.`, line + 1)
}
