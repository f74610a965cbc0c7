import type { Page } from 'playwright-core'
import type { ScreenState } from './screen.ts'

async function limitsOf(page: Page, template: string, process: string): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.keyboard.type(template)
  await page.keyboard.press('Enter')
  await page
    .locator('h1', { hasText: new RegExp(template, 'i') })
    .first()
    .waitFor()
  await page.keyboard.press('Alt+5')
  await page.getByRole('region', { name: `Limit of ${process}` }).waitFor()
}

export const LIMITS_STATES: readonly ScreenState[] = [
  { id: 'limits-too-low', reach: page => limitsOf(page, 'model server', 'llama') },
  { id: 'limits-of-a-guest', reach: page => limitsOf(page, 'realtime guest', 'controller') },
  {
    id: 'limits-any-guest',
    reach: async page => {
      await page.keyboard.press('Alt+5')
      await page.getByText('Any guest…').click()
      await page.getByRole('region', { name: 'Limits by system' }).waitFor()
    },
  },
]
