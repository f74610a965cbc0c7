/** Tables for spreadsheets: RFC 4180, units in the titles. */
import { stringify } from 'csv-stringify/sync'

export type CsvCell = string | number | boolean | null

/** Text that a spreadsheet would take for a formula gets a quote before it. */
const safe = (cell: CsvCell): CsvCell =>
  typeof cell === 'string' && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell

export function csv(titles: readonly string[], rows: Iterable<readonly CsvCell[]>): string {
  const cells = [...rows].map(row => row.map(cell => (typeof cell === 'boolean' ? String(cell) : safe(cell))))
  return stringify([[...titles], ...cells], { record_delimiter: 'windows' }).trimEnd()
}
