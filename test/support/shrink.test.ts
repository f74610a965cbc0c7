import { describe, expect, it } from 'vitest'
import type { Program } from '../../engine/program.ts'
import { randomProgram } from './random-programs.ts'
import { shrink } from './shrink.ts'

const program = randomProgram(24, { kernel: '6.18', theme: 'mixed' })

describe('shrinking', () => {
  it('keeps only what the difference needs, in its plainest form', async () => {
    const culprit: Program = {
      ...program,
      ops: [
        ...program.ops,
        { op: 'mmap', as: 'q', length: 409600, prot: 'rx', flags: ['noreserve', 'locked'], phase: 8192 },
        { op: 'mlock', on: 'q', offset: 20480, length: 123456, pid: 'p0', note: 'here' },
      ],
    }
    const differs = ({ ops }: Program): boolean =>
      ops.some(op => op.op === 'mlock' && op.on === 'q' && op.length > 8192)
    expect(await shrink(culprit, differs)).toMatchObject({
      machine: { swapBytes: 0, thp: { enabled: 'never' } },
      process: { rlimitMemlock: 'unlimited', capIpcLock: true },
      ops: [
        { op: 'mmap', as: 'q', length: 0 },
        { op: 'mlock', on: 'q', length: 12288 },
      ],
    })
  })

  it('gives back a program in which nothing can be left out', async () => {
    const differs = (candidate: Program): boolean => JSON.stringify(candidate) === JSON.stringify(program)
    expect(await shrink(program, differs)).toBe(program)
  })

  it('runs no more programs than it is told', async () => {
    let runs = 0
    await shrink(program, () => ++runs > 0, { tries: 3 })
    expect(runs).toBe(3)
  })
})
