import { Option, type Command } from 'commander'
import { collectNames } from '../collect-names.ts'
import type { ReplayOptions } from '../replay-files.ts'

/** `holdfast replay`: programs in, observables documents or drawings out. */
export function registerReplay(program: Command): void {
  program
    .command('replay')
    .description('Run programs of memory operations and print what the kernel would report after each one')
    .argument('<files...>', 'programs of the replay format (docs/formats.md); - is standard input')
    .option('--kernel <name>', 'this kernel instead of the one the program names (see: holdfast kernels)')
    .option(
      '--plus <changes>',
      'with these changes too; names with commas (see: holdfast kernels --changes)',
      collectNames,
    )
    .option('--minus <changes>', 'without these changes', collectNames)
    .option('--draw', 'draw the pages after every step instead of printing the document')
    .addOption(
      new Option('--live', 'run on the running kernel instead of the model').conflicts([
        'kernel',
        'plus',
        'minus',
        'draw',
      ]),
    )
    .option('--out <file>', 'write the document there instead of printing it')
    .action(async (files: readonly string[], options: ReplayOptions, command: Command) => {
      // Help and usage do not wait for the model to load.
      const { replayFiles } = await import('../replay-files.ts')
      await replayFiles(files, options, sentence => command.error(`error: ${sentence}`))
    })
}
