/** Random programs of the replay format as files, for recording: one NAME.json each. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeProgram } from '../formats/replay/write-program.ts'
import { randomProgram, themeNames } from '../test/support/random-programs.ts'

const { values } = parseArgs({
  options: {
    programs: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    kernel: { type: 'string', default: '6.18' },
    theme: { type: 'string' },
    out: { type: 'string' },
  },
})

const count = Number(values.programs)
const first = Number(values.seed)
const theme = themeNames.find(name => name === values.theme)
if (values.out === undefined || !Number.isSafeInteger(count) || !Number.isSafeInteger(first)) {
  console.error('generate-programs: --out DIR [--programs N] [--seed S] [--kernel K] [--theme T]')
  process.exitCode = 2
} else if (values.theme !== undefined && theme === undefined) {
  console.error(`generate-programs: there is no theme ${values.theme}; there are ${themeNames.join(', ')}`)
  process.exitCode = 2
} else {
  mkdirSync(values.out, { recursive: true })
  for (let seed = first; seed < first + count; seed++) {
    const program = randomProgram(seed, { kernel: values.kernel, ...(theme === undefined ? {} : { theme }) })
    writeFileSync(join(values.out, `${program.name}.json`), writeProgram(program))
  }
}
