/** How fast the model carries out operations. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'vitest'
import type { Speed } from './replay-rounds.ts'

const script = join(import.meta.dirname, 'replay-rounds.ts')
const thousands = (n: number): string => `${Math.round(n / 1000)},000`

test.each(['5.10', '6.18'])('random programs on %s', kernel => {
  const speed = JSON.parse(execFileSync(process.execPath, [script, kernel], { encoding: 'utf8' })) as Speed
  console.log(
    `${kernel}, ${speed.programs} programs of ${speed.ops} operations: ${thousands(speed.opsPerSecond)} operations a second ` +
      `(median program ${thousands(speed.medianOpsPerSecond)}), with a look at /proc after each ` +
      `${thousands(speed.observedOpsPerSecond)}; ${speed.prepareUs.toFixed(0)} us to prepare a program`,
  )
})
