/** How fast the model carries out operations. One round runs every program of the corpus once. */
import { describe, test } from 'vitest'
import { kernelNamed } from '../../engine/kernels/releases.ts'
import { Replay, replay } from '../../engine/sim/replay.ts'
import { randomProgram } from '../support/random-programs.ts'

const programs = Array.from({ length: 2000 }, (_, seed) => randomProgram(seed, { kernel: '6.18' }))
const profile = kernelNamed('6.18')!
const ops = programs.reduce((sum, program) => sum + program.ops.length, 0)

describe(`${programs.length} random programs, ${ops} operations`, () => {
  test('operations, without and with a look at /proc after each', async ({ bench }) => {
    const apply = await bench('apply', () => {
      for (const program of programs) {
        const run = new Replay(program, { profile })
        for (const op of program.ops) run.apply(op)
      }
    }).run()
    const observe = await bench('apply and observe', () => {
      for (const program of programs) replay(program, { profile })
    }).run()
    const perSecond = (result: typeof apply) => Math.round((ops * 1000) / result.latency.mean)
    console.log(`operations a second: ${perSecond(apply)}, observing each: ${perSecond(observe)}`)
  })
})
