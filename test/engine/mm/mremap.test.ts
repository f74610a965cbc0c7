import { describe, expect, it } from 'vitest'
import type { Op } from '../../../engine/op.ts'
import {
  after,
  dontunmap,
  draw,
  map,
  mlock,
  modelAfter,
  move,
  on,
  onfault,
  resize,
  write,
} from '../../support/drawing.ts'

describe('mremap in place', () => {
  it('grows a locked area, charges the growth and fills it', () => {
    const model = modelAfter(resize(0, 2, 4), on('AA..'))
    expect(draw(model)).toBe('AAAA')
    expect([model.lockedVm, model.sum('a', 'pgPresent')]).toEqual([4, 4])
  })

  it('grows a lock-on-fault area without filling it', () => {
    const model = modelAfter([onfault(0, 2), resize(0, 2, 4)], on('aa..'))
    expect([draw(model), model.lockedVm, model.sum('a', 'pgPresent')]).toEqual(['AAAA', 4, 0])
  })

  it('grows only at the end of an area, and only into nothing', () => {
    expect(modelAfter(resize(0, 1, 3), on('aa..')).last.result).toBe('ENOMEM')
    expect(modelAfter(resize(0, 2, 4), on('aa.r')).last.result).toBe('ENOMEM')
  })

  it('cuts the tail off', () => {
    const model = modelAfter(resize(0, 4, 1), on('AAAA'))
    expect([draw(model), model.lockedVm]).toEqual(['A', 1])
  })

  it('grows up to the limit', () => {
    expect(after(resize(0, 2, 4), on('AA..'), { limit: 4 })).toBe('AAAA')
    expect(modelAfter(resize(0, 2, 4), on('AA..'), { limit: 3 }).last.result).toBe('EAGAIN')
  })
})

describe('mremap to another place', () => {
  it('takes the lock along', () => {
    const model = modelAfter(move(0, 2, 4), on('AA....'))
    expect([draw(model), model.lockedVm, model.mlocked]).toEqual(['....AA', 2, 2])
  })

  it('moves a part', () => {
    expect(after(move(1, 2, 5), on('AAA...'))).toBe('A.A..A')
  })

  it('unmaps what is in the way and takes its charge off', () => {
    const model = modelAfter(move(0, 2, 3), on('aa.AAA'))
    expect([draw(model), model.lockedVm]).toEqual(['...aaA', 1])
  })

  it('leaves unlocked memory unlocked under MCL_FUTURE', () => {
    const future: Op = { op: 'mlockall', flags: ['future'] }
    expect(after([future, move(0, 2, 4)], on('aa....'))).toBe('....aa')
  })

  it('refuses a range over two areas if it resizes', () => {
    expect(modelAfter(move(0, 4, 8, 5), on('aarr.........')).last.result).toBe('EFAULT')
  })

  it('moves several areas, each with its own lock, since 6.17', () => {
    expect(after(move(0, 4, 6), on('aARr......'))).toBe('......aARr')
    expect(after(move(0, 4, 6), on('aARr......'), {}, '6.16')).toBe('aARr')
  })

  it('skips holes, except in front', () => {
    expect(after(move(0, 4, 6), on('aa.r......'))).toBe('......aa.r')
    expect(modelAfter(move(0, 4, 6), on('.aar......')).last.result).toBe('EFAULT')
  })

  it('that fails leaves the destination alone since 6.17', () => {
    expect(after(move(0, 2, 4), on('....rr'))).toBe('....rr')
    expect(after(move(0, 2, 4), on('....rr'), {}, '5.10')).toBe('')
  })
})

describe('MREMAP_DONTUNMAP', () => {
  const locked = [mlock(0, 4), dontunmap(0, 4, 6)]

  it('takes lock and pages to the new place and leaves an empty area', () => {
    const model = modelAfter(locked, on('aaaa......'), {}, '7.2')
    expect(draw(model)).toBe('aaaa..AAAA')
    expect([model.lockedVm, model.sum('a', 'pgPresent')]).toEqual([4, 4])
  })

  it('charges the length once more, for ever, from 6.15 to 7.1', () => {
    const freed: Op = { op: 'munmap', on: 'a', offset: 0, length: 10 * 4096 }
    for (const [kernel, left] of [
      ['6.12', 0],
      ['6.16', 4],
      ['7.1', 4],
      ['7.2', 0],
    ] as const)
      expect(modelAfter([...locked, freed], on('aaaa......'), {}, kernel).lockedVm, kernel).toBe(left)
  })

  it('of a part unlocks the part, or all of the old area', () => {
    const part = [mlock(0, 4), dontunmap(1, 2, 6)]
    expect(after(part, on('aaaa....'), {}, '7.2')).toBe('AaAA..A')
    expect(after(part, on('aaaa....'), {}, '6.18')).toBe('aaaa..A')
    expect(after(part, on('aaaa....'), {}, '5.10')).toBe('aaaa..A')
  })

  it('of an area that was written leaves it as if it had never been; the pages keep their numbers', () => {
    expect(after([write(0, 2), dontunmap(0, 2, 4), map(2, 4)], on('aa....'))).toBe('aaaa|aa')
  })
})
