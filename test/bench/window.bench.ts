/** From an edit to curves at the client, and to charts in a real browser; a long run; memory over many edits. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { Input, Method, Output } from '../../app/contract.ts'
import { createApp, type App } from '../../app/create-app.ts'
import { openedStore } from '../../app/open-store.ts'
import { serverClient, type Client } from '../../server/client.ts'
import { startServer, type RunningServer } from '../../server/start-server.ts'
import { browserPath, buildPage, launch } from '../window/chromium.ts'
import { guests } from './plans.ts'
import { medianOf } from './rounds.ts'

const EDITS = 60
const PLANS = [
  ['one workload', guests(1)],
  ['fifty workloads that start together', guests(50)],
  ['fifty workloads, a second after one another', guests(50, 1)],
] as const

const ms = (values: readonly number[]): string => {
  const sorted = values.toSorted((a, b) => a - b)
  return `median ${medianOf(values).toFixed(1)} ms, fastest ${sorted[0]?.toFixed(1)}, slowest ${sorted.at(-1)?.toFixed(1)}`
}

describe('from an edit to what is seen', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  let app: App
  let server: RunningServer
  let client: Client
  let browser: Browser
  const ask = async <M extends Method>(method: M, input: Input<M>): Promise<Output<M>> => {
    const answer = await client.call(method, input)
    if (!answer.ok) throw new Error(answer.error.sentence)
    return answer.value
  }

  beforeAll(async () => {
    const opened = openedStore(join(folder, 'bench.db'))
    if (!opened.ok) throw new Error(opened.sentence)
    app = createApp({ store: opened.store })
    server = await startServer({ app, renderer: await buildPage() })
    client = serverClient(server)
    if (browserPath !== undefined) browser = await launch(browserPath)
  })
  afterAll(async () => {
    await (browser as Browser | undefined)?.close()
    client.close()
    await server.close()
    await app.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test.each(PLANS)('%s: edit to curves at a client over the loopback server', async (what, document) => {
    let plan = await ask('plans.create', { origin: { from: 'document', document } })
    const times: number[] = []
    const runs: number[] = []
    let size = 0
    for (let at = 0; at < EDITS; at++) {
      const edited = editedBy(document, at)
      const start = performance.now()
      plan = await ask('plans.edit', { id: plan.id, revision: plan.revision, document: edited })
      const picture = await ask('runs.follow', { subject: { planId: plan.id }, width: 900 })
      times.push(performance.now() - start)
      runs.push(picture.run.tookMs ?? 0)
      size = JSON.stringify(picture).length
    }
    const warm = times.slice(EDITS / 3)
    console.log(`${what}: edit to curves ${ms(warm)}; of that on the thread ${ms(runs.slice(EDITS / 3))}`)
    console.log(`${what}: the answer has ${(size / 1024).toFixed(0)} KiB`)
  })

  async function openedPage(document: Record<string, unknown>): Promise<Page> {
    const plan = await ask('plans.create', { origin: { from: 'document', document } })
    await ask('settings.set', { lastPlanId: plan.id, firstStartDone: true })
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    await page.goto(server.url)
    await page.waitForSelector('[data-ready=true]', { timeout: 60_000 })
    return page
  }

  test.skipIf(browserPath === undefined).each(PLANS)('%s: edit to redrawn charts', async (what, document) => {
    const page = await openedPage(document)
    const times = await page.evaluate(editsInPage, EDITS)
    console.log(`${what}: edit to redrawn charts ${ms(times.slice(EDITS / 3).map(([drawn]) => drawn))}`)
    console.log(
      `${what}: edit to the next frame painted ${ms(times.slice(EDITS / 3).map(([, painted]) => painted))}`,
    )
    await page.close()
  })

  test.skipIf(browserPath === undefined)(
    'memory over edits and screens',
    async () => {
      const page = await openedPage(guests(8))
      const session = await page.context().newCDPSession(page)
      const heap = async (): Promise<string> => {
        await session.send('HeapProfiler.collectGarbage')
        const { usedSize } = await session.send('Runtime.getHeapUsage')
        const { nodes } = await session.send('Memory.getDOMCounters')
        return `${(usedSize / 2 ** 20).toFixed(1)} MiB and ${nodes} nodes`
      }
      await page.evaluate(editsInPage, 50)
      console.log(`after 50 edits: ${await heap()}`)
      for (let round = 1; round <= 6; round++) {
        for (let i = 0; i < 10; i++) {
          await page.evaluate(editsInPage, 50)
          await page.keyboard.press('Alt+1')
          await page.keyboard.press('Alt+2')
          // A handle to an element would keep its page alive.
          await page.locator('.plot').first().waitFor()
        }
        console.log(`after ${round * 500 + 50} edits, ${round * 20} changes of screen: ${await heap()}`)
      }
      await page.close()
    },
    900_000,
  )
})

function editedBy(document: Record<string, unknown>, at: number): Record<string, unknown> {
  const [first, ...others] = document['workloads'] as readonly Record<string, unknown>[]
  return { ...document, workloads: [{ ...first, params: { ram: `${4 + (at % 8)} GiB` } }, ...others] }
}

/** In the page: types into the field of the RAM; milliseconds until the charts are drawn, and until they are painted. */
async function editsInPage(edits: number): Promise<[number, number][]> {
  interface Element {
    value: string
    dispatchEvent: (event: object) => void
  }
  const { document, Event, MutationObserver, requestAnimationFrame, setTimeout } = globalThis as unknown as {
    document: {
      querySelector: (selector: string) => Element
      querySelectorAll: (selector: string) => Iterable<{ textContent: string; htmlFor: string }>
      getElementById: (id: string) => Element
    }
    Event: new (name: string, options: object) => object
    MutationObserver: new (heard: () => void) => {
      observe: (element: Element, options: object) => void
      disconnect: () => void
    }
    requestAnimationFrame: (then: () => void) => void
    setTimeout: (then: () => void) => void
  }
  const labels = [...document.querySelectorAll('section.detail label')]
  const label = labels.find(({ textContent }) => textContent.trim() === 'RAM')
  const field = document.getElementById(label?.htmlFor ?? '')
  const results = document.querySelector('.results')
  const times: [number, number][] = []
  for (let at = 0; at < edits; at++) {
    const start = performance.now()
    await new Promise<void>(resolve => {
      const observer = new MutationObserver(() => {
        observer.disconnect()
        const drawn = performance.now() - start
        requestAnimationFrame(() =>
          setTimeout(() => {
            times.push([drawn, performance.now() - start])
            resolve()
          }),
        )
      })
      observer.observe(results, { attributes: true, attributeFilter: ['data-run'] })
      field.value = `${5 + (at % 8)} GiB`
      field.dispatchEvent(new Event('input', { bubbles: true }))
    })
  }
  return times
}
