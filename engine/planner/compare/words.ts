/** Differences between runs in words: the number, and which way. */
import { formatBytes, formatDuration } from '../../quantity.ts'
import type { Metric } from '../metrics.ts'

/** Differences below this share are not worth a word. */
const NOTICEABLE = 0.002

/** A figure of a metric as people read it; what is never ready is never, what else is missing a dash. */
export function showMetric(value: number | null, { id, unit }: Metric): string {
  return value === null && id.endsWith('ready') ? 'never' : showFigure(value, unit)
}

/** A figure in its unit; a dash where there is none. */
export function showFigure(value: number | null, unit: Metric['unit']): string {
  if (value === null) return '–'
  if (!Number.isFinite(value)) return '–'
  if (unit === 'bytes') return value === 0 ? '0' : formatBytes(value)
  if (unit === 's') return value === 0 ? '0 s' : formatDuration(value * 1e9)
  if (unit === 'ns') return value === 0 ? '0 ns' : formatDuration(value)
  if (unit === 'share') return `${Number((value * 100).toPrecision(3))} %`
  return Math.round(value).toLocaleString('en-US')
}

/** What is said of a metric: `is ready 41 times sooner`, `costs 3.2 % more per access`. */
interface Phrase {
  readonly metric: string
  readonly less: string
  readonly more: string
}

const PHRASES: readonly Phrase[] = [
  { metric: 'ready', less: 'is ready # sooner', more: 'is ready # later' },
  { metric: 'access', less: 'costs # less per access', more: 'costs # more per access' },
  { metric: 'p99', less: 'has a p99 # lower', more: 'has a p99 # higher' },
  { metric: 'locked', less: 'holds # less locked memory', more: 'holds # more locked memory' },
  { metric: 'rss', less: 'has # less resident', more: 'has # more resident' },
  { metric: 'stall', less: 'stalls other threads # less', more: 'stalls other threads # longer' },
  { metric: 'memory-time', less: 'spends # less on memory', more: 'spends # more on memory' },
  { metric: 'pinned', less: 'pins # less', more: 'pins # more' },
  { metric: 'swapped', less: 'swaps out # less', more: 'swaps out # more' },
  {
    metric: 'scanned-locked',
    less: 'makes reclaim scan # less locked memory in vain',
    more: 'makes reclaim scan # more locked memory in vain',
  },
  { metric: 'folios-split', less: 'splits # fewer large folios', more: 'splits # more large folios' },
  { metric: 'major-faults', less: 'has # fewer major faults', more: 'has # more major faults' },
]

/** How much `a` differs from `b`: `41 times`, or `3.2 %`; null where it does not. */
export function ratioText(a: number, b: number): string | null {
  const [small, large] = a < b ? [a, b] : [b, a]
  if (small < 0 || large <= 0 || (large - small) / large < NOTICEABLE) return null
  if (small === 0) return 'all'
  const ratio = large / small
  if (ratio >= 1.995) return `${Number(ratio.toPrecision(ratio < 10 ? 2 : 3)).toLocaleString('en-US')} times`
  return `${Number(((Math.abs(a - b) / b) * 100).toPrecision(2))} %`
}

/** One part of a sentence about two figures, or nothing where they are alike. */
export function difference(metric: Metric, a: number | null, b: number | null): string | null {
  const phrase = PHRASES.find(each => each.metric === metric.id)
  if (phrase === undefined || a === b) return null
  const figures = `(${showMetric(a, metric)} instead of ${showMetric(b, metric)})`
  if (a === null) return metric.id === 'ready' ? 'is never ready' : null
  if (b === null) return metric.id === 'ready' ? `is ready ${figures}` : null
  const ratio = ratioText(a, b)
  if (ratio === null) return null
  const template = a < b ? phrase.less : phrase.more
  if (ratio === 'all') return `${template.replace('# ', '').replace(' #', '')} ${figures}`
  return `${template.replace('#', ratio)} ${figures}`
}

/** The metrics that sentences are made of, in their order. */
export const TOLD = PHRASES.map(({ metric }) => metric)
