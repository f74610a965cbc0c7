import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { browserPath, buildPage, launch, serveWindow } from './chromium.ts'

const reason = browserPath === undefined ? ' (skipped: no Chromium on this machine)' : ''

describe.skipIf(browserPath === undefined)(`the window in a real browser${reason}`, () => {
  let browser: Browser
  let folder: string
  let server: Awaited<ReturnType<typeof serveWindow>>
  let page: Page
  let said: string[]

  beforeAll(async () => {
    folder = await buildPage()
    browser = await launch(browserPath!)
  })
  afterAll(() => browser.close())

  beforeEach(async () => {
    server = await serveWindow(folder)
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    said = []
    page.on('console', message => {
      if (['error', 'warning'].includes(message.type())) said.push(message.text())
    })
    page.on('pageerror', error => said.push(error.message))
    await page.goto(server.url)
    await page.waitForSelector('[data-ready=true]')
  })
  afterEach(async () => {
    await page.close()
    await server.close()
  })

  const verdict = (): Promise<string> => page.locator('.verdict').innerText()

  it('an edit runs the plan again, and undo takes it back', async () => {
    const strategy = page.getByLabel('Strategy', { exact: true })
    await strategy.selectOption('none')
    await page.getByText('Nothing is locked.').waitFor()
    await page.keyboard.press('Control+z')
    await page.getByText('decoder, absent').waitFor()
    expect(await strategy.inputValue()).toBe('mlock-onfault')
  })

  it('a mistake shows beside its field, and the last result stays', async () => {
    const count = page.getByLabel('Count', { exact: true })
    await count.fill('many')
    await page.locator('.field.wrong .mistake').first().waitFor()
    expect(await count.inputValue()).toBe('many')
    expect(await page.locator('.charts.stale .plot').count()).toBeGreaterThanOrEqual(3)
    await count.fill('1')
    await page.locator('.charts:not(.stale)').waitFor()
    expect(await verdict()).toMatch(/^fits/)
  })

  it('by keyboard alone: the palette opens a template, which says what fails', async () => {
    await page.keyboard.press('Control+k')
    await page.keyboard.type('out of memory')
    await page.keyboard.press('Enter')
    await page.getByText('does not fit: OOM kill of java').waitFor()
  })

  it('a pinned moment shows the areas as smaps would, and every chart has its table', async () => {
    await page.locator('.plot').first().focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await page.locator('.moment td', { hasText: 'lo lf' }).waitFor()
    await page.keyboard.press('Alt+t')
    await page.getByRole('region', { name: 'Table of Locked memory' }).waitFor()
    expect(said).toEqual([])
  })
})
