/** Tables for spreadsheets: RFC 4180, the unit in each title, figures as they are and not as they are shown. */
import { stringify } from 'csv-stringify/sync'
import type { Budget } from '../../engine/planner/budget.ts'
import { BUDGET_PARTS } from '../../engine/planner/budget.ts'
import type { RunResult } from '../../engine/sim/result.ts'
import type { Cell, Column, Table } from './report/document.ts'

export type CsvCell = string | number | boolean | null

/** Text that a spreadsheet would take for a formula gets a quote before it. */
const safe = (cell: CsvCell): CsvCell =>
  typeof cell === 'string' && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell

export function csvText(titles: readonly string[], rows: Iterable<readonly CsvCell[]>): string {
  const cells = Array.from(rows, row =>
    row.map(cell => (typeof cell === 'boolean' ? String(cell) : safe(cell))),
  )
  return stringify([titles.map(title => safe(title)), ...cells], { record_delimiter: 'windows' })
}

/** A table of a report. */
export function csvOfTable({ columns, rows }: Table): string {
  return csvText(
    columns.map(({ title, unit }) => (unit === undefined ? title : `${title} [${unit}]`)),
    rows.map(row => row.map((cell, at) => valueOf(cell, columns[at]))),
  )
}

function valueOf({ value, text }: Cell, column: Column | undefined): CsvCell {
  if (value !== undefined) return value
  return column?.isNumber === true && text === '' ? null : text
}

/** Every curve of a run at the times of the run itself. */
export function csvOfCurves({ timesS, series }: RunResult): string {
  const titles = ['time [s]', ...series.map(({ scope, name, unit }) => `${scope} ${name} [${unit}]`)]
  return csvText(
    titles,
    Array.from(timesS, (atS, i) => [atS, ...series.map(({ values }) => values[i] ?? 0)]),
  )
}

/** Where the memory of the host is, at the times of the run. */
export function csvOfBudget({ timesS, parts, lockedAbsent, poolFree }: Budget): string {
  const titles = [...BUDGET_PARTS, 'locked, absent', 'pool free'].map(part => `${part} [bytes]`)
  return csvText(
    ['time [s]', ...titles],
    Array.from(timesS, (atS, i) => [
      atS,
      ...BUDGET_PARTS.map(part => parts[part][i] ?? 0),
      lockedAbsent[i] ?? 0,
      poolFree[i] ?? 0,
    ]),
  )
}
