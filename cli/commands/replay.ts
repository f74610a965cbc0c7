import { writeFileSync } from 'node:fs'
import { Option, type Command } from 'commander'
import type { Observed, Program } from '../../engine/program.ts'
import { drawReplay } from '../../engine/sim/draw.ts'
import { replay } from '../../engine/sim/replay.ts'
import { readProgram } from '../../formats/replay/read-program.ts'
import { writeObserved } from '../../formats/replay/write-observed.ts'
import {
  UnknownKernel,
  chosenChanges,
  collectNames,
  kernelLabel,
  offeredKernel,
  profileWith,
  type ChosenChanges,
  type KernelOptions,
} from '../kernel-choice.ts'
import { exitCodes } from '../exit-codes.ts'
import { Unreadable, inputName, readInput, sentenceOf } from '../read-input.ts'

interface ReplayCommandOptions extends KernelOptions {
  readonly draw?: true
  readonly live?: true
  readonly out?: string
}

/** `holdfast replay`: programs in, observables documents or drawings out. */
export function registerReplay(program: Command): void {
  program
    .command('replay')
    .description('Run programs of memory operations and print what the kernel would report after each one')
    .argument('<file...>', 'programs of the replay format (docs/formats.md); - is standard input')
    .option('--kernel <name>', 'this kernel instead of the one the program names (see: holdfast kernels)')
    .option('--plus <changes>', 'with these changes too, by name, with commas (see: kernels --changes)', collectNames)
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
    .action(async (files: readonly string[], options: ReplayCommandOptions, command: Command) => {
      const changes = usage(command, () => choiceOf(options))
      const programs = readPrograms(files, options.live === true ? undefined : (options.kernel ?? 'named'))
      const output = new Output(options, programs.length > 1 || files.length > 1)
      if (options.live === true) await runAllLive(programs, output)
      else for (const each of programs) runModel(each, changes, output)
      output.close(command)
      if (programs.length < files.length) process.exitCode = exitCodes.badInput
    })
}

/** Looks at the names before anything runs. */
function choiceOf(options: KernelOptions): ChosenChanges {
  if (options.kernel !== undefined) offeredKernel(options.kernel, '--kernel')
  return chosenChanges(options)
}

/** Turns an unknown name into bad usage. */
function usage<T>(command: Command, choose: () => T): T {
  try {
    return choose()
  } catch (error) {
    if (error instanceof UnknownKernel) command.error(`error: ${error.message}`)
    throw error
  }
}
