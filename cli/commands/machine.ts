import type { Command } from 'commander'

export interface MachineOptions {
  readonly json?: true
  readonly store?: string
}

export interface ProbeOptions extends MachineOptions {
  readonly save?: string
}

const STORE_HELP = 'file that machines are kept in (default: one in your folder of application data)'

/** `holdfast machine`: machines to plan for, and the one that this is. */
export function registerMachine(program: Command): void {
  const machine = program
    .command('machine')
    .description('List and show machines, or read the one that this is')
  machine
    .command('list')
    .description('List the machines that come with the program, and those that were saved')
    .option('--store <file>', STORE_HELP)
    .option('--json', 'print JSON')
    .action(async (options: MachineOptions, command: Command) => {
      const { listMachines } = await import('../machines.ts')
      await listMachines(options, sentence => command.error(`error: ${sentence}`))
    })
  machine
    .command('show')
    .description('Print a machine as a plan writes it')
    .argument('<machine>', 'id or name (see: holdfast machine list)')
    .option('--store <file>', STORE_HELP)
    .option('--json', 'print JSON, with the kernel it was saved with')
    .action(async (name: string, options: MachineOptions, command: Command) => {
      const { showMachine } = await import('../machines.ts')
      await showMachine(name, options, sentence => command.error(`error: ${sentence}`))
    })
  machine
    .command('probe')
    .description(
      'Read this machine: memory, swap, huge pages, limits, kernel and what it can do; changes nothing',
    )
    .option('--save <name>', 'keep it under this name')
    .option('--store <file>', STORE_HELP)
    .option('--json', 'print JSON, with every note')
    .action(async (options: ProbeOptions, command: Command) => {
      const { probe } = await import('../machines.ts')
      await probe(options, sentence => command.error(`error: ${sentence}`))
    })
}
