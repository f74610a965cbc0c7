/** What somebody dropped, pasted or opened: each text with the reader that knows it, all of them as one plan. */
import { combine } from '../formats/import/combine.ts'
import { importInput, recognise } from '../formats/import/index.ts'
import type { ImportData, ImportInput, Note } from '../formats/import/importer.ts'
import { writePlan } from '../formats/plan/write-plan.ts'
import type { Input, PlanDocument, PlanImported } from './contract.ts'
import { READERS, readText } from './transfers.ts'

type Given = Input<'imports.plan'>['files'][number]
type Found = { -readonly [K in keyof PlanImported]: PlanImported[K] }

/** Notes that a screen can show; beyond them only their number is told. */
const MOST_NOTES = 1000
/** What no note is about, for files that came as one. */
const NO_FILE = -1

export function importPlan({ files, name }: Input<'imports.plan'>): PlanImported {
  const own = files.length === 1 && files[0] !== undefined ? ownPlan(files[0]) : null
  if (own !== null) return own
  const found: Found = { document: null, formats: [], issues: [], notes: [], moreNotes: 0 }
  const notes: PlanImported['notes'] = []
  const parts: ImportData[] = []
  for (const [at, file] of files.entries()) {
    const input = inputOf(file)
    const importer = recognise(input)
    const { fileBytes } = file
    const options = { fileName: file.name, ...(fileBytes === undefined ? {} : { fileBytes }) }
    const read = importInput(input, options, importer)
    found.formats.push(importer?.title ?? null)
    if (read.ok) {
      const { notes: said, ...data } = read
      parts.push(data)
      notes.push(...said.map(note => noteOf(note, at)))
    } else
      found.issues.push(
        ...read.issues.map(({ path, found: what, allowed, sentence, line }) => ({
          ...{ path, found: what, allowed, sentence, file: at, line: line ?? null },
        })),
      )
  }
  if (parts.length > 0) {
    const combined = combine(parts, name)
    notes.push(...combined.notes.map(note => noteOf(note, NO_FILE)))
    if (combined.ok) found.document = JSON.parse(writePlan(combined.plan)) as PlanDocument
    else found.issues.push(...combined.issues.map(issue => ({ ...issue, file: NO_FILE, line: null })))
  }
  return { ...found, notes: notes.slice(0, MOST_NOTES), moreNotes: Math.max(0, notes.length - MOST_NOTES) }
}

/** A plan of our own, mistakes included: they are mended where they are. */
function ownPlan(file: Given): PlanImported | null {
  if (!('text' in file) || !READERS.some(({ recognises }) => recognises(file.text))) return null
  const { document, issues, notes, format } = readText({ text: file.text })
  return {
    document,
    formats: [format === 'export' ? 'Holdfast export' : 'Holdfast plan'],
    issues: issues.map(issue => ({ ...issue, file: 0, line: null })),
    notes: notes.map(sentence => ({ kind: 'assumed', path: '', line: null, sentence, file: 0 })),
    moreNotes: 0,
  }
}

const inputOf = (file: Given): ImportInput =>
  'text' in file ? { text: file.text } : { bytes: new Uint8Array(Buffer.from(file.base64, 'base64')) }

const noteOf = ({ kind, path, line, sentence }: Note, file: number): PlanImported['notes'][number] => ({
  ...{ kind, path, sentence, file, line: line ?? null },
})
