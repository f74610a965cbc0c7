/** What `holdfast serve` does: it ends with Ctrl-C, after what is finished is stored. */
import { fileURLToPath } from 'node:url'
import { appOnStore } from '../app/app-on-store.ts'
import { createApp } from '../app/create-app.ts'
import { usualStorePath } from '../app/open-store.ts'
import { startServer, type RunningServer } from '../server/start-server.ts'
import type { ServeOptions } from './commands/serve.ts'
import { openInBrowser } from './open-in-browser.ts'
import { storeFor } from './store-option.ts'

/** The built page lies in `out/renderer`; bundled, this code is in any folder one below `out`. */
function rendererFolder(): string {
  const folder = import.meta.url.endsWith('.ts') ? '../out/renderer' : '../renderer'
  return fileURLToPath(new URL(folder, import.meta.url))
}

export async function serve(options: ServeOptions, fail: (sentence: string) => never): Promise<void> {
  const onBroken = (error: unknown): void => console.error(error)
  const { store, memory, open } = options
  // Who looks at the window finds there what can be done about a store that does not open; a script gets an error.
  const app =
    open === true && memory !== true
      ? appOnStore(
          { path: store ?? usualStorePath(process.env), makeFolder: store === undefined },
          { onBroken },
        )
      : createApp({ store: storeFor(options, fail), onBroken })
  let server: RunningServer
  try {
    const port = options.port === undefined ? {} : { port: options.port }
    server = await startServer({ app, renderer: rendererFolder(), onBroken, ...port })
  } catch (error) {
    await app.close()
    return fail(`cannot listen: ${error instanceof Error ? error.message : String(error)}`)
  }
  console.log(server.url)
  const forget = options.open === true ? openInBrowser(server.url) : () => {}
  console.error(
    'This address works on this machine until Ctrl-C, and lets whoever has it use the application.',
  )
  await new Promise<void>(resolve => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  forget()
  await server.close()
  await app.close()
}
