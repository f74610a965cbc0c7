import type { Command } from 'commander'

interface ListOptions {
  readonly json?: true
}

interface NewOptions {
  readonly out?: string
  readonly force?: true
}

/** `holdfast plan`: the templates that ship with the program. */
export function registerPlan(program: Command): void {
  const plan = program.command('plan').description('List, show and copy the template plans')
  plan
    .command('list')
    .description('List the templates: one for each claim, and common jobs')
    .option('--json', 'print JSON')
    .action(async ({ json }: ListOptions) => {
      const { listTemplates } = await import('../plans/templates-shown.ts')
      listTemplates(json === true)
    })
  plan
    .command('show')
    .description('Print a template')
    .argument('<template>', 'name of a template (see: holdfast plan list)')
    .action(async (name: string, _: unknown, command: Command) => {
      const { showTemplate } = await import('../plans/templates-shown.ts')
      showTemplate(name, sentence => command.error(`error: ${sentence}`))
    })
  plan
    .command('new')
    .description('Write a plan of your own that begins as a template')
    .argument('<template>', 'name of a template (see: holdfast plan list)')
    .option('--out <file>', 'write it there (default: the name of the template, with .json)')
    .option('--force', 'overwrite a file that is there')
    .action(async (name: string, options: NewOptions, command: Command) => {
      const { newPlan } = await import('../plans/templates-shown.ts')
      newPlan(name, options, sentence => command.error(`error: ${sentence}`))
    })
}
