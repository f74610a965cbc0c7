import { describe, expect, it } from 'vitest'
import {
  asMarkdown,
  asTsv,
  cellAfter,
  nextOrder,
  sorted,
  type Column,
} from '../../../renderer/state/table.ts'

interface Row {
  readonly name: string
  readonly size: number | null
}
const rows: readonly Row[] = [
  { name: 'b|b', size: 3 },
  { name: 'a10', size: null },
  { name: 'a2', size: 1.5 },
]
const columns: readonly Column<Row>[] = [
  { id: 'name', title: 'Name', value: ({ name }) => name },
  {
    id: 'size',
    title: 'Size',
    unit: 'GiB',
    isFigure: true,
    value: ({ size }) => size,
    shown: ({ size }) => (size === null ? 'never' : `${size}`),
    mark: ({ size }) => (size === 1.5 ? 'best' : null),
  },
]
const names = (list: readonly Row[]): string[] => list.map(({ name }) => name)

describe('a data table', () => {
  it('a header sorts up, then down, then not at all', () => {
    const up = nextOrder(null, 'size')
    const down = nextOrder(up, 'size')
    expect([up, down, nextOrder(down, 'size')]).toEqual([
      { column: 'size', isDown: false },
      { column: 'size', isDown: true },
      null,
    ])
    expect(nextOrder(down, 'name')).toEqual({ column: 'name', isDown: false })
  })

  it('rows without a figure come last whichever way it is sorted', () => {
    expect(names(sorted(rows, columns, { column: 'size', isDown: false }))).toEqual(['a2', 'b|b', 'a10'])
    expect(names(sorted(rows, columns, { column: 'size', isDown: true }))).toEqual(['b|b', 'a2', 'a10'])
  })

  it('names are sorted as people count, and an unknown column sorts nothing', () => {
    expect(names(sorted(rows, columns, { column: 'name', isDown: false }))).toEqual(['a2', 'a10', 'b|b'])
    expect(sorted(rows, columns, { column: 'gone', isDown: false })).toBe(rows)
  })

  it('is copied for spreadsheets with its units and bare figures', () => {
    expect(asTsv(columns, rows)).toBe('Name\tSize [GiB]\nb|b\t3\na10\t\na2\t1.5')
  })

  it('is copied as Markdown as it is shown, the best in bold, pipes escaped', () => {
    expect(asMarkdown(columns, rows).split('\n')).toEqual([
      '| Name | Size [GiB] |',
      '| --- | --: |',
      '| b\\|b | 3 |',
      '| a10 | never |',
      '| a2 | **1.5** |',
    ])
  })

  it('arrow keys stay in the table, whose header is a row of its own', () => {
    const size = { rows: 3, columns: 2 }
    expect(cellAfter('ArrowDown', [-1, 0], size)).toEqual([0, 0])
    expect(cellAfter('ArrowUp', [-1, 1], size)).toEqual([-1, 1])
    expect(cellAfter('ArrowRight', [2, 1], size)).toEqual([2, 1])
    expect(cellAfter('End', [0, 0], size, true)).toEqual([2, 1])
    expect(cellAfter('x', [0, 0], size)).toBeNull()
  })
})
