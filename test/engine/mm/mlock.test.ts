import { describe, expect, it } from 'vitest'
import type { Op } from '../../../engine/op.ts'
import {
  after,
  draw,
  mlock,
  mlockall,
  map,
  modelAfter,
  munlock,
  munlockall,
  on,
  onfault,
  read,
  resize,
  write,
} from '../../support/drawing.ts'

describe('mlock', () => {
  it('locks the pages it is given and splits the area around them', () => {
    expect(after(mlock(1, 3), on('aaaa'))).toBe('aAAa')
    expect(after(mlock(0, 2), on('aaaa'))).toBe('AAaa')
    expect(after(mlock(0, 4), on('aaaa'))).toBe('AAAA')
  })

  it('joins what has become equal', () => {
    expect(after([mlock(0, 2), mlock(2, 4)], on('aaaa'))).toBe('AAAA')
  })

  it('does not join what was filled apart', () => {
    expect(after([mlock(0, 1), mlock(2, 4), mlock(1, 2)], on('aaaa'))).toBe('AA|AA')
  })

  it('goes over several areas', () => {
    expect(after(mlock(1, 5), on('aarraa'))).toBe('aARRAa')
  })

  it('stops at a hole; what lies before it stays locked and charged', () => {
    const model = modelAfter(mlock(0, 8), on('aaa.aaaa'))
    expect(draw(model)).toBe('AAA.aaaa')
    expect(model.last.refusal).toEqual({ errno: 'ENOMEM', rule: 'hole in range' })
    expect(model.lockedVm).toBe(3)
  })

  it('populates nothing if there is a hole', () => {
    expect(modelAfter(mlock(0, 8), on('aaa.aaaa')).sum('a', 'pgPresent')).toBe(0)
  })

  it('keeps lock and charge of memory that cannot be faulted in', () => {
    const model = modelAfter(mlock(0, 4), on('aann'))
    expect(draw(model)).toBe('AANN')
    expect([model.last.result, model.lockedVm, model.sum('a', 'pgPresent')]).toEqual(['ENOMEM', 4, 2])
  })

  it('is done over once more without being counted again', () => {
    const model = modelAfter([mlock(0, 2), mlock(0, 2)], on('aa'))
    expect([model.last.result, model.lockedVm]).toEqual([0, 2])
  })

  it('of read-only memory maps the zero page, which is charged but not marked', () => {
    const model = modelAfter(mlock(0, 4), on('rrrr'))
    expect([model.lockedVm, model.sum('a', 'pgZero'), model.mlocked]).toEqual([4, 4, 0])
  })

  it('of length 0 locks nothing at an aligned address and one page elsewhere', () => {
    const nothing: Op = { op: 'mlock', on: 'a', offset: 4096, length: 0 }
    expect(after(nothing, on('aaaa'))).toBe('aaaa')
    expect(after({ ...nothing, offset: 4196 }, on('aaaa'))).toBe('aAaa')
  })
})

describe('lock-on-fault', () => {
  it('locks the area and faults nothing in', () => {
    const model = modelAfter(onfault(1, 3), on('aaaa'))
    expect(draw(model)).toBe('aAAa')
    expect([model.lockedVm, model.sum('a', 'pgPresent')]).toEqual([2, 0])
  })

  it('marks the pages that are there, and each other one when it is touched', () => {
    expect(modelAfter([write(0, 1), onfault(0, 4)], on('aaaa')).mlocked).toBe(1)
    expect(modelAfter([onfault(0, 4), write(0, 3)], on('aaaa')).mlocked).toBe(3)
  })

  it('next to locked memory is an area of its own', () => {
    expect(after([mlock(0, 2), onfault(2, 4)], on('aaaa'))).toBe('AA|AA')
    expect(after([mlock(0, 2), onfault(2, 4), onfault(0, 2)], on('aaaa'))).toBe('AAAA')
  })

  it('is charged in full', () => {
    expect(modelAfter(onfault(0, 4), on('aaaa'), { limit: 3 }).last.result).toBe('ENOMEM')
  })
})

describe('munlock', () => {
  it('cuts a hole into locked memory', () => {
    expect(after(munlock(1, 3), on('AAAA'))).toBe('AaaA')
  })

  it('undoes any number of locks', () => {
    expect(after([mlock(0, 4), munlock(0, 4)], on('AAAA'))).toBe('aaaa')
  })

  it('stops at a hole; what lies before it is unlocked', () => {
    const model = modelAfter(munlock(0, 4), on('AA.A'))
    expect(draw(model)).toBe('aa.A')
    expect([model.last.result, model.lockedVm]).toEqual(['ENOMEM', 1])
  })

  it('leaves the pages where they are', () => {
    const model = modelAfter(munlock(0, 4), on('AAAA'))
    expect([model.sum('a', 'pgPresent'), model.mlocked, model.lockedVm]).toEqual([4, 0, 0])
  })

  it('needs neither limit nor privilege', () => {
    const lowered: Op = { op: 'setrlimit', memlock: 0 }
    expect(modelAfter([lowered, munlock(0, 2)], on('AA')).last.result).toBe(0)
  })
})

describe('mlockall', () => {
  it('with MCL_CURRENT locks what is there and ignores what cannot be faulted in', () => {
    const model = modelAfter(mlockall('current'), on('aan.s'))
    expect(draw(model)).toBe('AAN.S')
    expect(model.last.result).toBe(0)
  })

  it('with MCL_FUTURE locks what comes', () => {
    expect(after([mlockall('future'), map(2, 4)], on('aa..'))).toBe('aaAA')
  })

  it('without MCL_FUTURE cancels an earlier one', () => {
    expect(after([mlockall('future'), mlockall('current'), map(2, 4)], on('aa..'))).toBe('AAaa')
  })

  it('lets memory grow unlocked that is unlocked', () => {
    expect(after([mlockall('future'), resize(0, 2, 4)], on('aa..'))).toBe('aaaa')
  })

  it('with MCL_ONFAULT populates nothing', () => {
    const model = modelAfter([mlockall('future', 'onfault'), map(0, 4)], on('....'))
    expect(draw(model)).toBe('AAAA')
    expect(model.sum('a', 'pgPresent')).toBe(0)
  })

  it('is undone by munlockall, for what is there and what comes', () => {
    expect(after([mlockall('current', 'future'), munlockall(), map(2, 4)], on('aa..'))).toBe('aaaa')
  })
})

describe('the limit', () => {
  const limit = (pages: number) => ({ limit: pages })

  it('may be reached and not passed', () => {
    expect(modelAfter(mlock(0, 4), on('aaaa'), limit(4)).last.result).toBe(0)
    expect(modelAfter(mlock(0, 4), on('aaaa'), limit(3)).last.refusal).toEqual({
      errno: 'ENOMEM',
      rule: 'RLIMIT_MEMLOCK',
      asked: 4,
      counted: 0,
      limit: 3,
    })
  })

  it('counts what is locked already once', () => {
    expect(after(mlock(0, 4), on('AAaa'), limit(4))).toBe('AAAA')
    expect(after(mlock(0, 4), on('AAaa'), limit(4), '4.4')).toBe('AAaa')
  })

  it('refuses locked memory even a relock once it is lower than what is locked', () => {
    const lowered: Op = { op: 'setrlimit', memlock: 8 * 4096 }
    expect(modelAfter([mlock(0, 16), lowered, mlock(0, 8)], on('a'.repeat(16))).last.result).toBe('ENOMEM')
  })

  it('of 0 is no permission at all, of 1 byte room for no page', () => {
    expect(modelAfter(mlock(0, 1), on('a'), limit(0)).last.result).toBe('EPERM')
    expect(modelAfter(mlock(0, 1), on('a'), { limit: '1B' }).last.result).toBe('ENOMEM')
  })

  it('is nothing to a process with CAP_IPC_LOCK', () => {
    expect(after(mlock(0, 4), on('aaaa'), { limit: 0, cap: true })).toBe('AAAA')
  })

  it('compares the size of the whole address space with mlockall', () => {
    expect(modelAfter(mlockall('current'), on('aaaa'), limit(4)).last.refusal).toMatchObject({
      asked: 5,
      limit: 4,
    })
    expect(modelAfter(mlockall('current'), on('aaaa'), limit(5)).last.result).toBe(0)
  })

  it('refuses new mappings under MCL_FUTURE with EAGAIN', () => {
    const model = modelAfter([mlockall('future'), map(0, 4)], on('....'), limit(3))
    expect(draw(model)).toBe('')
    expect(model.last.result).toBe('EAGAIN')
  })

  it('gives no credit for locked memory that a mapping will replace', () => {
    const locked: Op = { op: 'mmap', on: 'a', offset: 0, length: 8192, flags: ['private', 'locked'] }
    expect(modelAfter(locked, on('AA'), limit(3)).last.result).toBe('EAGAIN')
  })

  it('is not asked when nothing is added: reading locked memory, or moving it', () => {
    const lowered: Op = { op: 'setrlimit', memlock: 0 }
    expect(modelAfter([lowered, read(0, 2)], on('AA')).last.result).toBe(0)
  })
})
