/** What `holdfast replay` does: programs in, observables documents or drawings out. */
import { writeFileSync } from 'node:fs'
import type { Observed, Program } from '../engine/program.ts'
import { drawReplay } from '../engine/sim/draw.ts'
import { replay } from '../engine/sim/replay.ts'
import { readProgram } from '../formats/replay/read-program.ts'
import { writeObserved } from '../formats/replay/write-observed.ts'
import { exitCodes } from './exit-codes.ts'
import {
  UnknownName,
  chosenChanges,
  kernelLabel,
  offeredKernel,
  profileWith,
  type ChosenChanges,
  type KernelOptions,
} from './kernel-choice.ts'
import { inputName, readInput, sentenceOf } from './read-input.ts'

export interface ReplayOptions extends KernelOptions {
  readonly draw?: true
  readonly live?: true
  readonly out?: string
}

/** Ends the command as bad usage. */
type Usage = (sentence: string) => never

/** What a program came to: the document, or a drawing and perhaps the document too. */
interface Result {
  readonly observed?: Observed
  readonly drawing?: string
}

/** Runs one program; tells on standard error why there is no result, and sets the exit code. */
type Run = (program: Program, file: string) => Result | undefined

interface Runner {
  readonly run: Run
  readonly close?: () => void
}

export async function replayFiles(
  files: readonly string[],
  options: ReplayOptions,
  usage: Usage,
): Promise<void> {
  const runner = options.live === true ? await liveRunner() : modelRunner(options, usage)
  if (runner === undefined) return
  let documents
  try {
    documents = runAll(files, runner.run, options)
  } finally {
    runner.close?.()
  }
  if (options.out !== undefined && documents !== '') writeOut(options.out, documents, usage)
}

/** Prints results as they come; gives the documents that are meant for a file. */
function runAll(files: readonly string[], run: Run, { out }: ReplayOptions): string {
  let documents = ''
  for (const file of files) {
    const program = readProgramFile(file)
    const { observed, drawing } = (program && run(program, file)) ?? {}
    if (drawing !== undefined) process.stdout.write(files.length > 1 ? `${drawing}\n` : drawing)
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
  process.exitCode = Math.max(exitCode, Number(process.exitCode ?? exitCodes.holds))
}

function modelRunner(options: ReplayOptions, usage: Usage): Runner {
  const changes = changesOrUsage(options, usage)
  const run: Run = (program, file) => {
    try {
      return runModel(program, changes, options)
    } catch (error) {
      if (error instanceof UnknownName) complain([`${inputName(file)}: $.machine.kernel: ${error.message}`])
      else throw new Error(`${inputName(file)}: the model failed`, { cause: error })
      return undefined
    }
  }
  return { run }
}

/** The names given on the command line are looked at before anything runs. */
function changesOrUsage(options: ReplayOptions, usage: Usage): ChosenChanges {
  try {
    if (options.kernel !== undefined) offeredKernel(options.kernel, '--kernel')
    return chosenChanges(options)
  } catch (error) {
    if (error instanceof UnknownName) usage(error.message)
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
async function liveRunner(): Promise<Runner | undefined> {
  const { LiveSession } = await import('../host/index.ts')
  const opened = LiveSession.open()
  if (!opened.ok) {
    complain([opened.sentence], exitCodes.doesNotHold)
    return undefined
  }
  const told = new Set<string>()
  const run: Run = (program, file) => {
    const result = opened.session.run(program)
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
  return { run, close }
}

function writeOut(file: string, text: string, usage: Usage): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    usage(`cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
