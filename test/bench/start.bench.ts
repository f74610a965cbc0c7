/** Cold start to a window that can be worked in, and how large what is loaded is. Prints figures; asserts no time. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserPath, launch } from '../window/chromium.ts'
import { ready } from '../window/shell.ts'
import { standInShell, startDesktop } from '../window/stand-in-shell.ts'
import { medianOf } from './rounds.ts'

const ROUNDS = 5
const isBuilt = existsSync('out/cli/main.js') && existsSync('out/renderer/index.html')
const missing = isBuilt ? standInShell.missing : 'npm run build comes first'

function folder(): { path: string; gone: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  return { path, gone: () => rmSync(path, { recursive: true, force: true }) }
}

function print(what: string, times: readonly number[]): void {
  const [first = 0] = times
  const all = times.map(ms => ms.toFixed(0)).join(', ')
  console.log(`${what}: median ${medianOf(times).toFixed(0)} ms, first ${first.toFixed(0)} ms (${all})`)
}

/** Milliseconds from the start of the process until the page shows a result; the browser runs already. */
async function serverStart(store: string, open: (url: string) => Promise<Page>): Promise<number> {
  const started = performance.now()
  const child = spawn(process.execPath, ['out/cli/main.js', 'serve', '--store', store])
  const url = await new Promise<string>(resolve =>
    child.stdout.once('data', (b: Buffer) => resolve(b.toString())),
  )
  const page = await open(url.trim())
  await ready(page)
  const ms = performance.now() - started
  await page.close()
  child.kill('SIGINT')
  await new Promise(resolve => child.once('exit', resolve))
  return ms
}

describe.skipIf(missing !== null)(`the window${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  test(`cold start, ${ROUNDS} times: process to first result on screen`, async () => {
    const { path, gone } = folder()
    const browser = await launch(browserPath!)
    const open = async (url: string): Promise<Page> => {
      const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage()
      await page.goto(url)
      return page
    }
    const [fresh, kept]: [number[], number[]] = [[], []]
    for (let i = 0; i < ROUNDS; i++) fresh.push(await serverStart(join(path, `fresh-${i}.db`), open))
    for (let i = 0; i < ROUNDS; i++) kept.push(await serverStart(join(path, 'fresh-0.db'), open))
    await browser.close()
    print('holdfast serve, a new store', fresh)
    print('holdfast serve, a store with a plan', kept)

    const desktop: number[] = []
    for (let i = 0; i <= ROUNDS; i++) {
      const running = await startDesktop(join(path, 'fresh-0.db'), { build: join(process.cwd(), 'out') })
      // The first has the start of Chromium in it.
      if (i > 0) desktop.push(running.startedMs)
      await running.close()
    }
    await standInShell.dispose()
    print('desktop with the stand-in, a store with a plan (without the start of Chromium)', desktop)
    gone()
    expect(desktop).toHaveLength(ROUNDS)
  }, 600_000)

  test('sizes of what is loaded', () => {
    const kb = (files: readonly string[]): string => {
      const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0)
      const gzip = files.reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0)
      return `${(bytes / 1000).toFixed(0)} kB, ${(gzip / 1000).toFixed(0)} kB gzip`
    }
    const assets = readdirSync('out/renderer/assets').map(name => join('out/renderer/assets', name))
    console.log(`the page: ${kb([...assets, 'out/renderer/index.html'])}`)
    console.log(`main process with what it imports: ${kb(importedBy('out/electron/main.js'))}`)
    console.log(`preload: ${kb(['out/electron/preload.cjs'])}`)
    console.log(`a thread with what it imports: ${kb(importedBy('out/app/executor/worker.js'))}`)
    expect(assets.length).toBeGreaterThan(1)
  })
})

/** A file of the build and everything that it imports, statically or later. */
function importedBy(file: string, seen = new Set<string>()): string[] {
  // An import in a text of the program is none.
  if (seen.has(file) || !existsSync(file)) return [...seen]
  seen.add(file)
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(
    /(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+\.js)["']/g,
  ))
    importedBy(join(file, '..', name), seen)
  return [...seen]
}
