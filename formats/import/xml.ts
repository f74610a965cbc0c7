/** XML that nobody vouches for: no entities but the five of XML itself and numbers, no document types, a bound on depth. */
import { XMLParser } from 'fast-xml-parser'
import type { ImportIssue } from './importer.ts'
import { tagMistake } from './xml-tags.ts'

export interface XmlElement {
  /** Without the prefix of its name space. */
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  /** Its own text, without that of its children. */
  readonly text: string
  /** From 1. */
  readonly line: number
}

export type XmlRead =
  | { readonly ok: true; readonly roots: readonly XmlElement[] }
  | { readonly ok: false; readonly issue: ImportIssue }

const MOST_DEPTH = 100
/** Element around everything, because a text may hold several documents. */
const OPEN = '<all>'
const TEXT = '#text'
const ATTRIBUTES = ':@'
const META = XMLParser.getMetaDataSymbol() as symbol

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: true,
  processEntities: false,
  captureMetaData: true,
  maxNestedTags: MOST_DEPTH,
})

/** The documents of a text, one after the other. Never follows, expands or fetches anything. */
export function parseXml(source: string): XmlRead {
  const text = blanked(source)
  const lines = lineStarts(text)
  const type = /<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)/i.exec(text)
  if (type !== null)
    return failed(
      'a document type',
      'XML without <!DOCTYPE',
      lineAt(lines, type.index),
      'Document types and entities are refused.',
    )
  const mistake = tagMistake(text)
  if (mistake !== undefined) {
    const { at, message } = mistake
    return failed(message, 'well-formed XML', lineAt(lines, at), `The XML is not well-formed: ${message}.`)
  }
  const wrapped = `${OPEN}${text}</all>`
  try {
    const parsed = parser.parse(wrapped) as unknown
    const [all] = elementsOf(parsed, lines)
    return { ok: true, roots: all?.children ?? [] }
  } catch (error) {
    // The library reports what it cannot read, and too many levels, by throwing.
    if (!(error instanceof Error)) throw error
    return failed(
      error.message,
      `well-formed XML, at most ${MOST_DEPTH} levels deep`,
      undefined,
      `The XML cannot be read: ${error.message}`,
    )
  }
}

function failed(found: string, allowed: string, line: number | undefined, sentence: string): XmlRead {
  return {
    ok: false,
    issue: { path: '/', found, allowed, sentence, ...(line === undefined ? {} : { line }) },
  }
}

/** Comments and processing instructions as blanks of the same length, so that nothing in them counts and lines stay where they are. */
export function blanked(text: string): string {
  const parts: string[] = []
  let at = 0
  for (const { open, close } of nextOf(text)) {
    if (open < at) continue
    parts.push(text.slice(at, open), text.slice(open, close).replace(/[^\n]/g, ' '))
    at = close
  }
  parts.push(text.slice(at))
  return parts.join('')
}

/** Comments and instructions in order. One that does not end is left to the parser, which refuses it. */
function* nextOf(text: string): Generator<{ open: number; close: number }> {
  const start = /<!--|<\?|<!\[CDATA\[/g
  for (let match = start.exec(text); match !== null; match = start.exec(text)) {
    const from = match.index
    const end = text.startsWith('<!--', from) ? '-->' : text.startsWith('<?', from) ? '?>' : ']]>'
    const to = text.indexOf(end, from + 2)
    if (to < 0) return
    start.lastIndex = to + end.length
    if (end !== ']]>') yield { open: from, close: start.lastIndex }
  }
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

function lineAt(starts: readonly number[], index: number): number {
  let low = 0
  let high = starts.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((starts[middle] ?? 0) <= index) low = middle
    else high = middle
  }
  return low + 1
}

/** The parser's form: a list of objects, each with one key that is the name of the element, or `#text`. */
function elementsOf(nodes: unknown, lines: readonly number[]): XmlElement[] {
  if (!Array.isArray(nodes)) return []
  return nodes.flatMap((node: Record<string | symbol, unknown>) => {
    const name = Object.keys(node).find(key => key !== ATTRIBUTES && key !== TEXT)
    if (name === undefined) return []
    const content = node[name]
    const meta = node[META] as { startIndex?: number } | undefined
    return [
      {
        name: name.slice(name.indexOf(':') + 1),
        attributes: attributesOf(node[ATTRIBUTES]),
        children: elementsOf(content, lines),
        text: textIn(content),
        line: lineAt(lines, Math.max(0, (meta?.startIndex ?? 0) - OPEN.length)),
      },
    ]
  })
}

function attributesOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, unescaped(String(text))]))
}

function textIn(content: unknown): string {
  if (!Array.isArray(content)) return ''
  const texts = content.flatMap((node: Record<string, unknown>) => (TEXT in node ? [String(node[TEXT])] : []))
  return unescaped(texts.join('').trim())
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** The five entities of XML and numbers; any other stays as it stands. */
function unescaped(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g, (whole, decimal, hex, name) => {
    if (typeof name === 'string') return NAMED[name] ?? whole
    const point = typeof decimal === 'string' ? Number(decimal) : parseInt(String(hex), 16)
    return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole
  })
}

/** The first child of a path of names. */
export function childOf(
  element: XmlElement | undefined,
  ...names: readonly string[]
): XmlElement | undefined {
  return names.reduce((one, name) => one?.children.find(child => child.name === name), element)
}

/** All children of that name. */
export function childrenOf(element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.children.filter(child => child.name === name) ?? []
}

/** Elements that pass, wherever they are; what is inside one that passes is not looked at. */
export function found(roots: readonly XmlElement[], test: (element: XmlElement) => boolean): XmlElement[] {
  return roots.flatMap(root => (test(root) ? [root] : found(root.children, test)))
}
