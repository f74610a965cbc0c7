import { afterAll, describe, expect, it } from 'vitest'
import { workerPool } from '../../../app/executor/worker-pool.ts'
import { collect, inProcess, type Executor } from '../../../engine/planner/executor.ts'
import { runScenario } from '../../../engine/planner/run.ts'
import { withCount } from '../../../engine/planner/capacity.ts'
import { scenario } from '../../engine/planner/fake.ts'

const pool = workerPool({ threads: 2 })
afterAll(() => pool.close())
const scenarios = [1, 2, 3, 4, 5].map(count => withCount(scenario(), 0, count))

describe.each<readonly [string, Executor]>([
  ['worker threads', pool],
  ['this thread', inProcess(runScenario)],
])('runs on %s', (_, executor) => {
  it('give the same summaries, each with the number of its scenario', async () => {
    const { summaries, complete } = await collect(executor, scenarios)
    const expected = await collect(inProcess(runScenario), scenarios)
    expect(summaries).toEqual(expected.summaries)
    expect(complete).toBe(true)
  })

  it('give one result with its curves', async () => {
    expect(await executor.result(scenarios[0]!)).toEqual(runScenario(scenarios[0]!))
  })

  it('say how far they are', async () => {
    const steps: number[] = []
    await collect(executor, scenarios, { onProgress: done => steps.push(done) })
    expect(steps).toEqual([1, 2, 3, 4, 5])
  })

  it('end early, without an error, when they are cancelled', async () => {
    const controller = new AbortController()
    const many = Array.from({ length: 500 }, (_unused, i) => withCount(scenario(), 0, (i % 50) + 1))
    const { summaries, complete } = await collect(executor, many, {
      signal: controller.signal,
      onProgress: done => {
        if (done === 3) controller.abort()
      },
    })
    expect(complete).toBe(false)
    expect(summaries.filter(summary => summary !== null).length).toBeLessThan(20)
    expect(await executor.result(scenarios[0]!, { signal: controller.signal })).toBeNull()
    expect((await collect(executor, scenarios)).complete).toBe(true)
  })

  it('throw what a run throws', async () => {
    const impossible = { ...scenario(), kernel: { name: '0.1', plus: [], minus: [] } }
    await expect(collect(executor, [impossible])).rejects.toThrow('kernel 0.1 is not on offer')
  })
})
