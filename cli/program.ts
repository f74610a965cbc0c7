import { styleText } from 'node:util'
import { Command, CommanderError } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { commands } from './commands/index.ts'
import { exitCodes } from './exit-codes.ts'

export function createProgram(): Command {
  const program = new Command('holdfast')
    .description(manifest.description)
    .version(manifest.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError()
    .showHelpAfterError('(--help lists what is possible)')
    // commander strips the colours where the output is no terminal
    .configureHelp({ styleTitle: title => styleText('bold', title, { validateStream: false }) })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'holdfast: ')) })
    .exitOverride()
  for (const register of commands) register(program)
  return program
}

/** Runs one command line (without node and script) and gives the exit code; output is written on the way. */
export async function runProgram(args: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync(args, { from: 'user' })
    return Number(process.exitCode ?? exitCodes.holds)
  } catch (error) {
    // commander ends every run that has no action by an error: help and version with 0, bad usage with 1
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.holds : exitCodes.badInput
    console.error(error)
    return exitCodes.broken
  }
}
