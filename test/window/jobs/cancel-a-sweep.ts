import { expect } from 'vitest'
import type { Job } from './job.ts'

export const cancelASweep: Job = {
  title: 'a long sweep shows its progress, is cancelled, leaves the window usable, and a short one answers',
  run: async ({ page }) => {
    const window = page()
    await window.keyboard.press('Alt+e')
    const values = window.getByLabel('Values', { exact: true })
    await window.getByLabel('Field', { exact: true }).fill('workloads[0].params.footprint')
    await values.fill('1%..100%#5000')
    await window.getByRole('button', { name: 'Start', exact: true }).click()
    await window.getByRole('group', { name: 'Sweep: progress' }).waitFor()
    await window.getByText(/\d+ of 5,?000/).waitFor()
    await window.getByRole('button', { name: 'Cancel', exact: true }).click()
    await window.getByText('Cancelled.').waitFor()

    await values.fill('5%..50%#4')
    await window.getByRole('button', { name: 'Start', exact: true }).click()
    await window.locator('[data-explore=true]').waitFor()
    expect(await window.getByRole('grid', { name: 'Every run' }).locator('tbody tr').count()).toBe(4)
    await window.keyboard.press('Alt+2')
    await window.locator('.plot').first().waitFor()
  },
}
