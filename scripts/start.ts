/** A first look: the help, and one example program replayed and drawn. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

function holdfast(...args: string[]): void {
  console.log(`\n$ npx holdfast ${args.join(' ')}`)
  const { status } = spawnSync(process.execPath, ['out/cli/main.js', ...args], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

/** The first of the folder by name, so the number in front of an example's name decides. */
const example = readdirSync('examples', { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.json'))
  .sort()[0]
if (example === undefined) throw new Error('examples/ holds no program')

holdfast('--help')
holdfast('replay', `examples/${example}`, '--draw')
