/** How fast whole runs are: a guest's start, a host for a day, a sweep, and hosts of different sizes. */
import { test } from 'vitest'
import { printedBy } from './rounds.ts'
import { GROUP_NAMES, type Figure, type Figures } from './simulate-groups.ts'

const line = ({ name, medianMs, firstMs, steps }: Figure): string =>
  `  ${name.padEnd(20)} ${medianMs.toFixed(2).padStart(9)} ms, at first ${firstMs.toFixed(1).padStart(7)} ms, ${steps} steps`

test.each(GROUP_NAMES)('%s', { timeout: 600_000 }, name => {
  const { figures, peakMiB } = JSON.parse(printedBy('simulate-rounds.ts', name)) as Figures
  console.log([`${name} (process ${peakMiB.toFixed(0)} MiB at most)`, ...figures.map(line)].join('\n'))
})
