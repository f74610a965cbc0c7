/** Variants beside each other: figures with the best marked, differences in words. */
import { METRICS } from '../../../../engine/planner/metrics.ts'
import { showMetric } from '../../../../engine/planner/compare/words.ts'
import { HOST_FIGURES, WORKLOAD_FIGURES } from '../../../../engine/sim/figures.ts'
import type { Block, Cell, Column, Section } from '../document.ts'
import type { ReportFacts } from '../facts.ts'
import { cell, clean, words } from '../words.ts'

/** The figure of a run that a metric is made from. */
const FIGURES: Readonly<Record<string, string>> = {
  ready: 'lastReadyS',
  'first-ready': 'timeUntilReadyS',
  populate: 'populateS',
  access: 'access',
  p99: 'access',
  'fault-time': 'faultTimeAfterReadyS',
  'memory-time': 'faultTimeAfterReadyS',
  faults: 'faultsAfterReady',
  'major-faults': 'majorFaultsAfterReady',
  'write-hold': 'longestWriteHoldNs',
  stall: 'longestStallNs',
  VmLck: 'peakVmLckBytes',
  locked: 'peakLockedResidentBytes',
  rss: 'peakRssBytes',
  pinned: 'finalPinnedBytes',
  swapped: 'swapOutBytes',
  progress: 'progressShare',
  failed: 'failed',
  killed: 'killed',
  free: 'minFreeBytes',
  unevictable: 'peakUnevictableBytes',
  'scanned-locked': 'scannedLockedBytes',
  'folios-split': 'foliosSplit',
  kswapd: 'kswapdRunS',
  'reclaim-stall': 'directReclaimStallS',
}

export function comparisonSection(facts: ReportFacts): Section {
  const { comparison, plan } = facts
  const title = 'Strategy comparison'
  if (comparison === null)
    return {
      id: 'comparison',
      title,
      blocks: [
        {
          kind: 'paragraph',
          words: words('Nothing was compared: the plan names no variants, and none were asked for.'),
        },
      ],
    }
  const partial = comparison.complete
    ? []
    : [words('Not all variants were run: the comparison was ended early.')]
  const claim =
    plan.claim === undefined ? [] : [words({ text: 'Claim: ', style: 'strong' }, plan.claim.sentence)]
  const said = comparison.sentences.map(text => words(text))
  return {
    id: 'comparison',
    title,
    blocks: [
      ...[...claim, ...partial].map(text => ({ kind: 'paragraph', words: text }) as const),
      ...variantTables(facts),
      ...(said.length === 0 ? [] : [{ kind: 'list', isOrdered: false, items: said } as const]),
      ...front(facts),
    ],
  }
}

/** So many variants stand side by side. */
const MOST_COLUMNS = 6

/** Metrics as rows, variants as columns; those in which all variants are alike are left out. */
function variantTables(facts: ReportFacts): Block[] {
  const { comparison } = facts
  if (comparison === null) return []
  const { variants } = comparison
  const shown = METRICS.filter(({ id }) => {
    const texts = new Set(variants.map(({ figures }) => String(figures[id] ?? null)))
    return texts.size > 1
  })
  const parts = Array.from({ length: Math.ceil(variants.length / MOST_COLUMNS) }, (_, at) =>
    variants.slice(at * MOST_COLUMNS, (at + 1) * MOST_COLUMNS),
  )
  return parts.map((part, at): Block => {
    const rows = shown.map(metric => {
      const best = comparison.best[metric.id] ?? []
      const note = metricNote(facts, metric)
      const figures = part.map(({ name, figures: all }): Cell => {
        const value = all[metric.id] ?? null
        const isBest = best.includes(name)
        return cell(`${showMetric(value, metric)}${isBest ? ' ✓' : ''}`, {
          value,
          ...(isBest ? { tone: 'good', style: 'strong' } : {}),
        })
      })
      return [cell(metric.title, { note }), cell(metric.unit), ...figures]
    })
    const verdicts = part.map(({ summary }): Cell => {
      if (summary === null) return cell('not run', { value: null, tone: 'dim' })
      const { holds } = summary.verdict
      return cell(holds ? 'holds' : 'does not hold', { value: holds, tone: holds ? 'good' : 'bad' })
    })
    const columns = part.map(({ name }): Column => ({ title: clean(name), isNumber: true }))
    return {
      kind: 'table',
      id: at === 0 ? 'comparison' : `comparison-${at + 1}`,
      title: `${clean(comparison.axis)}: ${variants.length} variants${parts.length > 1 ? `, part ${at + 1}` : ''}; ✓ is best`,
      columns: [{ title: 'figure' }, { title: 'unit' }, ...columns],
      rows: [[cell('verdict'), cell(''), ...verdicts], ...rows],
    }
  })
}

function metricNote({ notes, result }: ReportFacts, { id, title, help }: (typeof METRICS)[number]): number {
  const field = FIGURES[id] ?? ''
  const kind = WORKLOAD_FIGURES[field] ?? HOST_FIGURES[field]
  return notes.add({
    figure: `Compared: ${title}`,
    formula: kind === undefined ? help : `${help} ${kind.formula}`,
    inputs: [{ name: 'cost table', text: result.costs, source: 'plan' }],
    rule: kind?.rule ?? 'count of the run',
    trust: kind?.trust ?? 'exact',
  })
}

function front({ comparison }: ReportFacts): Block[] {
  if (comparison === null || comparison.front.length === 0) return []
  const names = comparison.front.map(clean)
  return [
    {
      kind: 'paragraph',
      words: words(
        'Worth choosing: ',
        { text: names.join(', '), style: 'strong' },
        '. No other variant is at least as good in time until ready, cost of an access, stalls and free memory at once.',
      ),
    },
  ]
}
