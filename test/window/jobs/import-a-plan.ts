import { expect } from 'vitest'
import type { Page } from 'playwright-core'
import type { Job } from './job.ts'

/** What Ctrl-V does, with this on the clipboard. */
export async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate(pasted => {
    const { document, DataTransfer, ClipboardEvent } = globalThis as unknown as {
      document: { body: { dispatchEvent: (event: object) => void } }
      DataTransfer: new () => { setData: (type: string, text: string) => void }
      ClipboardEvent: new (name: string, options: object) => object
    }
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', pasted)
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }))
  }, text)
}

const BUNDLE = `=== /proc/meminfo
MemTotal:       65536000 kB
MemFree:        60000000 kB
=== /etc/strange
words
`
const BROKEN = JSON.stringify({
  ...{ format: 'holdfast-plan/1', name: 'Broken on the way', doc: '', machine: { preset: 'edge-64' } },
  workloads: [{ name: 'guest', kind: 'qemu-guest', params: { ram: 'a lot' } }],
})

export const importAPlan: Job = {
  title:
    'a paste that nobody knows changes nothing; a broken plan is mended in place; a host bundle becomes a plan',
  run: async ({ page }) => {
    const title = (): Promise<string> => page().locator('h1').first().innerText()
    const before = await title()
    await paste(page(), 'words without a meaning')
    await page().getByText('This is none of the formats that are read.').waitFor()
    expect(await title()).toBe(before)
    await page().getByRole('button', { name: 'Discard', exact: true }).click()

    await paste(page(), BROKEN)
    await page().getByRole('button', { name: 'Make the plan, mend it there' }).click()
    await page().locator('.field.wrong .mistake').first().waitFor()
    const ram = page().getByLabel('RAM', { exact: true }).last()
    expect(await ram.inputValue()).toBe('a lot')
    await ram.fill('4 GiB')
    await page().locator('.verdict', { hasText: 'fits' }).waitFor()

    await paste(page(), BUNDLE)
    await page().getByText('1 ignored').click()
    await page().getByText('pasted text, line 4').waitFor()
    await page().getByRole('button', { name: 'Make the plan', exact: true }).press('Enter')
    await page().getByText('Nothing runs on this host yet').waitFor()
    expect(await page().locator('.preview').count()).toBe(0)
  },
}
