import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Api } from '../../app/contract.ts'
import { CALLS, PLAN } from '../app/calls.ts'
import { standInShell, startDesktop, type Desktop } from '../window/stand-in-shell.ts'
import { pageApi } from './page-api.ts'

const { missing } = standInShell
const reason = missing === null ? '' : ` (skipped: ${missing})`

describe.skipIf(missing !== null)(`calls through the preload of the desktop shell${reason}`, () => {
  let folder: string
  let desktop: Desktop
  let api: Api

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-calls-'))
    desktop = await startDesktop(join(folder, 'holdfast.db'), { page: 'bare page' })
    api = await pageApi(desktop.page)
  })
  afterAll(async () => {
    await desktop.close()
    await standInShell.dispose()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each(CALLS)('$title', ({ run }) => run(api))

  it('a question that is no longer wanted ends at once, and its work with it', async () => {
    const controller = new AbortController()
    const answer = api.call(
      'questions.monteCarlo',
      { subject: { document: PLAN }, vary: ['workloads[0].params.ram=uniform(1GiB,2GiB)'], runs: 5000 },
      { signal: controller.signal, onProgress: () => controller.abort() },
    )
    expect(await answer).toMatchObject({ ok: false, error: { code: 'cancelled' } })
    // The threads are free again: another question is answered.
    expect(await api.call('questions.limits', { subject: { document: PLAN } })).toMatchObject({ ok: true })
    expect(await api.call('about.get', {}, { signal: AbortSignal.abort() })).toMatchObject({
      error: { code: 'cancelled' },
    })
  })

  it('a page that is loaded again hears events again, and nothing is said', async () => {
    await desktop.page.reload()
    await desktop.page.evaluate(() => {
      const page = globalThis as unknown as {
        holdfast: { subscribe: (listen: (text: string) => void) => void }
        heard: string
      }
      page.holdfast.subscribe(text => (page.heard = text))
    })
    const ask = (method: string, input: string): Promise<unknown> =>
      desktop.page.evaluate(
        ([method, input]) =>
          (
            globalThis as unknown as {
              holdfast: { call: (...args: unknown[]) => Promise<string> }
            }
          ).holdfast.call('again', method, input, () => {}),
        [method, input] as const,
      )
    await ask('settings.set', '{"theme":"light"}')
    await expect
      .poll(() => desktop.page.evaluate(() => (globalThis as unknown as { heard: string }).heard))
      .toContain('store.changed')
    expect(desktop.said).toEqual([])
  })
})
