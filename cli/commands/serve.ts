import type { Command } from 'commander'
import { wholeNumber } from '../plans/options.ts'
import { withStoreOptions, type StoreOptions } from '../store-option.ts'

export interface ServeOptions extends StoreOptions {
  readonly port?: number
  readonly open?: true
}

/** `holdfast serve`: the window in a browser on this machine. */
export function registerServe(program: Command): void {
  const command = program
    .command('serve')
    .description('Open the window in a browser: prints an address that works on this machine alone')
    .option('--port <number>', 'port to listen on (default: one that is free)', wholeNumber(0, 65_535))
  withStoreOptions(command)
    .option('--open', 'open the address in the browser, where there is a screen')
    .action(async (options: ServeOptions, command: Command) => {
      const { serve } = await import('../serve.ts')
      await serve(options, sentence => command.error(`error: ${sentence}`))
    })
}
