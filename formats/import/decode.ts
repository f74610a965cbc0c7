/** Bytes to text: UTF-8, UTF-16 with its mark, and Latin-1 where it is neither. */
import type { ImportInput } from './importer.ts'

const CHUNK = 8192

/** One character for each number; spreading them out as arguments takes ten times as long. */
const characters = (units: ArrayLike<number>): string =>
  Reflect.apply(String.fromCharCode, null, units) as string

/** The text of an input. A mark at its beginning goes; bytes that are no UTF-8 are read as Latin-1. */
export function textOf(input: ImportInput): string {
  return 'text' in input ? withoutMark(input.text) : decodeText(input.bytes)
}

const withoutMark = (text: string): string => (text.startsWith('\ufeff') ? text.slice(1) : text)

export function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return utf16(bytes, 1)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return utf16(bytes, 0)
  return withoutMark(decodeUtf8(bytes) ?? decodeLatin1(bytes))
}

/** One character for each byte. */
export function decodeLatin1(bytes: Uint8Array): string {
  const parts: string[] = []
  for (let at = 0; at < bytes.length; at += CHUNK) parts.push(characters(bytes.subarray(at, at + CHUNK)))
  return parts.join('')
}

function utf16(bytes: Uint8Array, high: 0 | 1): string {
  const units = new Uint16Array((bytes.length - 2) >> 1)
  for (let i = 0; i < units.length; i++)
    units[i] = ((bytes[2 * i + 2 + high] ?? 0) << 8) | (bytes[2 * i + 3 - high] ?? 0)
  const parts: string[] = []
  for (let at = 0; at < units.length; at += CHUNK) parts.push(characters(units.subarray(at, at + CHUNK)))
  return parts.join('')
}

/** Text of UTF-8 (RFC 3629), or undefined for bytes that are something else. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  const parts: string[] = []
  const units: number[] = []
  let at = 0
  while (at < bytes.length) {
    const plain = asciiUntil(bytes, at)
    if (plain > at) {
      parts.push(characters(units.splice(0)), characters(bytes.subarray(at, plain)))
      at = plain
      continue
    }
    const point = codePoint(bytes, at)
    if (point === undefined) return undefined
    if (point < 0x10000) units.push(point)
    else units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff))
    if (units.length >= CHUNK) parts.push(characters(units.splice(0)))
    at += point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return parts.join('') + characters(units)
}

function asciiUntil(bytes: Uint8Array, from: number): number {
  const most = Math.min(bytes.length, from + CHUNK)
  let at = from
  while (at < most && (bytes[at] ?? 0x80) < 0x80) at++
  return at
}

/** The character of two to four bytes; undefined for what is not the shortest form, a half of a pair, or cut off. */
function codePoint(bytes: Uint8Array, at: number): number | undefined {
  const lead = bytes[at] ?? 0
  const length =
    lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0
  if (length === 0) return undefined
  let point = lead & (0xff >> (length + 1))
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i] ?? 0
    if ((next & 0xc0) !== 0x80) return undefined
    point = (point << 6) | (next & 0x3f)
  }
  const least = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000
  return point < least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000) ? undefined : point
}
