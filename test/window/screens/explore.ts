import type { Page } from 'playwright-core'
import type { ScreenState } from './screen.ts'

async function start(page: Page, question?: RegExp): Promise<void> {
  await page.keyboard.press('Alt+e')
  if (question !== undefined) await page.getByRole('radio', { name: question }).check()
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await page.locator('[data-explore=true]').waitFor({ timeout: 60_000 })
}

export const EXPLORE_STATES: readonly ScreenState[] = [
  {
    id: 'explore-empty',
    reach: async page => {
      await page.keyboard.press('Alt+e')
      await page.getByText('A field takes each of its values').waitFor()
    },
  },
  {
    id: 'explore-sweep',
    reach: async page => {
      await page.keyboard.press('Alt+e')
      await page.getByLabel('Field', { exact: true }).fill('workloads[0].params.footprint')
      await page.getByLabel('Values', { exact: true }).fill('5%..50%#6')
      await page.getByLabel('And by (may be empty)').fill('workloads[0].strategy')
      await page.getByLabel('Its values').fill('mlock,mlock-onfault')
      await start(page)
    },
  },
  { id: 'explore-sensitivity', reach: page => start(page, /^What matters/) },
  {
    id: 'explore-chance',
    reach: async page => {
      await page.keyboard.press('Alt+e')
      await page.getByRole('radio', { name: /^Chance/ }).check()
      await page.getByLabel('Runs', { exact: true }).fill('20')
      await start(page, /^Chance/)
    },
  },
]
