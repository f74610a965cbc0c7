/** What many tasks cost: heap in use with 1,000 tasks of 100 areas, each area touched. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, test } from 'vitest'
import { kernelNamed } from '../../engine/kernels/releases.ts'
import type { Op } from '../../engine/op.ts'
import { Replay } from '../../engine/sim/replay.ts'
import { by, fork, mlock, mmap, mmapAt, munmap, program, write } from '../conformance/programs/build.ts'

const TASKS = 1000
const AREAS = 100
const PAGES = 16

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function heapBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}

/** Areas of 16 pages with holes between them, each locked or written. */
function* areasOf(pid: string): Iterable<Op> {
  for (let i = 0; i < AREAS; i++) {
    const at = `a+${2 * i * PAGES}`
    yield by(pid, mmapAt(at, PAGES))
    yield by(pid, i % 2 === 0 ? mlock(at, PAGES) : write(at, PAGES))
  }
}

function* tasksOf(first: Iterable<Op>, each: (pid: string) => Iterable<Op>): Iterable<Op> {
  yield mmap('a', 2 * AREAS * PAGES)
  yield munmap('a', 2 * AREAS * PAGES)
  yield* first
  for (let i = 1; i < TASKS; i++) {
    yield fork(`p${i}`)
    yield* each(`p${i}`)
  }
}

const variants: readonly (readonly [string, Iterable<Op>])[] = [
  ['forked from one, pages shared', tasksOf(areasOf('p0'), () => [])],
  ['areas of their own', tasksOf([], areasOf)],
  ['forked from one, then each page written', tasksOf(areasOf('p0'), pid => writesOf(pid))],
]

function* writesOf(pid: string): Iterable<Op> {
  for (let i = 0; i < AREAS; i++) yield by(pid, write(`a+${2 * i * PAGES}`, PAGES))
}

describe(`${TASKS} tasks with ${AREAS} areas`, () => {
  test.each(variants)('%s', (name, ops) => {
    const before = heapBytes()
    const { program: made } = program('memory', '', [mmap('a', 2 * AREAS * PAGES)], { cap: true })
    const run = new Replay(made, { profile: kernelNamed('6.18')! })
    const start = performance.now()
    let count = 0
    for (const op of ops) {
      run.apply(op)
      count++
    }
    const seconds = (performance.now() - start) / 1000
    const used = heapBytes() - before
    const { tasks, frames } = run.kernel
    const areas = tasks.reduce((sum, { mm }) => sum + mm.vmas.length, 0)
    const runs = tasks.reduce((sum, { mm }) => sum + mm.pages.items.length, frames.items.length)
    console.log(
      `${name}: ${(used / 2 ** 20).toFixed(1)} MiB for ${tasks.length} tasks, ${areas} areas, ${runs} runs; ` +
        `${count} operations in ${seconds.toFixed(1)} s`,
    )
  })
})
