import { readFileSync, readdirSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import type { Program } from '../../engine/program.ts'
import { readProgram } from '../../formats/replay/read-program.ts'
import { LiveSession } from '../../host/index.ts'
import { randomProgram } from '../support/random-programs.ts'
import { disagreements, type Compared } from './differences.ts'
import { checkLive, forKernel, modelOf } from './live-check.ts'
import { topics } from './programs/index.ts'

const kernel = modelOf(release())
const RANDOM = 200
const FIRST_SEED = 1
const HAND = 150

/** Programs from all topics, evenly, the same ones every time. */
function someHandWritten(count: number): Program[] {
  const all = Object.values(topics).flatMap(list => list.map(({ program }) => program))
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]!)
}

describe('the running kernel and its model agree on', () => {
  let session: LiveSession | undefined
  let refusal = `Linux ${release()} is not modelled.`

  beforeAll(() => {
    if (kernel === undefined) return
    const opened = LiveSession.open()
    if (opened.ok) session = opened.session
    else refusal = opened.sentence
  })
  afterAll(() => {
    expect(session?.close() ?? []).toEqual([])
  })

  /** Some programs may not run on this machine; that most do is part of the test. */
  function agree(context: TestContext, programs: readonly Program[]): void {
    if (session === undefined) context.skip(refusal)
    const compared: Compared[] = []
    const others: string[] = []
    for (const program of programs) {
      const check = checkLive(session, program)
      if (check.kind === 'compared') compared.push({ program, comparison: check.comparison })
      else others.push(`${program.name}: ${check.kind === 'not run' ? check.sentence : 'two answers'}`)
    }
    if (compared.length === 0) context.skip(others[0] ?? 'nothing to run')
    const failed = compared.filter(({ comparison }) => !comparison.exact)
    if (failed.length > 0) expect.fail(disagreements(failed))
    expect(others.length, others.join('\n')).toBeLessThan(programs.length / 4)
  }

  it(`${RANDOM} random programs`, context => {
    const seeds = Array.from({ length: RANDOM }, (_, i) => FIRST_SEED + i)
    agree(
      context,
      seeds.map(seed => randomProgram(seed, { kernel: kernel ?? '6.18' })),
    )
  })

  it('the examples', context => {
    const folder = join(import.meta.dirname, '../../examples')
    const programs = readdirSync(folder).map(name => {
      const read = readProgram(readFileSync(join(folder, name), 'utf8'))
      if (!read.ok) throw new Error(`${name}: ${read.issues[0]?.message ?? ''}`)
      return forKernel(read.program, kernel ?? '6.18')
    })
    agree(context, programs)
  })

  it(`${HAND} of the programs written by hand`, context => {
    agree(
      context,
      someHandWritten(HAND).map(program => forKernel(program, kernel ?? '6.18')),
    )
  })
})
