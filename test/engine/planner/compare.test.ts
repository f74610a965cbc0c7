import { describe, expect, it } from 'vitest'
import { readAxis } from '../../../engine/planner/axis.ts'
import { breakEven } from '../../../engine/planner/compare/break-even.ts'
import { paretoFront } from '../../../engine/planner/compare/pareto.ts'
import { namedVariants, variantsOf } from '../../../engine/planner/compare/variant.ts'
import { ratioText } from '../../../engine/planner/compare/words.ts'
import { compare } from '../../../engine/planner/compare.ts'
import { metricNamed } from '../../../engine/planner/metrics.ts'
import { fieldAt } from '../../../engine/planner/paths.ts'
import type { Scenario } from '../../../engine/scenario.ts'
import { CATALOG, GIB, param, pretending, scenario, type Outcome } from './fake.ts'

/** A full lock takes 41 s; on fault it is ready at once and pays 3.2 % more for an access. */
function lockOrFault({ workloads }: Scenario): Outcome {
  const onFault = workloads[0]?.strategy === 'mlock-onfault'
  const meanNs = onFault ? 103.2 : 100
  return {
    workload: {
      lastReadyS: onFault ? 1 : 41,
      access: { medianNs: 100, p99Ns: 100, p999Ns: 100, meanNs },
      peakLockedResidentBytes: onFault ? GIB : 10 * GIB,
    },
    host: { minFreeBytes: onFault ? 20 * GIB : 10 * GIB },
  }
}

function variants(text: string, base = scenario()): { name: string; scenario: Scenario }[] {
  const read = readAxis(base, text, CATALOG)
  if (!read.ok) throw new Error(read.message)
  const made = variantsOf(base, read.axis, CATALOG)
  if (!made.ok) throw new Error(made.issues.join())
  return [...made.variants]
}

describe('a comparison', () => {
  it('says what differs, by how much, and which is best', async () => {
    const question = { axis: 'strategy', variants: variants('strategy=mlock,mlock-onfault') }
    const found = await compare(pretending(lockOrFault), question)
    expect(found.sentences).toEqual([
      'mlock-onfault is ready 41 times sooner (1 s instead of 41 s), costs 3.2 % more per access (103 ns instead of 100 ns) and holds 10 times less locked memory (1 GiB instead of 10 GiB), compared with mlock.',
    ])
    expect(found.best['ready']).toEqual(['mlock-onfault'])
    expect(found.best['access']).toEqual(['mlock'])
    expect(found.best['VmLck']).toEqual([])
    expect(found.front).toEqual(['mlock', 'mlock-onfault'])
    expect(found.complete).toBe(true)
  })

  it('leaves variants that do not hold out of the choice, and says why they do not', async () => {
    const question = { axis: 'strategy', variants: variants('strategy=none,mlock') }
    const found = await compare(
      pretending(({ workloads }) => ({ holds: workloads[0]?.strategy !== 'mlock' })),
      question,
    )
    expect(found.front).toEqual(['none'])
    expect(found.sentences).toContain('mlock does not hold: does not fit')
  })

  it('keeps what it has when it is cancelled', async () => {
    const controller = new AbortController()
    const executor = pretending(() => {
      controller.abort()
      return {}
    })
    const question = { axis: 'count', variants: variants('count=1,2,3') }
    const found = await compare(executor, question, { signal: controller.signal })
    expect(found.variants.map(({ summary }) => summary !== null)).toEqual([true, false, false])
    expect(found.complete).toBe(false)
  })

  it('takes variants of several fields, and tells every mistake in them', () => {
    const made = namedVariants(scenario(), [{ name: 'a', set: { kernel: '3.7', count: '2' } }], CATALOG)
    expect(made.ok && made.variants[0]?.scenario.workloads[0]?.count).toBe(2)
    const wrong = namedVariants(
      scenario(),
      [
        { name: 'a', set: { kernel: '1.0' } },
        { name: 'b', set: { nothing: 1 } },
      ],
      CATALOG,
    )
    expect(wrong.ok || wrong.issues.length).toBe(2)
  })
})

describe('the front', () => {
  it('leaves out what another beats in everything, and keeps equals once', () => {
    expect(
      paretoFront([
        [1, 9],
        [5, 5],
        [9, 1],
        [6, 6],
        [5, 5],
      ]),
    ).toEqual([0, 1, 2])
    expect(
      paretoFront([
        [null, 1],
        [2, 1],
      ]),
    ).toEqual([1])
  })

  it('takes a difference of half a per cent for none', () => {
    expect(
      paretoFront([
        [213, 7],
        [214, 7],
      ]),
    ).toEqual([0, 1])
  })
})

describe('a ratio in words', () => {
  it('is times from two on, else per cent, else nothing', () => {
    expect(ratioText(1, 41)).toBe('41 times')
    expect(ratioText(1032, 1000)).toBe('3.2 %')
    expect(ratioText(1000, 1000.5)).toBeNull()
    expect(ratioText(0, 5)).toBe('all')
  })
})

describe('where two variants cross', () => {
  const metric = metricNamed('memory-time')!
  const found = fieldAt(scenario(), 'workloads[0].params.footprint', CATALOG)
  if (!found.ok) throw new Error(found.message)
  const [first, second] = variants('strategy=mlock,mlock-onfault')
  const question = {
    first: first!,
    second: second!,
    metric,
    workload: null,
    field: found.field,
    from: 0.01,
    to: 1,
  }
  /** Full costs 61 whatever is used; on fault 100 for all of it. */
  const costs = (asked: Scenario): Outcome => ({
    workload: { populateS: asked.workloads[0]?.strategy === 'mlock' ? 61 : 100 * param(asked, 'footprint') },
  })

  it('is a number, found by halving', async () => {
    const executor = pretending(costs)
    const answer = await breakEven(executor, question, CATALOG)
    expect(answer.crossings).toHaveLength(1)
    expect(answer.crossings[0]).toBeCloseTo(0.61, 6)
    expect(answer.sentence).toBe(
      'mlock-onfault beats mlock by populating and faults over workloads[0].params.footprint until 61 %, mlock from there on.',
    )
    expect(executor.runs()).toBeLessThan(60)
  })

  it('is said to be nowhere where one is better throughout, or both are alike', async () => {
    const better = await breakEven(
      pretending(asked =>
        costs({ ...asked, workloads: [{ ...asked.workloads[0]!, params: { footprint: 0.1 } }] }),
      ),
      question,
      CATALOG,
    )
    expect(better.sentence).toBe(
      'mlock-onfault beats mlock by populating and faults over workloads[0].params.footprint throughout, 1 % to 100 %.',
    )
    const alike = await breakEven(
      pretending(() => ({})),
      question,
      CATALOG,
    )
    expect(alike.sentence).toContain('are alike')
  })

  it('may be several places', async () => {
    const wave = (asked: Scenario): Outcome => ({
      workload: {
        populateS:
          asked.workloads[0]?.strategy === 'mlock'
            ? 10
            : 10 + Math.sin(2 * Math.PI * param(asked, 'footprint')),
      },
    })
    const answer = await breakEven(pretending(wave), { ...question, from: 0.1, to: 0.9 }, CATALOG)
    expect(answer.crossings.map(value => Number(value.toFixed(3)))).toEqual([0.5])
    expect(answer.sentence).toContain('mlock beats mlock-onfault')
  })
})
