/** Text of a report: figures as people read them, and pieces that paragraphs are put together from. */
import { formatBytes, formatDuration, type LimitBytes } from '../../../engine/quantity.ts'
import type { Cell, Span, Tone, Words } from './document.ts'

/** Control, format and separator characters as \u{1b}: seen, and without effect on a page or a terminal. */
export function clean(text: string): string {
  return text.replace(
    /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu,
    sign => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
  )
}

export const size = (bytes: number): string => (bytes === 0 ? '0' : formatBytes(bytes))
export const time = (seconds: number | null): string =>
  seconds === null ? 'never' : seconds === 0 ? '0 s' : formatDuration(seconds * 1e9)
export const nanoseconds = (ns: number): string => (ns === 0 ? '0 ns' : formatDuration(ns))
export const count = (value: number): string => Math.round(value).toLocaleString('en-US')
export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`
export const limitText = (limit: LimitBytes | 'unset'): string =>
  typeof limit === 'string' ? limit : size(limit)

/** `1 guest`, `24 guests`. */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`

/** The sentence with a capital at its beginning and a full stop at its end. */
export function sentence(said: string): string {
  const text = said.trim()
  if (text === '') return ''
  const first = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?:]$/.test(first) ? first : `${first}.`
}

/** Running text; names of plans are cleaned here, whatever they hold. */
export const words = (...parts: readonly (string | Span)[]): Words =>
  parts
    .map(part => (typeof part === 'string' ? { text: part } : part))
    .map(part => ({ ...part, text: clean(part.text) }))
export const strong = (text: string, note?: number): Span => ({ text, style: 'strong', ...noted(note) })
export const code = (text: string): Span => ({ text, style: 'code' })
export const dim = (text: string): Span => ({ text, style: 'dim' })

const noted = (note: number | undefined): { note?: number } => (note === undefined ? {} : { note })

export const plain = (of: Words): string => of.map(({ text }) => text).join('')

export const cell = (text: string, more: Omit<Cell, 'text'> = {}): Cell => ({ ...more, text: clean(text) })
export const bytesCell = (value: number, tone?: Tone): Cell =>
  cell(size(value), { value, ...(tone === undefined ? {} : { tone }) })
export const secondsCell = (value: number | null): Cell => cell(time(value), { value })
export const nsCell = (value: number): Cell => cell(nanoseconds(value), { value })
export const countCell = (value: number): Cell => cell(count(value), { value })

/** Names of things that are alike: all of a few, the first and the last of many. */
export function namesOf(names: readonly string[], most = 3): string {
  const [first = '', ...rest] = names
  if (names.length <= most) return names.join(', ')
  return `${first} … ${rest.at(-1) ?? ''} (${count(names.length)})`
}
