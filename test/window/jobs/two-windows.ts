import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Job } from './job.ts'

const strategy = (page: Page): Locator => page.getByLabel('Strategy', { exact: true })
const count = (page: Page): Locator => page.getByLabel('Count', { exact: true })

const says = (page: Page, text: string): Promise<void> => page.getByText(text).first().waitFor()

export const twoWindows: Job = {
  title:
    'two windows on one plan: an edit and an undo in one show in the other, edits against each other lose nothing',
  run: async ({ page, shell }) => {
    const one = page()
    const other = await shell().openAnother()
    expect(await other.locator('h1').innerText()).toContain('Lock on fault')

    await strategy(one).selectOption('none')
    await says(one, 'Nothing is locked.')
    await says(other, 'Nothing is locked.')
    await expect.poll(() => strategy(other).inputValue()).toBe('none')

    await other.keyboard.press('Control+z')
    await expect.poll(() => strategy(one).inputValue()).toBe('mlock-onfault')
    await says(one, 'decoder, absent')

    // Both at once, in different fields: each has what both have done.
    await Promise.all([strategy(one).selectOption('mlock'), count(other).fill('2')])
    for (const window of [one, other]) {
      await expect.poll(() => strategy(window).inputValue()).toBe('mlock')
      await expect.poll(() => count(window).inputValue()).toBe('2')
    }

    // Both at once, in the same field: one of them stands in both, and undo has the other.
    await Promise.all([strategy(one).selectOption('none'), strategy(other).selectOption('populate-write')])
    const last = await settled(() => strategy(one).inputValue())
    await expect.poll(() => strategy(other).inputValue()).toBe(last)
    await one.keyboard.press('Control+z')
    await expect.poll(() => strategy(one).inputValue()).not.toBe(last)
    expect(['none', 'populate-write']).toContain(await settled(() => strategy(one).inputValue()))
  },
}

/** A value that stays the same for half a second. */
async function settled(read: () => Promise<string>): Promise<string> {
  for (;;) {
    const before = await read()
    await new Promise(resolve => setTimeout(resolve, 500))
    if ((await read()) === before) return before
  }
}
