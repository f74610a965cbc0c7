import { expect } from 'vitest'
import type { Job } from './job.ts'

export const compareStrategies: Job = {
  title: 'six strategies are compared, their break-even is read, and one of them is taken into the plan',
  run: async ({ page }) => {
    const window = page()
    await window.keyboard.press('Alt+3')
    await window.getByRole('radio', { name: /^Strategies of decoder/ }).check()
    const table = window.getByRole('grid', { name: 'Variants' })
    await table.getByRole('gridcell', { name: 'mlock2, on fault', exact: true }).waitFor()
    expect(await table.getByRole('row').count()).toBeGreaterThanOrEqual(7)
    expect(await window.getByRole('region', { name: 'In words' }).innerText()).toMatch(
      /is ready [\d,.]+ times (?:sooner|later)/,
    )
    await window.getByText(/by populating and faults over .*footprint until [\d.]+ %/).waitFor()
    await window.getByRole('img', { name: /^Trade-off\. / }).waitFor()

    await table.getByRole('gridcell', { name: 'mlock', exact: true }).click()
    await window.keyboard.press('Alt+2')
    const strategy = window.getByLabel('Strategy', { exact: true })
    await expect.poll(() => strategy.inputValue()).toBe('mlock')
    await window.keyboard.press('Control+z')
    await expect.poll(() => strategy.inputValue()).toBe('mlock-onfault')
  },
}

export const switchProposal: Job = {
  title: 'one of the five kernel proposals is switched off on the own plan, and the difference is told',
  run: async ({ page }) => {
    const window = page()
    await window.keyboard.press('Alt+3')
    await window.getByRole('radio', { name: /^VM_LOCKONFAULT/ }).check()
    await window.getByRole('gridcell', { name: 'without VM_LOCKONFAULT', exact: true }).waitFor()
    await window.getByText(/with VM_LOCKONFAULT is ready [\d,.]+ times sooner/).waitFor()
    expect(await window.locator('.multiples, svg').count()).toBeGreaterThan(0)
  },
}
