/**
 * `lscpu -J`, in which newer releases put fields into one another, and plain `lscpu`:
 *
 *     {"lscpu":[{"field":"CPU(s):","data":"64"},{"field":"NUMA node(s):","data":"2"}]}
 */
import { Issues } from '../issues.ts'
import { quoted, safeText } from '../safe-text.ts'
import { parseStrictJson, type Json } from '../strict-json.ts'
import { textOf } from './decode.ts'
import type { Importer, ImportResult } from './importer.ts'
import { procFields } from './lines.ts'
import { Notes, refused } from './notes.ts'

export const lscpu: Importer = {
  id: 'lscpu',
  title: 'lscpu -J',
  yields: ['host'],
  recognises: head =>
    /^\s*\{\s*"lscpu"\s*:/.test(head) ||
    /^\s*(?:Architecture|CPU op-mode\(s\)):[^\n]+\n(?:[^\n]*\n)*?CPU\(s\):\s+\d/.test(head),
  read(input) {
    const text = textOf(input)
    return text.trimStart().startsWith('{') ? readJson(text) : readFields(plainFields(text))
  },
}

const plainFields = (text: string): Map<string, string> =>
  new Map(procFields(text).map(({ name, value }) => [name, value]))

function readJson(text: string): ImportResult {
  const issues = new Issues(10)
  const parsed = parseStrictJson(text, { maxCharacters: 2 ** 22, maxDepth: 24 }, issues)
  const [first] = issues.list()
  if (parsed === undefined || first !== undefined)
    return refused({
      path: first?.path ?? '$',
      found: first?.code ?? 'nothing',
      allowed: 'JSON as lscpu -J prints it',
      sentence: `${first?.message ?? 'It is empty'}.`,
    })
  const fields = new Map<string, string>()
  collect(parsed, fields)
  return readFields(fields)
}

/** Fields at any depth; the first of a name counts. */
function collect(value: Json, into: Map<string, string>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, into)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  const { field, data } = value
  if (typeof field === 'string' && typeof data === 'string') {
    const name = field.replace(/:$/, '')
    if (!into.has(name)) into.set(name, data)
  }
  for (const inner of Object.values(value)) if (typeof inner === 'object') collect(inner, into)
}

function readFields(fields: ReadonlyMap<string, string>): ImportResult {
  const notes = new Notes()
  const count = (name: string, most: number): number | undefined => {
    const value = fields.get(name)
    const number = value === undefined ? undefined : notes.count(value, name, undefined, most)
    if (number === 0) notes.notUnderstood(name, `${name} is 0.`)
    return number === 0 ? undefined : number
  }
  const cpus = count('CPU(s)', 65536)
  const nodes = count('NUMA node(s)', 1024)
  const sockets = count('Socket(s)', 1024)
  if (cpus === undefined)
    return refused({
      path: 'CPU(s)',
      found: 'no count',
      allowed: 'CPU(s): NUMBER',
      sentence: 'There is no CPU(s) with a count.',
    })
  const model = fields.get('Model name')
  notes.taken(
    'CPU(s)',
    `${cpus} CPUs on ${nodes ?? 1} NUMA nodes${sockets === undefined ? '' : ` and ${sockets} sockets`}.`,
  )
  if (model !== undefined) notes.taken('Model name', `The processor is ${quoted(model)}.`)
  const flags = fields.get('Flags')
  if (flags !== undefined && !/\bpdpe1gb\b/.test(flags) && fields.get('Architecture') === 'x86_64')
    notes.taken('Flags', 'Without pdpe1gb there are no huge pages of 1 GiB.')
  notes.ignored('', 'Bandwidth of memory is not in it.')
  const host = {
    cpus,
    ...(nodes === undefined ? {} : { nodes }),
    ...(model === undefined || model.trim() === '' ? {} : { name: safeText(model, 100) }),
  }
  return { ok: true, host, notes: notes.list() }
}
