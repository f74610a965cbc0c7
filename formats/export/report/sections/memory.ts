/** Where memory is over time: the budget of the host, what is locked, what it costs. */
import { KINDS } from '../../../../charts/kinds.ts'
import { clock } from '../../../../charts/format.ts'
import type { ChartModel } from '../../../../charts/model.ts'
import { marksOf } from '../charts.ts'
import type { Block, Cell, Section } from '../document.ts'
import type { ReportFacts } from '../facts.ts'
import { bytesCell, cell, countCell, secondsCell, strong, words } from '../words.ts'

export function memorySection(facts: ReportFacts): Section {
  const { charts } = facts
  return {
    id: 'memory',
    title: 'Budget over time',
    blocks: [
      figure(facts, charts.hostMemory),
      budgetTable(facts),
      hostTable(facts),
      charts.locked.layers.length > 0
        ? figure(facts, charts.locked)
        : { kind: 'paragraph', words: words(charts.locked.emptyText) },
      ...[charts.faultCost, charts.mmapLock]
        .filter(({ layers }) => layers.length > 0)
        .map(chart => figure(facts, chart)),
    ],
  }
}

function figure({ marked }: ReportFacts, chart: ChartModel): Block {
  return {
    ...{ kind: 'figure', id: chart.id, chart, marks: marksOf(marked) },
    caption: words(strong(`${chart.title} [${chart.unit}]. `), chart.summary),
  }
}

function budgetTable({ budget, tightest, notes }: ReportFacts): Block {
  const last = budget.timesS.length - 1
  const note = notes.add({
    figure: 'Budget of the host',
    formula:
      'parts that add up to MemTotal at every moment; locked memory is taken out of what it was before',
    inputs: [],
    rule: 'budgetOf(), from the curves MemFree, Cached, AnonPages, Shmem, Mlocked, PageTables and the pools',
    trust: 'expected',
  })
  const rows = KINDS.map(({ part, label }): Cell[] => {
    const values = budget.parts[part]
    const peak = values.reduce((most, value) => Math.max(most, value), 0)
    return [
      cell(label),
      ...[values[0] ?? 0, values[tightest] ?? 0, peak, values[last] ?? 0].map(value => bytesCell(value)),
    ]
  }).filter(([, ...figures]) => figures.some(({ value }) => value !== 0))
  const absent = budget.lockedAbsent
  const peakAbsent = absent.reduce((most, value) => Math.max(most, value), 0)
  return {
    kind: 'table',
    id: 'budget',
    title: 'Parts of the budget',
    columns: [
      { title: 'part', note },
      ...[
        'at the start',
        `least free, ${clock(budget.timesS[tightest] ?? 0)}`,
        'at most',
        `at the end, ${clock(budget.timesS[last] ?? 0)}`,
      ].map(title => ({ title, unit: 'bytes', isNumber: true as const })),
    ],
    rows: [
      ...rows,
      [
        cell('MemTotal', { style: 'strong' }),
        ...[0, 1, 2, 3].map(at => (at === 2 ? cell('') : bytesCell(budget.memTotalBytes))),
      ],
      ...(peakAbsent > 0
        ? [
            [
              cell('beside it: locked, absent'),
              ...[absent[0] ?? 0, absent[tightest] ?? 0, peakAbsent, absent[last] ?? 0].map(value =>
                bytesCell(value),
              ),
            ],
          ]
        : []),
    ],
  }
}

function hostTable({ result: { host }, notes }: ReportFacts): Block {
  const row = (title: string, field: keyof typeof host, made: Cell): Cell[] => {
    const note = notes.of(title, [`host.${field}`])
    return [cell(title, note === undefined ? {} : { note }), made]
  }
  const bytes = (title: string, field: keyof typeof host): Cell[] => row(title, field, bytesCell(host[field]))
  return {
    kind: 'table',
    id: 'host',
    title: 'Figures of the host',
    columns: [{ title: 'figure' }, { title: 'value', isNumber: true }],
    rows: [
      bytes('MemTotal', 'memTotalBytes'),
      bytes('least free', 'minFreeBytes'),
      bytes('most in use', 'peakUsedBytes'),
      bytes('most that cannot be given back', 'peakHeldBytes'),
      bytes('safe budget for it', 'safeLockedBudgetBytes'),
      bytes('Mlocked, at most', 'peakMlockedBytes'),
      bytes('Unevictable, at most', 'peakUnevictableBytes'),
      bytes('swap in use, at most', 'peakSwapUsedBytes'),
      bytes('swapped out', 'swapOutBytes'),
      bytes('swapped in', 'swapInBytes'),
      row('direct reclaim, stalls', 'directReclaimStallS', secondsCell(host.directReclaimStallS)),
      row('kswapd, run time', 'kswapdRunS', secondsCell(host.kswapdRunS)),
      bytes('locked memory scanned in vain', 'scannedLockedBytes'),
      row('large folios split', 'foliosSplit', countCell(host.foliosSplit)),
      bytes('unlocked memory that pins keep', 'heldByPinsBytes'),
      bytes('Committed_AS, at most', 'peakCommittedBytes'),
      bytes('CommitLimit', 'commitLimitBytes'),
      bytes('huge pages that nobody used', 'hugetlbStrandedBytes'),
    ],
  }
}
