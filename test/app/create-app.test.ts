import { afterAll, describe, expect, it } from 'vitest'
import { apiOf, createApp } from '../../app/create-app.ts'
import { memoryStore } from '../../app/memory-store.ts'
import { CALLS } from './calls.ts'

const broken: unknown[] = []
const app = createApp({ store: memoryStore(), onBroken: error => broken.push(error), lookEveryMs: 0 })
afterAll(() => app.close())

describe('the application, called directly', () => {
  it.each(CALLS)('$title', ({ run }) => run(apiOf(app)))

  it('has no error of its own', () => {
    expect(broken).toEqual([])
  })

  it('refuses everything once it is closed', async () => {
    const other = createApp({ store: memoryStore(), lookEveryMs: 0 })
    await other.close()
    expect(await other.call('plans.list', {})).toMatchObject({ ok: false, error: { code: 'closed' } })
  })
})
