import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Op } from '../../../engine/op.ts'
import type { Phase, WorkKind } from '../../../engine/work.ts'
import { file, madvise, memfd, mlock, mmap, munmap, read, write } from '../../conformance/programs/build.ts'
import { Model, profile, type Settings } from '../../support/model.ts'

type Work = Partial<Record<WorkKind, number>>

function sum(phases: readonly Phase[]): Work {
  const work: Work = {}
  for (const { kind, amount } of phases.flatMap(phase => phase.work)) work[kind] = (work[kind] ?? 0) + amount
  return work
}

/** Work of the last operation. */
const workOf = (ops: readonly Op[], how: Settings = {}, kernel = '5.14'): Work =>
  sum(new Model(ops, how, profile(kernel)).last.phases)

const fallocate = (pages: number): Op => ({ op: 'fallocate', file: 'f', length: pages * 4096 })
const punch = (pages: number): Op => ({
  op: 'fallocate',
  file: 'f',
  mode: ['keep_size', 'punch_hole'],
  length: pages * 4096,
})

describe('the work of making memory resident', () => {
  it('a written anonymous page is one fault, one page cleared and mapped', () => {
    expect(workOf([mmap('a', 8), write('a', 8)])).toEqual({
      clearSmallPage: 8,
      mapAnonPage: 8,
      trap: 8,
      handleFault: 8,
    })
  })

  it('populating it is the same without the traps, and a step each page', () => {
    expect(workOf([mmap('a', 8), madvise('a', 8, 'populate_write')])).toEqual({
      systemCall: 1,
      clearSmallPage: 8,
      mapAnonPage: 8,
      handleFault: 8,
      populateStep: 8,
    })
  })

  it('a copy on write copies and does not clear', () => {
    const work = workOf([mmap('a', 8, 'file=f'), write('a', 8)], { files: { f: file(8) } })
    expect(work).toMatchObject({ copyPage: 8, mapAnonPage: 8, filemapFault: 8 })
    expect(work.clearSmallPage).toBeUndefined()
  })

  it('a write over the zero page clears, and flushes the old entry', () => {
    expect(workOf([mmap('a', 8), read('a', 8), write('a', 8)])).toMatchObject({
      clearSmallPage: 8,
      breakCow: 8,
    })
  })

  it('a walk takes a huge page in one step', () => {
    const huge = [mmap('a', '8M'), madvise('a', '8M', 'populate_write')]
    expect(workOf(huge, { thp: 'always' })).toMatchObject({
      populateStep: 4,
      handleFault: 4,
      clearLargePage: 2048,
    })
    expect(workOf([...huge, mlock('a', '8M')], { thp: 'always', cap: true }).populateStep).toBe(4)
  })

  it('a huge page goes back as one', () => {
    const work = workOf([mmap('a', '4M'), write('a', '4M'), munmap('a', '4M')], { thp: 'always' })
    expect(work).toMatchObject({ zapPmd: 2, freeHugePage: 2 })
    expect(work.freePage).toBeUndefined()
  })

  it('an access needs a fault or it is a touch', () => {
    const ops = [mmap('a', 32, 'shared file=f'), read('a', 32)]
    expect(workOf(ops, { files: { f: { ...memfd(32), filled: true } } })).toMatchObject({
      trap: 2,
      faultAround: 2,
      mapCachePage: 32,
      touchPage: 30,
    })
    expect(workOf([...ops, read('a', 32)], { files: { f: memfd(32) } })).toEqual({ touchPage: 32 })
  })
})

describe('the work of shared memory', () => {
  const files = { f: memfd(64) }
  const mapped = mmap('a', 64, 'shared file=f')

  it('a read of a hole looks around in vain, at the pages before it in its window of 16', () => {
    expect(workOf([mapped, read('a', 64)], { files })).toMatchObject({
      faultAround: 64,
      skipCachedPage: 4 * (0 + 15) * 8,
    })
    expect(workOf([mapped, write('a', 64)], { files }).faultAround).toBeUndefined()
  })

  it('pages that fallocate left uncleared stand in the way of every look', () => {
    expect(workOf([mapped, fallocate(64), read('a', 64)], { files })).toMatchObject({
      faultAround: 64,
      skipCachedPage: 4 * 16 * 16,
      clearSmallPage: 64,
    })
  })

  it('fallocate allocates and does not clear', () => {
    expect(workOf([mapped, fallocate(64)], { files })).toEqual({
      systemCall: 1,
      allocShmemPage: 64,
      accountShmemPage: 64,
    })
  })

  it('a shared anonymous mapping was accounted when it was mapped', () => {
    const work = workOf([mmap('a', 64, 'shared'), write('a', 64)])
    expect(work.allocShmemPage).toBe(64)
    expect(work.accountShmemPage).toBeUndefined()
  })

  it('a shared write is retried until 6.0', () => {
    expect(workOf([mapped, write('a', 64)], { files }, '5.15').retryFault).toBe(64)
    expect(workOf([mapped, write('a', 64)], { files }, '6.1').retryFault).toBeUndefined()
  })
})

describe('the work of a file on disk', () => {
  const files = { f: file(64) }
  const mapped = mmap('a', 64, 'shared file=f')

  it('a hole reads as zeroes, data comes from the disk', () => {
    expect(workOf([mapped, punch(64), read('a', 64)], { files })).toMatchObject({
      addFilePage: 64,
      clearSmallPage: 64,
    })
    const evicted: Op[] = [mmap('b', 64, 'shared file=f'), read('b', 64), madvise('b', 64, 'pageout')]
    const again = workOf([...evicted, read('b', 64)], { files })
    expect(again.clearSmallPage).toBeUndefined()
  })

  it('a hole has a block set aside when it is written; what fallocate gave, and what has data, does not', () => {
    expect(workOf([mapped, punch(64), write('a', 64)], { files })).toMatchObject({
      pageMkwrite: 64,
      reserveBlock: 64,
    })
    const allocated = workOf([mapped, punch(64), fallocate(64), write('a', 64)], { files })
    expect(allocated.pageMkwrite).toBe(64)
    expect(allocated.reserveBlock).toBeUndefined()
    expect(workOf([mapped, write('a', 64)], { files }).reserveBlock).toBeUndefined()
  })

  it('fallocate fills holes by extents of up to 128 MiB', () => {
    const large = { files: { f: file('1G') } }
    expect(workOf([mmap('a', 1), punch(65536), fallocate(65536)], large)).toEqual({
      systemCall: 1,
      allocExtent: 2,
      allocBlock: 65536,
    })
    expect(workOf([mmap('a', 1), fallocate(65536)], large)).toEqual({ systemCall: 1 })
  })
})

describe('work and size', () => {
  const kinds = ['', 'shared', 'file=f', 'shared file=f'] as const
  const backings = { memfd: memfd(100), filled: { ...memfd(100), filled: true }, file: file(100) }
  const methods = {
    read,
    write,
    populate_read: (where: string, pages: number) => madvise(where, pages, 'populate_read'),
    populate_write: (where: string, pages: number) => madvise(where, pages, 'populate_write'),
  }
  const method = fc.constantFrom(...(Object.keys(methods) as (keyof typeof methods)[]))

  it('a range is the same work as its pages one by one, but for the calls', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('5.14', '6.1', '6.18'),
        fc.constantFrom(...kinds),
        fc.constantFrom(...(Object.keys(backings) as (keyof typeof backings)[])),
        fc.constantFrom(0, 7, 16, 40),
        method,
        method,
        (kernel, words, backing, allocated, first, second) => {
          const ready: Op[] = [mmap('a', 100, words), ...(allocated === 0 ? [] : [fallocate(allocated)])]
          const whole = [methods[first]('a', 100), methods[second]('a', 100)]
          const single = [first, second].flatMap(name =>
            Array.from({ length: 100 }, (_, page) => methods[name](`a+${page}`, 1)),
          )
          const files = { f: backings[backing] }
          const timed = (ops: Op[]): Work => {
            const { outcomes } = new Model([...ready, ...ops], { files }, profile(kernel))
            const { systemCall: _calls, ...work } = sum(
              outcomes.slice(ready.length).flatMap(({ phases }) => phases),
            )
            return work
          }
          expect(timed(whole)).toEqual(timed(single))
        },
      ),
      { numRuns: 500 },
    )
  })
})
