import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, vi } from 'vitest'
import { opener, openInBrowser } from '../../cli/open-in-browser.ts'

it('without a screen nothing is opened', () => {
  expect(opener('linux', {})).toBeNull()
  expect(opener('linux', { DISPLAY: ':0' })?.program).toBe('xdg-open')
  expect(opener('linux', { WAYLAND_DISPLAY: 'wayland-0' })?.program).toBe('xdg-open')
  expect(opener('darwin', {})?.program).toBe('open')
})

it.skipIf(process.platform === 'win32')(
  'the address is in a file for this user alone, not on a command line',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-opener-'))
    const program = join(folder, 'xdg-open')
    writeFileSync(
      program,
      `#!/bin/sh\nprintf %s "$1" > ${folder}/given.new && mv ${folder}/given.new ${folder}/given\n`,
    )
    chmodSync(program, 0o755)
    const path = process.env['PATH'] ?? ''
    vi.stubEnv('PATH', `${folder}:${path}`)
    const forget = openInBrowser('http://127.0.0.1:1/#token=secret', { DISPLAY: ':0' }, 'linux')
    vi.unstubAllEnvs()
    await vi.waitFor(() => expect(existsSync(join(folder, 'given'))).toBe(true), { timeout: 10_000 })
    const given = readFileSync(join(folder, 'given'), 'utf8')
    expect(given).not.toContain('secret')
    const file = fileURLToPath(given)
    expect(readFileSync(file, 'utf8')).toContain('url=http://127.0.0.1:1/#token=secret')
    expect(statSync(file).mode & 0o077).toBe(0)
    forget()
    expect(existsSync(file)).toBe(false)
    rmSync(folder, { recursive: true })
  },
)
