import type { Command } from 'commander'
import { withStoreOptions, type StoreOptions } from '../store-option.ts'

/** `holdfast call`: the application for scripts. */
export function registerCall(program: Command): void {
  withStoreOptions(
    program
      .command('call')
      .description(
        'Ask the application for one of its methods, or for many in lines of JSON on standard input',
      )
      .argument('[method]', 'such as plans.list; without one, lines {"id", "method", "input"} are read')
      .argument('[input]', 'JSON (default: {})'),
  ).action(
    async (
      method: string | undefined,
      input: string | undefined,
      options: StoreOptions,
      command: Command,
    ) => {
      const { callMethod } = await import('../call.ts')
      await callMethod(method, input, options, sentence => command.error(`error: ${sentence}`))
    },
  )
}
