/** YAML that nobody vouches for: bounds on length, depth and aliases; JSON is YAML as well. */
import { LineCounter, parseAllDocuments } from 'yaml'
import type { ImportIssue } from './importer.ts'

export interface YamlDocument {
  readonly value: unknown
  /** The line that a path of keys leads to, from 1. */
  lineOf(path: readonly (string | number)[]): number | undefined
}

export type YamlRead =
  | { readonly ok: true; readonly documents: readonly YamlDocument[] }
  | { readonly ok: false; readonly issue: ImportIssue }

export const MOST_CHARACTERS_OF_YAML = 2 ** 21
const MOST_DEPTH = 64
const MOST_ALIASES = 100
const MOST_DOCUMENTS = 1000

export function parseYaml(text: string): YamlRead {
  if (isTooDeep(text))
    return failed(
      'deep nesting',
      `at most ${MOST_DEPTH} levels`,
      `The YAML is nested deeper than ${MOST_DEPTH}.`,
    )
  try {
    const lineCounter = new LineCounter()
    const parsed = parseAllDocuments(text, {
      lineCounter,
      merge: true,
      prettyErrors: false,
      logLevel: 'silent',
    })
    const documents = Array.isArray(parsed) ? parsed.slice(0, MOST_DOCUMENTS) : []
    const [error] = documents.flatMap(document => document.errors)
    if (error !== undefined) {
      const { line } = lineCounter.linePos(error.pos[0])
      return failed(error.code, 'YAML 1.2', `line ${line}: ${error.message}`, line)
    }
    return {
      ok: true,
      documents: documents.map(document => ({
        value: document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown,
        lineOf(path) {
          const node = document.getIn(path, true) as { range?: readonly number[] } | undefined
          const at = node?.range?.[0]
          return at === undefined ? undefined : lineCounter.linePos(at).line
        },
      })),
    }
  } catch (error) {
    // Too many aliases are a ReferenceError; what nests in ways the check above does not see, a RangeError.
    if (!(error instanceof Error)) throw error
    return failed(
      error.message,
      `YAML with at most ${MOST_ALIASES} aliases`,
      `The YAML cannot be read: ${error.message}.`,
    )
  }
}

function failed(found: string, allowed: string, sentence: string, line?: number): YamlRead {
  return {
    ok: false,
    issue: { path: '$', found, allowed, sentence, ...(line === undefined ? {} : { line }) },
  }
}

/** Brackets within brackets, blanks in front of a line, dashes one after the other: each is a level. */
function isTooDeep(text: string): boolean {
  let depth = 0
  for (const character of text) {
    if (character === '[' || character === '{') depth++
    else if ((character === ']' || character === '}') && depth > 0) depth--
    if (depth > MOST_DEPTH) return true
  }
  return new RegExp(`^(?: {${MOST_DEPTH * 4},}\\S| *(?:[-?:] +){${MOST_DEPTH},})`, 'm').test(text)
}

/** What a path of keys leads to; undefined where it leads nowhere. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce((one: unknown, key) => {
    if (typeof one !== 'object' || one === null || !Object.hasOwn(one, key)) return undefined
    return (one as Record<string | number, unknown>)[key]
  }, value)
}

/** A text or a number, as text. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : typeof found === 'number' ? String(found) : undefined
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path)
  return Array.isArray(found) ? (found as unknown[]) : []
}
