import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const isBuilt = existsSync('out/cli/main.js') && existsSync('out/renderer/index.html')
const reason = isBuilt ? '' : ' (skipped: npm run build comes first)'

describe.skipIf(!isBuilt || process.platform === 'win32')(`npm start${reason}`, () => {
  it('without a screen prints one sentence and an address, serves the page there, and ends with Ctrl-C', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-start-'))
    const env = { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '' }
    const started = spawn(process.execPath, ['scripts/start.ts', '--store', join(folder, 'store.db')], {
      env,
    })
    const ended = new Promise(resolve => started.once('exit', resolve))
    let said = ''
    started.stderr.on('data', (piece: Buffer) => (said += piece.toString()))
    const url = await new Promise<string>((resolve, reject) => {
      let text = ''
      started.stdout.on('data', (piece: Buffer) => {
        text += piece.toString()
        if (text.includes('\n')) resolve(text.trim())
      })
      void ended.then(() => reject(new Error(said)))
    })
    const { origin } = new URL(url)
    expect(await (await fetch(origin)).text()).toContain('<title>Holdfast</title>')
    started.kill('SIGINT')
    expect(await ended).toBe(0)
    expect(said.split('\n')[0]).toBe(
      'There is no screen here: Holdfast is in your browser instead, at this address.',
    )
    expect(existsSync(join(folder, 'store.db'))).toBe(true)
    rmSync(folder, { recursive: true })
  })
})
