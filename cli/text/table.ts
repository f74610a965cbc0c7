/** Tables that fit the terminal: columns that do not fit go below, with the first column said again. */
import Table from 'cli-table3'
import { stripVTControlCharacters } from 'node:util'
import type { Paper } from './terminal.ts'

export interface Column {
  readonly title: string
  readonly right?: boolean
}

const GAP = 2
const NO_LINES = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '' },
}

const widthOf = (cell: string): number =>
  Math.max(
    ...stripVTControlCharacters(cell)
      .split('\n')
      .map(line => line.length),
  )

/** Rows under titles. Cells may have colours; a cell that is wider than all of the terminal is broken into lines. */
export function table(
  paper: Paper,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const widths = columns.map(({ title }, i) =>
    Math.min(paper.width, Math.max(widthOf(title), ...rows.map(row => widthOf(row[i] ?? '')))),
  )
  return parts(columns, widths, paper.width)
    .map(part => onePart(paper, columns, rows, part, widths))
    .join('\n\n')
}

/** Text is broken into lines of at least this width rather than moved below. */
const LEAST_TEXT = 36

/** Indices of the columns of each part; the first column is in all of them. */
function parts(columns: readonly Column[], widths: readonly number[], width: number): number[][] {
  const first = widths[0] ?? 0
  const found: number[][] = []
  let room = 0
  widths.forEach((wide, i) => {
    if (i === 0) return
    const isText = columns[i]?.right !== true && i === widths.length - 1
    if (found.length === 0 || (wide + GAP > room && !(isText && room >= LEAST_TEXT))) {
      found.push([0])
      room = width - first
    }
    found.at(-1)?.push(i)
    room -= wide + GAP
  })
  return found.length === 0 ? [[0]] : found
}

function onePart(
  paper: Paper,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  part: readonly number[],
  widths: readonly number[],
): string {
  const total = part.reduce((sum, i) => sum + (widths[i] ?? 0) + GAP, -GAP)
  const last = part.at(-1) ?? 0
  /** The gap stands behind a column, so that numbers keep their right edge. */
  const spaced = (i: number, cell: string): string =>
    columns[i]?.right === true && i !== last ? `${cell}${' '.repeat(GAP)}` : cell
  const lines = new Table({
    chars: NO_LINES,
    head: part.map(i => spaced(i, paper.ink('bold', columns[i]?.title ?? ''))),
    colAligns: part.map(i => (columns[i]?.right === true ? 'right' : 'left')),
    colWidths: part.map(i => {
      const wide = (widths[i] ?? 0) - (i === last ? Math.max(0, total - paper.width) : 0)
      return Math.max(1, wide) + (i === last ? 0 : GAP)
    }),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
    wordWrap: true,
    wrapOnWordBoundary: true,
  })
  for (const row of rows) lines.push(part.map(i => spaced(i, row[i] ?? '')))
  return lines
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n')
}

/** Text in lines of at most `width`, all but the first indented. */
export function wrapped(text: string, width: number, indent = ''): string {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length + indent.length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.map((line, i) => (i === 0 ? line : indent + line)).join('\n')
}
