/**
 * Opens the application that has just been built: in Electron where it is there or can be fetched and there is a screen,
 * otherwise in a browser. Arguments go on to it: `npm start -- --store FILE`.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const PACKAGE = 'node_modules/electron'
/** Until a network that does not answer counts as none. */
const ANSWER_MS = 4_000
/** Until a download that goes on for so long is given up. */
const DOWNLOAD_MS = 180_000
/** Electron that ends with an error within this time could not start on this system. */
const START_MS = 5_000

const args = process.argv.slice(2)
// Ctrl-C reaches the program that was started as well: it ends in good order, and this one waits for it.
let running: ChildProcess | null = null
let isEnding = false
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    isEnding = true
    running?.kill(signal)
  })

const why = await electronRuns()
if (why !== null) {
  console.error(`${why}: Holdfast is in your browser instead, at this address.`)
  process.exitCode = await run(process.execPath, ['out/cli/main.js', 'serve', '--open', ...args]).ended
}

/** Runs it in Electron to its end; the reason where that cannot be. */
async function electronRuns(): Promise<string | null> {
  if (!hasScreen()) return 'There is no screen here'
  const electron = installed() ?? ((await fetched()) ? installed() : null)
  if (electron === null) return 'Electron is not here and could not be fetched'
  const started = performance.now()
  const code = await run(electron, ['.', ...args]).ended
  if (code !== 0 && !isEnding && performance.now() - started < START_MS)
    return 'Electron cannot start on this system'
  process.exitCode = code
  return null
}

function hasScreen(): boolean {
  if (process.platform !== 'linux') return true
  return Boolean(process.env['DISPLAY']) || Boolean(process.env['WAYLAND_DISPLAY'])
}

/** The program that the package has fetched before; asking the package itself would fetch it. */
function installed(): string | null {
  const name = join(PACKAGE, 'path.txt')
  if (!existsSync(name)) return null
  const program = join(PACKAGE, 'dist', readFileSync(name, 'utf8').trim())
  return existsSync(program) ? program : null
}

async function fetched(): Promise<boolean> {
  const source = process.env['ELECTRON_MIRROR'] ?? 'https://github.com/'
  const answers = await fetch(source, { method: 'HEAD', signal: AbortSignal.timeout(ANSWER_MS) }).then(
    () => true,
    () => false,
  )
  if (!answers) return false
  console.error('Fetching Electron, once: about 110 MB …')
  const { child, ended } = run(process.execPath, [join(PACKAGE, 'install.js')])
  const timer = setTimeout(() => child.kill(), DOWNLOAD_MS)
  const code = await ended
  clearTimeout(timer)
  return code === 0
}

function run(
  program: string,
  more: readonly string[],
): { readonly child: ChildProcess; readonly ended: Promise<number> } {
  const child = spawn(program, more, { stdio: 'inherit' })
  running = child
  const ended = new Promise<number>(resolve => {
    child.once('error', () => resolve(1))
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)))
  })
  return { child, ended }
}
