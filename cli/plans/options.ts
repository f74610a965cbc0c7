/** Options that every question about a plan takes. */
import { InvalidArgumentError, type Command } from 'commander'

export interface PlanOptions {
  readonly set?: readonly string[]
  readonly kernel?: string
  readonly json?: true
  readonly csv?: true
  readonly workers?: number
}

export const PLAN_HELP =
  'a plan (docs/plan-format.md), a template by its name (see: holdfast plan list); - is standard input'

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value]

/** A whole number from `least` up. */
export const wholeNumber =
  (least: number, most = 1e9) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`Allowed are whole numbers from ${least} to ${most}.`)
    return value
  }

/** Adds the plan and the options that go with it. */
export function withPlan(
  command: Command,
  forms: { readonly csv?: boolean; readonly json?: boolean; readonly workers?: boolean } = {},
): Command {
  command
    .argument('<plan>', PLAN_HELP)
    .option(
      '--set <path=value>',
      'set a field of the scenario, as in machine.ram=512GiB; may come several times',
      collect,
    )
    .option('--kernel <name>', 'this kernel, as in 6.18 or "6.18 +vm-pinned" (see: holdfast kernels)')
  if (forms.json !== false) command.option('--json', 'print JSON')
  if (forms.csv === true) command.option('--csv', 'print CSV')
  if (forms.workers !== false)
    command.option(
      '--workers <count>',
      'threads to work on; 0 works on the main one (default: one per processor)',
      wholeNumber(0, 1024),
    )
  return command
}

export { collect }
