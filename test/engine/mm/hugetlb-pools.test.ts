import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bootHugePages,
  dequeueHugePages,
  freeHugePages,
  hugetlbAcctMemory,
  newHugetlbPool,
  poolRamPages,
  poolSum,
  setMaxHugePages,
  type HugetlbPool,
} from '../../../engine/mm/hugetlb-pools.ts'

const MIB2 = 2 * 1024 * 1024
const PLENTY = [1000, 1000]

function filled(pages: number, overcommit = 0): HugetlbPool {
  return setMaxHugePages(newHugetlbPool(MIB2, 2, overcommit), pages, PLENTY).pool
}

interface Counts {
  readonly total: number
  readonly free: number
  readonly rsvd: number
  readonly surp: number
}

function counts(pool: HugetlbPool): Counts {
  return {
    total: poolSum(pool, 'total'),
    free: poolSum(pool, 'free'),
    rsvd: pool.reserved,
    surp: poolSum(pool, 'surplus'),
  }
}

/** The pool after a promise that must succeed. */
function promised(pool: HugetlbPool, delta: number, available: readonly number[] = PLENTY): HugetlbPool {
  const got = hugetlbAcctMemory(pool, delta, available)
  if (!('pool' in got)) throw new Error('refused')
  return got.pool
}

describe('nr_hugepages', () => {
  it('is spread over the nodes and taken from the host', () => {
    const pool = filled(65)
    expect(pool.nodes.map(({ total }) => total)).toEqual([33, 32])
    expect(poolRamPages(pool)).toBe(65 * 512)
    expect(poolRamPages(bootHugePages(newHugetlbPool(2 ** 30, 2), [3, 1]).pool)).toBe(4 * 262_144)
  })

  it('gets fewer pages where memory is fragmented, and takes the rest from other nodes', () => {
    const { pool, moved } = setMaxHugePages(newHugetlbPool(MIB2, 2), 100, [10, 1000])
    expect(pool.nodes.map(({ total }) => total)).toEqual([10, 90])
    expect(moved).toEqual([10, 90])
    expect(counts(setMaxHugePages(newHugetlbPool(MIB2, 2), 100, [10, 20]).pool).total).toBe(30)
  })

  it('gives back what is free; pages in use become surplus and go when they are freed', () => {
    const used = dequeueHugePages(filled(10), 6, false, 0) as HugetlbPool
    const shrunk = setMaxHugePages(used, 2, [0, 0]).pool
    expect(counts(shrunk)).toEqual({ total: 6, free: 0, rsvd: 0, surp: 4 })
    const freed = freeHugePages(freeHugePages(shrunk, 5, 0).pool, 1, 1).pool
    expect(counts(freed)).toEqual({ total: 2, free: 2, rsvd: 0, surp: 0 })
  })

  it('does not give back what is promised', () => {
    expect(counts(setMaxHugePages(promised(filled(10), 7), 0, [0, 0]).pool)).toEqual({
      total: 7,
      free: 7,
      rsvd: 7,
      surp: 7,
    })
  })
})

describe('a promise', () => {
  it('takes nothing, but others can no longer have it', () => {
    const pool = promised(filled(10), 8)
    expect(counts(pool)).toEqual({ total: 10, free: 10, rsvd: 8, surp: 0 })
    expect(dequeueHugePages(pool, 3, false)).toBeNull()
    expect(counts(dequeueHugePages(pool, 3, true) as HugetlbPool)).toMatchObject({ free: 7, rsvd: 5 })
  })

  it('beyond what is free is refused with the numbers', () => {
    expect(hugetlbAcctMemory(promised(filled(10), 8), 3, PLENTY)).toMatchObject({
      errno: 'ENOMEM',
      rule: 'hugetlb pool',
      asked: 3,
      counted: 8,
      limit: 10,
    })
  })

  it('is kept with surplus pages where overcommit allows', () => {
    const pool = promised(filled(10, 5), 14)
    expect(counts(pool)).toEqual({ total: 14, free: 14, rsvd: 14, surp: 4 })
    expect('errno' in hugetlbAcctMemory(pool, 2, PLENTY)).toBe(true)
    expect('errno' in hugetlbAcctMemory(filled(10, 5), 14, [1, 1])).toBe(true)
  })

  it('that is given back lets surplus pages go', () => {
    expect(counts(promised(promised(filled(10, 5), 14), -14))).toEqual({
      total: 10,
      free: 10,
      rsvd: 0,
      surp: 0,
    })
  })
})

describe('a pool in use', () => {
  const MANY = [1000]
  const resize = (pool: HugetlbPool, pages: number): HugetlbPool => setMaxHugePages(pool, pages, MANY).pool
  const touch = (pool: HugetlbPool, pages: number): HugetlbPool =>
    dequeueHugePages(pool, pages, true) as HugetlbPool
  const drop = (pool: HugetlbPool, touched: number, untouched: number): HugetlbPool =>
    promised(freeHugePages(pool, touched, 0).pool, -untouched, MANY)

  it('counts as Linux 6.18 did, step by step: Total, Free, Rsvd, Surp', () => {
    const seen: string[] = []
    let pool = newHugetlbPool(MIB2, 1)
    const step = (next: HugetlbPool): void => {
      pool = next
      const { total, free, rsvd, surp } = counts(pool)
      seen.push([total, free, rsvd, surp].join(' '))
    }
    step(resize(pool, 10))
    step(promised(pool, 8, MANY))
    step(touch(pool, 3))
    pool = { ...pool, overcommit: 5 }
    expect('errno' in hugetlbAcctMemory(pool, 8, MANY)).toBe(true)
    step(promised(pool, 7, MANY))
    step(resize(pool, 2))
    step(drop(pool, 0, 7))
    step(drop(pool, 3, 5))
    step(promised(resize(pool, 4), 6, MANY))
    step(touch(pool, 6))
    step(resize(pool, 5))
    step(resize(pool, 8))
    step(drop(pool, 6, 0))
    expect(seen).toEqual([
      '10 10 0 0',
      '10 10 8 0',
      '10 7 5 0',
      '15 12 12 5',
      '15 12 12 13',
      '8 5 5 6',
      '2 2 0 0',
      '6 6 6 2',
      '6 0 0 2',
      '6 0 0 1',
      '8 2 0 0',
      '8 8 0 0',
    ])
  })
})

describe('any sequence of calls', () => {
  const calls = fc.array(
    fc.record({
      kind: fc.constantFrom('resize', 'promise', 'return', 'touch', 'free'),
      pages: fc.nat(40),
      node: fc.nat(1),
    }),
    { maxLength: 30 },
  )

  it('keeps promises covered, and takes from the host what the pool grows by', () => {
    fc.assert(
      fc.property(calls, fc.nat(20), (list, overcommit) => {
        let pool = newHugetlbPool(MIB2, 2, overcommit)
        let host = 100
        const take = ({ pool: next, moved }: { pool: HugetlbPool; moved: readonly number[] }): void => {
          host -= moved.reduce((sum, pages) => sum + pages, 0)
          pool = next
        }
        for (const { kind, pages, node } of list) {
          const rooms = [Math.floor(host / 2), host - Math.floor(host / 2)]
          if (kind === 'resize') take(setMaxHugePages(pool, pages, rooms))
          if (kind === 'promise' || kind === 'return') {
            const delta = kind === 'promise' ? pages : -Math.min(pages, pool.reserved)
            const got = hugetlbAcctMemory(pool, delta, rooms)
            if ('pool' in got) take(got)
          }
          if (kind === 'touch')
            pool = dequeueHugePages(pool, Math.min(pages, pool.reserved), true, node) ?? pool
          const at = pool.nodes[node]
          if (kind === 'free' && at !== undefined)
            take(freeHugePages(pool, Math.min(pages, at.total - at.free), node))
          expect(host + counts(pool).total).toBe(100)
          expect(pool.reserved).toBeLessThanOrEqual(counts(pool).free)
          for (const { total, free, surplus } of pool.nodes) {
            expect(Math.min(free, surplus, total - free, total - surplus)).toBeGreaterThanOrEqual(0)
          }
        }
      }),
    )
  })
})
