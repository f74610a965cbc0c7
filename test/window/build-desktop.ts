/** The whole program built once per test file, beside what a build of the project leaves. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A page that is ready at once and asks nothing: what a test asks is all that is asked. */
const BARE =
  '<!doctype html><html lang="en"><title>Bare</title><link rel="icon" href="data:," /><p data-ready="true">bare</p>'

/** The folder that holds `electron/main.js`, the preload, the threads' code, the command, and the page or a bare one. */
export async function buildDesktop(page: 'page' | 'bare page' = 'page'): Promise<string> {
  // A folder of this process: other test files build at the same time.
  const outDir = `${root}out/desktop-under-test/${process.pid}`
  const quiet = { root, logLevel: 'error' } as const
  await build({ ...quiet, configFile: `${root}vite.node.config.ts`, mode: 'production', build: { outDir } })
  await build({ ...quiet, configFile: `${root}vite.node.config.ts`, mode: 'preload', build: { outDir } })
  if (page === 'bare page') {
    mkdirSync(`${outDir}/renderer`)
    writeFileSync(`${outDir}/renderer/index.html`, BARE)
    return outDir
  }
  await build({
    ...{ root: `${root}renderer`, logLevel: 'error', configFile: `${root}vite.renderer.config.ts` },
    build: { outDir: `${outDir}/renderer` },
  })
  return outDir
}
