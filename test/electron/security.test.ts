/** Who may ask the main process, and what a page may do. The list of test/server/security.test.ts, for this shell. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { METHODS, type Answer, type Method } from '../../app/contract.ts'
import { CHANNELS } from '../../electron/channels.ts'
import { isForTheBrowser } from '../../electron/safety-rules.ts'
import { foreign } from '../../electron/sender.ts'
import { PATHS_OUTSIDE } from '../server/paths-outside.ts'
import { wrongValues } from '../server/wrong-values.ts'
import { standInShell, startDesktop, type Desktop } from '../window/stand-in-shell.ts'
import type { Forged } from './stand-in/control.ts'

const { missing } = standInShell
const reason = missing === null ? '' : ` (skipped: ${missing})`
const OWN = { url: 'app://holdfast/', origin: 'app://holdfast', parent: null }

const FRAMES: readonly (readonly [title: string, frame: Forged])[] = [
  ['a frame that is gone', null],
  ['a page of the network', { url: 'https://evil.example/', origin: 'https://evil.example', parent: null }],
  ['a file', { url: 'file:///etc/passwd', origin: 'file://', parent: null }],
  ['another host of the scheme', { url: 'app://evil/', origin: 'app://evil', parent: null }],
  ['a host that begins alike', { url: 'app://holdfast.evil/', origin: 'app://holdfast.evil', parent: null }],
  ['credentials before another host', { url: 'app://holdfast@evil/', origin: 'app://evil', parent: null }],
  ['a blank window with the page’s origin', { url: 'about:blank', origin: 'app://holdfast', parent: null }],
  ['a sandboxed document', { ...OWN, origin: 'null' }],
  ['a frame inside the page', { ...OWN, parent: OWN }],
]

describe('whose message counts', () => {
  it.each(FRAMES)('not that of %s', (_, frame) => expect(foreign(frame)).not.toBeNull())
  it('that of the page', () => expect(foreign(OWN)).toBeNull())
})

describe('which addresses the system’s browser is given', () => {
  it.each([
    'http://example.org/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://a:b@example.org/',
    'smb://x',
    'x',
  ])('not %s', url => expect(isForTheBrowser(url)).toBe(false))
  it('those of the web, encrypted', () => expect(isForTheBrowser('https://git.kernel.org/x')).toBe(true))
})

describe.skipIf(missing !== null)(`the desktop shell as it is built${reason}`, () => {
  let folder: string
  let desktop: Desktop

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-security-'))
    desktop = await startDesktop(join(folder, 'holdfast.db'), { page: 'bare page' })
    writeFileSync(join(desktop.build, 'secret.txt'), 'secret')
  })
  afterAll(async () => {
    await desktop.close()
    await standInShell.dispose()
    rmSync(folder, { recursive: true, force: true })
  })

  const call = async (frame: Forged, ...args: readonly unknown[]): Promise<Answer<unknown>> => {
    const { value, error } = await desktop.ask('forge', frame, CHANNELS.call, args)
    if (error !== undefined) throw new Error(error)
    return JSON.parse(String(value)) as Answer<unknown>
  }
  const codeOf = (answer: Answer<unknown>): string => (answer.ok ? 'ok' : answer.error.code)

  it.each(FRAMES)('refuses a call of %s', async (_, frame) => {
    expect(codeOf(await call(frame, '1', 'plans.list', '{}'))).toBe('not-allowed')
  })

  it('answers the page', async () => expect(codeOf(await call(OWN, '1', 'plans.list', '{}'))).toBe('ok'))

  it.each([
    ['no text', [1, 'plans.list', {}], 'not-json'],
    ['nothing', [], 'not-json'],
    ['no JSON', ['1', 'plans.list', '{"a":'], 'not-json'],
    ['too much', ['1', 'plans.list', ' '.repeat(16 * 2 ** 20 + 1)], 'too-large'],
    [
      'nesting without end',
      ['1', 'plans.check', `{"document":${'{"a":'.repeat(9999)}1${'}'.repeat(9999)}}`],
      'bad-input',
    ],
    ['no method', ['1', 'no.such-method', '{}'], 'unknown-method'],
    ['a name of every object', ['1', '__proto__', '{}'], 'unknown-method'],
  ])('%s is refused', async (_, args, code) => expect(codeOf(await call(OWN, ...args))).toBe(code))

  it.each(Object.keys(METHODS) as Method[])('malformed input to %s is refused', async method => {
    for (const wrong of wrongValues(METHODS[method].input)) {
      const answer = await call(OWN, '1', method, JSON.stringify(wrong))
      expect([JSON.stringify(wrong).slice(0, 100), codeOf(answer)]).toEqual([
        JSON.stringify(wrong).slice(0, 100),
        'bad-input',
      ])
    }
  })

  it('the page has the bridge, and nothing of Node or Electron', async () => {
    const found = await desktop.page.evaluate(() => {
      const page = globalThis as unknown as Record<string, Record<string, unknown>>
      return {
        bridge: Object.keys(page['holdfast'] ?? {}).toSorted(),
        others: ['require', 'process', 'module', 'electron', 'ipcRenderer', 'Buffer'].filter(
          name => name in page,
        ),
      }
    })
    expect(found).toEqual({ bridge: ['call', 'cancel', 'subscribe'], others: [] })
  })

  it('script in the page does not run, and neither does one of another site', async () => {
    const { page } = desktop
    const ran = await page.evaluate(async () => {
      const inside = globalThis as unknown as {
        document: {
          createElement: (tag: string) => Record<string, unknown>
          body: { append: (of: unknown) => void; insertAdjacentHTML: (where: string, html: string) => void }
          addEventListener: (name: string, hear: (event: { violatedDirective: string }) => void) => void
        }
        ran?: string
      }
      const blocked: string[] = []
      inside.document.addEventListener('securitypolicyviolation', event =>
        blocked.push(event.violatedDirective),
      )
      const script = inside.document.createElement('script')
      script['textContent'] = 'globalThis.ran = "inline"'
      inside.document.body.append(script)
      inside.document.body.insertAdjacentHTML(
        'beforeend',
        '<img src="x:" onerror="globalThis.ran = \'handler\'">',
      )
      const other = inside.document.createElement('script')
      other['src'] = 'https://evil.example/x.js'
      inside.document.body.append(other)
      const frame = inside.document.createElement('iframe')
      frame['src'] = 'https://evil.example/'
      inside.document.body.append(frame)
      await new Promise(resolve => setTimeout(resolve, 500))
      return { ran: inside.ran ?? null, blocked: [...new Set(blocked)].toSorted() }
    })
    expect(ran.ran).toBeNull()
    expect(ran.blocked).toEqual(
      expect.arrayContaining(['frame-src', 'script-src-attr', 'script-src-elem'].map(name => name)),
    )
  })

  it('the page cannot be left, and no window opens: a link to the web is for the system’s browser', async () => {
    const { page, ask } = desktop
    const before = page.url()
    await page.evaluate(() => {
      const { location } = globalThis as unknown as { location: { href: string } }
      location.href = 'https://evil.example/'
    })
    await page.evaluate(() => {
      const { open } = globalThis as unknown as { open: (url: string) => void }
      open('https://git.kernel.org/')
      open('http://evil.example/')
    })
    await expect.poll(() => ask('opened')).toEqual(['https://git.kernel.org/'])
    await expect
      .poll(() =>
        page
          .context()
          .pages()
          .filter(one => one.url() !== 'about:blank'),
      )
      .toHaveLength(1)
    expect(page.url()).toBe(before)
  })

  it('no right is given but writing to the clipboard', async () => {
    const asked = [
      'geolocation',
      'media',
      'notifications',
      'clipboard-read',
      'usb',
      'fileSystem',
      'openExternal',
    ]
    expect(await desktop.ask('permissions', [...asked, 'clipboard-sanitized-write'])).toEqual([
      'clipboard-sanitized-write',
    ])
  })

  it('the scheme gives the page with its policy, and answers only to be read', async () => {
    const page = await desktop.ask('fetch', 'app://holdfast/', 'GET')
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('data-ready')])
    expect(page.headers['content-security-policy']).toMatch(/default-src 'none'; script-src 'self';/)
    expect(page.headers['x-content-type-options']).toBe('nosniff')
    expect((await desktop.ask('fetch', 'app://holdfast/', 'POST')).status).toBe(405)
    expect((await desktop.ask('fetch', 'app://evil/', 'GET')).status).toBe(404)
  })

  it.each(PATHS_OUTSIDE)('%s is not sent', async path => {
    const { status, text } = await desktop.ask('fetch', `app://holdfast${path}`, 'GET')
    expect(status).toBe(404)
    expect(text).not.toContain('secret')
  })
})
