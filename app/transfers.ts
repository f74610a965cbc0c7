/** Text in, plans out, and back. */
import { readPlan } from '../formats/plan/read-plan.ts'
import { isExport, planWithin } from '../formats/import/holdfast-export.ts'
import type { Imported, Input } from './contract.ts'

/** A format of text that somebody may drop. The first that knows it reads it. */
export interface TextReader {
  readonly id: string
  recognises: (text: string) => boolean
  read: (text: string) => Omit<Imported, 'format'>
}

const plan: TextReader = {
  id: 'plan',
  recognises: text => /^\s*\{/.test(text) && /"format"\s*:\s*"holdfast-plan\//.test(text),
  read: text => {
    const read = readPlan(text)
    if (!read.ok) return { document: documentOf(text), issues: [...read.issues], notes: [] }
    return { document: documentOf(text), issues: [], notes: [...read.notes] }
  },
}

/** The plan of a JSON export; what its run said is made anew. */
const wholeExport: TextReader = {
  id: 'export',
  recognises: isExport,
  read: text => {
    const document = planWithin(text)
    if (document === undefined) return plan.read(text)
    const { issues, notes } = plan.read(JSON.stringify(document))
    return { document: { ...document }, issues, notes }
  },
}

export const READERS: readonly TextReader[] = [wholeExport, plan]

export function readText({ text }: Input<'imports.read'>): Imported {
  const reader = READERS.find(({ recognises }) => recognises(text))
  if (reader !== undefined) return { format: reader.id, ...reader.read(text) }
  const found = text.trim() === '' ? 'nothing' : 'text of another kind'
  const allowed = `one of ${READERS.map(({ id }) => id).join(', ')}`
  const sentence = `The text is no ${READERS.map(({ id }) => id).join(', ')}: none of its readers knows it.`
  return { format: null, document: null, issues: [{ path: '$', found, allowed, sentence }], notes: [] }
}

/** A plan with mistakes keeps what was typed, so that they can be mended where they are. */
function documentOf(text: string): Imported['document'] {
  try {
    const document: unknown = JSON.parse(text)
    return typeof document === 'object' && document !== null ? { ...document } : null
  } catch {
    return null
  }
}

/** A name as the name of a file, of a JSON file unless something else is said. */
export function fileNameOf(name: string, otherwise: string, extension = 'json'): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return `${plain || otherwise}.${extension}`
}
