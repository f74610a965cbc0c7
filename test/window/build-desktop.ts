/** The whole program built once per test file, beside what a build of the project leaves. */
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The folder that holds `electron/main.js`, the preload, the threads' code and the page. */
export async function buildDesktop(): Promise<string> {
  // A folder of this process: other test files build at the same time.
  const outDir = `${root}out/desktop-under-test/${process.pid}`
  const quiet = { root, logLevel: 'error' } as const
  await build({ ...quiet, configFile: `${root}vite.node.config.ts`, mode: 'production', build: { outDir } })
  await build({ ...quiet, configFile: `${root}vite.node.config.ts`, mode: 'preload', build: { outDir } })
  await build({
    ...{ root: `${root}renderer`, logLevel: 'error', configFile: `${root}vite.renderer.config.ts` },
    build: { outDir: `${outDir}/renderer` },
  })
  return outDir
}
