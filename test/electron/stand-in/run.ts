/**
 * Runs the built main process of the desktop shell under plain Node: `electron` becomes the double beside this file, and
 * `ready` comes after the entry has been evaluated, as in Electron. Arguments: the entry, then those of the program.
 */
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { standIn as StandIn } from './electron.ts'

const double = new URL('./electron.ts', import.meta.url).href
const [entry = '', ...args] = process.argv.slice(2)

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron'
      ? { url: double, format: 'module-typescript', shortCircuit: true }
      : next(specifier, context),
})

// Not packaged: the program sees Electron, its entry, and its arguments.
process.argv = [process.execPath, entry, ...args]
const { standIn } = (await import(double)) as { readonly standIn: typeof StandIn }
await import(pathToFileURL(entry).href)
await standIn.becomeReady()
