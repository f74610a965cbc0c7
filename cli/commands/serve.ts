import type { Command } from 'commander'
import { wholeNumber } from '../plans/options.ts'

export interface ServeOptions {
  readonly port?: number
  readonly store?: string
  readonly memory?: true
  readonly open?: true
}

/** `holdfast serve`: the window in a browser on this machine. */
export function registerServe(program: Command): void {
  program
    .command('serve')
    .description('Open the window in a browser: prints an address that works on this machine alone')
    .option('--port <number>', 'port to listen on (default: one that is free)', wholeNumber(0, 65_535))
    .option('--store <file>', 'file that plans are kept in (default: one in your folder of application data)')
    .option('--memory', 'keep nothing when it ends')
    .option('--open', 'open the address in the browser, where there is a screen')
    .action(async (options: ServeOptions, command: Command) => {
      const { serve } = await import('../serve.ts')
      await serve(options, sentence => command.error(`error: ${sentence}`))
    })
}
