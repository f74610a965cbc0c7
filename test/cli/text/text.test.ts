import { describe, expect, it } from 'vitest'
import { progressText } from '../../../cli/progress.ts'
import { csv } from '../../../cli/text/csv.ts'
import { ascii, harmless } from '../../../cli/text/harmless.ts'
import { json } from '../../../cli/text/json.ts'
import { evenly, sparkline } from '../../../cli/text/sparkline.ts'
import { table, wrapped } from '../../../cli/text/table.ts'
import { isUnicode, type Paper } from '../../../cli/text/terminal.ts'

const paper = (width: number): Paper => ({ width, unicode: true, ink: (_, text) => text })

describe('a sparkline', () => {
  it('keeps the peaks of what it leaves out', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8, true)).toBe('▁▂▃▄▅▆▇█')
    expect(sparkline([0, 0, 9, 0, 0, 0, 0, 0], 4, true)).toBe('▁█▁▁')
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8, false)).toBe('_.-=+*#@')
  })

  it('is flat at the bottom for nothing, at the top for always the same', () => {
    expect(sparkline([0, 0, 0], 3, true)).toBe('▁▁▁')
    expect(sparkline([7, 7, 7], 3, true)).toBe('███')
    expect(sparkline([], 3, true)).toBe('')
  })

  it('has even time steps, whatever the run had', () => {
    expect(evenly([0, 1, 1.5, 10], [1, 2, 3, 4], 6)).toEqual([1, 3, 3, 3, 3, 4])
  })
})

describe('a table', () => {
  const columns = [
    { title: 'name' },
    ...['a', 'b', 'c'].map(title => ({ title: title.repeat(8), right: true })),
  ]

  it('lines numbers up on the right', () => {
    expect(table(paper(80), columns, [['x', '1', '22', '333']])).toBe(
      ['name  aaaaaaaa  bbbbbbbb  cccccccc', 'x            1        22       333'].join('\n'),
    )
  })

  it('goes on below with the names again where the terminal is too narrow', () => {
    const lines = table(paper(26), columns, [['x', '1', '22', '333']]).split('\n')
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(26)
    expect(lines.filter(line => line.startsWith('x'))).toHaveLength(2)
    expect(lines.join()).toContain('333')
  })

  it('breaks long text in its last column into lines', () => {
    const text = 'word '.repeat(40).trim()
    const lines = table(paper(60), [{ title: 'name' }, { title: 'text' }], [['x', text]]).split('\n')
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(60)
    expect(lines.join(' ').match(/word/g)).toHaveLength(40)
  })

  it.each([40, 60, 80, 120, 200])('never is wider than %d columns', width => {
    const rows = Array.from({ length: 5 }, (_, i) =>
      Array.from({ length: 12 }, (_unused, j) => 'y'.repeat(((i * j) % 13) + 1)),
    )
    const many = Array.from({ length: 12 }, (_, i) => ({ title: `column ${i}`, right: i > 0 && i < 11 }))
    const lines = table(paper(width), many, rows).split('\n')
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(width)
  })
})

describe('text from files', () => {
  it('does nothing on a terminal', () => {
    expect(harmless('a\u001b[2Jb\u0007\u202ec\n')).toBe('a\\u{1b}[2Jb\\u{7}\\u{202e}c\\u{a}')
    expect(harmless('naïve 漢字 ×')).toBe('naïve 漢字 ×')
  })

  it('is ASCII where the terminal knows no more', () => {
    expect(ascii('5 µs – 3 × 漢')).toBe('5 us - 3 x ?')
    expect([
      isUnicode({ LANG: 'C' }),
      isUnicode({ LANG: 'de_DE.UTF-8' }),
      isUnicode({ LC_ALL: 'C', LANG: 'en_US.utf8' }),
    ]).toEqual([false, true, false])
    expect([isUnicode({}, 'linux'), isUnicode({}, 'win32')]).toEqual([false, true])
  })

  it('wraps between words', () => {
    expect(wrapped('one two three four', 9, '  ')).toBe('one two\n  three\n  four')
  })
})

describe('CSV and JSON', () => {
  it('quote what needs it, and make formulas harmless', () => {
    expect(
      csv(
        ['a', 'b [bytes]'],
        [
          ['x,"y"', 1],
          ['=1+1', null],
          [true, -2],
        ],
      ),
    ).toBe('a,b [bytes]\r\n"x,""y""",1\r\n\'=1+1,\r\ntrue,-2')
  })

  it('have lists for packed numbers and null for what JSON cannot say', () => {
    expect(JSON.parse(json({ values: Float64Array.of(1, 2.5), never: Infinity }))).toEqual({
      values: [1, 2.5],
      never: null,
    })
  })
})

describe('progress', () => {
  it('says how long it takes once that can be said', () => {
    expect(progressText({ done: 250, total: 1000, elapsedMs: 4000 })).toBe('250 of 1000 runs, 12 s left')
    expect(progressText({ done: 1, total: 1000, elapsedMs: 100 })).toBe('1 of 1000 runs')
    expect(progressText({ done: 7, total: null, elapsedMs: 9000 })).toBe('7 runs')
  })
})
