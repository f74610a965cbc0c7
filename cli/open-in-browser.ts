/** Shows an address in the person's browser, where there is a screen to show it on. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

type Env = Readonly<Record<string, string | undefined>>

/** The program that opens a file in the browser; null where nobody could see it. */
export function opener(
  platform: NodeJS.Platform,
  env: Env,
): { readonly program: string; readonly args: readonly string[] } | null {
  if (platform === 'darwin') return { program: 'open', args: [] }
  if (platform === 'win32') return { program: 'rundll32.exe', args: ['url.dll,FileProtocolHandler'] }
  const hasScreen = Boolean(env['DISPLAY']) || Boolean(env['WAYLAND_DISPLAY'])
  return hasScreen ? { program: 'xdg-open', args: [] } : null
}

/**
 * The command line of a process can be read by every user of the machine, so the address, which holds the token, is in a
 * file that only this one can read. Gives a function that takes the file away.
 */
export function openInBrowser(url: string, env: Env = process.env, platform = process.platform): () => void {
  const found = opener(platform, env)
  if (found === null) return () => {}
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-'))
  const file = join(folder, 'open.html')
  const page = `<!doctype html><meta charset="utf-8"><title>Holdfast</title><meta http-equiv="refresh" content="0;url=${url}">`
  writeFileSync(file, page, { mode: 0o600 })
  const child = spawn(found.program, [...found.args, pathToFileURL(file).href], {
    stdio: 'ignore',
    detached: true,
  })
  // Without such a program the printed address is all there is.
  child.on('error', () => {})
  child.unref()
  return () => rmSync(folder, { recursive: true, force: true })
}
