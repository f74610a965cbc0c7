/** An explanation as people read it: inputs in their units, and what its trust means. */
import type { Explanation, Trust } from '../engine/sim/result.ts'
import { bytes, duration, figure } from './format.ts'

/** Any figure that says where it is from: those of a run, and what other questions work out. */
export type Explained = Omit<Explanation, 'figure' | 'trust'> & { readonly trust?: Trust }

export const TRUST: Readonly<Record<Trust, string>> = {
  exact: 'Exact: the kernel’s own arithmetic.',
  expected: 'Expected: the mean over random accesses.',
  estimated: 'Estimated: a model of time or pressure, with its error.',
}

export function shownInput({ value, unit }: Explanation['inputs'][number]): string {
  if (typeof value === 'string') return value
  if (unit === 'bytes') return value === 0 ? '0' : bytes(value)
  if (unit === 'ns') return duration(value * 1e-9)
  if (unit === 's') return duration(value)
  return unit === 'count' || unit === '' ? figure(value) : `${figure(value)} ${unit}`
}
