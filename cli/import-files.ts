/** What `holdfast import` does. The plan goes to standard output or a file, notes to standard error. */
import { closeSync, fstatSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { combine } from '../formats/import/combine.ts'
import { importInput } from '../formats/import/index.ts'
import type { ImportData, Note } from '../formats/import/importer.ts'
import { writePlan } from '../formats/plan/write-plan.ts'
import { inputName, sentenceOf } from './read-input.ts'
import { harmless } from './text/harmless.ts'
import { json } from './text/json.ts'

export interface ImportOptions {
  readonly name?: string
  readonly out?: string
  readonly json?: true
  readonly snippet?: true
}

type Usage = (sentence: string) => never

/** Of a file that begins as GGUF only so much is read: its header; of any other, all of it. */
const GGUF_HEADER_BYTES = 64 * 2 ** 20
const MOST_BYTES = 256 * 2 ** 20

export function importFiles(files: readonly string[], options: ImportOptions, usage: Usage): void {
  const parts: ImportData[] = []
  const notes: { readonly file: string; readonly note: Note }[] = []
  for (const file of files) {
    const { bytes, fileBytes } = readBytes(file, usage)
    const result = importInput({ bytes }, { fileName: basename(file), fileBytes })
    if (!result.ok) {
      const lines = result.issues.map(issue => `${inputName(file)}${at(issue.line)}: ${issue.sentence}`)
      return usage(lines.map(harmless).join('\n'))
    }
    const { notes: said, ...data } = result
    parts.push(data)
    for (const note of said) notes.push({ file, note })
  }
  const combined = combine(parts, options.name)
  if (!combined.ok) return usage(combined.issues.map(({ sentence }) => harmless(sentence)).join('\n'))
  for (const note of combined.notes) notes.push({ file: 'the plan', note })
  const text =
    options.json === true
      ? json({ ...combined, notes: notes.map(({ note }) => note) })
      : writePlan(combined.plan)
  for (const { file, note } of notes) console.error(noteLine(file, note))
  if (options.out === undefined) process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
  else {
    try {
      writeFileSync(options.out, text, { flag: 'wx' })
    } catch (error) {
      return usage(`cannot write ${options.out}: ${sentenceOf(error)}`)
    }
    console.error(`Wrote ${options.out}. Run it: holdfast run ${options.out}`)
  }
}

const at = (line: number | undefined): string => (line === undefined ? '' : `, line ${line}`)

function noteLine(file: string, { kind, line, sentence }: Note): string {
  return harmless(`${kind.padEnd(14)}  ${inputName(file)}${at(line)}: ${sentence}`)
}

function readBytes(file: string, usage: Usage): { bytes: Uint8Array; fileBytes: number } {
  try {
    if (file === '-') {
      const bytes = readFileSync(0)
      return { bytes, fileBytes: bytes.length }
    }
    return readFile(file)
  } catch (error) {
    return usage(`${inputName(file)}: ${sentenceOf(error)}`)
  }
}

function readFile(file: string): { bytes: Uint8Array; fileBytes: number } {
  const descriptor = openSync(file, 'r')
  try {
    const stat = fstatSync(descriptor)
    // Files of /proc say that they are empty.
    if (!stat.isFile() || stat.size === 0) {
      const bytes = readFileSync(descriptor)
      return { bytes, fileBytes: bytes.length }
    }
    const first = Buffer.alloc(4)
    readSync(descriptor, first, 0, 4, 0)
    const most = first.toString('latin1') === 'GGUF' ? GGUF_HEADER_BYTES : MOST_BYTES
    if (most === MOST_BYTES && stat.size > most)
      throw new Error(`there is more than ${most / 2 ** 20} MiB of it`)
    const bytes = Buffer.alloc(Math.min(stat.size, most))
    let length = 0
    for (let n = 1; n > 0 && length < bytes.length; length += n)
      n = readSync(descriptor, bytes, length, bytes.length - length, length)
    return { bytes: bytes.subarray(0, length), fileBytes: stat.size }
  } finally {
    closeSync(descriptor)
  }
}
