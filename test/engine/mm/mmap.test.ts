import { describe, expect, it } from 'vitest'
import {
  after,
  draw,
  madvise,
  map,
  mlock,
  modelAfter,
  mprotect,
  munlock,
  munmap,
  on,
  write,
} from '../../support/drawing.ts'

describe('munmap', () => {
  it('of the middle leaves both ends locked and takes only the middle off the charge', () => {
    const model = modelAfter(munmap(1, 3), on('AAAA'))
    expect(draw(model)).toBe('A..A')
    expect(model.lockedVm).toBe(2)
  })

  it('of a hole is no mistake', () => {
    expect(modelAfter(munmap(1, 2), on('a.a')).last.result).toBe(0)
  })

  it('takes whole areas and parts of others at once', () => {
    expect(after(munmap(1, 7), on('aaarr.AA'))).toBe('a......A')
  })
})

describe('a new mapping', () => {
  it('joins the neighbours it fits between', () => {
    expect(after(map(2, 4), on('aa..aa'))).toBe('aaaaaa')
    expect(after(map(2, 4), on('aa..rr'))).toBe('aaaarr')
    expect(after(map(2, 4, 'r'), on('aa..rr'))).toBe('aarrrr')
  })

  it('in a hole of locked memory is not locked, and joins once it is', () => {
    expect(after([munmap(1, 3), map(1, 3)], on('AAAA'))).toBe('AaaA')
    expect(after([munmap(1, 3), map(1, 3), mlock(1, 3)], on('AAAA'))).toBe('AAAA')
  })

  it('over locked memory takes its charge away', () => {
    const model = modelAfter(map(1, 3), on('AAAA'))
    expect(draw(model)).toBe('AaaA')
    expect(model.lockedVm).toBe(2)
  })
})

describe('areas merge', () => {
  it('when their flags become equal', () => {
    expect(after(mprotect(2, 4, 'rw'), on('aarraa'))).toBe('aaaaaa')
    expect(after(munlock(2, 4), on('aaAA'))).toBe('aaaa')
  })

  it('not when both have had anonymous pages of their own', () => {
    expect(after([write(0, 2), write(4, 6), map(2, 4)], on('aa..aa'))).toBe('aaaa|aa')
  })

  it('when the one that changes has had no pages, on every kernel', () => {
    const steps = [write(0, 2), mprotect(2, 4, 'rw')]
    expect(after(steps, on('aarr'), {}, '6.12')).toBe('aaaa')
    expect(after(steps, on('aarr'), {}, '6.18')).toBe('aaaa')
  })

  it('when the one that changes has had pages and the other not, since 6.16', () => {
    const steps = [mlock(1, 2), write(1, 2), munlock(1, 2)]
    expect(after(steps, on('aaa'), {}, '6.12')).toBe('a|a|a')
    expect(after(steps, on('aaa'), {}, '6.16')).toBe('aaa')
  })

  it('not when one is locked on fault and the other at once', () => {
    const lockOnFault = { op: 'mlock2', on: 'a', offset: 8192, length: 8192, flags: ['onfault'] } as const
    expect(after(lockOnFault, on('AAaa'))).toBe('AA|AA')
  })
})

describe('mprotect', () => {
  it('keeps locks', () => {
    expect(after(mprotect(1, 3, 'r'), on('AAAA'))).toBe('ARRA')
    expect(modelAfter(mprotect(1, 3, 'r'), on('AAAA')).lockedVm).toBe(4)
  })

  it('fills locked private memory that becomes writable', () => {
    const model = modelAfter(mprotect(0, 4, 'rw'), on('RRRR'))
    expect([model.sum('a', 'pgZero'), model.mlocked, model.last.minflt]).toEqual([0, 4, 4])
  })

  it('fills nothing in shared memory, nor where only reading is added', () => {
    const unlocked = modelAfter([mprotect(0, 2, 'none'), mlock(0, 2), mprotect(0, 2, 'rw')], on('ss'))
    expect(unlocked.sum('a', 'pgPresent')).toBe(0)
    expect(modelAfter(mprotect(0, 2, 'r'), on('NN')).sum('a', 'pgPresent')).toBe(0)
  })

  it('stops at a hole; what lies before it has changed', () => {
    const model = modelAfter(mprotect(0, 4, 'r'), on('aa.a'))
    expect(draw(model)).toBe('rr.a')
    expect(model.last.result).toBe('ENOMEM')
  })
})

describe('madvise', () => {
  it('DONTNEED goes up to the first locked area and refuses there', () => {
    const model = modelAfter([write(0, 4), madvise(0, 4, 'dontneed')], on('aaAA'))
    expect([model.last.result, model.sum('a', 'pgPresent')]).toEqual(['EINVAL', 2])
  })

  it('DONTNEED_LOCKED drops pages and leaves lock and charge', () => {
    const model = modelAfter(madvise(0, 4, 'dontneed_locked'), on('AAAA'))
    expect(draw(model)).toBe('AAAA')
    expect([model.lockedVm, model.sum('a', 'pgPresent')]).toEqual([4, 0])
  })

  it('goes on behind a hole and says so', () => {
    const model = modelAfter([write(0, 2), write(3, 5), madvise(0, 5, 'dontneed')], on('aa.aa'))
    expect([model.last.result, model.sum('a', 'pgPresent')]).toEqual(['ENOMEM', 0])
  })
})
