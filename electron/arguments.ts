/** What the program was started with. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface StartArguments {
  /** Where plans are kept, if not where they usually are. */
  readonly store: string | null
  /** Files to open, as absolute paths. */
  readonly files: readonly string[]
}

/** Reads the command line without program and script. Switches of Chromium, which come first, are not for us. */
export function startArguments(args: readonly string[], folder: string): StartArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { store: { type: 'string' } },
    strict: false,
    allowPositionals: true,
  })
  const { store } = values
  return {
    store: typeof store === 'string' && store !== '' ? resolve(folder, store) : null,
    files: positionals.filter(path => path !== '').map(path => resolve(folder, path)),
  }
}
