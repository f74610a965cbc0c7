/**
 * Prints how fast the model carries out random programs, once warm: JSON on standard output. A program of its own,
 * because the modules of a test run are rewritten and several times slower.
 */
import { kernelNamed } from '../../engine/kernels/releases.ts'
import { Replay } from '../../engine/sim/replay.ts'
import { randomProgram } from '../support/random-programs.ts'

const ROUNDS = 8
const kernel = process.argv[2] ?? '6.18'
const profile = kernelNamed(kernel)!
const programs = Array.from({ length: 2000 }, (_, seed) => randomProgram(seed, { kernel }))
const ops = programs.reduce((sum, program) => sum + program.ops.length, 0)

export interface Speed {
  readonly programs: number
  readonly ops: number
  readonly prepareUs: number
  readonly opsPerSecond: number
  readonly observedOpsPerSecond: number
  /** The program in the middle takes this long; a few take most of the time. */
  readonly medianOpsPerSecond: number
}

function timed(work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

function everyOperation(runs: readonly Replay[], look: boolean): number[] {
  return runs.map((run, i) =>
    timed(() => {
      for (const op of programs[i]!.ops) {
        run.apply(op)
        if (look) run.observe()
      }
    }),
  )
}

function round(): Speed {
  let runs: Replay[] = []
  const prepare = timed(() => (runs = programs.map(program => new Replay(program, { profile }))))
  const applied = everyOperation(runs, false)
  const observed = everyOperation(
    programs.map(program => new Replay(program, { profile })),
    true,
  )
  const sum = (times: readonly number[]) => times.reduce((a, b) => a + b, 0)
  const each = applied.map((ms, i) => (programs[i]!.ops.length * 1000) / ms).toSorted((a, b) => a - b)
  return {
    programs: programs.length,
    ops,
    prepareUs: (prepare * 1000) / programs.length,
    opsPerSecond: (ops * 1000) / sum(applied),
    observedOpsPerSecond: (ops * 1000) / sum(observed),
    medianOpsPerSecond: each[each.length >> 1]!,
  }
}

const rounds = Array.from({ length: ROUNDS }, round)
// The fastest: everything that disturbs a round makes it slower.
const best = rounds.reduce((a, b) => (a.opsPerSecond > b.opsPerSecond ? a : b))
console.log(JSON.stringify(best))
