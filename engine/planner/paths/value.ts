/** Values of fields as people type them, and as they are shown. */
import { KERNELS, kernelNamed } from '../../kernels/releases.ts'
import { CHANGES } from '../../kernels/changes.ts'
import {
  formatBytesExactly,
  formatDuration,
  parseBytes,
  parseDuration,
  parseLimit,
  type Misread,
} from '../../quantity.ts'
import type { KernelChoice } from '../../scenario.ts'
import type { Catalog } from '../catalog.ts'
import type { FieldSpec } from './fields.ts'

export type ReadValue = { readonly ok: true; readonly value: unknown } | Misread

const wrong = (found: string, allowed: string): Misread => ({
  ok: false,
  message: `${JSON.stringify(found.slice(0, 64))} is not allowed here; allowed: ${allowed}`,
})
const valueOf = (value: unknown): ReadValue => ({ ok: true, value })

const NONE = ['none', 'null', 'kernel', 'unlimited']
const YES = ['true', 'on', 'yes', '1']
const NO = ['false', 'off', 'no', '0']
const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, '%': 0.01 }

/** A number with `k`, `M`, `G` or `%` behind it. */
function numberOf(text: string): number {
  const [, digits, unit] = /^([+-]?[\d.]+(?:e[+-]?\d+)?)\s*([kmg%]?)(?:\s*\/\s*s)?$/i.exec(text.trim()) ?? []
  const factor = FACTORS[unit?.toLowerCase() ?? '-']
  return digits === undefined || factor === undefined ? NaN : Number(digits) * factor
}

/** Reads what a person typed for a field. */
export function readValue(text: string, spec: FieldSpec, catalog: Catalog): ReadValue {
  const trimmed = text.trim()
  if (spec.orNone === true && NONE.includes(trimmed.toLowerCase())) return valueOf(null)
  switch (spec.kind) {
    case 'bytes': {
      const read = parseBytes(trimmed, { defaultUnit: 'B' })
      return read.ok ? bounded(read.bytes, trimmed, spec) : read
    }
    case 'limit': {
      const read = parseLimit(trimmed, { defaultUnit: 'B' })
      return read.ok ? valueOf(read.limitBytes) : read
    }
    case 'seconds': {
      const read = parseDuration(trimmed, { defaultUnit: 's' })
      return read.ok ? bounded(read.ns / 1e9, trimmed, spec) : read
    }
    case 'count':
    case 'share':
    case 'per-second':
    case 'number':
      return bounded(numberOf(trimmed), trimmed, spec)
    case 'flag':
      if (YES.includes(trimmed.toLowerCase())) return valueOf(true)
      return NO.includes(trimmed.toLowerCase()) ? valueOf(false) : wrong(trimmed, 'on, off')
    case 'choice':
      if (spec.options === undefined || spec.options.includes(trimmed))
        return valueOf(spec.title === 'vm.overcommit_memory' ? Number(trimmed) : trimmed)
      return wrong(trimmed, spec.options.join(', '))
    case 'text':
      return valueOf(trimmed)
    case 'kernel':
      return readKernel(trimmed)
    case 'machine': {
      const machine = catalog.machine?.(trimmed)
      return machine === undefined ? wrong(trimmed, 'the name of a machine profile') : valueOf(machine)
    }
  }
}

/** Whether a number keeps the bounds of its field. */
export function bounded(value: number, found: string, spec: FieldSpec): ReadValue {
  const { min = -Infinity, max = Infinity } = spec
  const whole = spec.kind === 'count' || spec.kind === 'bytes' || spec.whole === true
  if (Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value)))
    return valueOf(value)
  const from = min === -Infinity ? '' : ` from ${showValue(min, spec)}`
  const to = max === Infinity ? '' : ` up to ${showValue(max, spec)}`
  return wrong(found, `${whole ? 'whole numbers' : 'numbers'}${from}${to}`)
}

/** `6.18`, or `6.18 +vm-pinned -mlock-count`. */
function readKernel(text: string): ReadValue {
  const [name = '', ...changes] = text.split(/\s+/)
  if (kernelNamed(name) === undefined) return wrong(name, KERNELS.map(kernel => kernel.name).join(', '))
  const bad = changes.find(
    change => !/^[+-]/.test(change) || !CHANGES.some(({ id }) => id === change.slice(1)),
  )
  if (bad !== undefined) return wrong(bad, 'changes of the kernel, each with + or - before it')
  const signed = (sign: string): string[] =>
    changes.filter(change => change.startsWith(sign)).map(change => change.slice(1))
  const value: KernelChoice = { name, plus: signed('+'), minus: signed('-') }
  return valueOf(value)
}

/** `350 GB` rather than `341796875 KiB`, if that is what it is exactly. */
const amountText = (bytes: number): string =>
  bytes > 0 && bytes % 1e9 === 0 && bytes % 2 ** 29 !== 0 ? `${bytes / 1e9} GB` : formatBytesExactly(bytes)

/** A value as people read it. */
export function showValue(value: unknown, spec: Pick<FieldSpec, 'kind'>): string {
  if (value === null || value === undefined) return 'none'
  if (spec.kind === 'kernel') {
    const { name, plus, minus } = value as KernelChoice
    return [name, ...plus.map(id => `+${id}`), ...minus.map(id => `-${id}`)].join(' ')
  }
  if (spec.kind === 'machine') return String((value as { name?: unknown }).name)
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value !== 'number') return typeof value === 'string' ? value : JSON.stringify(value)
  if (spec.kind === 'bytes' || spec.kind === 'limit') return amountText(value)
  if (spec.kind === 'seconds') return formatDuration(value * 1e9)
  if (spec.kind === 'share') return `${Number((value * 100).toPrecision(4))} %`
  return String(Number(value.toPrecision(6)))
}
