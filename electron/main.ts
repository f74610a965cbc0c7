/** The desktop shell: the application in this process, its page in sandboxed windows. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { app, protocol } from 'electron'
import { startArguments } from './arguments.ts'
import { Desktop } from './desktop.ts'
import { SCHEMES } from './page.ts'

protocol.registerSchemesAsPrivileged(SCHEMES)

const start = startArguments(process.argv.slice(app.isPackaged ? 1 : 2), process.cwd())
// One process per store: with a store of its own it has a folder of its own, and so a lock of its own.
if (start.store !== null) {
  const name = createHash('sha256').update(start.store).digest('hex').slice(0, 16)
  app.setPath('userData', join(app.getPath('userData'), 'stores', name))
}

if (app.requestSingleInstanceLock({ files: start.files })) new Desktop(start).run()
else app.quit()
