import { describe, expect, it } from 'vitest'
import { readProgram } from '../../formats/replay/read-program.ts'
import { writeProgram } from '../../formats/replay/write-program.ts'
import { randomProgram, themeNames } from './random-programs.ts'

const kernels = ['5.10', '6.1', '6.12', '6.18', '7.2']

describe('random programs', () => {
  it.each(kernels)('for %s are valid and read back as they were', kernel => {
    for (let seed = 0; seed < 300; seed++) {
      const program = randomProgram(seed, { kernel })
      expect(readProgram(writeProgram(program)), `seed ${seed}`).toEqual({ ok: true, program })
    }
  })

  it('of one seed are the same', () => {
    const texts = [1, 1, 2].map(seed => writeProgram(randomProgram(seed, { kernel: '6.18' })))
    expect(texts[0]).toBe(texts[1])
    expect(texts[0]).not.toBe(texts[2])
  })

  it.each(themeNames)('about %s come to 5 to 24 operations', theme => {
    for (let seed = 0; seed < 50; seed++) {
      const { ops } = randomProgram(seed, { kernel: '6.18', theme })
      expect(ops.length, `seed ${seed}`).toSatisfy((n: number) => n >= 5 && n <= 24)
    }
  })

  it('leave out what a kernel does not have at all', () => {
    for (let seed = 0; seed < 500; seed++) {
      const { machine, files } = randomProgram(seed, { kernel: '5.10' })
      expect(machine.mthp, `seed ${seed}`).toBeUndefined()
      expect(Object.values(files ?? {}).some(({ kind }) => kind === 'secretmem')).toBe(false)
    }
  })
})
