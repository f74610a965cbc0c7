/**
 * Prints what populate and lock programs take the running kernel, and what they take the model: JSON on standard
 * output, or why it cannot be measured here. A program of its own, as replay-rounds.ts is.
 */
import { release } from 'node:os'
import type { Op } from '../../engine/op.ts'
import type { Program } from '../../engine/program.ts'
import { costOfPhases } from '../../engine/sim/costs.ts'
import { DEFAULT_COSTS } from '../../engine/sim/default-costs.ts'
import { Replay } from '../../engine/sim/replay.ts'
import { kernelNamed } from '../../engine/kernels/releases.ts'
import { madvise, memfd, mlock, mmap, program, type Settings } from '../conformance/programs/build.ts'
import { modelOf } from '../conformance/live-check.ts'
import { measureLive } from './live-time.ts'
import { medianOf } from './rounds.ts'

const SIZES = ['64M', '256M', '1G', '2G'] as const
const WARM_UP = 300
const MODEL_ROUNDS = 400
const LIVE_ROUNDS = 5

export interface Ratio {
  readonly memory: string
  readonly method: string
  readonly size: string
  /** The shortest of some rounds: everything that disturbs one makes it longer. */
  readonly liveMs: number
  /** Carrying the operations out and pricing their work, on a machine that is there already. */
  readonly modelUs: number
  /** The same, and making the machine and its process before it. */
  readonly wholeUs: number
  /** What the model, with its default cost table, says the operations take. */
  readonly predictedMs: number
}

export type Ratios =
  { readonly kernel: string; readonly measured: readonly Ratio[] } | { readonly skipped: string }

const MEMORY: readonly (readonly [name: string, flags: string, how: (size: string) => Settings])[] = [
  ['anonymous, 4 KiB', '', () => ({})],
  ['anonymous, THP', '', () => ({ thp: 'always', defrag: 'always' })],
  ['memfd, 4 KiB', 'shared file=f', size => ({ files: { f: memfd(size) } })],
]

const METHODS: readonly (readonly [name: string, ops: (flags: string, size: string) => Op[]])[] = [
  ['MAP_POPULATE', (flags, size) => [mmap('a', size, `populate ${flags}`)]],
  ['mlock', (flags, size) => [mmap('a', size, flags), mlock('a', size)]],
  ['POPULATE_WRITE', (flags, size) => [mmap('a', size, flags), madvise('a', size, 'populate_write')]],
]

function programs(): { memory: string; method: string; size: string; made: Program }[] {
  return MEMORY.flatMap(([memory, flags, how]) =>
    METHODS.flatMap(([method, ops]) =>
      SIZES.map(size => {
        const settings = { cap: true, ...how(size) }
        return { memory, method, size, made: program('ratio', '', ops(flags, size), settings).program }
      }),
    ),
  )
}

/** Microseconds of the model, in the middle of many rounds, once warm. */
function modelled(made: Program, kernel: string): Pick<Ratio, 'modelUs' | 'wholeUs' | 'predictedMs'> {
  const options = { profile: kernelNamed(kernel)! }
  const [model, whole]: [number[], number[]] = [[], []]
  let predictedMs = 0
  for (let i = 0; i < WARM_UP + MODEL_ROUNDS; i++) {
    const start = performance.now()
    const run = new Replay(made, options)
    const ready = performance.now()
    let ns = 0
    for (const op of made.ops) ns += costOfPhases(DEFAULT_COSTS, run.apply(op).phases)
    const end = performance.now()
    predictedMs = ns / 1e6
    if (i < WARM_UP) continue
    model.push(1000 * (end - ready))
    whole.push(1000 * (end - start))
  }
  return { modelUs: medianOf(model), wholeUs: medianOf(whole), predictedMs }
}

function all(): Ratios {
  const kernel = modelOf(release())
  if (kernel === undefined) return { skipped: `Linux ${release()} is not modelled` }
  const live = measureLive(milliseconds =>
    programs().map(({ made }) => Math.min(...Array.from({ length: LIVE_ROUNDS }, () => milliseconds(made)))),
  )
  if ('skipped' in live) return live
  // Twice, and the second time counts: the first programs would be carried out by code that is still cold.
  for (const { made } of programs()) modelled(made, kernel)
  const measured = programs().map(({ made, ...what }, i) => ({
    ...what,
    liveMs: live.measured[i]!,
    ...modelled(made, kernel),
  }))
  return { kernel: release(), measured }
}

console.log(JSON.stringify(all()))
