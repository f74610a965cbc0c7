/** Variants of one scenario beside each other: figures, which is best, what is worth choosing, and in words. */
import type { Finding } from '../sim/result.ts'
import { paretoFront } from './compare/pareto.ts'
import { difference, TOLD } from './compare/words.ts'
import type { Variant } from './compare/variant.ts'
import { collect, type Executor, type RunsOptions } from './executor.ts'
import { isBetter, measure, METRICS, metricNamed, type Metric } from './metrics.ts'
import type { RunSummary } from './summary.ts'

export interface ComparedVariant {
  readonly name: string
  /** Null where the comparison was cancelled before it. */
  readonly summary: RunSummary | null
  /** By metric. */
  readonly figures: Readonly<Record<string, number | null>>
}

export interface Comparison {
  readonly axis: string
  /** The workload that the figures are of; null for all together. */
  readonly workload: string | null
  readonly variants: readonly ComparedVariant[]
  /** Names of the best variants by metric; empty where all are alike. */
  readonly best: Readonly<Record<string, readonly string[]>>
  /** Variants that no other beats in time until ready, cost of an access, stalls and free memory at once. */
  readonly front: readonly string[]
  /** Each variant against the first, in words. */
  readonly sentences: readonly string[]
  /** Findings that not all variants have: what is behind the figures. */
  readonly reasons: readonly { readonly variant: string; readonly finding: Finding }[]
  readonly complete: boolean
}

/** The trade-off: sooner ready, cheaper afterwards, fewer waits, less memory held. */
export const TRADE_OFF = ['ready', 'access', 'stall', 'free'] as const

export interface CompareQuestion {
  readonly axis: string
  readonly variants: readonly Variant[]
  readonly workload?: string | null
}

export async function compare(
  executor: Executor,
  { axis, variants, workload = null }: CompareQuestion,
  options: RunsOptions = {},
): Promise<Comparison> {
  const { summaries, complete } = await collect(
    executor,
    variants.map(({ scenario }) => scenario),
    options,
  )
  const compared = variants.map(({ name }, i) => {
    const summary = summaries[i] ?? null
    return { name, summary, figures: figuresOf(summary, workload) }
  })
  const done = compared.filter(({ summary }) => summary !== null)
  return {
    axis,
    workload,
    variants: compared,
    best: Object.fromEntries(METRICS.map(metric => [metric.id, bestBy(metric, done)])),
    front: frontOf(done),
    sentences: sentencesOf(done),
    reasons: reasonsOf(done),
    complete,
  }
}

/** All metrics of a run. */
export function figuresOf(
  summary: RunSummary | null,
  workload: string | null,
): Readonly<Record<string, number | null>> {
  if (summary === null) return {}
  return Object.fromEntries(METRICS.map(metric => [metric.id, measure(metric, summary, workload)]))
}

/** By more than a share that nobody would notice. */
const CLEAR_SHARE = 0.005

function isClearlyBetter(metric: Metric, a: number | null, b: number | null): boolean {
  if (!isBetter(metric, a, b)) return false
  return a === null || b === null || Math.abs(a - b) > CLEAR_SHARE * Math.abs(b)
}

const figure = (variant: ComparedVariant, id: string): number | null => variant.figures[id] ?? null

function bestBy(metric: Metric, variants: readonly ComparedVariant[]): string[] {
  const of = (variant: ComparedVariant): number | null => figure(variant, metric.id)
  const best = variants.filter(
    a => of(a) !== null && !variants.some(b => isClearlyBetter(metric, of(b), of(a))),
  )
  return metric.better === null || best.length === variants.length ? [] : best.map(({ name }) => name)
}

/** The less the better, whichever way the metric goes. */
function cost(variant: ComparedVariant, id: string): number | null {
  const value = figure(variant, id)
  return value !== null && metricNamed(id)?.better === 'more' ? -value : value
}

/** Only variants that hold are worth choosing, if any does. */
function frontOf(variants: readonly ComparedVariant[]): string[] {
  const holding = variants.filter(({ summary }) => summary?.verdict.holds === true)
  const candidates = holding.length > 0 ? holding : variants
  const front = paretoFront(candidates.map(variant => TRADE_OFF.map(id => cost(variant, id))))
  return front.flatMap(i => candidates[i]?.name ?? [])
}

/** The two gravest of each variant, without those that all of them have. */
const MOST_REASONS = 2

function reasonsOf(variants: readonly ComparedVariant[]): { variant: string; finding: Finding }[] {
  const isCommon = ({ title }: Finding): boolean =>
    variants.every(({ summary }) => summary?.findings.some(each => each.title === title) === true)
  return variants.flatMap(({ name, summary }) =>
    (summary?.findings ?? [])
      .filter(finding => !isCommon(finding))
      .slice(0, MOST_REASONS)
      .map(finding => ({ variant: name, finding })),
  )
}

/** At most this many differences in one sentence: the first three that there are. */
const MOST_PARTS = 3

function sentencesOf(variants: readonly ComparedVariant[]): string[] {
  const [base, ...others] = variants
  if (base === undefined) return []
  const failing = variants
    .filter(({ summary }) => summary?.verdict.holds === false)
    .map(({ name, summary }) => `${name} does not hold: ${summary?.verdict.sentence ?? ''}`)
  return [...others.map(other => sentence(other, base)), ...failing]
}

function sentence(variant: ComparedVariant, base: ComparedVariant): string {
  const parts = TOLD.flatMap(id => {
    const metric = metricNamed(id)
    const part = metric && difference(metric, figure(variant, id), figure(base, id))
    return part ?? []
  }).slice(0, MOST_PARTS)
  if (parts.length === 0) return `${variant.name} does not differ from ${base.name} in what is measured.`
  const last = parts.length > 1 ? ` and ${parts.at(-1) ?? ''}` : ''
  const first = parts.length > 1 ? parts.slice(0, -1) : parts
  return `${variant.name} ${first.join(', ')}${last}, compared with ${base.name}.`
}
