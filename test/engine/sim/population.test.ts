import { describe, expect, it } from 'vitest'
import { disturb, newLists } from '../../../engine/sim/lru-lists.ts'
import {
  discard,
  lockPopulation,
  memoryPages,
  mlockedPages,
  newPopulation,
  PLACES,
  residentPages,
  swapSlotPages,
  unlockPopulation,
  type Population,
  type PopulationSpec,
} from '../../../engine/sim/population.ts'
import { advance, suggestStep, type Room } from '../../../engine/sim/population-step.ts'
import type { Popularity } from '../../../engine/scenario.ts'
import { popularityClasses } from '../../../engine/sim/popularity.ts'
import { expectedDistinct } from '../../../engine/sim/touch.ts'
import { Chance } from '../../support/random/chance.ts'
import { LruPages } from '../../support/lru-pages.ts'

const ample: Room = { limitPages: Infinity, swapFreePages: Infinity }

/** Steps of the suggested length until the time is over; returns how many there were. */
function run(populations: readonly Population[], room: Room, seconds: number, lists = newLists()): number {
  let [left, steps] = [seconds, 0]
  for (; left > 0; steps++) {
    const step = Math.min(left, suggestStep(populations, lists))
    advance(populations, lists, room, step)
    left -= step
  }
  return steps
}

/** One access is one second. */
const classesOf = (popularity: Popularity, pages: number, spec: Partial<PopulationSpec> = {}): Population[] =>
  popularityClasses(popularity, pages).map(({ nrItems, perAccess }) =>
    newPopulation({ kind: 'anon', nrFolios: nrItems, ratePerS: perAccess, ...spec }),
  )

const sum = (populations: readonly Population[], of: (p: Population) => number): number =>
  populations.reduce((total, p) => total + of(p), 0)

function expectWhole(p: Population): void {
  for (const place of PLACES) expect(p[place]).toBeGreaterThanOrEqual(-1e-6)
  expect(p.clean).toBeGreaterThanOrEqual(-1e-6)
  expect(sum([p], q => PLACES.reduce((n, place) => n + q[place], 0))).toBeCloseTo(p.nrFolios, 4)
}

describe('random access without shortage', () => {
  it('touches n(1 - (1 - 1/n)^k) of n pages in k draws', () => {
    expect(expectedDistinct(100, 50)).toBeCloseTo(100 * (1 - 0.99 ** 50), 9)
    expect(expectedDistinct(1, 5)).toBe(1)
    const populations = classesOf({ kind: 'uniform' }, 10_000)
    run(populations, ample, 15_000)
    expect(sum(populations, residentPages) / expectedDistinct(10_000, 15_000)).toBeCloseTo(1, 3)
  })

  it('counts a minor fault for every page of anonymous memory, a major one for every page of a file', () => {
    const anon = newPopulation({ kind: 'anon', nrFolios: 10, ratePerS: 100 })
    const file = newPopulation({ kind: 'file', nrFolios: 10, ratePerS: 100, writeShare: 0 })
    run([anon, file], ample, 10)
    expect([anon.minorFaults, anon.majorFaults]).toEqual([expect.closeTo(10, 6), 0])
    expect([file.minorFaults, file.majorFaults, file.fileReadPages]).toEqual([
      0,
      expect.closeTo(10, 6),
      expect.closeTo(10, 6),
    ])
    expect(file.clean).toBeCloseTo(10, 6)
  })

  it('finds what is in the page cache with minor faults', () => {
    const file = newPopulation({ kind: 'file', nrFolios: 10, ratePerS: 100, cached: 10 })
    run([file], ample, 10)
    expect([file.minorFaults, file.majorFaults]).toEqual([expect.closeTo(10, 6), 0])
  })
})

describe('locks on populations', () => {
  it('mlock brings everything in and makes it unevictable; munlock makes it evictable', () => {
    const p = newPopulation({ kind: 'anon', nrFolios: 100, ratePerS: 0.1, folioPages: 512 })
    expect(lockPopulation(p, 'locked')).toBe(51_200)
    expect([mlockedPages(p), p.minorFaults]).toEqual([51_200, 100])
    unlockPopulation(p)
    expect([mlockedPages(p), residentPages(p)]).toEqual([0, 51_200])
  })

  it('lock on fault locks what is there and then what is touched, and nothing else', () => {
    const p = newPopulation({ kind: 'anon', nrFolios: 100, ratePerS: 1 })
    run([p], ample, 0.5)
    const there = residentPages(p)
    expect(lockPopulation(p, 'onfault')).toBe(0)
    expect(mlockedPages(p)).toBeCloseTo(there, 9)
    run([p], ample, 1)
    expect(mlockedPages(p)).toBeCloseTo(100 * (1 - Math.exp(-1.5)), 3)
    expect(residentPages(p)).toBe(mlockedPages(p))
  })

  it('what is locked or pinned is never evicted, however short memory is', () => {
    const locked = newPopulation({ kind: 'anon', nrFolios: 300, ratePerS: 1e-6 })
    const pinned = newPopulation({ kind: 'anon', nrFolios: 300, ratePerS: 5, isPinned: true })
    const others = classesOf({ kind: 'uniform' }, 2000).map(p => ({ ...p, ratePerS: 1 }))
    lockPopulation(locked, 'locked')
    run([locked, pinned, ...others], { limitPages: 1000, swapFreePages: Infinity }, 50)
    expect(mlockedPages(locked)).toBe(300)
    expect([locked.out, locked.swapOutPages, pinned.out]).toEqual([0, 0, 0])
    expect(residentPages(pinned)).toBeCloseTo(300, 3)
  })

  it('more locks than room is a shortage that is told, not a negative number', () => {
    const locked = newPopulation({ kind: 'anon', nrFolios: 900, ratePerS: 1 })
    lockPopulation(locked, 'onfault')
    const lists = newLists()
    let short = 0
    for (let i = 0; i < 200; i++)
      short += advance([locked], lists, { limitPages: 500, swapFreePages: Infinity }, 0.1).shortPages
    expect(short).toBeGreaterThan(0)
    expect(residentPages(locked)).toBeLessThanOrEqual(500 + 1e-6)
    expectWhole(locked)
  })
})

describe('reclaim from populations', () => {
  it('conserves every folio and stays within its room, whatever happens', () => {
    const chance = new Chance(7)
    for (let seed = 0; seed < 40; seed++) {
      const populations = Array.from({ length: chance.int(1, 8) }, () =>
        newPopulation({
          kind: chance.pick(['anon', 'shmem', 'file']),
          nrFolios: chance.int(0, 3000),
          folioPages: chance.pick([1, 1, 1, 16]),
          ratePerS: 10 ** chance.int(-6, 1),
          writeShare: chance.pick([0, 0.3, 1]),
          order: chance.pick(['random', 'random', 'cyclic']),
          hasRecency: chance.yes(0.8),
        }),
      )
      const lists = { ...newLists(), swapReadPages: chance.pick([1, 2.5]), keepsSlots: chance.yes(0.5) }
      const room = { limitPages: chance.int(50, 5000), swapFreePages: chance.pick([0, 500, 1e9]) }
      for (let i = 0; i < 60; i++) {
        advance(populations, lists, room, Math.min(5, suggestStep(populations, lists)))
        populations.forEach(expectWhole)
        expect(sum(populations, memoryPages)).toBeLessThanOrEqual(room.limitPages + 1e-3)
        if (!chance.yes(0.1)) continue
        const p = chance.pick(populations)
        if (chance.yes(0.3)) discard(p, 0.5)
        else if (chance.yes(0.5)) lockPopulation(p, 'onfault')
        else unlockPopulation(p)
        disturb(lists)
      }
    }
  })

  it('swaps nothing out without swap, drops clean file pages without writing them', () => {
    const anon = newPopulation({ kind: 'anon', nrFolios: 400, ratePerS: 1 })
    const file = newPopulation({ kind: 'file', nrFolios: 2000, ratePerS: 0.5, writeShare: 0 })
    run([anon, file], { limitPages: 1000, swapFreePages: 0 }, 60)
    expect(residentPages(anon)).toBeCloseTo(400, 2)
    expect(sum([anon], swapSlotPages)).toBe(0)
    expect(residentPages(file)).toBeCloseTo(600, 1)
    expect(file.writebackPages).toBeCloseTo(0, 9)
    expect(anon.swapOutPages).toBe(0)
  })

  it('keeps the more popular pages', () => {
    const [hot, cold] = classesOf({ kind: 'hotset', itemShare: 0.2, accessShare: 0.9 }, 10_000)
    if (hot === undefined || cold === undefined) throw new Error('two classes')
    run([hot, cold], { limitPages: 5000, swapFreePages: Infinity }, 200_000)
    expect(residentPages(hot) / hot.nrFolios).toBeGreaterThan(0.98)
    expect(residentPages(cold) / cold.nrFolios).toBeLessThan(0.4)
  })

  it('lets a sweep that does not fit miss every time', () => {
    const p = newPopulation({ kind: 'anon', nrFolios: 1000, ratePerS: 1e-3, order: 'cyclic' })
    const lists = newLists()
    const room = { limitPages: 700, swapFreePages: Infinity }
    run([p], room, 5000, lists)
    const before = p.majorFaults
    run([p], room, 1000, lists)
    expect((p.majorFaults - before) / 1000).toBeCloseTo(1, 2)
  })

  it('gives the same numbers for the same input, to the last digit', () => {
    const once = (): string => {
      const populations = classesOf({ kind: 'zipf', exponent: 1 }, 20_000)
      run(populations, { limitPages: 9000, swapFreePages: Infinity }, 200_000)
      return JSON.stringify(populations)
    }
    expect(once()).toBe(once())
  })

  it('takes a few hundred steps for a day of thrashing', () => {
    const populations = classesOf({ kind: 'zipf', exponent: 1 }, 131_072).map(p => ({
      ...p,
      ratePerS: p.ratePerS * 1e5,
    }))
    expect(run(populations, { limitPages: 65_536, swapFreePages: Infinity }, 86_400)).toBeLessThan(1500)
  })
})

describe('against reclaim page by page', () => {
  const pages = 8192
  const limitPages = 5120
  const accesses = 400_000

  /** Draws from the same distribution, page by page. */
  function drawer(popularity: Popularity, chance: Chance): () => number {
    const ranks = Array.from({ length: pages }, (_, rank) => rank)
    if (popularity.kind === 'uniform') return () => chance.int(0, pages - 1)
    if (popularity.kind === 'hotset')
      return () => (chance.yes(popularity.accessShare) ? chance.int(0, 818) : chance.int(819, pages - 1))
    const exponent = popularity.kind === 'zipf' ? popularity.exponent : 0
    let total = 0
    const cumulated = ranks.map(rank => (total += (rank + 1) ** -exponent))
    return () => {
      const at = (chance.int(0, 2 ** 30 - 1) / 2 ** 30) * total
      let [low, high] = [0, pages - 1]
      while (low < high) {
        const middle = (low + high) >> 1
        if ((cumulated[middle] ?? 0) > at) high = middle
        else low = middle + 1
      }
      return low
    }
  }

  it.each<[string, Popularity, number]>([
    ['uniform', { kind: 'uniform' }, 0.02],
    ['Zipf 0.8', { kind: 'zipf', exponent: 0.8 }, 0.04],
    ['Zipf 1.0', { kind: 'zipf', exponent: 1 }, 0.06],
    ['hot set', { kind: 'hotset', itemShare: 819 / 8192, accessShare: 0.9 }, 0.09],
  ])('%s access faults as often', (_, popularity, tolerance) => {
    const exact = new LruPages(pages, limitPages)
    const draw = drawer(popularity, new Chance(11))
    for (let i = 1; i <= accesses; i++) {
      exact.touch(draw())
      if (i % 100 === 0) exact.flushStats()
    }
    const populations = classesOf(popularity, pages)
    run(populations, { limitPages, swapFreePages: Infinity }, accesses)
    const faults = sum(populations, p => p.majorFaults)
    expect(Math.abs(faults / exact.majorFaults - 1)).toBeLessThan(tolerance)
    expect(Math.abs(sum(populations, p => p.minorFaults) / exact.minorFaults - 1)).toBeLessThan(0.01)
    expect(Math.abs(sum(populations, residentPages) / exact.resident - 1)).toBeLessThan(0.012)
  })
})
