import { describe, expect, it } from 'vitest'
import { KERNELS, behaviourOf, type KernelProfile } from '../../../engine/kernels/releases.ts'
import type { Program } from '../../../engine/program.ts'
import { Replay, replay } from '../../../engine/sim/replay.ts'
import { writeProgram } from '../../../formats/replay/write-program.ts'
import { brokenInvariants, type Exempt } from '../../support/invariants.ts'
import { randomProgram } from '../../support/random-programs.ts'

/** `HOLDFAST_SEEDS=1000-3000 vitest run invariants` looks at others. */
const [first = 0, last = 60] = (process.env['HOLDFAST_SEEDS'] ?? '0-60').split('-').map(Number)
const seeds = Array.from({ length: last - first }, (_, i) => first + i)

/** Programs are made for releases from 5.10 on; older kernels get those of 5.10 and refuse what they do not have. */
const generatorKernel = ({ release }: KernelProfile): string =>
  Number(release.split('.')[0]) < 5 || release === '5.4' ? '5.10' : release

const programFor = (profile: KernelProfile, seed: number): Program =>
  randomProgram(seed, { kernel: generatorKernel(profile) })

/**
 * MREMAP_DONTUNMAP of a part leaves what was not moved charged up to 5.10, and charges what was moved twice from 6.15
 * to 7.1: there VmLck is at least what is locked.
 */
function exemption(profile: KernelProfile, program: Program): Exempt {
  const { dontunmapUnlocks } = behaviourOf(profile)
  const leaks = dontunmapUnlocks === 'whole-area'
  const used = program.ops.some(op => op.op === 'mremap' && op.flags?.includes('dontunmap') === true)
  return { lockedVm: leaks && used }
}

describe.each(KERNELS)('on $name', profile => {
  it('counters equal a recount and references hold, after every operation', () => {
    for (const seed of seeds) {
      const program = programFor(profile, seed)
      const exempt = exemption(profile, program)
      const run = new Replay(program, { profile })
      for (const [i, op] of program.ops.entries()) {
        run.apply(op)
        const where = `seed ${seed}, operation ${i}\n${writeProgram({ ...program, ops: program.ops.slice(0, i + 1) })}`
        expect(brokenInvariants(run.kernel, exempt), where).toEqual([])
      }
    }
  })

  it('a child that only lives and dies leaves its parent as it was', () => {
    for (const seed of seeds) {
      const program = programFor(profile, seed)
      const run = new Replay(program, { profile })
      for (const op of program.ops) run.apply(op)
      // Pages pinned for long are copied for the child, and their huge mappings split, which shows.
      const parent = run.kernel.tasks.find(({ buffer }) => buffer === null)
      if (parent === undefined) continue
      const before = run.observe()
      run.apply({ op: 'fork', pid: parent.name, child: 'brief' })
      run.apply({ op: 'exit', pid: 'brief' })
      expect(run.observe(), `seed ${seed}\n${writeProgram(program)}`).toEqual(before)
    }
  })

  it('two runs are alike to the last number', () => {
    for (const seed of seeds.slice(0, 20)) {
      const program = programFor(profile, seed)
      const twice = [1, 2].map(() => replay(program, { profile }))
      expect(twice[0], `seed ${seed}`).toEqual(twice[1])
    }
  })
})

describe('the checks themselves', () => {
  const program = randomProgram(3, { kernel: '6.18', theme: 'thp' })
  const broken = (harm: (run: Replay) => void): string[] => {
    const run = new Replay(program)
    for (const op of program.ops) run.apply(op)
    run.apply({ op: 'mmap', as: 'own', length: 40960 })
    run.apply({ op: 'mlock', on: 'own', length: 40960 })
    expect(brokenInvariants(run.kernel)).toEqual([])
    harm(run)
    return brokenInvariants(run.kernel)
  }

  it('notice a counter that is off by one', () => {
    expect(broken(({ kernel }) => kernel.tasks[0]!.mm.lockedVm++)).toHaveLength(1)
    expect(broken(({ kernel }) => kernel.tasks[0]!.mm.totalVm--)).toHaveLength(1)
    expect(broken(({ kernel }) => kernel.tasks[0]!.mm.rssAnon++)).toHaveLength(1)
    expect(broken(({ kernel }) => kernel.pool.free++)).toHaveLength(1)
  })

  it('notice a frame that is mapped once more or less than it says', () => {
    expect(broken(({ kernel }) => kernel.frames.items.at(-1)!.mapcount++)).not.toEqual([])
    expect(broken(({ kernel }) => kernel.frames.items.pop())).not.toEqual([])
    expect(broken(({ kernel }) => kernel.tasks[0]!.mm.pages.items.pop())).not.toEqual([])
  })

  it('notice a missing page table', () => {
    expect(broken(({ kernel }) => kernel.tasks[0]!.mm.tables.items.pop())).not.toEqual([])
  })
})
