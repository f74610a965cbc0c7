/** Tables: columns as wide as they need, rows that stay whole, the head again on every page. */
import type { Cell, Column, Table } from '../../../formats/export/report/document.ts'
import type { Flow } from './flow.ts'
import { reference, type Line, type Run } from './pen.ts'

const SIZE = 7.5
const HEAD_SIZE = 7
const LINE = 10.2
const GAP = 9
const PAD = 3
/** A row higher than this may be broken between its lines. */
const MOST_LINES = 24
/** Most that a column is wider than it needs. */
const MOST_SPREAD = 42

export function drawTable(flow: Flow, { title, columns, rows }: Table): void {
  const { pen } = flow
  const titleRuns: Run[] = [{ text: title, font: 'bold', size: 8.5, colour: '--text' }]
  const titleLines = pen.lines(titleRuns, flow.width)
  const widths = columnWidths(flow, columns, rows)
  const heads = columns.map((column, at) => pen.lines(headRuns(column), widths[at] ?? 0))
  const body = rows.map(row => row.map((cell, at) => pen.lines(cellRuns(cell), widths[at] ?? 0)))
  const headHeight = heightOf(heads, LINE - 0.6) + 4
  const firstRows = body.slice(0, 2).reduce((sum, lines) => sum + rowHeight(lines), 0)
  flow.need(titleLines.length * 12 + headHeight + firstRows + 8)
  flow.tagged('P', () => pen.draw(titleLines, flow.left, flow.y + 9, 12))
  flow.y += titleLines.length * 12 + 2
  const table = flow.element('Table')
  drawHead(flow, heads, columns, widths, table)
  for (const [at, lines] of body.entries()) {
    // The last row is not left alone on the next page.
    const after = at === body.length - 2 ? rowHeight(body[at + 1] ?? []) : 0
    if (flow.room < Math.min(rowHeight(lines) + after, MOST_LINES * LINE)) {
      flow.newPage()
      drawHead(flow, heads, columns, widths, table)
    }
    drawRow(flow, lines, columns, widths, table)
  }
  flow.y += 10
}

const heightOf = (cells: readonly (readonly Line[])[], lineHeight: number): number =>
  Math.max(1, ...cells.map(lines => lines.length)) * lineHeight
const rowHeight = (cells: readonly (readonly Line[])[]): number => heightOf(cells, LINE) + 2 * PAD - 1

function headRuns({ title, note }: Column): Run[] {
  const run: Run = { text: title, font: 'regular', size: HEAD_SIZE, colour: '--text-dim' }
  return note === undefined ? [run] : [run, reference(note, HEAD_SIZE + 1)]
}

const TONES = { good: '--good', warn: '--warn', bad: '--bad', dim: '--text-dim' } as const

function cellRuns({ text, tone, style, note }: Cell): Run[] {
  const isCode = style === 'code'
  const run: Run = {
    text,
    font: style === 'strong' ? 'bold' : isCode ? 'mono' : 'regular',
    size: isCode ? SIZE * 0.88 : SIZE,
    colour: tone === undefined ? '--text' : TONES[tone],
  }
  return note === undefined ? [run] : [run, reference(note, SIZE)]
}

type Element = ReturnType<Flow['element']>

function drawHead(
  flow: Flow,
  heads: readonly Line[][],
  columns: readonly Column[],
  widths: readonly number[],
  table: Element,
): void {
  const height = heightOf(heads, LINE - 0.6)
  const row = flow.element('TR', table)
  eachCell(columns, widths, (at, x, width, align) => {
    const lines = heads[at] ?? []
    const top = flow.y + height - lines.length * (LINE - 0.6)
    flow.tagged('TH', () => flow.pen.draw(lines, flow.left + x, top + 7, LINE - 0.6, { width, align }), row)
  })
  flow.y += height + 2
  flow.pen.rule(flow.left, flow.y, flow.left + totalWidth(columns, widths), flow.y, '--line-strong', 0.7)
  flow.y += 1
}

function drawRow(
  flow: Flow,
  cells: readonly Line[][],
  columns: readonly Column[],
  widths: readonly number[],
  table: Element,
): void {
  let rest = cells.map(lines => [...lines])
  for (;;) {
    const fits = Math.max(1, Math.floor((flow.room - 2 * PAD) / LINE))
    const here = rest.map(lines => lines.slice(0, fits))
    const row = flow.element('TR', table)
    eachCell(columns, widths, (at, x, width, align) =>
      flow.tagged(
        'TD',
        () => flow.pen.draw(here[at] ?? [], flow.left + x, flow.y + PAD + 7, LINE, { width, align }),
        row,
      ),
    )
    flow.y += rowHeight(here)
    flow.pen.rule(flow.left, flow.y, flow.left + totalWidth(columns, widths), flow.y)
    rest = rest.map(lines => lines.slice(fits))
    if (rest.every(lines => lines.length === 0)) return
    flow.newPage()
  }
}

/** A text that follows a figure stands apart from it. */
function gapAfter(columns: readonly Column[], at: number): number {
  if (at >= columns.length - 1) return 0
  return columns[at]?.isNumber === true && columns[at + 1]?.isNumber !== true ? GAP + 6 : GAP
}

const totalWidth = (columns: readonly Column[], widths: readonly number[]): number =>
  widths.reduce((sum, width, at) => sum + width + gapAfter(columns, at), 0)

function eachCell(
  columns: readonly Column[],
  widths: readonly number[],
  draw: (at: number, x: number, width: number, align: 'left' | 'right') => void,
): void {
  let x = 0
  columns.forEach(({ isNumber }, at) => {
    const width = widths[at] ?? 0
    draw(at, x, width, isNumber === true ? 'right' : 'left')
    x += width + gapAfter(columns, at)
  })
}

/**
 * Every column gets what it needs where there is room; where there is not, figures keep their width and texts share the
 * rest by their length, none narrower than its longest word as long as that is possible.
 */
function columnWidths(flow: Flow, columns: readonly Column[], rows: readonly (readonly Cell[])[]): number[] {
  const { pen } = flow
  const sample = rows.length > 300 ? rows.filter((_, at) => at % Math.ceil(rows.length / 300) === 0) : rows
  const of = (at: number): Run[][] => [
    headRuns(columns[at] ?? { title: '' }),
    ...sample.map(row => cellRuns(row[at] ?? { text: '' })),
  ]
  const natural = columns.map((column, at) => {
    const runs = column.isNumber === true ? of(at).slice(1) : of(at)
    const head = column.isNumber === true ? pen.widestWord(headRuns(column)) : 0
    return Math.max(head, ...runs.map(each => pen.widthOf(each))) + 0.5
  })
  const room = flow.width - columns.reduce((sum, _, at) => sum + gapAfter(columns, at), 0)
  const total = natural.reduce((sum, width) => sum + width, 0)
  if (total <= room) return spread(natural, columns, room)
  const least = columns.map((column, at) => {
    const word = Math.max(0, ...of(at).map(runs => pen.widestWord(runs)))
    const wanted = natural[at] ?? 0
    return column.isNumber === true ? wanted : Math.min(wanted, Math.max(28, Math.min(word, room * 0.3)))
  })
  const leastTotal = least.reduce((sum, width) => sum + width, 0)
  if (leastTotal >= room) return least.map(width => (width * room) / leastTotal)
  const extra = natural.map((width, at) => Math.max(0, width - (least[at] ?? 0)) ** 0.75)
  const extraTotal = extra.reduce((sum, width) => sum + width, 0)
  return shared(least, natural, extra, extraTotal, room - leastTotal)
}

/** Nobody gets more than they need: what is left over goes to the others. */
function shared(
  least: readonly number[],
  natural: readonly number[],
  extra: readonly number[],
  extraTotal: number,
  room: number,
): number[] {
  const widths = least.map((width, at) =>
    Math.min(natural[at] ?? 0, width + (room * (extra[at] ?? 0)) / Math.max(extraTotal, 1e-9)),
  )
  const left =
    least.reduce((sum, width) => sum + width, 0) + room - widths.reduce((sum, width) => sum + width, 0)
  const hungry = widths.map((width, at) => Math.max(0, (natural[at] ?? 0) - width))
  const hunger = hungry.reduce((sum, width) => sum + width, 0)
  return hunger < 1
    ? widths
    : widths.map((width, at) => width + Math.min(hungry[at] ?? 0, (left * (hungry[at] ?? 0)) / hunger))
}

/** Room that is left goes between the columns, in equal parts; but no eye should have to leap over a gap. */
function spread(natural: readonly number[], columns: readonly Column[], room: number): number[] {
  const left = room - natural.reduce((sum, width) => sum + width, 0)
  const each = Math.min(MOST_SPREAD, left / Math.max(1, columns.length))
  return natural.map(width => width + each)
}
