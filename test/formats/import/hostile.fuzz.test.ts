import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { combine } from '../../../formats/import/combine.ts'
import { IMPORTERS, importInput } from '../../../formats/import/index.ts'
import type { ImportInput, ImportResult } from '../../../formats/import/importer.ts'

const folder = fileURLToPath(new URL('samples/', import.meta.url))
const samples = IMPORTERS.flatMap(importer =>
  readdirSync(`${folder}${importer.id}`)
    .filter(file => !file.endsWith('.expected.json'))
    .map(file => ({
      importer,
      file,
      bytes: new Uint8Array(readFileSync(`${folder}${importer.id}/${file}`)),
    })),
)
const TEXTS = samples.filter(({ importer }) => importer.id !== 'gguf')
const OPTIONS = { seed: 20260730, numRuns: 60 }

/** No control characters, no marks that turn text around, no tags: in sentences, paths, and names of what was read. */
function expectClean(result: ImportResult): void {
  const said = result.ok
    ? [
        ...result.notes.flatMap(note => [note.path, note.sentence]),
        // A plan of one's own comes back as it was.
        ...(result.plan === undefined ? (result.workloads ?? []) : []).map(({ name }) => name),
        ...(result.guests ?? []).map(({ name }) => name),
        ...(result.limits ?? []).map(({ of }) => of),
      ]
    : result.issues.flatMap(issue => [issue.sentence, issue.found, issue.path])
  const unclean = said.filter(text => /[\p{Cc}\p{Cf}<>]/u.test(text))
  expect(unclean).toEqual([])
}

/** Reads an input in the way that it chooses, and with the importer that is made for its sample. */
function survive(input: ImportInput, importer = samples[0]!.importer): void {
  for (const result of [importInput(input), importInput(input, {}, importer)]) {
    expectClean(result)
    if (result.ok && importer.id !== 'holdfast-plan') combine([result])
  }
}

describe('what an importer gets', () => {
  it('may end anywhere', () => {
    for (const { importer, bytes } of samples) {
      const step = Math.max(1, Math.floor(bytes.length / 80))
      for (let length = 0; length < bytes.length; length += step)
        importInput({ bytes: bytes.subarray(0, length) }, {}, importer)
    }
  })

  it('may be changed anywhere', () => {
    const spoiled = fc.record({
      sample: fc.constantFrom(...samples),
      changes: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 20 }),
    })
    fc.assert(
      fc.property(spoiled, ({ sample, changes }) => {
        const bytes = Uint8Array.from(sample.bytes)
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        survive({ bytes }, sample.importer)
      }),
      { ...OPTIONS, numRuns: 200 },
    )
  })

  it('may have numbers that no machine has, and words that are no numbers', () => {
    const number = fc.constantFrom(
      ...[
        '0',
        '-1',
        '18446744073709551616',
        '9'.repeat(400),
        '1e308',
        '0x7fffffffffffffff',
        'NaN',
        '__proto__',
        '',
      ],
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...TEXTS),
        fc.array(number, { minLength: 1, maxLength: 8 }),
        (sample, numbers) => {
          let i = 0
          const text = new TextDecoder()
            .decode(sample.bytes)
            .replace(/\d+/g, old => (i++ % 3 === 0 ? numbers[i % numbers.length]! : old))
          survive({ text }, sample.importer)
        },
      ),
      { ...OPTIONS, numRuns: 150 },
    )
  })

  it('may have names that a terminal or a page would take for something else', () => {
    const evil = '\u001b]0;x\u0007\u202e<script>alert(1)</script>\u200b\ud800'
    for (const { importer, bytes } of TEXTS) {
      const text = new TextDecoder().decode(bytes)
      for (const word of new Set(text.match(/[A-Za-z]{4,}/g)?.slice(0, 15)))
        survive({ text: text.replaceAll(word, word + evil) }, importer)
    }
  })

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), text => survive({ text })),
      OPTIONS,
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => survive({ bytes })),
      OPTIONS,
    )
    for (const importer of IMPORTERS)
      fc.assert(
        fc.property(fc.string({ unit: 'binary', maxLength: 200 }), text => survive({ text }, importer)),
        { ...OPTIONS, numRuns: 20 },
      )
  })

  it('may be in another encoding', () => {
    for (const { importer, bytes } of TEXTS) {
      const text = new TextDecoder().decode(bytes)
      const wide = Uint8Array.from([0xff, 0xfe, ...Buffer.from(text, 'utf16le')])
      const swapped = Uint8Array.from(Buffer.from(`\ufeff${text}`, 'utf16le').swap16())
      const expected = importInput({ text }, {}, importer)
      expect(importInput({ bytes: wide }, {}, importer)).toEqual(expected)
      expect(importInput({ bytes: swapped }, {}, importer)).toEqual(expected)
      expect(importInput({ bytes: Uint8Array.from([0xef, 0xbb, 0xbf, ...bytes]) }, {}, importer)).toEqual(
        expected,
      )
    }
  })
})

describe('attacks', () => {
  const lines = (count: number, line: string): string => line.repeat(count)
  const aliases = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefghi'.split('').map((k, i) => `${k}: &${k} [${Array(9).fill(`*${'abcdefgh'[i]!}`).join()}]`),
  ].join('\n')
  it.each([
    ['aliases that multiply', `services:\n  x: 1\n${aliases}\n`],
    ['aliases in Kubernetes', `kind: Pod\napiVersion: v1\n${aliases}\n`],
    ['brackets', `services: ${'['.repeat(100_000)}`],
    ['dashes', `services:\n  ${'- '.repeat(100_000)}x`],
    [
      'indentation',
      `services:\n${Array.from({ length: 2000 }, (_, i) => `${' '.repeat(i + 1)}a:`).join('\n')}`,
    ],
    ['elements', `<domain>${'<a>'.repeat(100_000)}`],
    ['comments that do not end', `<domain type='kvm'>${'<!--'.repeat(60_000)}`],
    ['quotes that do not end', `<domain type='kvm'><memory>1</memory>${'<a b="'.repeat(200_000)}`],
    [
      'attributes',
      `<domain><memory ${Array.from({ length: 20_000 }, (_, i) => `a${i}='1'`).join(' ')}>1</memory></domain>`,
    ],
    ['blank lines', lines(200_000, '\n')],
    ['blanks', ' '.repeat(2_000_000)],
    ['a unit of blanks', `[Service]\nLimitMEMLOCK=1${' '.repeat(1_000_000)}x`],
    ['keys of blanks', `memory: 1${' '.repeat(1_000_000)}x\ncores: 2\n`],
    ['comments of a unit', lines(50_000, '# /a/a/a/a/a/a\n') + '[Service]'],
    ['options', `qemu-system-x86_64 ${'-device a,b=c '.repeat(50_000)}`],
    ['commas', `qemu-system-x86_64 -m ${','.repeat(1_000_000)}`],
    ['backslashes', `qemu-system-x86_64 -m 1 ${'\\ '.repeat(500_000)}`],
    ['quotes', `qemu-system-x86_64 -m 1 ${`'"`.repeat(300_000)}`],
    ['JSON in an option', `qemu-system-x86_64 -object '${'{"a":'.repeat(50_000)}'`],
    ['lists of lscpu', `{"lscpu":${'['.repeat(100_000)}`],
    ['a trace of one line', `mlock(0x1000, 1) = 0\n${'mmap('.repeat(10_000)}${' '.repeat(500_000)}`],
    [
      'a trace of mappings',
      lines(30_000, 'mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000\n'),
    ],
    ['model names', `llama-server -m ${'Q1_'.repeat(300_000)}.gguf`],
    [
      'headers of mappings',
      lines(20_000, '7f2000000000-7f2200000000 rw-p 00000000 00:00 0 \nSize:            8388608 kB\n'),
    ],
    ['blocks', lines(50_000, '=== /proc/1/x\n')],
    ['samples', lines(100_000, 'actual 1\n')],
    ['limits', lines(30_000, 'a - memlock 1\n')],
    ['a rest of THP', `${'always '.repeat(100_000)}x`],
  ])('%s', (_, text) => {
    const result = importInput({ text })
    expectClean(result)
    expect(JSON.stringify(result).length).toBeLessThan(20_000_000)
  })

  it('of a billion laughs are refused', () => {
    const text = `<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><domain><name>&b;</name><memory>1</memory></domain>`
    expect(importInput({ text })).toMatchObject({ ok: false, issues: [{ found: 'a document type' }] })
  })

  it('too long to be configuration are refused before they are read', () => {
    const text = `<domain type='kvm'><memory>1</memory>${' '.repeat(17 * 2 ** 20)}</domain>`
    expect(importInput({ text })).toMatchObject({ ok: false, issues: [{ path: '' }] })
  })
})
