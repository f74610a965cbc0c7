/** The figures of docs/costs.md, from the fit. */
import type { CostTable } from '../engine/sim/costs.ts'
import type { FitResult, MeasuredRow } from '../engine/sim/fit-costs.ts'
import { fitCosts } from '../engine/sim/fit-costs.ts'
import { COST_PRIORS } from '../engine/sim/cost-kinds.ts'
import { PUBLISHED_CACHE_BYTES } from '../engine/sim/published/fit-published.ts'
import { guestStarts } from '../engine/sim/published/guest-start.ts'
import { quantile } from '../engine/sim/quantile.ts'

/** Sections of the page, by the names of their markers. */
export function costsFigures(
  rows: readonly MeasuredRow[],
  fit: FitResult,
  table: CostTable,
): Readonly<Record<string, string>> {
  return {
    errors: errors(rows, fit),
    largest: largest(fit),
    fitted: units(table, 'fitted'),
    estimated: units(table, 'estimated'),
    'guest starts': starts(),
  }
}

/** Puts sections between their markers. */
export function withFigures(page: string, sections: Readonly<Record<string, string>>): string {
  return Object.entries(sections).reduce((text, [name, section]) => {
    const [begin, end] = [`<!-- figures: ${name} begin -->`, `<!-- figures: ${name} end -->`]
    const from = text.indexOf(begin)
    const to = text.indexOf(end)
    if (from < 0 || to < from) throw new Error(`docs/costs.md has no place for the figures “${name}”`)
    return `${text.slice(0, from + begin.length)}\n\n${section}\n\n${text.slice(to)}`
  }, page)
}

function errors(rows: readonly MeasuredRow[], fit: FitResult): string {
  const isSmall = (name: string): boolean => !name.includes('hugetlb')
  const small = fit.rows.filter(({ name }) => isSmall(name))
  const without = (word: string): string[] => {
    const held = rows.filter(({ name }) => name.includes(`, ${word},`)).map(({ name }) => name)
    const { holdout } = fitCosts(rows, {
      priors: COST_PRIORS,
      cacheBytes: PUBLISHED_CACHE_BYTES,
      source: '',
      holdout: held,
    })
    if (holdout === null) throw new Error(`no rows of ${word}`)
    return [
      `all rows of ${word} left out at once, and predicted`,
      String(holdout.rows),
      ...[holdout.medianError, holdout.p95Error, holdout.maxError].map(percent),
    ]
  }
  const line = (title: string, values: readonly number[]): string[] => [
    title,
    String(values.length),
    ...[0.5, 0.95, 1].map(share => percent(quantile(values.map(Math.abs), share))),
  ]
  return markdown(
    ['rows', 'number', 'median error', '95th percentile', 'largest'],
    [
      line(
        'all',
        fit.rows.map(({ error }) => error),
      ),
      line(
        'all, each predicted by a fit to the others',
        fit.rows.map(({ looError }) => looError),
      ),
      line(
        'pages of 4 KiB only',
        small.map(({ error }) => error),
      ),
      line(
        'pages of 4 KiB only, each predicted by a fit to the others',
        small.map(({ looError }) => looError),
      ),
      without('memfd'),
      without('tmpfs'),
    ],
  )
}

function largest(fit: FitResult): string {
  const rows = [...fit.rows].sort((a, b) => Math.abs(b.error) - Math.abs(a.error)).slice(0, 10)
  return markdown(
    ['row', 'published ms', 'predicted ms', 'error', 'left out'],
    rows.map(({ name, timeNs, predictedNs, error, looError }) => [
      name,
      (timeNs / 1e6).toFixed(3),
      (predictedNs / 1e6).toFixed(3),
      percent(error),
      percent(looError),
    ]),
  )
}

function units(table: CostTable, basis: 'fitted' | 'estimated'): string {
  const rows = table.units
    .filter(unit => unit.basis === basis)
    .map(unit => [
      `\`${unit.kind}\``,
      `${unit.ns} ± ${unit.spreadNs}`,
      ...(basis === 'fitted'
        ? [unit.beyondCacheNs === 0 ? '' : `+ ${unit.beyondCacheNs} ± ${unit.beyondCacheSpreadNs}`]
        : []),
      unit.meaning,
      ...(basis === 'fitted' ? [] : [unit.source]),
    ])
  return markdown(
    basis === 'fitted'
      ? ['work', 'ns', 'beyond the cache', 'a unit']
      : ['work', 'ns', 'a unit', 'where from'],
    rows,
  )
}

function starts(): string {
  return markdown(
    ['guest', 'threads', 'published s', 'predicted s', 'error'],
    guestStarts().map(({ bytes, threads, timeNs, predictedNs, error }) => [
      `${bytes / 2 ** 30} GiB`,
      String(threads),
      (timeNs / 1e9).toFixed(1),
      (predictedNs / 1e9).toFixed(1),
      percent(error),
    ]),
  )
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
