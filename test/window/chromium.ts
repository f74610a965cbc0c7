/** A real browser and a real server for tests of the window. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser } from 'playwright-core'
import { build } from 'vite'
import { createApp } from '../../app/create-app.ts'
import { memoryStore } from '../../app/memory-store.ts'
import { BROWSERS } from '../../scripts/browsers.ts'
import { startServer } from '../../server/start-server.ts'

export const browserPath = BROWSERS.find(path => existsSync(path))

const root = fileURLToPath(new URL('../..', import.meta.url))

export const BROWSER_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-sync',
]

export const launch = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: BROWSER_ARGS })

/** Builds the page once, beside what a build of the whole program leaves. */
export async function buildPage(): Promise<string> {
  // A folder of this process: other test files build at the same time.
  const outDir = `${root}out/window-under-test/${process.pid}`
  await build({
    configFile: `${root}vite.renderer.config.ts`,
    root: `${root}renderer`,
    logLevel: 'error',
    build: { outDir },
  })
  return outDir
}

export async function serveWindow(renderer: string): Promise<{ url: string; close: () => Promise<void> }> {
  const app = createApp({ store: memoryStore() })
  const server = await startServer({ app, renderer })
  return {
    url: server.url,
    close: async () => {
      await server.close()
      await app.close()
    },
  }
}
