/** The fields of a form, from the parameters of a kind or a strategy: how each is shown and understood. */
import type { ParamSpec, ParamValue } from '../../engine/scenario.ts'
import { bytes, duration, figure, share } from '../format.ts'

/** A checked value as a person would write it. */
export function shownParam(kind: ParamSpec['kind'], value: ParamValue | null | undefined): string {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'number') return String(value)
  if (kind === 'bytes') return bytes(value)
  if (kind === 'share') return share(value)
  if (kind === 'seconds') return duration(value)
  if (kind === 'per-second') return `${figure(value)}/s`
  return figure(value)
}

/** What is understood is worth saying where it may differ from what was typed. */
export const isQuantity = (kind: ParamSpec['kind']): boolean =>
  kind === 'bytes' || kind === 'share' || kind === 'seconds' || kind === 'per-second'
