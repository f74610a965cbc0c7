/**
 * systemd units with drop-ins, as files one after the other or as `systemctl cat` prints them:
 *
 *     # /etc/systemd/system/llm.service.d/50-memlock.conf
 *     [Service]
 *     LimitMEMLOCK=34G
 */
import { formatBytes, parseLimit, parseLimitPair, type LimitBytes } from '../../engine/quantity.ts'
import type { WorkloadSpec } from '../../engine/scenario.ts'
import { quoted } from '../safe-text.ts'
import { commandWorkload, within } from './command-workload.ts'
import { decodeUtf8, textOf } from './decode.ts'
import { nameFor } from './guest-import.ts'
import type { ImportedLimits, Importer, ImportOptions, ImportResult } from './importer.ts'
import { linesOf } from './lines.ts'
import { limitsOf, Notes, refused } from './notes.ts'
import { wordsOf } from './shell-words.ts'

const SECTION = /^\s*\[(?:Unit|Service|Install|Socket|Slice|Scope|Mount|Timer|Manager)\]\s*$/

export const systemdUnit: Importer = {
  id: 'systemd-unit',
  title: 'systemd unit with drop-ins',
  yields: ['limits', 'workloads'],
  recognises(head) {
    const first = head.split('\n').find(line => !/^\s*(?:[#;]|$)/.test(line))
    return SECTION.test(first?.slice(0, 200) ?? '')
  },
  read: (input, options = {}) => readUnits(textOf(input), options),
}

interface Assignment {
  readonly key: string
  readonly value: string
  readonly line: number
}

/** Path in a comment of `systemctl cat`: the unit that a file or a drop-in belongs to. */
const HEADER = /^# \/\S*?\/([\w@.:\\-]+\.(?:service|slice|scope|socket))(?:\.d\/\S+)?\s*$/
const MOST_UNITS = 1000

function unitsIn(text: string, otherwise: string): Map<string, Assignment[]> {
  const units = new Map<string, Assignment[]>()
  let unit = otherwise
  let open: { key: string; value: string; line: number } | undefined
  const close = (): void => {
    if (open !== undefined) units.set(unit, [...(units.get(unit) ?? []), open])
    open = undefined
  }
  for (const { text: row, line } of linesOf(text.slice(0, 2 ** 22))) {
    const named = row.startsWith('# /') && row.length < 500 ? HEADER.exec(row)?.[1] : undefined
    if (named !== undefined) {
      close()
      unit = unescaped(named)
    }
    // Comments within a continued line do not end it.
    if (/^\s*[#;]/.test(row)) continue
    const goesOn = row.endsWith('\\')
    const part = goesOn ? row.slice(0, -1) : row
    const { key, value } = open === undefined ? assignmentIn(part) : { key: '', value: '' }
    if (open !== undefined) open.value += ` ${part.trim()}`
    else if (key !== '') open = { key, value, line }
    if (!goesOn) close()
    if (units.size > MOST_UNITS) break
  }
  close()
  return units
}

/** `a\x20b.service` is `a b.service`: systemd-escape(1), but dashes stay dashes. */
function unescaped(unit: string): string {
  if (!unit.includes('\\x')) return unit
  const bytes: number[] = []
  for (let at = 0; at < unit.length; at++) {
    const hex = /^\\x([0-9a-fA-F]{2})/.exec(unit.slice(at, at + 4))?.[1]
    bytes.push(hex === undefined ? unit.charCodeAt(at) : parseInt(hex, 16))
    if (hex !== undefined) at += 3
  }
  return decodeUtf8(Uint8Array.from(bytes)) ?? unit
}

/** `Key = value`; no key where the line is something else. */
function assignmentIn(line: string): { key: string; value: string } {
  const equals = line.indexOf('=')
  const key = line.slice(0, Math.max(0, equals)).trim()
  return /^[A-Za-z][A-Za-z0-9]{0,100}$/.test(key)
    ? { key, value: line.slice(equals + 1).trim() }
    : { key: '', value: '' }
}

function readUnits(text: string, { fileName = '' }: ImportOptions): ImportResult {
  const notes = new Notes()
  const units = [...unitsIn(text, nameFor(fileName, 'service'))]
  const limits: ImportedLimits[] = []
  const workloads: WorkloadSpec[] = []
  for (const [name, assignments] of units) {
    const one = limitsIn(name, assignments, notes)
    limits.push(one)
    for (const { value, line } of lastOf(assignments, 'ExecStart')) {
      // A word may begin with characters that say how it is run.
      const words = wordsOf(value.replace(/^[@:!+|-]+/, '')).words
      const workload = commandWorkload(words, line, notes)
      if (workload === undefined)
        notes.ignored('ExecStart', `${quoted(words[0] ?? '')} is neither QEMU nor llama.cpp.`, line)
      else workloads.push({ ...workload, ...within(workload, one) })
    }
  }
  if (units.length === 0)
    return refused({
      path: '[Service]',
      found: 'no assignment',
      allowed: 'KEY=VALUE',
      sentence: 'There is no assignment in this unit.',
    })
  return { ok: true, limits, workloads, notes: notes.list() }
}

/** Assignments of a key that are in force: an empty one takes back those before it. */
function lastOf(assignments: readonly Assignment[], key: string): Assignment[] {
  const all = assignments.filter(one => one.key === key)
  return all.slice(all.findLastIndex(({ value }) => value === '') + 1)
}

function limitsIn(name: string, assignments: readonly Assignment[], notes: Notes): ImportedLimits {
  const amount = (key: string): number | null => {
    const last = lastOf(assignments, key).at(-1)
    if (last === undefined) return null
    const read = parseLimit(last.value, { dialect: 'systemd' })
    if (!read.ok) {
      notes.notUnderstood(key, `${key}: ${read.message}.`, last.line)
      return null
    }
    notes.taken(key, `${key} is ${show(read.limitBytes)}.`, last.line)
    return read.limitBytes === 'unlimited' ? null : read.limitBytes
  }
  const limits: ImportedLimits = {
    ...limitsOf(name, 'service'),
    capIpcLock: ipcLockOf(assignments),
    memoryMaxBytes: amount('MemoryMax') ?? amount('MemoryLimit'),
    memoryHighBytes: amount('MemoryHigh'),
    memorySwapMaxBytes: amount('MemorySwapMax'),
    memoryMinBytes: amount('MemoryMin'),
  }
  const last = lastOf(assignments, 'LimitMEMLOCK').at(-1)
  if (last === undefined) {
    notes.assumed('LimitMEMLOCK', `${quoted(name)} states no LimitMEMLOCK: 8 MiB of systemd.`)
    return limits
  }
  const read = parseLimitPair(last.value, { dialect: 'systemd' })
  if (!read.ok) {
    notes.notUnderstood('LimitMEMLOCK', `LimitMEMLOCK: ${read.message}.`, last.line)
    return limits
  }
  notes.taken('LimitMEMLOCK', `LimitMEMLOCK of ${quoted(name)} is ${show(read.softBytes)}.`, last.line)
  return { ...limits, memlockSoftBytes: read.softBytes, memlockHardBytes: read.hardBytes }
}

const show = (limit: LimitBytes): string => (limit === 'unlimited' ? limit : formatBytes(limit))

/**
 * Root has the capability unless it is taken from the set; others have it only if it is ambient. A drop-in by itself, which
 * says neither who runs the service nor what it runs, leaves it open.
 */
function ipcLockOf(assignments: readonly Assignment[]): boolean | null {
  const valuesOf = (key: string): string[] => lastOf(assignments, key).map(({ value }) => value)
  if (valuesOf('AmbientCapabilities').some(value => !value.startsWith('~') && /\bCAP_IPC_LOCK\b/.test(value)))
    return true
  const told = ['ExecStart', 'User', 'DynamicUser', 'CapabilityBoundingSet']
  if (!assignments.some(({ key }) => told.includes(key))) return null
  const user = valuesOf('User').at(-1) ?? 'root'
  if (user !== 'root' && user !== '0') return false
  if (/^(?:yes|true|on|1)$/.test(valuesOf('DynamicUser').at(-1) ?? '')) return false
  const bounds = valuesOf('CapabilityBoundingSet')
  if (bounds.some(value => value.startsWith('~') && /\bCAP_IPC_LOCK\b/.test(value))) return false
  const allowed = bounds.filter(value => !value.startsWith('~'))
  return allowed.length === 0 || allowed.some(value => /\bCAP_IPC_LOCK\b/.test(value))
}
