/** What a data table is: its columns, how it is sorted, what is copied. Drawn by `parts/DataTable.svelte`. */

export type Cell = number | string | null

export interface Column<Row> {
  readonly id: string
  readonly title: string
  /** Stands in the header, so that figures stand alone. */
  readonly unit?: string
  readonly help?: string
  /** Figures stand to the right. */
  readonly isFigure?: boolean
  /** A text that may take several lines. */
  readonly wraps?: boolean
  /** What is sorted by and copied: a figure in the unit of the column, or a text. */
  readonly value: (row: Row) => Cell
  /** What is shown, where that is not the value itself. */
  readonly shown?: (row: Row) => string
  /** Said of a cell besides its figure, such as `best`; marked by a sign and not by colour alone. */
  readonly mark?: (row: Row) => 'best' | 'bad' | null
}

export interface SortOrder {
  readonly column: string
  readonly isDown: boolean
}

/** What follows a click on a header: up, down, and back to the order of the rows. */
export function nextOrder(now: SortOrder | null, column: string): SortOrder | null {
  if (now?.column !== column) return { column, isDown: false }
  return now.isDown ? null : { column, isDown: true }
}

/** Rows in an order; those without a value come last either way, and equal ones stay as they were. */
export function sorted<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  order: SortOrder | null,
): readonly Row[] {
  const column = columns.find(({ id }) => id === order?.column)
  if (column === undefined || order === null) return rows
  return rows.toSorted((a, b) => {
    const [x, y] = [column.value(a), column.value(b)]
    if (x === null || y === null) return Number(x === null) - Number(y === null)
    const way =
      typeof x === 'number' && typeof y === 'number'
        ? x - y
        : String(x).localeCompare(String(y), 'en', { numeric: true })
    return order.isDown ? -way : way
  })
}

/** The header of a column with its unit: `least free [GiB]`. */
export const headerOf = <Row>({ title, unit }: Pick<Column<Row>, 'title' | 'unit'>): string =>
  unit === undefined || unit === '' ? title : `${title} [${unit}]`

/** A table that spreadsheets take: figures in full, nothing but the values. */
export function asTsv<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const clean = (text: string): string => text.replace(/[\t\r\n]+/g, ' ')
  const lines = [columns.map(headerOf), ...rows.map(row => columns.map(column => copied(column.value(row))))]
  return lines.map(cells => cells.map(clean).join('\t')).join('\n')
}

/** A table as Markdown has it: what is shown, figures to the right, the best in bold. */
export function asMarkdown<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const clean = (text: string): string => text.replace(/\|/g, '\\|').replace(/[\r\n]+/g, ' ')
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const cell = (column: Column<Row>, row: Row): string => {
    const text = clean(shownIn(column, row))
    return column.mark?.(row) === 'best' ? `**${text}**` : text
  }
  return [
    line(columns.map(column => clean(headerOf(column)))),
    line(columns.map(({ isFigure }) => (isFigure === true ? '--:' : '---'))),
    ...rows.map(row => line(columns.map(column => cell(column, row)))),
  ].join('\n')
}

/** What stands in a cell. */
export function shownIn<Row>(column: Column<Row>, row: Row): string {
  if (column.shown !== undefined) return column.shown(row)
  const value = column.value(row)
  return value === null ? '–' : String(value)
}

const copied = (value: Cell): string =>
  value === null ? '' : typeof value === 'number' ? String(Number(value.toPrecision(9))) : value

/** The cell that an arrow key leads to; row -1 is the header. Null where the key is not one that moves. */
export function cellAfter(
  key: string,
  [row, column]: readonly [number, number],
  { rows, columns }: { readonly rows: number; readonly columns: number },
  isControl = false,
): readonly [number, number] | null {
  const within = (value: number, most: number, least = 0): number => Math.max(least, Math.min(most, value))
  const to = (r: number, c: number): readonly [number, number] => [
    within(r, rows - 1, -1),
    within(c, columns - 1),
  ]
  switch (key) {
    case 'ArrowDown':
      return to(row + 1, column)
    case 'ArrowUp':
      return to(row - 1, column)
    case 'ArrowLeft':
      return to(row, column - 1)
    case 'ArrowRight':
      return to(row, column + 1)
    case 'PageDown':
      return to(row + 10, column)
    case 'PageUp':
      return to(row - 10, column)
    case 'Home':
      return to(isControl ? -1 : row, 0)
    case 'End':
      return to(isControl ? rows - 1 : row, columns - 1)
    default:
      return null
  }
}
