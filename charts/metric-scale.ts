/** Figures of metrics in tables and on axes: one unit for all that stand in a column, and the unit in its header. */
import { byteUnit, figure } from './format.ts'

export type MetricUnit = 's' | 'ns' | 'bytes' | 'count' | 'share'

export interface MetricScale {
  /** Stands in the header; empty for counts. */
  readonly name: string
  /** What a figure is divided by. */
  readonly by: number
}

const TIMES: readonly (readonly [string, number])[] = [
  ['h', 3600],
  ['min', 60],
  ['s', 1],
  ['ms', 1e-3],
  ['µs', 1e-6],
  ['ns', 1e-9],
]

/** The unit in which the largest of some figures is best read. */
export function scaleOf(unit: MetricUnit, values: readonly (number | null)[]): MetricScale {
  const most = values.reduce<number>((max, value) => Math.max(max, Math.abs(value ?? 0)), 0)
  if (unit === 'count') return { name: '', by: 1 }
  if (unit === 'share') return { name: '%', by: 0.01 }
  if (unit === 'bytes') {
    const { name, bytes } = byteUnit(most)
    return { name, by: bytes }
  }
  const base = unit === 's' ? 1 : 1e-9
  const [name, seconds] =
    TIMES.find(([, size]) => most * base >= 2 * size || (size === 1 && most * base >= 1)) ??
    (most === 0 ? ['s', 1] : ['ns', 1e-9])
  return { name, by: seconds / base }
}

/** A figure in a scale; a dash where there is none. */
export const scaled = (value: number | null, { by }: MetricScale): string =>
  value === null || !Number.isFinite(value) ? '–' : figure(value / by)
