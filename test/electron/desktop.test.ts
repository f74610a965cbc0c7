import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../db/open.ts'
import { PALETTE_ITEMS } from '../../electron/menu.ts'
import { SCREENS } from '../../renderer/state/screens.ts'
import { PLAN } from '../app/calls.ts'
import { standInShell, startDesktop, type Desktop } from '../window/stand-in-shell.ts'

const { missing } = standInShell
const reason = missing === null ? '' : ` (skipped: ${missing})`

describe.skipIf(missing !== null)(`the desktop shell${reason}`, () => {
  let folder: string
  let desktop: Desktop

  const written = (name: string, text: string): string => {
    const file = join(folder, name)
    writeFileSync(file, text)
    return file
  }
  const start = async (...args: readonly string[]): Promise<void> => {
    desktop = await startDesktop(join(folder, 'holdfast.db'), { args, data: folder })
  }
  const title = (): Promise<string> => desktop.page.locator('h1').first().innerText()

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-desktop-'))
  })
  afterEach(async () => {
    const { said } = desktop
    await desktop.close()
    rmSync(folder, { recursive: true, force: true })
    expect(said).toEqual([])
  })
  afterAll(() => standInShell.dispose())

  it('every item of the menu does in the window what the palette does', async () => {
    await start()
    const { page, ask } = desktop
    const done: string[] = []
    const click = async (id: string): Promise<void> => {
      done.push(id)
      await ask('click', id)
    }
    await click('palette')
    await page.getByRole('dialog').first().waitFor()
    await page.keyboard.press('Escape')
    await click('shortcuts')
    await page.getByRole('dialog').first().waitFor()
    await page.keyboard.press('Escape')
    const theme = (): Promise<string | null> => page.locator('html').getAttribute('data-theme')
    const before = await theme()
    await click('theme')
    await expect.poll(theme).not.toBe(before)
    await click('tables')
    await page.getByRole('region', { name: 'Table of Locked memory' }).waitFor()
    await click('tables')
    await page.getByLabel('Strategy', { exact: true }).selectOption('none')
    await page.getByText('Nothing is locked.').first().waitFor()
    await click('undo')
    await expect.poll(() => page.getByLabel('Strategy', { exact: true }).inputValue()).toBe('mlock-onfault')
    await click('redo')
    await expect.poll(() => page.getByLabel('Strategy', { exact: true }).inputValue()).toBe('none')
    await click('run')
    await click('duplicate')
    await expect.poll(title).toContain('(copy)')
    for (const { id } of SCREENS) {
      await click(`go-${id}`)
      await page.locator('[aria-current="page"]').first().waitFor()
    }
    expect(done).toEqual(expect.arrayContaining(Object.keys(PALETTE_ITEMS)))
  })

  it('a file of the command line is open at the start, one of a second start and one of the dialog later', async () => {
    await start(written('first.json', JSON.stringify({ ...PLAN, name: 'From the command line' })))
    await expect.poll(title).toContain('From the command line')
    const second = written('second.json', JSON.stringify({ ...PLAN, name: 'From a second start' }))
    await desktop.ask('secondInstance', [second])
    await expect.poll(title).toContain('From a second start')
    const chosen = written('chosen.json', JSON.stringify({ ...PLAN, name: 'From the dialog' }))
    await desktop.ask('willChoose', [chosen])
    await desktop.ask('click', 'open')
    await expect.poll(title).toContain('From the dialog')
  })

  it('a file that cannot be read, and one that is no plan, are told in words', async () => {
    await start(join(folder, 'not-there.json'))
    const said = (): Promise<string> => desktop.page.locator('body').innerText()
    await expect.poll(said).toContain('not-there.json cannot be read')
    await desktop.ask('secondInstance', [written('poem.txt', 'Shall I compare thee')])
    await expect.poll(said).toContain('poem.txt')
  })

  it('a damaged store: the window says so, restores the backup on request, and goes on', async () => {
    await start()
    await desktop.page.getByLabel('Count', { exact: true }).fill('3')
    await desktop.page.locator('.charts:not(.stale)').waitFor()
    await desktop.close()
    const file = join(folder, 'holdfast.db')
    const opened = openStore(file)
    if (!opened.ok) throw new Error(opened.sentence)
    opened.store.backUpNow()
    opened.store.close()
    writeFileSync(file, Buffer.concat([readFileSync(file).subarray(0, 100), Buffer.alloc(8192, 7)]))
    await start()
    const { page } = desktop
    expect(await page.locator('h1').innerText()).toContain('holdfast.db is damaged')
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
    expect(violations.map(({ id }) => id)).toEqual([])
    mkdirSync('out/screenshots', { recursive: true })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: `out/screenshots/rescue-${colorScheme}-1280.png` })
    }
    await page.getByRole('button', { name: 'Restore this backup' }).click()
    await page.getByText('is kept as').waitFor()
    await page.getByRole('button', { name: 'Go on' }).click()
    await expect.poll(() => page.getByLabel('Count', { exact: true }).inputValue()).toBe('3')
    expect(readdirSync(folder).filter(name => name.includes('set-aside'))).not.toEqual([])
  })

  it('remembers where its window was, and comes back onto a screen that is there', async () => {
    await start()
    const placed = join(await desktop.ask('userData'), 'window.json')
    await desktop.close()
    const place = JSON.parse(readFileSync(placed, 'utf8')) as object
    expect(place).toMatchObject({ width: 1280, height: 800, isMaximized: false })
    writeFileSync(placed, JSON.stringify({ ...place, x: 1500, y: -40, width: 1000, height: 700 }))
    await start()
    expect(await desktop.ask('bounds')).toEqual([{ x: 920, y: 0, width: 1000, height: 700 }])
  })

  it('closing the last window ends the program, and what was edited is there again', async () => {
    await start()
    await desktop.page.getByLabel('Count', { exact: true }).fill('3')
    await desktop.page.locator('.charts:not(.stale)').waitFor()
    await desktop.ask('closeWindows').catch(() => {})
    expect(await desktop.ended).toBe(0)
    await start()
    expect(await desktop.page.getByLabel('Count', { exact: true }).inputValue()).toBe('3')
  })
})
