/** What an importer says about what it did, and how it refuses. */
import { parseBytes, type DialectId } from '../../engine/quantity.ts'
import { safeText } from '../safe-text.ts'
import type { ImportedLimits, ImportIssue, ImportResult, Note, NoteKind } from './importer.ts'

/** Notes beyond this are counted, not listed, so that hostile input cannot make the list long. */
const MOST_NOTES = 1000
const LONGEST_SENTENCE = 400

/** Collects notes. Whatever a sentence quotes, it comes out fit for a terminal and a page. */
export class Notes {
  readonly #list: Note[] = []
  #more = 0

  taken = (path: string, sentence: string, line?: number): void => this.add('taken', path, sentence, line)
  assumed = (path: string, sentence: string, line?: number): void => this.add('assumed', path, sentence, line)
  ignored = (path: string, sentence: string, line?: number): void => this.add('ignored', path, sentence, line)
  notUnderstood = (path: string, sentence: string, line?: number): void =>
    this.add('not understood', path, sentence, line)

  add(kind: NoteKind, path: string, sentence: string, line?: number): void {
    if (this.#list.length >= MOST_NOTES) {
      this.#more++
      return
    }
    this.#list.push({
      kind,
      path: safeText(path, 200),
      ...(line === undefined ? {} : { line }),
      sentence: safeText(sentence, LONGEST_SENTENCE),
    })
  }

  /** An amount as some place writes it; what is none is noted as not understood. */
  bytes(text: string, dialect: DialectId, path: string, line?: number, unit?: string): number | undefined {
    const parsed = parseBytes(text, { dialect, ...(unit === undefined ? {} : { defaultUnit: unit }) })
    if (parsed.ok) return parsed.bytes
    this.notUnderstood(path, `${path}: ${parsed.message}.`, line)
    return undefined
  }

  /** A whole number within bounds; what is none is noted as not understood. */
  count(text: string, path: string, line?: number, most = 1_000_000_000): number | undefined {
    const digits = text.trim()
    const value = /^\d{1,15}$/.test(digits) ? Number(digits) : NaN
    if (value <= most) return value
    this.notUnderstood(path, `${path} is "${digits}"; allowed are whole numbers from 0 to ${most}.`, line)
    return undefined
  }

  list(): Note[] {
    if (this.#more === 0) return [...this.#list]
    return [
      ...this.#list,
      { kind: 'ignored', path: '', sentence: `${this.#more} more notes are not listed.` },
    ]
  }
}

/** A text that is not imported, and why: one reason or several. */
export function refused(...issues: readonly ImportIssue[]): ImportResult {
  return {
    ok: false,
    issues: issues.map(({ path, found, allowed, sentence, line }) => ({
      path: safeText(path, 200),
      found: safeText(found, 200),
      allowed: safeText(allowed, 400),
      sentence: safeText(sentence, LONGEST_SENTENCE),
      ...(line === undefined ? {} : { line }),
    })),
  }
}

/** Limits of which nothing is stated. */
export function limitsOf(of: string, kind: ImportedLimits['kind']): ImportedLimits {
  return {
    of: safeText(of, 100),
    kind,
    memlockSoftBytes: 'unset',
    memlockHardBytes: 'unset',
    capIpcLock: null,
    memoryMaxBytes: null,
    memoryHighBytes: null,
    memorySwapMaxBytes: null,
    memoryMinBytes: null,
  }
}
