import { writeFileSync } from 'node:fs'
import { Option, type Command } from 'commander'
import type { Observed, Program } from '../../engine/program.ts'
import { drawReplay } from '../../engine/sim/draw.ts'
import { replay } from '../../engine/sim/replay.ts'
import { readProgram } from '../../formats/replay/read-program.ts'
import { writeObserved } from '../../formats/replay/write-observed.ts'
import { exitCodes } from '../exit-codes.ts'
import {
  UnknownName,
  chosenChanges,
  collectNames,
  kernelLabel,
  offeredKernel,
  profileWith,
  type ChosenChanges,
  type KernelOptions,
} from '../kernel-choice.ts'
import { inputName, readInput, sentenceOf } from '../read-input.ts'

interface ReplayOptions extends KernelOptions {
  readonly draw?: true
  readonly live?: true
  readonly out?: string
}

/** What a program came to: the document, or a drawing and perhaps the document too. */
interface Result {
  readonly observed?: Observed
  readonly drawing?: string
}

/** Runs one program; tells on standard error why there is no result, and sets the exit code. */
type Runner = (program: Program, file: string) => Result | undefined

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
      const run =
        options.live === true ? await liveRunner() : { program: modelRunner(options, command), close() {} }
      if (run === undefined) return
      const documents = runAll(files, run.program, options)
      run.close()
      if (options.out !== undefined && documents !== '') writeOut(options.out, documents, command)
    })
}

/** Prints results as they come; gives the documents that are meant for a file. */
function runAll(files: readonly string[], run: Runner, { out }: ReplayOptions): string {
  let documents = ''
  for (const file of files) {
    const program = readProgramFile(file)
    const { observed, drawing } = (program && run(program, file)) ?? {}
    if (drawing !== undefined) process.stdout.write(drawing)
    if (observed === undefined) continue
    const text = writeObserved(observed)
    const document = files.length > 1 ? `${text.replaceAll('\n', '')}\n` : text
    if (out === undefined) process.stdout.write(document)
    else documents += document
  }
  return documents
}

/** A checked program, or nothing and every mistake on standard error. */
function readProgramFile(file: string): Program | undefined {
  const name = inputName(file)
  let text
  try {
    text = readInput(file)
  } catch (error) {
    complain([`${name}: ${sentenceOf(error)}`])
    return undefined
  }
  const read = readProgram(text)
  if (read.ok) return read.program
  complain(read.issues.map(({ path, message }) => `${name}: ${path}: ${message}`))
  return undefined
}

function complain(lines: readonly string[], exitCode: number = exitCodes.badInput): void {
  console.error(lines.join('\n'))
  process.exitCode = exitCode
}

function modelRunner(options: ReplayOptions, command: Command): Runner {
  const changes = changesOrUsage(options, command)
  return (program, file) => {
    try {
      return runModel(program, changes, options)
    } catch (error) {
      if (error instanceof UnknownName) complain([`${inputName(file)}: $.machine.kernel: ${error.message}`])
      else throw new Error(`${inputName(file)}: the model failed`, { cause: error })
      return undefined
    }
  }
}

/** The names given on the command line are looked at before anything runs. */
function changesOrUsage(options: ReplayOptions, command: Command): ChosenChanges {
  try {
    if (options.kernel !== undefined) offeredKernel(options.kernel, '--kernel')
    return chosenChanges(options)
  } catch (error) {
    if (error instanceof UnknownName) command.error(`error: ${error.message}`)
    throw error
  }
}

function runModel(program: Program, changes: ChosenChanges, options: ReplayOptions): Result {
  const kernel = offeredKernel(options.kernel ?? program.machine.kernel, 'kernel')
  const asked = { ...program, machine: { ...program.machine, kernel: kernel.name } }
  const profile = profileWith(kernel, changes)
  const isDrawn = options.draw === true
  return {
    ...(isDrawn && {
      drawing: drawReplay(asked, {
        profile,
        kernelTitle: kernelLabel(kernel.title, changes),
        width: Math.max(60, process.stdout.columns || 110),
      }),
    }),
    ...((!isDrawn || options.out !== undefined) && {
      observed: { ...replay(asked, { profile }), kernel: kernelLabel(kernel.name, changes) },
    }),
  }
}

/** Loads what talks to the kernel only now: nothing else needs it. */
async function liveRunner(): Promise<{ program: Runner; close: () => void } | undefined> {
  const { LiveSession } = await import('../../host/index.ts')
  const opened = LiveSession.open()
  if (!opened.ok) {
    complain([opened.sentence], exitCodes.doesNotHold)
    return undefined
  }
  const told = new Set<string>()
  const program: Runner = (wanted, file) => {
    const result = opened.session.run(wanted)
    if (!result.ok) {
      complain([`${inputName(file)}: ${result.sentence}`], exitCodes.doesNotHold)
      return undefined
    }
    for (const note of result.notes) {
      if (!told.has(note)) console.error(note)
      told.add(note)
    }
    // The live document may have null where users without privileges see nothing; it is written all the same.
    return { observed: result.observed as Observed }
  }
  const close = (): void => {
    const left = opened.session.close()
    if (left.length > 0) console.error(`These settings could not be restored: ${left.join(', ')}.`)
  }
  return { program, close }
}

function writeOut(file: string, text: string, command: Command): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    command.error(`error: cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
