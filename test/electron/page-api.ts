/** The application as a page of the desktop shell has it, for a test outside the page: through the real preload. */
import type { Page } from 'playwright-core'
import type { Api } from '../../app/contract.ts'
import { bridgeClient, type Bridge } from '../../electron/client.ts'

/** As the page sees it; tests run on Node, whose types know no window. */
interface Inside {
  readonly holdfast: Bridge
  readonly toTest: (kind: 'progress' | 'event', id: string, text: string) => Promise<void>
}

export async function pageApi(page: Page): Promise<Api> {
  const progress = new Map<string, (text: string) => void>()
  const listeners = new Set<{ readonly listen: (text: string) => void }>()
  await page.exposeFunction('toTest', (kind: string, id: string, text: string) => {
    if (kind === 'progress') progress.get(id)?.(text)
    else for (const { listen } of [...listeners]) listen(text)
  })
  await page.evaluate(() => {
    const { holdfast, toTest } = globalThis as unknown as Inside
    holdfast.subscribe(text => void toTest('event', '', text))
  })
  return bridgeClient({
    call: async (id, method, input, onProgress) => {
      progress.set(id, onProgress)
      return page.evaluate(
        ([id, method, input]) => {
          const { holdfast, toTest } = globalThis as unknown as Inside
          const said: Promise<void>[] = []
          return holdfast
            .call(id, method, input, text => void said.push(toTest('progress', id, text)))
            .then(answer => Promise.all(said).then(() => answer))
        },
        [id, method, input] as const,
      )
    },
    cancel: id =>
      void page.evaluate(cancelled => (globalThis as unknown as Inside).holdfast.cancel(cancelled), id),
    subscribe: listen => {
      const entry = { listen }
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },
  })
}
