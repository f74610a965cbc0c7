/** The window on the loopback server, in a headless browser. */
import type { Browser, Page } from 'playwright-core'
import { createApp } from '../../app/create-app.ts'
import { openedStore } from '../../app/open-store.ts'
import { startServer } from '../../server/start-server.ts'
import { browserPath, buildPage, launch } from './chromium.ts'
import { listen, ready, USUAL_SIZE, type RunningShell, type Shell, type WindowSize } from './shell.ts'

/** Browser and built page are shared by all starts. */
let shared: Promise<{ browser: Browser; renderer: string }> | null = null

async function prepare(): Promise<{ browser: Browser; renderer: string }> {
  if (browserPath === undefined) throw new Error('there is no Chromium on this machine')
  const [browser, renderer] = await Promise.all([launch(browserPath), buildPage()])
  return { browser, renderer }
}

async function start(storeFile: string, size: WindowSize = USUAL_SIZE): Promise<RunningShell> {
  shared ??= prepare()
  const { browser, renderer } = await shared
  const opened = openedStore(storeFile)
  if (!opened.ok) throw new Error(opened.sentence)
  const app = createApp({ store: opened.store, lookEveryMs: 100 })
  const server = await startServer({ app, renderer })
  const context = await browser.newContext({ viewport: size })
  const said: string[] = []
  const open = async (): Promise<Page> => {
    const page = await context.newPage()
    listen(page, said)
    await page.goto(server.url)
    await ready(page)
    return page
  }
  return {
    page: await open(),
    openAnother: open,
    said,
    close: async () => {
      await context.close()
      await server.close()
      await app.close()
    },
  }
}

export const serverShell: Shell = {
  title: 'loopback server',
  missing: browserPath === undefined ? 'no Chromium on this machine' : null,
  start,
  dispose: async () => {
    const had = shared
    shared = null
    await (await had)?.browser.close()
  },
}
