import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Job } from './job.ts'

const strategy = (page: Page) => page.getByLabel('Strategy', { exact: true })

/** The document that the store has, as any page can ask. */
const verdictSays = (page: Page, text: string): Promise<void> => page.getByText(text).first().waitFor()

export const twoWindows: Job = {
  title: 'two windows on one plan: an edit and an undo in one show in the other, edits against each other lose nothing',
  run: async ({ page, shell }) => {
    const one = page()
    const other = await shell().openAnother()
    expect(await other.locator('h1').innerText()).toContain('Lock on fault')

    await strategy(one).selectOption('none')
    await verdictSays(one, 'Nothing is locked.')
    await verdictSays(other, 'Nothing is locked.')
    await expect.poll(() => strategy(other).inputValue()).toBe('none')

    await other.keyboard.press('Control+z')
    await expect.poll(() => strategy(one).inputValue()).toBe('mlock-onfault')
    await verdictSays(one, 'decoder, absent')

    // Both at once, in different fields: whichever is second is either stored as well or refused in words.
    await Promise.all([strategy(one).selectOption('mlock'), other.getByLabel('Count', { exact: true }).fill('2')])
    await expect
      .poll(async () => [
        await strategy(one).inputValue(),
        await one.getByLabel('Count', { exact: true }).inputValue(),
      ])
      .toEqual([
        await settled(() => strategy(other).inputValue()),
        await settled(() => other.getByLabel('Count', { exact: true }).inputValue()),
      ])
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
