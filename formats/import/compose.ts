/**
 * Docker Compose files: ulimits are bytes, sizes of memory have letters by powers of 1024.
 *
 *     services:
 *       llm:
 *         ulimits: {memlock: {soft: -1, hard: -1}}
 *         mem_limit: 64g
 */
import { formatBytes, parseLimit, type LimitBytes } from '../../engine/quantity.ts'
import type { WorkloadSpec } from '../../engine/scenario.ts'
import { quoted } from '../safe-text.ts'
import { commandWorkload, within } from './command-workload.ts'
import { textOf } from './decode.ts'
import type { ImportedLimits, Importer, ImportResult } from './importer.ts'
import { limitsOf, Notes, refused } from './notes.ts'
import { wordsOf } from './shell-words.ts'
import { at, listAt, MOST_CHARACTERS_OF_YAML, parseYaml, textAt } from './yaml-documents.ts'

export const compose: Importer = {
  id: 'compose',
  title: 'Docker Compose file',
  yields: ['limits', 'workloads'],
  maxCharacters: MOST_CHARACTERS_OF_YAML,
  recognises: head =>
    /^["']?services["']?\s*:/m.test(head) && !/^["']?(?:kind|apiVersion)["']?\s*:/m.test(head),
  read: input => readServices(textOf(input)),
}

const MOST_SERVICES = 1000

function readServices(text: string): ImportResult {
  const yaml = parseYaml(text)
  if (!yaml.ok) return refused(yaml.issue)
  const [document] = yaml.documents
  const services = at(document?.value, 'services')
  if (document === undefined || typeof services !== 'object' || services === null)
    return refused({
      path: '$.services',
      found: 'none',
      allowed: 'an object of services',
      sentence: 'There are no services in it.',
    })
  const notes = new Notes()
  const limits: ImportedLimits[] = []
  const workloads: WorkloadSpec[] = []
  for (const [name, service] of Object.entries(services).slice(0, MOST_SERVICES)) {
    const line = document.lineOf(['services', name])
    const one = limitsIn(name, service, line, notes)
    limits.push(one)
    const words = [...wordsIn(service, 'entrypoint'), ...wordsIn(service, 'command')]
    const workload = commandWorkload(words, line ?? 1, notes)
    if (workload !== undefined) workloads.push({ ...workload, ...within(workload, one) })
  }
  return { ok: true, limits, workloads, notes: notes.list() }
}

/** A command is a list of words or a text for a shell. */
function wordsIn(service: unknown, key: string): string[] {
  const list = listAt(service, key)
  const words = list.length > 0 ? list.map(String) : wordsOf(textAt(service, key) ?? '').words
  // A doubled dollar is one; variables stay as they are, as nothing is expanded.
  return words.map(word => word.replaceAll('$$', '$'))
}

function limitsIn(name: string, service: unknown, line: number | undefined, notes: Notes): ImportedLimits {
  const where = `$.services.${name}`
  const read = (...path: readonly string[]): LimitBytes | undefined => {
    const text = textAt(service, 'ulimits', 'memlock', ...path)
    if (text === undefined) return undefined
    const limit = parseLimit(text, { dialect: 'docker' })
    if (limit.ok) return limit.limitBytes
    notes.notUnderstood(`${where}.ulimits.memlock`, `${limit.message}.`, line)
    return undefined
  }
  const soft = read() ?? read('soft')
  const hard = read() ?? read('hard') ?? soft
  if (soft !== undefined)
    notes.taken(
      `${where}.ulimits.memlock`,
      `memlock of ${quoted(name)} is ${soft === 'unlimited' ? soft : formatBytes(soft)}.`,
      line,
    )
  else notes.assumed(`${where}.ulimits`, `${quoted(name)} has the limit of the daemon.`, line)
  const size = (...path: readonly string[]): number | null =>
    sizeOf(textAt(service, ...path), `${where}.${path.join('.')}`, line, notes)
  const memoryMaxBytes = size('mem_limit') ?? size('deploy', 'resources', 'limits', 'memory')
  const swap = swapOf(memoryMaxBytes, textAt(service, 'memswap_limit'), size('memswap_limit'))
  if (swap.assumed)
    notes.assumed(
      `${where}.memswap_limit`,
      `${quoted(name)} has as much swap as memory, as nothing is said.`,
      line,
    )
  const added = listAt(service, 'cap_add').map(cap => String(cap))
  return {
    ...limitsOf(name, 'container'),
    memlockSoftBytes: soft ?? 'unset',
    memlockHardBytes: hard ?? 'unset',
    capIpcLock:
      at(service, 'privileged') === true || added.some(cap => /^(?:CAP_)?(?:IPC_LOCK|ALL)$/.test(cap)),
    memoryMaxBytes,
    memorySwapMaxBytes: swap.bytes,
  }
}

/** Swap of a service: `memswap_limit` is memory and swap together; Docker allows as much swap as memory without it. */
function swapOf(
  memoryBytes: number | null,
  stated: string | undefined,
  both: number | null,
): { readonly bytes: number | null; readonly assumed: boolean } {
  if (memoryBytes === null) return { bytes: null, assumed: false }
  if (stated === undefined || both === 0) return { bytes: memoryBytes, assumed: true }
  return { bytes: both === null ? null : Math.max(0, both - memoryBytes), assumed: false }
}

const POWERS: Readonly<Record<string, number>> = { '': 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 }

/** `64g`, `512mb`, bytes; -1 is no limit. */
function sizeOf(
  text: string | undefined,
  path: string,
  line: number | undefined,
  notes: Notes,
): number | null {
  if (text === undefined || text === '-1') return null
  const [, number, letter = ''] = /^(\d{1,15}(?:\.\d{1,6})?)\s*([bkmgtp]?)i?b?$/i.exec(text.trim()) ?? []
  const bytes = Math.floor(Number(number) * 1024 ** (POWERS[letter.toLowerCase()] ?? 0))
  if (bytes <= 2 ** 53) {
    notes.taken(path, `${path} is ${formatBytes(bytes)}.`, line)
    return bytes
  }
  notes.notUnderstood(path, `${path} is ${quoted(text)}; it is a number with b, k, m or g.`, line)
  return null
}
