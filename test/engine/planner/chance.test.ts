import { describe, expect, it } from 'vitest'
import { draw, readDistribution, type Distribution } from '../../../engine/planner/chance/distribution.ts'
import { metricNamed } from '../../../engine/planner/metrics.ts'
import { drawn, monteCarlo, type MonteCarloQuestion } from '../../../engine/planner/monte-carlo.ts'
import { fieldAt } from '../../../engine/planner/paths.ts'
import { sensitivity } from '../../../engine/planner/sensitivity.ts'
import { gridPoint, sweep } from '../../../engine/planner/sweep.ts'
import { readAxis } from '../../../engine/planner/axis.ts'
import { quantile } from '../../../engine/sim/quantile.ts'
import { Random } from '../../../engine/sim/random.ts'
import type { Done, Executor } from '../../../engine/planner/executor.ts'
import { CATALOG, GIB, param, pretending, scenario } from './fake.ts'

const ram = fieldAt(scenario(), 'workloads[0].params.ram', CATALOG)
if (!ram.ok) throw new Error(ram.message)
const { field } = ram

function distribution(text: string): Distribution {
  const read = readDistribution(text, field.spec, CATALOG)
  if (!read.ok) throw new Error(read.message)
  return read.distribution
}

function quantiles(text: string, ...shares: readonly number[]): number[] {
  const random = new Random(5)
  const values = Array.from({ length: 20_000 }, () => draw(distribution(text), random) / GIB)
  return shares.map(share => quantile(values, share))
}

describe('a distribution', () => {
  it.each([
    ['uniform(10 GiB, 20 GiB)', [10.5, 15, 19.5]],
    ['normal(16 GiB, 2 GiB)', [12.71, 16, 19.29]],
    ['lognormal(16 GiB, 0.5)', [7.03, 16, 36.4]],
    ['triangular(1 GiB, 11 GiB, 21 GiB)', [4.16, 11, 17.84]],
  ])('%s has its quantiles', (text, expected) => {
    quantiles(text, 0.05, 0.5, 0.95).forEach((value, i) =>
      expect(Math.abs(value / expected[i]! - 1)).toBeLessThan(0.05),
    )
  })

  it.each(['normal', 'normal(1 GiB)', 'uniform(2 GiB, 1 GiB)', 'cauchy(1, 2)', 'normal(x, 1)', ''])(
    '%j is refused',
    text => {
      expect(readDistribution(text, field.spec, CATALOG)).toMatchObject({ ok: false })
    },
  )
})

describe('Monte Carlo', () => {
  const question: MonteCarloQuestion = {
    scenario: scenario(),
    inputs: [{ field, distribution: distribution('uniform(1 GiB, 3 GiB)') }],
    runs: 2000,
    seed: 9,
  }
  const executor = pretending(asked => ({
    holds: param(asked, 'ram') < 2 * GIB,
    workload: { peakRssBytes: param(asked, 'ram') },
  }))

  it('gives percentiles, with how many runs they are of, and how many hold', async () => {
    const found = await monteCarlo(executor, question, CATALOG)
    const rss = found.metrics['rss']!
    expect(rss.runs).toBe(2000)
    expect(rss.p50 / GIB).toBeCloseTo(2, 1)
    expect(rss.p5 / GIB).toBeCloseTo(1.1, 1)
    expect(rss.p95 / GIB).toBeCloseTo(2.9, 1)
    expect(Math.abs(found.holdsShare - 0.5)).toBeLessThan(found.holdsMargin)
    expect(found.holdsMargin).toBeCloseTo(0.022, 3)
  })

  it('gives the same for the same seed, whatever the order in which runs get ready', async () => {
    const backwards: Executor = {
      ...executor,
      async *run(scenarios, options) {
        const all: Done[] = []
        for await (const done of executor.run(scenarios, options)) all.push(done)
        yield* all.reverse()
      },
    }
    const found = await monteCarlo(executor, question, CATALOG)
    expect(await monteCarlo(backwards, question, CATALOG)).toEqual(found)
    expect(await monteCarlo(executor, { ...question, seed: 10 }, CATALOG)).not.toEqual(found)
  })

  it('draws each run by itself, within the bounds of the field', () => {
    const wide = { ...question, inputs: [{ field, distribution: distribution('normal(1 GiB, 900 GiB)') }] }
    const values = Array.from({ length: 50 }, (_, i) => param(drawn(wide, i, CATALOG), 'ram'))
    expect(Math.min(...values)).toBe(field.spec.min)
    expect(values.every(Number.isInteger)).toBe(true)
    expect(new Set(values.filter(value => value !== field.spec.min)).size).toBeGreaterThan(10)
  })
})

describe('a sweep', () => {
  const axes = ['count=1,2,3', 'kernel=3.7,6.18'].map(text => {
    const read = readAxis(scenario(), text, CATALOG)
    if (!read.ok) throw new Error(read.message)
    return read.axis
  })

  it('runs every combination, the last axis fastest', async () => {
    const found = await sweep(
      pretending(({ workloads, kernel }) => ({
        holds: kernel.name === '6.18',
        workload: { peakRssBytes: workloads[0]!.count },
      })),
      { scenario: scenario(), axes },
      CATALOG,
    )
    expect(found.axes).toEqual(['workloads[*].count', 'kernel'])
    expect(found.rows.map(({ holds, figures }) => [holds, figures['rss']])).toEqual([
      [false, 1],
      [true, 1],
      [false, 2],
      [true, 2],
      [false, 3],
      [true, 3],
    ])
    expect(gridPoint(axes, 4)).toEqual([3, { name: '3.7', plus: [], minus: [] }])
  })

  it('keeps the rows that it has when it is cancelled', async () => {
    const controller = new AbortController()
    let runs = 0
    const executor = pretending(() => {
      if (++runs === 4) controller.abort()
      return {}
    })
    const found = await sweep(executor, { scenario: scenario(), axes }, CATALOG, {
      signal: controller.signal,
    })
    expect([found.rows.length, found.runs, found.complete]).toEqual([4, 6, false])
  })
})

describe('sensitivity', () => {
  it('puts the input that matters most first, with its elasticity', async () => {
    const executor = pretending(asked => ({
      workload: {
        peakRssBytes:
          param(asked, 'ram') ** 2 * Math.sqrt(Number(asked.workloads[0]!.params['vcpus'] ?? 100)),
      },
    }))
    const base = scenario({ workloads: [{ ...scenario().workloads[0]!, params: { ram: GIB, vcpus: 100 } }] })
    const found = await sensitivity(
      executor,
      { scenario: base, paths: null, metric: metricNamed('rss')!, share: 0.1 },
      CATALOG,
    )
    const [first, second, third] = found.influences
    expect([first!.path, second!.path]).toEqual(['workloads[0].params.ram', 'workloads[0].params.vcpus'])
    expect(first!.elasticity).toBeCloseTo(2, 2)
    expect(second!.elasticity).toBeCloseTo(0.5, 2)
    expect(third!.swing).toBe(0)
    expect(found.influences.map(({ path }) => path)).toContain('machine.ramBytes')
  })
})
