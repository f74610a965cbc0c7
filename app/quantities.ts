/** Quantities as people type them, and as they are shown: so that the page needs no reader of its own. */
import {
  DIALECTS,
  formatBytesExactly,
  formatBytesFor,
  formatDuration,
  parseBytes,
  parseCount,
  parseDuration,
  parseLimit,
  type DialectId,
} from '../engine/quantity.ts'
import type { Input, Output } from './contract.ts'
import { AppError } from './errors.ts'

type Value = number | 'unlimited'
type Kind = Input<'quantities.parse'>['kind']

export function parseQuantity({
  kind,
  text,
  ...options
}: Input<'quantities.parse'>): Output<'quantities.parse'> {
  const read = readers[kind](text, settingsOf(options))
  if (typeof read === 'string') return { ok: false, sentence: read }
  return { ok: true, value: read.value, shown: shownAs(kind, read.value) }
}

export function formatQuantity({ kind, value, dialect }: Input<'quantities.format'>): { text: string } {
  if (dialect === undefined || kind === 'duration' || kind === 'count' || kind === 'share')
    return { text: shownAs(kind, value) }
  return { text: formatBytesFor(value, dialectNamed(dialect)) }
}

interface Settings {
  readonly dialect?: DialectId
  readonly baseBytes?: number
  readonly defaultUnit: string
}

function settingsOf(options: {
  readonly dialect?: string | undefined
  readonly baseBytes?: number | undefined
}): Settings {
  return {
    defaultUnit: 'B',
    ...(options.dialect === undefined ? {} : { dialect: dialectNamed(options.dialect) }),
    ...(options.baseBytes === undefined ? {} : { baseBytes: options.baseBytes }),
  }
}

function dialectNamed(name: string): DialectId {
  const ids = Object.keys(DIALECTS) as DialectId[]
  const id = ids.find(each => each === name)
  if (id === undefined)
    throw new AppError('bad-question', `There is no dialect of that name. Dialects are ${ids.join(', ')}.`)
  return id
}

/** A value, or a sentence about what is wrong. */
const readers: Readonly<Record<Kind, (text: string, settings: Settings) => { value: Value } | string>> = {
  bytes: (text, settings) => {
    const read = parseBytes(text, settings)
    return read.ok ? { value: read.bytes } : read.message
  },
  limit: (text, settings) => {
    const read = parseLimit(text, settings)
    return read.ok ? { value: read.limitBytes } : read.message
  },
  duration: text => {
    const read = parseDuration(text, { defaultUnit: 's' })
    return read.ok ? { value: read.ns } : read.message
  },
  count: text => {
    const read = parseCount(text)
    return read.ok ? { value: read.count } : read.message
  },
  share: text => {
    const [, digits = '', percent] = /^\s*(\d*\.?\d+|\d+\.)\s*(%?)\s*$/.exec(text) ?? []
    const value = digits === '' ? NaN : Number(digits) / (percent === '%' ? 100 : 1)
    if (value >= 0 && value <= 1) return { value }
    return `${JSON.stringify(text.slice(0, 64))} is no share. Allowed: 0 % to 100 %, or 0 to 1`
  },
}

function shownAs(kind: Kind, value: Value): string {
  if (value === 'unlimited') return 'unlimited'
  if (kind === 'duration') return formatDuration(value)
  if (kind === 'count') return String(value)
  if (kind === 'share') return `${Number((value * 100).toPrecision(4))} %`
  return formatBytesExactly(value)
}
