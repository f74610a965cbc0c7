import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { capacity, smallestHost } from '../../../engine/planner/capacity.ts'
import { largestHolding } from '../../../engine/planner/capacity/search.ts'
import { headroom, survivor } from '../../../engine/planner/headroom.ts'
import { CATALOG, GIB, pretending, scenario, workload } from './fake.ts'

describe('the search', () => {
  it('finds the last that holds, whatever the bound and the width', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 3000 }),
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 8 }),
        async (limit, most, width) => {
          const found = await largestHolding(
            points => Promise.resolve(points),
            value => value <= limit,
            { least: 1, most, width },
          )
          expect(found.largest).toBe(limit === 0 ? null : Math.min(limit, most))
          expect(found.firstFailing?.value).toBe(limit >= most ? undefined : Math.max(1, limit + 1))
          expect(found.monotone).toBe(true)
        },
      ),
    )
  })

  it('says when something larger holds again', async () => {
    const found = await largestHolding(
      points => Promise.resolve(points),
      value => value < 5 || value > 30,
      { least: 1, most: 64, width: 8 },
    )
    expect([found.largest, found.monotone]).toEqual([4, false])
  })

  it('ends with what it has when the asking is cancelled', async () => {
    let asked = 0
    const found = await largestHolding(
      points => Promise.resolve(asked++ < 3 ? points : []),
      value => value <= 100,
      { least: 1, most: 1000, width: 1 },
    )
    expect([found.largest, found.complete]).toEqual([3, false])
  })
})

describe('how many fit', () => {
  const refusal = {
    ...{ atS: 1, workload: 'guest', instance: 0, instances: 1, call: 'mlock ram', errno: 'ENOMEM' },
    ...{ rule: 'RLIMIT_MEMLOCK', askedBytes: 2 * GIB, countedBytes: 0, limitBytes: GIB },
    consequence: 'task ends' as const,
  }
  const executor = pretending(({ workloads: [guest] }) => {
    const fits = guest?.strategy === 'mlock' ? 17 : 40
    const holds = (guest?.count ?? 0) <= fits
    return { holds, result: holds ? {} : { refusals: [refusal] } }
  })

  it('is searched by strategy, with what the next one runs into', async () => {
    const question = { scenario: scenario(), workload: 0, strategies: ['mlock', 'none'] }
    const found = await capacity(executor, question, CATALOG)
    expect(found.map(({ strategy, fits }) => [strategy, fits])).toEqual([
      ['mlock', 17],
      ['none', 40],
    ])
    expect(found[0]?.reason).toEqual({
      rule: 'RLIMIT_MEMLOCK',
      sentence:
        'guest: mlock ram is refused with ENOMEM by RLIMIT_MEMLOCK: 2 GiB asked, 0 B counted, limit 1 GiB.',
    })
    expect(found[0]?.curve.map(({ count }) => count)).toEqual([1, 2, 3, 5, 9, 17, 18, 19, 21, 25, 33])
  })

  it('stops at the bound', async () => {
    const [found] = await capacity(executor, { scenario: scenario(), workload: 0, most: 10 }, CATALOG)
    expect(found).toMatchObject({ fits: 10, bounded: true, reason: null })
  })

  it('is nothing where not even one fits', async () => {
    const [found] = await capacity(
      pretending(() => ({ holds: false })),
      { scenario: scenario(), workload: 0 },
      CATALOG,
    )
    expect(found).toMatchObject({ fits: 0, reason: { sentence: 'does not fit' } })
  })

  it('asked the other way round, gives the smallest host', async () => {
    const found = await smallestHost(
      pretending(({ machine }) => ({ holds: machine.ramBytes >= 100 * GIB })),
      scenario(),
      CATALOG,
    )
    expect(found).toMatchObject({ ramBytes: 100 * GIB, reason: { sentence: 'does not fit' } })
    const none = await smallestHost(
      pretending(() => ({ holds: false })),
      scenario(),
      CATALOG,
    )
    expect(none.ramBytes).toBeNull()
  })
})

describe('the headroom for failed hosts', () => {
  it('is what the surviving hosts can take over', async () => {
    const room = pretending(({ workloads }) => ({
      holds: workloads.reduce((sum, { count }) => sum + count, 0) <= 20,
    }))
    const found = await headroom(room, { scenario: scenario(), workload: 0, hosts: 4, lost: 1 })
    expect(found).toMatchObject({ total: 60, perHost: 15, perHostAfter: 20, complete: true })
  })

  it('has the lost ones arrive half way, together, beside what is there', () => {
    const base = scenario({ workloads: [workload({ count: 9 }), workload({ name: 'agent' })] })
    const { workloads } = survivor(base, 0, { own: 15, moved: 5 })
    expect(workloads.map(({ name, count, startS }) => [name, count, startS])).toEqual([
      ['guest', 15, 0],
      ['agent', 1, 0],
      ['guest, moved', 5, 30],
    ])
  })

  it('needs a host that is left', async () => {
    await expect(
      headroom(
        pretending(() => ({})),
        { scenario: scenario(), workload: 0, hosts: 2, lost: 2 },
      ),
    ).rejects.toThrow('at least one host has to be left')
  })
})
