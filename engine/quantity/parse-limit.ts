import { dialectOf } from './dialects.ts'
import { misread, parseBytes, type Misread, type ReadOptions } from './parse-bytes.ts'

/** A limit in bytes, or none. */
export type LimitBytes = number | 'unlimited'

export type ParsedLimit = { readonly ok: true; readonly limitBytes: LimitBytes } | Misread

export type ParsedLimitPair =
  { readonly ok: true; readonly softBytes: LimitBytes; readonly hardBytes: LimitBytes } | Misread

/** A limit: an amount, or a word for none (`unlimited`, `infinity`, `-1`, whatever the place says). */
export function parseLimit(text: string, options: ReadOptions = {}): ParsedLimit {
  const { unlimited = [] } = dialectOf(options.dialect ?? 'people')
  if (unlimited.includes(text.trim().toLowerCase())) return { ok: true, limitBytes: 'unlimited' }
  const parsed = parseBytes(text, options)
  return parsed.ok ? { ok: true, limitBytes: parsed.bytes } : parsed
}

/** A soft and a hard limit, `soft:hard`; the hard one defaults to the soft one, and is never below it. */
export function parseLimitPair(text: string, options: ReadOptions = {}): ParsedLimitPair {
  const dialect = dialectOf(options.dialect ?? 'people')
  const parts = text.split(':')
  if (parts.length > (dialect.pairs === true ? 2 : 1))
    return misread(text, dialect.pairs === true ? 'more than soft:hard' : 'no soft:hard here', dialect)
  const soft = parseLimit(parts[0] ?? '', options)
  if (!soft.ok) return soft
  const hard = parts[1] === undefined ? soft : parseLimit(parts[1], options)
  if (!hard.ok) return hard
  if (asNumber(soft.limitBytes) > asNumber(hard.limitBytes))
    return { ok: false, message: `"${text}": the soft limit is above the hard one; allowed: soft up to hard` }
  return { ok: true, softBytes: soft.limitBytes, hardBytes: hard.limitBytes }
}

/** A limit as a number to compare with: none is infinitely large. */
export function asNumber(limitBytes: LimitBytes): number {
  return limitBytes === 'unlimited' ? Infinity : limitBytes
}
