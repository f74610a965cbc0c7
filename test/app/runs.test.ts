import { afterEach, describe, expect, it } from 'vitest'
import type { AppEvent, Output } from '../../app/contract.ts'
import { apiOf, createApp, type App, type AppSettings } from '../../app/create-app.ts'
import { memoryStore } from '../../app/memory-store.ts'
import type { Runner } from '../../app/runs.ts'
import type { Store } from '../../app/store.ts'
import { runScenario } from '../../engine/planner/run.ts'
import type { RunResult } from '../../engine/sim/result.ts'
import { code, heard, PLAN, value } from './calls.ts'

/** A thread whose runs end when the test says so, or when they are no longer wanted. */
class Threads implements Runner {
  readonly width: number
  readonly begun: { readonly name: string; readonly finish: () => void; readonly fail: () => void }[] = []

  constructor(width: number) {
    this.width = width
  }

  readonly watched: Runner['watched'] = (scenario, { signal, onShare } = {}) =>
    new Promise<RunResult | null>((resolve, reject) => {
      onShare?.(0.5)
      signal?.addEventListener('abort', () => resolve(null))
      const finish = (): void => resolve(runScenario(scenario))
      const fail = (): void => reject(new Error('out of luck'))
      this.begun.push({ name: scenario.name, finish, fail })
    })

  readonly snapshot: Runner['snapshot'] = () => Promise.reject(new Error('not asked'))
  readonly close = (): Promise<void> => Promise.resolve()
}

const open: App[] = []
afterEach(async () => {
  for (const app of open.splice(0)) await app.close()
})

function start(
  threads: Threads,
  more: Partial<AppSettings> = {},
): {
  api: ReturnType<typeof apiOf>
  app: App
  store: Store
  events: AppEvent[]
} {
  const store = more.store ?? memoryStore()
  const app = createApp({ store, runner: threads, lookEveryMs: 0, ...more })
  open.push(app)
  const events: AppEvent[] = []
  app.subscribe(event => events.push(event))
  return { api: apiOf(app), app, store, events }
}

const plan = (api: ReturnType<typeof apiOf>, name: string): Promise<Output<'plans.create'>> =>
  value(api, 'plans.create', { name, origin: { from: 'document', document: PLAN } })
const failures = (events: readonly AppEvent[]): string[] =>
  events.flatMap(event => (event.event === 'run.failed' ? [event.error.code] : []))
/** Lets what was settled be noticed. */
const later = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 5))

describe('runs', () => {
  it('wait for a thread, in the order in which they were asked for', async () => {
    const threads = new Threads(1)
    const { api } = start(threads)
    const [a, b] = [await plan(api, 'a'), await plan(api, 'b')]
    const first = await value(api, 'runs.start', { subject: { planId: a.id } })
    const second = await value(api, 'runs.start', { subject: { planId: b.id } })
    expect([first.state, second.state]).toEqual(['running', 'queued'])
    expect(threads.begun.map(({ name }) => name)).toEqual(['a'])
    threads.begun[0]?.finish()
    await later()
    expect(threads.begun.map(({ name }) => name)).toEqual(['a', 'b'])
    expect((await value(api, 'runs.get', { runId: first.id })).state).toBe('finished')
  })

  it('of one plan: the newest edit takes the place of an older one that waits', async () => {
    const threads = new Threads(2)
    const { api, events } = start(threads)
    const { id: planId } = await plan(api, 'a')
    const runs = [1, 2, 3].map(() => value(api, 'runs.start', { subject: { planId } }))
    const [first, second, third] = await Promise.all(runs)
    expect(failures(events)).toEqual(['superseded'])
    expect((await value(api, 'runs.get', { runId: second?.id ?? '' })).state).toBe('superseded')
    threads.begun[0]?.finish()
    await later()
    threads.begun[1]?.finish()
    await later()
    for (const run of [first, third])
      expect((await value(api, 'runs.get', { runId: run?.id ?? '' })).state).toBe('finished')
    expect(threads.begun).toHaveLength(2)
  })

  it('of one plan: one that goes on for long is ended once a newer one waits', async () => {
    let nowMs = 1000
    const threads = new Threads(1)
    const { api, events } = start(threads, { now: () => nowMs })
    const { id: planId } = await plan(api, 'a')
    await value(api, 'runs.start', { subject: { planId } })
    nowMs += 5000
    await value(api, 'runs.start', { subject: { planId } })
    await later()
    expect(failures(events)).toEqual(['superseded'])
    expect(threads.begun).toHaveLength(2)
  })

  it('are cancelled, waiting or going, and tell so once', async () => {
    const threads = new Threads(1)
    const { api, events } = start(threads)
    const subject = { document: PLAN }
    const going = await value(api, 'runs.start', { subject })
    const waiting = await value(api, 'runs.start', { subject })
    expect((await value(api, 'runs.cancel', { runId: waiting.id })).state).toBe('cancelled')
    expect((await value(api, 'runs.cancel', { runId: going.id })).state).toBe('cancelled')
    expect((await value(api, 'runs.cancel', { runId: going.id })).state).toBe('cancelled')
    expect(failures(events)).toEqual(['cancelled', 'cancelled'])
    expect(threads.begun).toHaveLength(1)
    expect(await code(api.call('runs.series', { runId: going.id, width: 10 }))).toBe('run-not-finished')
  })

  it('say how far they are', async () => {
    const { api, events } = start(new Threads(1))
    const { id: runId } = await value(api, 'runs.start', { subject: { document: PLAN } })
    expect(events).toContainEqual({ event: 'run.progress', runId, planId: null, share: 0.5 })
  })

  it('that break tell the error, and the next one goes on', async () => {
    const broken: unknown[] = []
    const threads = new Threads(1)
    const { api } = start(threads, { onBroken: error => broken.push(error) })
    const { id } = await value(api, 'runs.start', { subject: { document: PLAN } })
    await value(api, 'runs.start', { subject: { document: PLAN } })
    threads.begun[0]?.fail()
    await later()
    const run = await value(api, 'runs.get', { runId: id })
    expect(run).toMatchObject({ state: 'failed', error: { code: 'run-broke' } })
    expect(broken).toEqual([new Error('out of luck')])
    expect(threads.begun).toHaveLength(2)
  })

  it('are refused where too many wait', async () => {
    const { api } = start(new Threads(1))
    const subject = { document: PLAN }
    for (let i = 0; i <= 100; i++) await value(api, 'runs.start', { subject })
    expect(await code(api.call('runs.start', { subject }))).toBe('too-many-runs')
  })

  it('that are finished are stored at the latest when the application closes, and found again', async () => {
    const threads = new Threads(1)
    const store = memoryStore()
    const { api, app } = start(threads, { store })
    const { id: planId } = await plan(api, 'a')
    const { id: runId } = await value(api, 'runs.start', { subject: { planId } })
    threads.begun[0]?.finish()
    await later()
    const before = await value(api, 'runs.get', { runId })
    await app.close()
    const { api: again } = start(new Threads(1), { store })
    expect(await value(again, 'runs.get', { runId })).toEqual(before)
    expect((await value(again, 'runs.list', { planId })).map(({ id }) => id)).toEqual([runId])
    expect((await value(again, 'runs.series', { runId, width: 50 })).series.length).toBeGreaterThan(5)
  })

  it('a store that fails is told, and the run is still there', async () => {
    const threads = new Threads(1)
    const broken: unknown[] = []
    const store = memoryStore()
    const full: Store = {
      ...store,
      runs: {
        ...store.runs,
        save: () => {
          throw new Error('disk full')
        },
      },
    }
    const { api, app } = start(threads, { store: full, onBroken: error => broken.push(error) })
    const { id: planId } = await plan(api, 'a')
    const { id: runId } = await value(api, 'runs.start', { subject: { planId } })
    threads.begun[0]?.finish()
    await later()
    expect((await value(api, 'runs.get', { runId })).state).toBe('finished')
    await app.close()
    expect(broken).toEqual([new Error('disk full')])
  })
})

describe('runs on real threads', () => {
  /** Long enough to be cancelled on the way: days of a host that is short of memory. */
  const long = {
    ...PLAN,
    machine: { preset: 'edge-64', swap: [{ device: 'nvme-client', size: '64 GiB' }] },
    workloads: [{ name: 'guests', kind: 'qemu-guest', params: { ram: '8 GiB' }, count: 9, stagger: '2 h' }],
    horizon: '30 d',
    sample: '1 h',
  }

  it('end soon after they are cancelled, and their thread takes the next one', async () => {
    const app = createApp({ store: memoryStore(), lookEveryMs: 0 })
    open.push(app)
    const api = apiOf(app)
    const progress = heard(api, event => event.event === 'run.progress')
    const { id: runId } = await value(api, 'runs.start', { subject: { document: long } })
    await progress
    expect((await value(api, 'runs.cancel', { runId })).state).toBe('cancelled')
    const finished = heard(api, event => event.event === 'run.finished')
    await value(api, 'runs.start', { subject: { document: PLAN } })
    await finished
  })

  it('a question ends when its caller no longer wants the answer, with what it has', async () => {
    const app = createApp({ store: memoryStore(), lookEveryMs: 0 })
    open.push(app)
    const controller = new AbortController()
    const answer = await app.call(
      'questions.sweep',
      { subject: { document: PLAN }, axes: ['machine.swappiness=0..200/1', 'workloads[0].count=1..20'] },
      { signal: controller.signal, onProgress: () => controller.abort() },
    )
    expect(answer).toMatchObject({ ok: true, value: { complete: false } })
    expect(await app.call('plans.list', {})).toMatchObject({ ok: true })
  })
})
