/** The window in the desktop shell: its built main process and preload, with the stand-in for Electron. */
import { fork, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import type { Controls } from '../electron/stand-in/control.ts'
import { buildDesktop } from './build-desktop.ts'
import { browserPath, BROWSER_ARGS } from './chromium.ts'
import { listen, ready, USUAL_SIZE, type RunningShell, type Shell, type WindowSize } from './shell.ts'

const runner = fileURLToPath(new URL('../electron/stand-in/run.ts', import.meta.url))

interface Shared {
  readonly context: BrowserContext
  readonly profile: string
  readonly endpoint: string
  readonly build: string
}

/** Browser and build are shared by all starts. */
let shared: Promise<Shared> | null = null

async function prepare(page: 'page' | 'bare page', built: string | undefined): Promise<Shared> {
  if (browserPath === undefined) throw new Error('there is no Chromium on this machine')
  const profile = mkdtempSync(join(tmpdir(), 'holdfast-chromium-'))
  const [context, build] = await Promise.all([
    chromium.launchPersistentContext(profile, {
      executablePath: browserPath,
      args: [...BROWSER_ARGS, '--remote-debugging-port=0'],
      viewport: USUAL_SIZE,
    }),
    built ?? buildDesktop(page),
  ])
  const [port] = readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n')
  return { context, profile, build, endpoint: `http://127.0.0.1:${port ?? ''}` }
}

export interface Desktop extends RunningShell {
  /** Does or asks something that only the main process can. */
  readonly ask: <C extends keyof Controls>(
    what: C,
    ...args: Parameters<Controls[C]>
  ) => Promise<Awaited<ReturnType<Controls[C]>>>
  readonly build: string
  /** Exit code of the main process. */
  readonly ended: Promise<number | null>
  /** Milliseconds from the start of its process until the page showed a result. */
  readonly startedMs: number
}

export interface StartOptions {
  readonly size?: WindowSize
  /** Further arguments, such as files to open. */
  readonly args?: readonly string[]
  /** The first start of a test file decides for all. */
  readonly page?: 'page' | 'bare page'
  /** Folder of the program's own data, which is kept; one that goes with it if absent. */
  readonly data?: string
  /** Folder of a build that is there already. */
  readonly build?: string
}

export async function startDesktop(
  storeFile: string,
  { size = USUAL_SIZE, args = [], page: kind = 'page', build: built, data: kept }: StartOptions = {},
): Promise<Desktop> {
  shared ??= prepare(kind, built)
  const { context, endpoint, build } = await shared
  const data = kept ?? mkdtempSync(join(tmpdir(), 'holdfast-desktop-'))
  const said: string[] = []
  const nextPage = async (): Promise<Page> => {
    const page = await context.waitForEvent('page')
    listen(page, said)
    await page.setViewportSize(size)
    return page
  }
  const first = nextPage()
  const started = performance.now()
  const child = fork(runner, [join(build, 'electron/main.js'), '--store', storeFile, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, HOLDFAST_STAND_IN_CDP: endpoint, HOLDFAST_STAND_IN_DATA: data },
  })
  child.stderr?.on('data', (piece: Buffer) => said.push(`main process: ${piece.toString()}`))
  child.stdout?.resume()
  const ask = asker(child)
  const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
  const page = await Promise.race([
    first,
    ended.then(code => {
      throw new Error(`the main process ended with ${String(code)}: ${said.join('')}`)
    }),
  ])
  await ready(page)
  const startedMs = performance.now() - started
  return {
    ...{ page, said, build, ask, ended, startedMs },
    openAnother: async () => {
      const opened = nextPage()
      await ask('click', 'new-window')
      const another = await opened
      await ready(another)
      return another
    },
    close: async () => {
      if (child.connected) child.send({ id: 0, what: 'quit', args: [] })
      const code = await ended
      if (kept === undefined) rmSync(data, { recursive: true, force: true })
      if (code !== 0) throw new Error(`the main process ended with ${String(code)}: ${said.join('')}`)
    },
  }
}

function asker(child: ChildProcess): Desktop['ask'] {
  let last = 0
  return (what, ...args) => {
    const id = ++last
    return new Promise((resolve, reject) => {
      const hear = (answer: {
        readonly id: number
        readonly value?: never
        readonly error?: string
      }): void => {
        if (answer.id !== id) return
        child.off('message', hear)
        if (answer.error === undefined) resolve(answer.value as never)
        else reject(new Error(answer.error))
      }
      child.on('message', hear)
      child.send({ id, what, args })
    })
  }
}

export const standInShell: Shell = {
  title: 'desktop, stand-in for Electron',
  missing: browserPath === undefined ? 'no Chromium on this machine' : null,
  start: (storeFile, size = USUAL_SIZE) => startDesktop(storeFile, { size }),
  dispose: async () => {
    const had = shared
    shared = null
    if (had === null) return
    const { context, profile } = await had
    await context.close()
    rmSync(profile, { recursive: true, force: true })
  },
}
