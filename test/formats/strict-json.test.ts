import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Issues } from '../../formats/issues.ts'
import { parseStrictJson } from '../../formats/strict-json.ts'

function parse(text: string, limits = {}): { value: unknown; codes: string[]; messages: string[] } {
  const issues = new Issues(10)
  const value = parseStrictJson(text, { maxCharacters: 1e8, maxDepth: 64, ...limits }, issues)
  const list = issues.list()
  return { value, codes: list.map(({ code }) => code), messages: list.map(({ message }) => message) }
}

describe('JSON from anywhere', () => {
  it('reads what JSON.parse reads, and the same', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), text => {
        const { value, codes } = parse(text)
        const whole = JSON.stringify(value, (_, item: unknown) =>
          typeof item === 'bigint' ? Number(item) : item,
        )
        const repeats = codes.length > 0
        return repeats || whole === JSON.stringify(JSON.parse(text))
      }),
    )
  })

  it('turns down what JSON.parse turns down', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '"a"',
      '1',
      '-',
      '0',
      '.',
      'e',
      ' ',
      'null',
      '\n',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), parts => {
        const text = parts.join('')
        let good = true
        try {
          JSON.parse(text)
        } catch {
          good = false
        }
        return good === !parse(text).codes.includes('syntax')
      }),
      { numRuns: 2000 },
    )
  })

  it('keeps integers beyond 2^53 exact', () => {
    expect(parse('[18446744073709551615, -9223372036854775808, 9007199254740991, 1e3]').value).toEqual([
      18446744073709551615n,
      -9223372036854775808n,
      9007199254740991,
      1000,
    ])
  })

  it('says where the text breaks off', () => {
    expect(parse('{"a":1,\n "b" 2}').messages).toEqual(['line 2, column 6: expected \':\', found "2"'])
    expect(parse('[1,').messages).toEqual(['line 1, column 4: expected a value, found the end of the text'])
    expect(parse('"a\nb"').codes).toEqual(['syntax'])
    expect(parse('"\\x"').codes).toEqual(['syntax'])
    expect(parse('"\\').codes).toEqual(['syntax'])
    expect(parse('').codes).toEqual(['syntax'])
  })

  it('reports a key given twice, and __proto__', () => {
    expect(parse('{"a":1,"\\u0061":2}')).toMatchObject({ value: { a: 2 }, codes: ['duplicateKey'] })
    const { value, codes } = parse('{"__proto__":{"x":1}}')
    expect(codes).toEqual(['forbiddenKey'])
    expect((value as { x?: number }).x).toBeUndefined()
  })

  it('ends at its limits rather than at those of the machine', () => {
    expect(parse('['.repeat(5_000_000)).codes).toEqual(['tooDeep'])
    expect(parse('{"a":'.repeat(1_000_000)).codes).toEqual(['tooDeep'])
    expect(parse('[1]', { maxCharacters: 2 }).codes).toEqual(['tooLarge'])
  })

  it('takes time in proportion to the text, whatever is in it', () => {
    const size = 2_000_000
    expect(parse('9'.repeat(size)).value).toBe(Infinity)
    expect(parse(`"${'\\n'.repeat(size)}"`).value).toHaveLength(size)
    expect(parse(`"${'x'.repeat(size)}`).codes).toEqual(['syntax'])
    expect(parse(' '.repeat(size)).codes).toEqual(['syntax'])
    expect(parse(`[${'0,'.repeat(size)}0]`).value).toHaveLength(size + 1)
  })
})
