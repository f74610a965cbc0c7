import { describe, expect, it } from 'vitest'
import type { Op } from '../../../engine/op.ts'
import type { KernelProfile } from '../../../engine/kernels/releases.ts'
import { by, fork, pin, setrlimit } from '../../conformance/programs/build.ts'
import { VM_LOCKED, VM_PINNED } from '../../../engine/mm/mm-types.ts'
import {
  draw,
  map,
  mlock,
  mlockall,
  modelAfter,
  mpin,
  munlock,
  munmap,
  munpin,
  on,
  resize,
} from '../../support/drawing.ts'
import { profile, type Model, type Settings } from '../../support/model.ts'

/** The kernel of the proposal: 3.15 was current, 3.10 is on offer; any other release can have it as well. */
const kernels: readonly (readonly [string, KernelProfile])[] = ['3.10', '6.18'].map(name => [
  name,
  { ...profile(name), plus: ['vm-pinned'] },
])

const flagsOf = (model: Model): string[] =>
  model.replay.kernel.tasks[0]!.mm.vmas.slice(1).map(
    ({ flags }) => (flags & VM_PINNED ? 'P' : '') + (flags & VM_LOCKED ? 'L' : ''),
  )

const counters = (model: Model) => [model.pinnedVm, model.lockedVm]

it('without the change there is no mm_mpin', () => {
  expect(modelAfter(mpin(0, 4), on('aaaa')).last.result).toBe('ENOSYS')
  expect(modelAfter(munpin(0, 4), on('aaaa')).last.result).toBe('ENOSYS')
})

describe.each(kernels)('VM_PINNED on %s', (_, kernel) => {
  const after = (ops: Op | Op[], picture = 'aaaa', how: Settings = {}) =>
    modelAfter(ops, on(picture), how, kernel)

  describe('the eight transitions', () => {
    const lock = mlock(0, 4)
    const unlock = munlock(0, 4)
    const pinIt = mpin(0, 4)
    const unpin = munpin(0, 4)

    it.each([
      ['nothing to locked', [lock], 'L', [0, 4]],
      ['nothing to pinned', [pinIt], 'P', [4, 0]],
      ['locked to both', [lock, pinIt], 'PL', [4, 0]],
      ['locked to nothing', [lock, unlock], '', [0, 0]],
      ['pinned to nothing', [pinIt, unpin], '', [0, 0]],
      ['pinned to both', [pinIt, lock], 'PL', [4, 0]],
      ['both to locked', [pinIt, lock, unpin], 'L', [0, 4]],
      ['both to pinned', [pinIt, lock, unlock], 'P', [4, 0]],
    ])('%s', (_name, ops, flags, counted) => {
      const model = after(ops)
      expect(model.results.slice(-ops.length)).toEqual(ops.map(() => 0))
      expect(flagsOf(model)).toEqual([flags])
      expect(counters(model)).toEqual(counted)
    })

    it('count each page once, whatever the order', () => {
      const steps = [
        lock,
        pinIt,
        unlock,
        lock,
        unpin,
        pinIt,
        munpin(1, 2),
        munlock(2, 3),
        munpin(0, 4),
        munlock(0, 4),
      ]
      for (let n = 1; n <= steps.length; n++) {
        const model = after(steps.slice(0, n))
        const [pinned = 0, locked = 0] = counters(model)
        const flags = model.replay.kernel.tasks[0]!.mm.vmas
        const pages = flags.filter(vma => vma.flags & (VM_PINNED | VM_LOCKED))
        expect(pinned + locked).toBe(pages.reduce((sum, { start, end }) => sum + end - start, 0))
      }
    })
  })

  describe('mm_mpin', () => {
    it('splits the area at both ends', () => {
      expect(flagsOf(after(mpin(1, 3)))).toEqual(['', 'P', ''])
      expect(flagsOf(after([mpin(1, 3), munpin(1, 3)]))).toEqual([''])
    })

    it('populates nothing', () => {
      expect(after(mpin(0, 4)).sum('a', 'pgPresent')).toBe(0)
    })

    it('is EPERM without capability at limit 0', () => {
      expect(after(mpin(0, 1), 'aaaa', { limit: 0 }).last.result).toBe('EPERM')
      expect(after(mpin(0, 1), 'aaaa', { limit: 0, cap: true }).last.result).toBe(0)
    })

    it('is ENOMEM above the limit, and says what met there', () => {
      expect(counters(after(mpin(0, 4), 'aaaa', { limit: 4 }))).toEqual([4, 0])
      expect(after([mlock(0, 1), mpin(1, 4)], 'aaaa', { limit: 3 }).last.refusal).toEqual({
        errno: 'ENOMEM',
        rule: 'RLIMIT_MEMLOCK (locked and pinned)',
        asked: 3,
        counted: 1,
        limit: 3,
      })
    })

    it('needs room twice for what is locked already, though it then counts once', () => {
      expect(after([mlock(0, 4), mpin(0, 4)], 'aaaa', { limit: 7 }).last.result).toBe('ENOMEM')
      expect(counters(after([mlock(0, 4), mpin(0, 4)], 'aaaa', { limit: 8 }))).toEqual([4, 0])
    })

    it('stops at a hole; what lies before it stays pinned', () => {
      const model = after(mpin(0, 4), 'aa.a')
      expect([model.last.result, counters(model)]).toEqual(['ENOMEM', [2, 0]])
    })

    it('passes over huge pages of the pool', () => {
      const huge: Op = { op: 'mmap', as: 'h', length: 1 << 21, flags: ['private', 'hugetlb'] }
      const pinned: Op = { op: 'mpin', on: 'h', length: 1 << 21 }
      const model = modelAfter([huge, pinned], [], { hugetlb: 1 }, kernel)
      expect([model.last.result, counters(model)]).toEqual([0, [0, 0]])
    })
  })

  describe('one limit for both', () => {
    it('refuses locking what pins have used up, and the other way round', () => {
      expect(after([mpin(0, 4), mlock(4, 8)], 'aaaaaaaa', { limit: 7 }).last.result).toBe('ENOMEM')
      expect(after([mlock(0, 4), mpin(4, 8)], 'aaaaaaaa', { limit: 7 }).last.result).toBe('ENOMEM')
      expect(counters(after([mpin(0, 4), mlock(4, 8)], 'aaaaaaaa', { limit: 8 }))).toEqual([4, 4])
    })

    it('gives no credit for pages of the range that are locked already', () => {
      expect(after([mlock(0, 4), mlock(0, 4)], 'aaaa', { limit: 4 }).last.result).toBe('ENOMEM')
    })

    it('holds for mappings under MCL_FUTURE and for growth', () => {
      expect(after([mpin(0, 4), mlockall('future'), map(4, 8)], 'aaaa....', { limit: 7 }).last.result).toBe(
        'EAGAIN',
      )
      expect(after([mlock(0, 2), mpin(3, 4), resize(0, 2, 3)], 'aa.r', { limit: 3 }).last.result).toBe(
        'EAGAIN',
      )
    })

    it('leaves mlockall as it is: the size of the address space against the limit', () => {
      expect(after([mpin(0, 4), mlockall('current')], 'aaaa', { limit: 5 }).last.result).toBe(0)
      expect(after(mlockall('current'), 'aaaa', { limit: 4 }).last.result).toBe('ENOMEM')
    })

    it('is what the released kernels lack: there the same pages are locked and pinned up to the limit each', () => {
      const both = [mlock(0, 64), pin('a', 64)]
      const released = modelAfter(
        both,
        on('a'.repeat(64)),
        { limit: 64 },
        { ...kernel, plus: [], minus: ['ring-memory-charged'] },
      )
      expect([released.last.result, counters(released)]).toEqual([0, [64, 64]])
    })
  })

  it('munlock on pinned memory takes the mark of the pages and leaves the accounting', () => {
    const model = after([mlock(0, 4), mpin(0, 4), munlock(0, 4)])
    expect([counters(model), model.mlocked, draw(model)]).toEqual([[4, 0], 0, 'aaaa'])
  })

  it('munmap takes pinned memory off the pins and other locked memory off the locks', () => {
    const model = after([mlock(0, 4), mpin(0, 2), munmap(1, 3)])
    expect([counters(model), model.mlocked, draw(model)]).toEqual([[1, 1], 2, 'A..A'])
  })

  it('fork drops the lock, keeps the pin, counts it in the child, and asks no limit', () => {
    const model = after([mlock(0, 4), mpin(0, 2), setrlimit(0), fork('p1')], 'aaaa', { limit: 8 })
    const child = model.process('p1')
    expect([child.VmPin / 4, child.VmLck / 4]).toEqual([2, 0])
    expect(counters(model)).toEqual([2, 2])
    expect(draw(model, 'p1')).toBe('aa|aa')
    const unpinned = after([mpin(0, 2), fork('p1'), by('p1', munpin(0, 2))])
    expect([unpinned.process('p1').VmPin, unpinned.pinnedVm]).toEqual([0, 2])
  })
})
