/**
 * How well the model matches a kernel.
 *
 *     npm run conformance -- [--programs N] [--seed S] [--theme T] [--kernel K] [--shrink] [--save DIR]
 *     npm run conformance -- --recorded all|FILE
 *
 * Random programs run on the running kernel and on the model; with `--recorded`, on the model alone, compared with
 * what real kernels said. For each program that differs: its operations (shrunk, with `--shrink`) and both sides of the
 * first step that differs. The exit code is 1 if any differs. Where programs cannot run live, it says why and ends
 * with 0.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Program } from '../engine/program.ts'
import type { Comparison } from '../formats/replay/compare.ts'
import { writeProgram } from '../formats/replay/write-program.ts'
import { LiveSession } from '../host/index.ts'
import { addTallies, firstDifferences, noTallies, talliesText } from '../test/conformance/differences.ts'
import { checkLive, compareWithModel, modelOf } from '../test/conformance/live-check.ts'
import { KERNELS, SETS, loadRecordedFile, recordedFile } from '../test/conformance/load.ts'
import { randomProgram, themeNames } from '../test/support/random-programs.ts'
import { shrink } from '../test/support/shrink.ts'

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    theme: { type: 'string' },
    kernel: { type: 'string' },
    shrink: { type: 'boolean', default: false },
    save: { type: 'string' },
    recorded: { type: 'string' },
  },
})

/** What was found so far, told as it goes. */
class Findings {
  readonly #tallies = noTallies()
  readonly #started = performance.now()
  #run = 0
  #exact = 0
  differing = 0

  add(comparison: Comparison): void {
    this.#run++
    if (comparison.exact) this.#exact++
    else this.differing++
    addTallies(this.#tallies, comparison.groups)
  }

  summary(): string {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(1)
    return `${this.#exact}/${this.#run} programs exact, ${seconds} s\n  ${talliesText(this.#tallies)}`
  }
}

function show(program: Program, comparison: Comparison): void {
  console.log(`\n${writeProgram(program)}${firstDifferences(program, comparison, 20).join('\n')}`)
}

function save(name: string, program: Program): void {
  if (values.save === undefined) return
  mkdirSync(values.save, { recursive: true })
  writeFileSync(join(values.save, `${name}.json`), writeProgram(program))
}

async function compareLive(session: LiveSession, kernel: string): Promise<number> {
  const [count, first] = [Number(values.programs), Number(values.seed)]
  const theme = themeNames.find(name => name === values.theme)
  const findings = new Findings()
  const excused = new Map<string, number>()
  const excuse = (why: string): unknown => excused.set(why, (excused.get(why) ?? 0) + 1)
  for (let seed = first; seed < first + count; seed++) {
    const program = randomProgram(seed, { kernel, ...(theme === undefined ? {} : { theme }) })
    const check = checkLive(session, program)
    // Addresses differ from run to run.
    if (check.kind === 'not run') excuse(check.sentence.replaceAll(/0x[0-9a-f]+/g, '0x…'))
    else if (check.kind === 'unstable') excuse('The kernel gave two answers.')
    else {
      findings.add(check.comparison)
      if (!check.comparison.exact) await tell(session, program)
    }
    if ((seed - first + 1) % 500 === 0)
      console.error(`${seed - first + 1}: ${findings.summary().split('\n')[0]}`)
  }
  console.log(`Linux ${release()} and the model of ${kernel}: ${findings.summary()}`)
  for (const [why, times] of excused) console.log(`  ${times} not compared: ${why}`)
  return findings.differing
}

/** A program that differs, as small as can be had. */
async function tell(session: LiveSession, program: Program): Promise<void> {
  const differs = (candidate: Program): boolean => {
    const check = checkLive(session, candidate)
    return check.kind === 'compared' && !check.comparison.exact
  }
  const smallest = values.shrink ? await shrink(program, differs, { tries: 2000 }) : program
  const check = checkLive(session, smallest)
  if (check.kind !== 'not run') show(smallest, check.comparison)
  save(program.name, program)
  if (values.shrink) save(`${program.name}-shrunk`, smallest)
}

function compareRecorded(what: string): number {
  const files =
    what === 'all' ? KERNELS.flatMap(kernel => SETS.map(set => recordedFile(kernel, set))) : [resolve(what)]
  let differing = 0
  for (const file of files.filter(path => what !== 'all' || existsSync(path))) {
    const findings = new Findings()
    for (const { program, observed } of loadRecordedFile(file)) {
      const comparison = compareWithModel(program, observed)
      findings.add(comparison)
      if (comparison.exact) continue
      show(program, comparison)
      save(`${program.machine.kernel}-${program.name}`, program)
    }
    console.log(`${basename(dirname(file))}/${basename(file)}: ${findings.summary()}`)
    differing += findings.differing
  }
  return differing
}

function mistake(): string | undefined {
  for (const key of ['programs', 'seed'] as const)
    if (!/^\d{1,9}$/.test(values[key])) return `--${key} is ${values[key]}; allowed is a number`
  if (values.theme !== undefined && !(themeNames as string[]).includes(values.theme))
    return `--theme is ${values.theme}; allowed is one of ${themeNames.join(', ')}`
  return undefined
}

async function main(): Promise<number> {
  const wrong = mistake()
  if (wrong !== undefined) {
    console.error(`conformance: ${wrong}`)
    return 2
  }
  if (values.recorded !== undefined) return compareRecorded(values.recorded) === 0 ? 0 : 1
  const kernel = values.kernel ?? modelOf(release())
  if (kernel === undefined)
    return skipped(`Linux ${release()} is not modelled; --kernel names a model to compare with.`)
  const opened = LiveSession.open()
  if (!opened.ok) return skipped(opened.sentence)
  try {
    return (await compareLive(opened.session, kernel)) === 0 ? 0 : 1
  } finally {
    const left = opened.session.close()
    if (left.length > 0) console.error(`These settings could not be restored: ${left.join(', ')}.`)
  }
}

function skipped(why: string): number {
  console.log(`Skipped: ${why}`)
  return 0
}

process.exitCode = await main()
