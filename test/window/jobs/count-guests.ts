import { expect } from 'vitest'
import type { Job } from './job.ts'

export const countGuests: Job = {
  title: 'how many guests fit is counted, what breaks first is read, and the count becomes the plan',
  run: async ({ page }) => {
    const window = page()
    await window.keyboard.press('Control+k')
    await window.keyboard.type('KVM host: 24')
    await window.keyboard.press('Enter')
    await window.locator('h1', { hasText: 'KVM host' }).first().waitFor()
    await window.keyboard.press('Alt+4')
    for (const name of ['Nothing', 'mlock2, on fault', 'Smallest host for the plan'])
      await window.getByRole('checkbox', { name, exact: true }).uncheck()
    await window.getByRole('button', { name: 'Count', exact: true }).click()
    await window.locator('[data-capacity=true]').waitFor({ timeout: 60_000 })
    const row = window.getByRole('grid', { name: 'How many fit, by strategy' }).locator('tbody tr')
    expect(await row.innerText()).toMatch(/mlock\s+\d+\s+.*safe budget/)
    const fits = /mlock\s+(\d+)/.exec(await row.innerText())?.[1] ?? ''
    await row.click()
    await window.getByText(`which has ${fits} now`).waitFor()
    await window.keyboard.press('Control+z')
    await window.getByText('which has 24 now').waitFor()
  },
}
