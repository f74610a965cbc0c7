import { describe, expect, it } from 'vitest'
import { quoted, safeText } from '../../formats/safe-text.ts'

describe('text that somebody else wrote', () => {
  it.each([
    ['\u001b[31mred\u0007', '·[31mred·'],
    ['<script>', '‹script›'],
    ['a\nb\tc', 'a·b·c'],
    ['abc\u202etxt.exe', 'abc·txt.exe'],
    ['half \ud800 and 🙂', 'half · and 🙂'],
    ['Zürich 東京', 'Zürich 東京'],
  ])('%j is %j', (text, safe) => {
    expect(safeText(text)).toBe(safe)
  })

  it('is cut, and never through a character', () => {
    expect(safeText('🙂'.repeat(100), 10)).toBe(`${'🙂'.repeat(4)}…`)
    expect(safeText('x'.repeat(1e6), 10)).toBe(`${'x'.repeat(9)}…`)
    expect(quoted('abc')).toBe('"abc"')
  })
})
