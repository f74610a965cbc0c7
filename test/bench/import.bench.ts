/** A map of memory of 50 MB, as text and as bytes: it is to be read in less than 2 s. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { importInput } from '../../formats/import/index.ts'
import type { ImportInput } from '../../formats/import/importer.ts'

const sample = new URL('../formats/import/samples/proc-smaps/cat.txt', import.meta.url)
const one = readFileSync(sample, 'utf8')
const text = one.repeat(Math.ceil(50e6 / one.length))
const rows: readonly (readonly [string, ImportInput])[] = [
  ['as text', { text }],
  ['as bytes', { bytes: new TextEncoder().encode(text) }],
]

describe('50 MB of smaps', () => {
  test.each(rows)('%s', (name, input) => {
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now()
      expect(importInput(input).ok).toBe(true)
      return performance.now() - start
    }).sort((a, b) => a - b)
    console.log(
      `50 MB of smaps ${name}: median ${times[2]!.toFixed(0)} ms, slowest ${times[4]!.toFixed(0)} ms`,
    )
  })
})
