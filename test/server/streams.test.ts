import { afterEach, describe, expect, it } from 'vitest'
import type { AppEvent, CallOptions } from '../../app/contract.ts'
import type { App } from '../../app/create-app.ts'
import { serverClient, type Client } from '../../server/client.ts'
import { startServer, type RunningServer } from '../../server/start-server.ts'

/** An application whose answers the test gives. */
class Answers {
  signal: AbortSignal | undefined
  asked = Promise.withResolvers<CallOptions>()
  answered = Promise.withResolvers<unknown>()
  readonly listeners = new Set<(event: AppEvent) => void>()

  readonly app: Pick<App, 'call' | 'subscribe'> = {
    call: async (_method, _input, options = {}) => {
      this.asked.resolve(options)
      return { ok: true, value: await this.answered.promise }
    },
    subscribe: listen => {
      this.listeners.add(listen)
      return () => void this.listeners.delete(listen)
    },
  }
}

const ends: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function started(
  port = 0,
  token = 'token',
): Promise<{ answers: Answers; server: RunningServer; client: Client }> {
  const answers = new Answers()
  const server = await startServer({ app: answers.app, renderer: 'none', port, token })
  const client = serverClient({ ...server, retryMs: 20 })
  ends.push(() => server.close())
  ends.push(() => client.close())
  await client.connected
  return { answers, server, client }
}

const event: AppEvent = { event: 'store.changed', what: 'plans' }

describe('an answer on its way', () => {
  it('is preceded by progress', async () => {
    const { answers, client } = await started()
    const seen: number[] = []
    const answer = client.call('about.get', {}, { onProgress: ({ done }) => seen.push(done) })
    const { onProgress } = await answers.asked.promise
    onProgress?.({ done: 1, of: 2 })
    onProgress?.({ done: 2, of: 2 })
    answers.answered.resolve('answer')
    expect(await answer).toEqual({ ok: true, value: 'answer' })
    expect(seen).toEqual([1, 2])
  })

  it('is no longer worked on when the caller closes the connection', async () => {
    const { answers, client } = await started()
    const controller = new AbortController()
    const answer = client.call('about.get', {}, { signal: controller.signal })
    const { signal } = await answers.asked.promise
    expect(signal?.aborted).toBe(false)
    const ended = new Promise(resolve => signal?.addEventListener('abort', resolve))
    controller.abort()
    expect(await answer).toMatchObject({ ok: false, error: { code: 'cancelled' } })
    await ended
  })

  it('that never comes is an error, not an exception', async () => {
    const { answers, client, server } = await started()
    const answer = client.call('about.get', {})
    await answers.asked.promise
    await server.close()
    expect(await answer).toMatchObject({ ok: false, error: { code: 'unreachable' } })
    expect(await client.call('about.get', {})).toMatchObject({ ok: false, error: { code: 'unreachable' } })
  })

  it('is kept whole where a character lies on the border of two pieces', async () => {
    const { answers, client } = await started()
    const text = '€'.repeat(500_000)
    answers.answered.resolve(text)
    expect(await client.call('about.get', {})).toEqual({ ok: true, value: text })
  })
})

describe('events', () => {
  it('reach every client until it stops listening', async () => {
    const { answers, client, server } = await started()
    const other = serverClient(server)
    ends.push(() => other.close())
    await other.connected
    const heard: string[] = []
    const first = Promise.withResolvers<undefined>()
    const stop = client.subscribe(() => {
      heard.push('first')
      first.resolve(undefined)
    })
    const second = new Promise<void>(resolve => other.subscribe(() => resolve()))
    for (const listen of answers.listeners) listen(event)
    await Promise.all([first.promise, second])
    stop()
    const again = new Promise<void>(resolve => other.subscribe(() => resolve()))
    for (const listen of answers.listeners) listen(event)
    await again
    expect(heard).toEqual(['first'])
  })

  it('are asked for again when the server was away, and the client says that it may have missed some', async () => {
    const { server, client } = await started()
    const heard = new Promise<AppEvent>(resolve => client.subscribe(resolve))
    await server.close()
    await started(Number(new URL(server.origin).port))
    expect(await heard).toEqual({ event: 'store.changed', what: 'everything' })
  })

  it('are not kept for a client that has gone', async () => {
    const { answers, client } = await started()
    expect(answers.listeners.size).toBe(1)
    client.close()
    while (answers.listeners.size > 0) await new Promise(resolve => setTimeout(resolve, 5))
  })
})
