/** Variants beside each other as text for people. */
import type { BreakEven } from '../../engine/planner/compare/break-even.ts'
import { showMetric } from '../../engine/planner/compare/words.ts'
import { TRADE_OFF, type ComparedVariant, type Comparison } from '../../engine/planner/compare.ts'
import { METRICS, type Metric } from '../../engine/planner/metrics.ts'
import { harmless } from './harmless.ts'
import { table, wrapped } from './table.ts'
import type { Paper } from './terminal.ts'

/** Always shown; the others only where variants differ in them. */
const ALWAYS: ReadonlySet<string> = new Set(['ready', 'access', 'VmLck', 'locked'])

export function comparisonText(
  paper: Paper,
  comparison: Comparison,
  crossing: BreakEven | null = null,
): string {
  const { variants, sentences, reasons, front } = comparison
  const metrics = shownMetrics(variants)
  const columns = [
    { title: comparison.axis },
    ...metrics.map(({ title }) => ({ title, right: true })),
    { title: 'holds', right: true },
  ]
  const rows = variants.map(variant => [
    harmless(variant.name),
    ...metrics.map(metric => cell(paper, comparison, variant, metric)),
    variant.summary === null ? '…' : variant.summary.verdict.holds ? 'yes' : paper.ink('red', 'no'),
  ])
  const told = [...sentences, ...(crossing === null ? [] : [crossing.sentence])]
  const choice =
    front.length > 1 && front.length < variants.length
      ? [`Worth choosing between by ${namesOf(TRADE_OFF)}: ${front.join('; ')}.`]
      : []
  return [
    table(paper, columns, rows),
    [...told, ...choice].map(sentence => wrapped(harmless(sentence), paper.width, '  ')).join('\n'),
    reasons
      .map(({ variant, finding }) => `${variant}: ${finding.title}. ${finding.detail}`)
      .map(text => wrapped(harmless(text), paper.width, '  '))
      .join('\n'),
    paper.ink('dim', '* best of its column'),
  ]
    .filter(part => part !== '')
    .join('\n\n')
}

/** Those that always stand there and those that differ; one that says the same as another before it is left out. */
function shownMetrics(variants: readonly ComparedVariant[]): Metric[] {
  const seen = new Set<string>()
  return METRICS.filter(metric => {
    const isEmpty = variants.every(({ figures }) => (figures[metric.id] ?? 0) === 0)
    if (isEmpty || (!ALWAYS.has(metric.id) && !differs(metric, variants))) return false
    const column = variants.map(({ figures }) => showMetric(figures[metric.id] ?? null, metric)).join()
    return !seen.has(column) && seen.add(column).size > 0
  })
}

function differs(metric: Metric, variants: readonly ComparedVariant[]): boolean {
  const figures = variants.flatMap(({ summary, figures: all }) =>
    summary === null ? [] : [all[metric.id] ?? null],
  )
  return new Set(figures.map(figure => showMetric(figure, metric))).size > 1
}

function cell(
  paper: Paper,
  { best }: Comparison,
  { name, summary, figures }: ComparedVariant,
  metric: Metric,
): string {
  if (summary === null) return '…'
  const text = showMetric(figures[metric.id] ?? null, metric)
  return best[metric.id]?.includes(name) === true ? paper.ink('green', `${text} *`) : `${text}  `
}

const namesOf = (ids: readonly string[]): string =>
  ids.map(id => METRICS.find(metric => metric.id === id)?.title ?? id).join(', ')
