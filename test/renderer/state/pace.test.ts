import { describe, expect, it } from 'vitest'
import { remaining } from '../../../renderer/state/pace.ts'

describe('the pace of a long question', () => {
  it('says how many runs are done and about how long the rest takes', () => {
    expect(remaining({ done: 100, of: 400 }, 4000)).toEqual({
      share: 0.25,
      text: '100 of 400 runs, about 15 s left',
    })
  })

  it('guesses nothing from one run, and nothing where the number of runs is not known', () => {
    expect(remaining({ done: 1, of: 400 }, 4000).text).toBe('1 of 400 runs')
    expect(remaining({ done: 12, of: null }, 4000)).toEqual({ share: null, text: '12 runs so far' })
  })
})
