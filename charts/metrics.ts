/** Figures of comparisons in their units, with the columns that a table of variants has. */
import { bytes, duration, figure, share } from './format.ts'

export interface ShownMetric {
  readonly id: string
  readonly title: string
  readonly help: string
  readonly unit: 's' | 'ns' | 'bytes' | 'count' | 'share'
  readonly better: 'less' | 'more' | null
}

/** A figure that is missing is never reached where it is a time until ready, and else not there. */
export function shownMetric({ id, unit }: ShownMetric, value: number | null | undefined): string {
  if (value === null || value === undefined) return id.endsWith('ready') ? 'never' : '–'
  if (unit === 'bytes') return value === 0 ? '0' : bytes(value)
  if (unit === 's') return duration(value)
  if (unit === 'ns') return value === 0 ? '0' : duration(value * 1e-9)
  return unit === 'share' ? share(value) : figure(value)
}

/** What a table of variants shows at first; all others are a click away. */
export const FIRST_METRICS = [
  'ready',
  'access',
  'p99',
  'stall',
  'locked',
  'rss',
  'major-faults',
  'memory-time',
] as const
