/**
 * From conformance programs to recordings of real kernels, and into the repository.
 *
 *     record-fixtures.ts write --out DIR [--topic NAME]... [--unless BASE]
 *                                                      the hand-written programs as DIR/NAME.json; with --unless
 *                                                      those that BASE has not recorded as they are now
 *     record-fixtures.ts check BASE [--topic NAME]...  do the recordings show what is written in the programs?
 *     record-fixtures.ts pack BASE --set hand|random   recordings into test/conformance/recorded
 *
 * BASE holds one folder per kernel with `programs/` and `expected/`, as the oracle leaves them. A kernel that cannot
 * express a program has no recording of it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { constants, gzipSync } from 'node:zlib'
import type { Observed, Program } from '../engine/program.ts'
import { KERNELS, recordedFile } from '../test/conformance/load.ts'
import { unmet } from '../test/conformance/programs/expect.ts'
import { topics } from '../test/conformance/programs/index.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    set: { type: 'string', default: 'hand' },
    topic: { type: 'string', multiple: true },
    unless: { type: 'string' },
  },
})
const [command, base = ''] = positionals

/** 64-bit numbers are written as they are. */
function print(value: unknown): string {
  const text = JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? `\u0001${v}\u0001` : v))
  return text.replaceAll(/"\\u0001(\d+)\\u0001"/g, '$1')
}

/** Has BASE a recording of this very program? */
function isRecorded(base: string, program: Program): boolean {
  const path = join(base, '6.18', 'programs', `${program.name}.json`)
  if (!existsSync(path)) return false
  const said = JSON.parse(readFileSync(path, 'utf8')) as Program
  const machine = { ...program.machine, kernel: said.machine.kernel, ramBytes: said.machine.ramBytes }
  return isDeepStrictEqual(said, JSON.parse(print({ ...program, machine })))
}

function write(out: string): void {
  mkdirSync(out, { recursive: true })
  const seen = new Set<string>()
  let written = 0
  for (const [topic, programs] of Object.entries(topics)) {
    for (const { program } of programs) {
      if (seen.has(program.name)) throw new Error(`${topic}: ${program.name} is there twice`)
      seen.add(program.name)
      if (values.topic && !values.topic.includes(topic)) continue
      if (values.unless && isRecorded(values.unless, program)) continue
      written++
      writeFileSync(join(out, `${program.name}.json`), print(program) + '\n')
    }
    console.log(`${topic.padEnd(24)}${programs.length}`)
  }
  console.log(`${seen.size} programs, ${written} written`)
}

function check(): void {
  let wrong = 0
  let missing = 0
  for (const kernel of KERNELS) {
    const chosen = Object.entries(topics).filter(([topic]) => values.topic?.includes(topic) ?? true)
    for (const { program, expected } of chosen.flatMap(([, programs]) => programs)) {
      const path = join(base, kernel, 'expected', `${program.name}.json`)
      if (!existsSync(path)) {
        if (kernel === '6.18' && missing++ < 5) console.log(`${program.name}: not recorded`)
        continue
      }
      const observed = JSON.parse(readFileSync(path, 'utf8')) as Observed
      for (const line of unmet(expected, kernel, observed)) {
        wrong++
        console.log(`${kernel} ${program.name} ${line}`)
      }
    }
  }
  console.log(`${wrong} differences, ${missing} not recorded`)
  process.exitCode = wrong + missing > 0 ? 1 : 0
}

function pack(set: string): void {
  const names = new Set(
    Object.values(topics)
      .flat()
      .map(({ program }) => `${program.name}.json`),
  )
  for (const kernel of KERNELS) {
    const folder = join(base, kernel)
    if (!existsSync(folder)) continue
    const lines = readdirSync(join(folder, 'expected'))
      .filter(name => name.endsWith('.json') && (set !== 'hand' || names.has(name)))
      .sort()
      .map(name => {
        // The texts themselves, so that 64-bit numbers stay whole.
        const text = (part: string) => readFileSync(join(folder, part, name), 'utf8').replaceAll('\n', '')
        return `{"program":${text('programs')},"observed":${text('expected')}}\n`
      })
    const to = recordedFile(kernel, set)
    mkdirSync(join(to, '..'), { recursive: true })
    writeFileSync(to, gzipSync(lines.join(''), { level: constants.Z_BEST_COMPRESSION }))
    console.log(`${to}: ${lines.length} programs`)
  }
}

switch (command) {
  case 'write':
    write(values.out ?? '.')
    break
  case 'check':
    check()
    break
  case 'pack':
    pack(values.set)
    break
  default:
    console.error('record-fixtures: write --out DIR, check BASE or pack BASE --set NAME')
    process.exitCode = 2
}
