import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../app/create-app.ts'
import { memoryStore } from '../../app/memory-store.ts'
import { serverClient, type Client } from '../../server/client.ts'
import { startServer, type RunningServer } from '../../server/start-server.ts'
import { CALLS } from '../app/calls.ts'

const broken: unknown[] = []
const onBroken = (error: unknown): void => void broken.push(error)
const app = createApp({ store: memoryStore(), onBroken, lookEveryMs: 0 })
let server: RunningServer
let client: Client

beforeAll(async () => {
  server = await startServer({ app, renderer: 'there-is-none', onBroken })
  client = serverClient(server)
  await client.connected
})
afterAll(async () => {
  client.close()
  await server.close()
  await app.close()
})

describe('the application, called over HTTP', () => {
  it.each(CALLS)('$title', ({ run }) => run(client))

  it('has no error of its own', () => {
    expect(broken).toEqual([])
  })
})
