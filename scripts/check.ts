/** Lint, types, form and architecture, the first beside the others; prints what a failed step said. */
import { spawn } from 'node:child_process'

const steps = [
  { name: 'eslint', args: ['.'] },
  { name: 'tsc', args: ['--build'] },
  {
    name: 'svelte-check',
    args: ['--tsconfig', 'renderer/tsconfig.json', '--fail-on-warnings', '--output', 'human'],
  },
  { name: 'prettier', args: ['--check', '--log-level', 'warn', '.'] },
  { name: 'vitest', args: ['run', '--reporter=dot', 'test/architecture.test.ts'] },
  // With names on the command line only these steps run, as in `npm run check tsc`.
].filter(({ name }) => process.argv.length < 3 || process.argv.includes(name, 2))

interface Outcome {
  readonly code: number
  readonly output: string
  readonly seconds: number
}

function run(name: string, args: readonly string[]): Promise<Outcome> {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(`node_modules/.bin/${name}`, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const output: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => output.push(part))
    child.on('error', reject)
    child.on('close', code => {
      resolve({
        code: code ?? 1,
        output: Buffer.concat(output).toString().trimEnd(),
        seconds: (performance.now() - started) / 1000,
      })
    })
  })
}

/** One long step beside the short ones in turn keeps two cores busy and no more. */
const [longest, ...others] = steps
async function report(step: (typeof steps)[number]): Promise<boolean> {
  const { code, output, seconds } = await run(step.name, step.args)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${step.name.padEnd(9)} ${seconds.toFixed(1)} s`)
  if (code !== 0) console.log(output)
  return code === 0
}
async function inTurn(): Promise<boolean> {
  let fine = true
  for (const step of others) fine = (await report(step)) && fine
  return fine
}

if (longest === undefined) {
  console.error('check: no such step; there are eslint, tsc, prettier and vitest')
  process.exitCode = 2
} else {
  const results = await Promise.all([report(longest), inTurn()])
  process.exitCode = results.every(Boolean) ? 0 : 1
}
