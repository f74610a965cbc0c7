/** The ratio that matters: the time that the running kernel needs over the time that the model needs. */
import { test } from 'vitest'
import type { Ratio, Ratios } from './ratio-rounds.ts'
import { printedBy } from './rounds.ts'

function line({ memory, method, size, liveMs, modelUs, wholeUs, predictedMs }: Ratio): string {
  const ratio = (us: number): string => Math.round((liveMs * 1000) / us).toLocaleString('en')
  const cells = [
    `${memory}, ${size}`,
    method,
    `${liveMs.toFixed(1)} ms`,
    `${predictedMs.toFixed(1)} ms`,
    `${modelUs.toFixed(1)} us`,
    ratio(modelUs),
    `${wholeUs.toFixed(1)} us`,
    ratio(wholeUs),
  ]
  return cells.map((cell, i) => (i < 2 ? cell.padEnd(22) : cell.padStart(10))).join(' ')
}

const HEAD = `${'memory'.padEnd(22)} ${'method'.padEnd(22)}   measured  predicted      model      ratio  +machine      ratio`

test('populate and lock programs, live and modelled', { timeout: 600_000 }, context => {
  const ratios = JSON.parse(printedBy('ratio-rounds.ts')) as Ratios
  if ('skipped' in ratios) return context.skip(ratios.skipped)
  console.log([`Linux ${ratios.kernel}`, HEAD, ...ratios.measured.map(line)].join('\n'))
})
