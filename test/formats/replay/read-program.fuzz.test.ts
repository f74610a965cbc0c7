import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readProgram } from '../../../formats/replay/read-program.ts'
import { writeProgram } from '../../../formats/replay/write-program.ts'
import { randomProgram } from '../../support/random-programs.ts'
import { exampleText, programText } from './sample.ts'

/** Whatever the text, the answer is a program or issues: fast-check prints the seed of what throws. */
const answers = (text: string): boolean => {
  const read = readProgram(text)
  return read.ok ? read.program.ops.length >= 0 : read.issues.length > 0
}

const sample = writeProgram(randomProgram(7, { kernel: '6.18', theme: 'shmem' }))

describe('hostile text', () => {
  it('cut off at any place is an issue, not a crash', () => {
    for (const text of [exampleText.trimEnd(), sample.trimEnd()])
      for (let length = 0; length < text.length; length++)
        expect(readProgram(text.slice(0, length)), `the first ${length} characters`).toMatchObject({
          ok: false,
        })
  })

  it('with any one character replaced', () => {
    fc.assert(
      fc.property(
        fc.nat(sample.length - 1),
        fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', '0', '9', '-', 'e', ' ', '\0', '\u{1f600}'),
        (at, character) => answers(sample.slice(0, at) + character + sample.slice(at + 1)),
      ),
      { numRuns: 3000 },
    )
  })

  it('of any JSON in any place of a program', () => {
    const anything = fc.jsonValue({ maxDepth: 3 })
    fc.assert(
      fc.property(fc.nat(1000), anything, (place, value) =>
        answers(JSON.stringify(replaced(JSON.parse(sample), place, value))),
      ),
      { numRuns: 2000 },
    )
  })

  it('of names that refer to each other in odd ways', () => {
    const name = fc.constantFrom(
      'a',
      'b',
      'c',
      'p0',
      '$rt',
      '$heap',
      'constructor',
      'toString',
      '__proto__',
      '',
    )
    const op = fc.record(
      {
        op: fc.constantFrom(
          'mmap',
          'mremap',
          'mlock',
          'fork',
          'exit',
          'ftruncate',
          'constructor',
          'hasOwnProperty',
        ),
        pid: name,
        as: name,
        on: name,
        to: name,
        child: name,
        file: name,
        length: fc.constant(4096),
        oldLength: fc.constant(4096),
        newLength: fc.constant(4096),
        phase: fc.constantFrom(0, 4096, 8192),
      },
      { requiredKeys: ['op'] },
    )
    fc.assert(
      fc.property(fc.array(op, { maxLength: 12 }), ops => answers(programText(ops))),
      { numRuns: 2000 },
    )
  })

  it('with numbers no machine has', () => {
    for (const number of [
      '1e999',
      '-1e999',
      '9'.repeat(100_000),
      `-${'9'.repeat(400)}`,
      '18446744073709551616',
      '-9223372036854775809',
      '1e-9',
      '-0.5',
    ]) {
      const text = programText([{ op: 'mmap', as: 'a', length: 'HERE' }]).replace('"HERE"', number)
      expect(readProgram(text)).toMatchObject({
        ok: false,
        issues: [{ path: '$.ops[0].length', code: 'badValue' }],
      })
    }
  })

  it('nested as deep as it can be', () => {
    for (const open of ['[', '{"ops":', '{"machine":{"thp":', '[[{"a":'])
      expect(readProgram(open.repeat(200_000))).toMatchObject({ ok: false, issues: [{ code: 'tooDeep' }] })
  })

  it('with more than the limits allow', () => {
    expect(readProgram(' '.repeat(100), { maxCharacters: 99 })).toMatchObject({
      issues: [{ code: 'tooLarge' }],
    })
    const ops = Array.from({ length: 11 }, () => ({ op: 'munlockall' }))
    expect(readProgram(programText(ops), { maxOps: 10 })).toMatchObject({ issues: [{ path: '$.ops' }] })
  })

  it('does not make the answer large', () => {
    const long = 'x'.repeat(1_000_000)
    const keys = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`k${index}`, index]))
    for (const text of [
      programText([{ op: long, [long]: long }], { [long]: long, name: long }),
      programText([{ op: 'mlock', on: long, length: long, ...keys }], keys),
      programText([{ op: 'mmap', as: 'a', length: 1, file: 'f' }], { files: keys }),
    ]) {
      const read = readProgram(text)
      expect(read.ok).toBe(false)
      expect(JSON.stringify(read).length).toBeLessThan(100_000)
    }
  })
})

/** The document with the value in the n-th place, counted over all keys and items. */
function replaced(document: unknown, place: number, value: unknown): unknown {
  const places: { holder: Record<string, unknown>; key: string }[] = []
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    for (const [key, inner] of Object.entries(node)) {
      places.push({ holder: node as Record<string, unknown>, key })
      walk(inner)
    }
  }
  walk(document)
  const { holder, key } = places[place % places.length]!
  holder[key] = value
  return document
}
