import type { Command } from 'commander'
import { exitCodes } from '../exit-codes.ts'

/** `holdfast costs`: what a unit of work costs, and how well that says published times again. */
export function registerCosts(program: Command): void {
  const costs = program
    .command('costs')
    .description('Show what the kernel’s work costs, or check it against published times')
  costs
    .command('show')
    .description('List the unit costs: nanoseconds, spread, where from')
    .option('--json', 'print JSON')
    .action(async ({ json }: { readonly json?: true }) => {
      const { costsShown } = await import('../cost-tables.ts')
      console.log(costsShown(json === true ? 'json' : 'text'))
    })
  costs
    .command('check')
    .description('Predict published times, row by row; exit 1 if the errors are larger than promised')
    .option('--json', 'print JSON')
    .option('--csv', 'print the rows as CSV')
    .action(async ({ json, csv }: { readonly json?: true; readonly csv?: true }, command: Command) => {
      if (json === true && csv === true) command.error('error: --json and --csv exclude each other')
      const { costsChecked } = await import('../cost-tables.ts')
      const { text, holds } = costsChecked(json === true ? 'json' : csv === true ? 'csv' : 'text')
      console.log(text)
      if (!holds) process.exitCode = exitCodes.doesNotHold
    })
}
