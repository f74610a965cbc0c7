/** A machine of what other programs printed: several texts, each with the reader that knows it, as one. */
import { combine } from '../formats/import/combine.ts'
import { importInput, recognise } from '../formats/import/index.ts'
import type { ImportData, Note } from '../formats/import/importer.ts'
import { isRecord } from '../formats/plan/reader.ts'
import type { Input, MachineImported } from './contract.ts'
import { MACHINE_FORMAT, machineDocument, type Machines } from './machines.ts'

type Found = { -readonly [K in keyof MachineImported]: MachineImported[K] }

/** What no note is about, for texts that came as one. */
const NO_TEXT = -1

export function importMachine(machines: Machines, { texts }: Input<'machines.import'>): MachineImported {
  const own = texts.length === 1 ? ownFormat(machines, texts[0]?.text ?? '') : null
  if (own !== null) return own
  const found: Found = { document: null, kernel: null, formats: [], issues: [], notes: [] }
  const parts: ImportData[] = []
  for (const [at, { text, name }] of texts.entries()) {
    const input = { text }
    const importer = recognise(input)
    const read = importInput(input, name === undefined ? {} : { fileName: name }, importer)
    found.formats.push(importer?.title ?? null)
    if (!read.ok) {
      found.issues.push(
        ...read.issues.map(({ path, found: what, allowed, sentence }) => ({
          ...{ path, found: what, allowed, sentence, text: at },
        })),
      )
      continue
    }
    const { notes, ...data } = read
    parts.push(data)
    found.notes.push(...notes.map(note => noteOf(note, at)))
  }
  const tells = parts.some(
    ({ host, kernel, plan }) => host !== undefined || kernel !== undefined || plan !== undefined,
  )
  if (!tells) {
    if (found.issues.length === 0)
      found.issues.push({
        ...{ path: '$', found: 'no word of a host', text: 0 },
        allowed: 'a host bundle, /proc/meminfo, /proc/swaps, lscpu -J, or a file that this program wrote',
        sentence: 'These texts were read, but none of them tells of a host.',
      })
    return found
  }
  const hosts = parts.map(({ host, kernel, plan }) => ({
    ...(host === undefined ? {} : { host }),
    ...(kernel === undefined ? {} : { kernel }),
    ...(plan === undefined ? {} : { host: plan.scenario.machine, kernel: plan.scenario.kernel }),
  }))
  const combined = combine(hosts)
  found.notes.push(...combined.notes.map(note => noteOf(note, NO_TEXT)))
  if (!combined.ok) {
    found.issues.push(...combined.issues.map(issue => ({ ...issue, text: NO_TEXT })))
    return found
  }
  found.document = machineDocument(combined.plan.scenario.machine)
  found.kernel = hosts.some(({ kernel }) => kernel !== undefined) ? combined.plan.scenario.kernel : null
  return found
}

const noteOf = ({ kind, path, line, sentence }: Note, text: number): MachineImported['notes'][number] => ({
  ...{ kind, path, sentence, text, line: line ?? null },
})

/** What `machines.export` wrote; null for anything else. */
function ownFormat(machines: Machines, text: string): MachineImported | null {
  if (!/^\s*\{/.test(text) || !text.includes(`"${MACHINE_FORMAT}"`)) return null
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!isRecord(value) || value['format'] !== MACHINE_FORMAT) return null
  const written = value['machine']
  const document = isRecord(written) ? { ...written } : {}
  const { machine, kernel, issues } = machines.check({ document, kernel: value['kernel'] })
  return {
    document: machine === null ? null : machineDocument(machine),
    kernel,
    formats: ['Holdfast machine'],
    issues: issues.map(issue => ({ ...issue, text: 0 })),
    notes: [],
  }
}
