/** Text in, plans out, and back. */
import { readPlan } from '../formats/plan/read-plan.ts'
import { writePlan } from '../formats/plan/write-plan.ts'
import type { Imported, Input, Output } from './contract.ts'
import type { Plans } from './plans.ts'

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

export const READERS: readonly TextReader[] = [plan]

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

export function writeText(plans: Plans, { subject }: Input<'exports.write'>): Output<'exports.write'> {
  const { plan: checked } = plans.runnable(subject)
  const fileName = fileNameOf(checked.scenario.name, 'plan')
  return { fileName, mediaType: 'application/json', text: writePlan(checked) }
}

/** A name as the name of a JSON file. */
export function fileNameOf(name: string, otherwise: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return `${plain || otherwise}.json`
}
