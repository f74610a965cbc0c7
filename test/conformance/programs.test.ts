import { describe, expect, it } from 'vitest'
import { KERNELS, loadRecorded } from './load.ts'
import { unmet } from './programs/expect.ts'
import { topics } from './programs/index.ts'

const programs = new Map(
  Object.values(topics)
    .flat()
    .map(conformance => [conformance.program.name, conformance]),
)

describe('the recordings of the hand-written programs', () => {
  it('have a name for every program', () => {
    expect(programs.size).toBe(Object.values(topics).flat().length)
  })

  it('hold every program, as it is written now, on 6.18', () => {
    const recorded = new Map(loadRecorded('6.18', 'hand').map(({ program }) => [program.name, program]))
    expect([...recorded.keys()].sort()).toEqual([...programs.keys()].sort())
    for (const { program } of programs.values()) expect(recorded.get(program.name)!.ops).toEqual(program.ops)
  })

  it.each(KERNELS)('show on %s what is written beside the operations', kernel => {
    const wrong = loadRecorded(kernel, 'hand').flatMap(({ program, observed }) =>
      unmet(programs.get(program.name)!.expected, kernel, observed).map(line => `${program.name} ${line}`),
    )
    expect(wrong).toEqual([])
  })
})
