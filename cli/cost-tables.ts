/** What `holdfast costs` prints. */
import { stringify } from 'csv-stringify/sync'
import type { CostTable, Residuals } from '../engine/sim/costs.ts'
import { DEFAULT_COSTS } from '../engine/sim/default-costs.ts'
import type { FitResult, FittedRow } from '../engine/sim/fit-costs.ts'
import { fitPublished } from '../engine/sim/published/fit-published.ts'
import { guestStarts } from '../engine/sim/published/guest-start.ts'
import { publishedRows, type PublishedRow } from '../engine/sim/published/populate-rows.ts'
import { columns } from './columns.ts'

/** The largest errors that the default table may have, as shares; its fit is checked against them. */
export const PROMISED = {
  medianError: 0.015,
  p95Error: 0.08,
  maxError: 0.2,
  looMedianError: 0.02,
  looP95Error: 0.15,
  fittedCosts: 40,
} as const

interface Checked {
  readonly row: PublishedRow
  readonly fitted: FittedRow
}

/** The unit costs of a table. */
export function costsShown(form: 'text' | 'json', table: CostTable = DEFAULT_COSTS): string {
  if (form === 'json') return JSON.stringify(table, null, 2)
  const rows = table.units.map(unit => [
    unit.kind,
    number(unit.ns),
    `± ${number(unit.spreadNs)}`,
    unit.beyondCacheNs === 0 ? '' : `+ ${number(unit.beyondCacheNs)} ± ${number(unit.beyondCacheSpreadNs)}`,
    unit.basis,
  ])
  return [
    `${table.title}: ${table.source}`,
    `Nanoseconds a unit; beyond a cache of ${table.cacheBytes / 2 ** 20} MiB, those on top.`,
    '',
    columns([['work', 'ns', '', 'beyond cache', ''], ...rows], ['left', 'right', 'right', 'right', 'left']),
    '',
    'What each unit is: docs/costs.md, and --json.',
  ].join('\n')
}

/** The published times beside what the model predicts, and whether the errors are as small as promised. */
export function costsChecked(form: 'text' | 'json' | 'csv'): { text: string; holds: boolean } {
  const fit = fitPublished()
  const rows = publishedRows().map((row, i): Checked => ({ row, fitted: fit.rows[i] as FittedRow }))
  const text = form === 'json' ? json(fit, rows) : form === 'csv' ? csv(rows) : report(fit, rows)
  return { text, holds: keepsPromise(fit) }
}

function keepsPromise({ residuals, fittedCosts }: FitResult): boolean {
  const found = { ...residuals, fittedCosts }
  return (Object.keys(PROMISED) as (keyof typeof PROMISED)[]).every(name => found[name] <= PROMISED[name])
}

function json(fit: FitResult, rows: readonly Checked[]): string {
  return JSON.stringify(
    {
      rows: rows.map(({ row, fitted }) => ({
        name: row.name,
        pageCache: row.pageCache,
        publishedNs: row.timeNs,
        resolutionNs: row.resolutionNs,
        predictedNs: Math.round(fitted.predictedNs),
        error: rounded(fitted.error),
        leaveOneOutError: rounded(fitted.looError),
      })),
      residuals: fit.residuals,
      fittedCosts: fit.fittedCosts,
      promised: PROMISED,
      guestStarts: guestStarts().map(start => ({ ...start, error: rounded(start.error) })),
    },
    null,
    2,
  )
}

function csv(rows: readonly Checked[]): string {
  return stringify(
    rows.map(({ row, fitted }) => [
      row.mapping,
      row.bytes,
      row.backing,
      row.method,
      row.pageCache,
      row.timeNs,
      Math.round(fitted.predictedNs),
      rounded(fitted.error),
      rounded(fitted.looError),
    ]),
    {
      header: true,
      columns: [
        'mapping',
        'size_bytes',
        'backing',
        'method',
        'page_cache',
        'published_ns',
        'predicted_ns',
        'error',
        'leave_one_out_error',
      ],
    },
  ).trimEnd()
}

function report(fit: FitResult, rows: readonly Checked[]): string {
  const groups = Map.groupBy(
    rows,
    ({ row }) => `${row.mapping} ${row.bytes / 2 ** 20} MiB, ${row.backing} (page cache: ${row.pageCache})`,
  )
  const tables = [...groups].map(([title, group]) => `${title}\n${groupTable(group)}`)
  return [...tables, summary(fit.residuals, fit.fittedCosts), guestTable()].join('\n\n')
}

function groupTable(group: readonly Checked[]): string {
  const lines = group.map(({ row, fitted }) => [
    `  ${row.method}`,
    milliseconds(row.timeNs),
    milliseconds(fitted.predictedNs),
    percent(fitted.error),
    percent(fitted.looError),
  ])
  return columns(
    [['', 'published ms', 'predicted', 'error', 'left out'], ...lines],
    ['left', 'right', 'right', 'right', 'right'],
  )
}

function summary(of: Residuals, fittedCosts: number): string {
  const line = (name: string, value: number, most: number): string[] => [
    name,
    share(value),
    `at most ${share(most)}`,
  ]
  return [
    `${of.rows} rows, ${fittedCosts} fitted costs (at most ${PROMISED.fittedCosts})`,
    columns(
      [
        line('  median error', of.medianError, PROMISED.medianError),
        line('  95th percentile', of.p95Error, PROMISED.p95Error),
        line('  largest', of.maxError, PROMISED.maxError),
        line('  left out, median', of.looMedianError, PROMISED.looMedianError),
        line('  left out, 95th percentile', of.looP95Error, PROMISED.looP95Error),
        ['  left out, largest', share(of.looMaxError), ''],
      ],
      ['left', 'right', 'left'],
    ),
    '“Left out” is a row predicted by a fit to all the others.',
  ].join('\n')
}

function guestTable(): string {
  const lines = guestStarts().map(({ bytes, threads, timeNs, predictedNs, error }) => [
    `  ${bytes / 2 ** 30} GiB, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    (timeNs / 1e9).toFixed(1),
    (predictedNs / 1e9).toFixed(1),
    percent(error),
  ])
  return `Start of a guest, memory allocated by threads (2 MiB pages, server of 2017)\n${columns(
    [['', 'published s', 'predicted', 'error'], ...lines],
    ['left', 'right', 'right', 'right'],
  )}`
}

const rounded = (value: number): number => Number(value.toFixed(5))
const milliseconds = (ns: number): string => (ns / 1e6).toFixed(3)
const share = (value: number): string => `${(value * 100).toFixed(2)} %`
const percent = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value * 100).toFixed(1)} %`
const number = (ns: number): string => (ns >= 100 ? ns.toFixed(0) : ns.toFixed(1))
