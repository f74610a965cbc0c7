import type { ScreenState } from './screen.ts'

export const CAPACITY_STATES: readonly ScreenState[] = [
  {
    id: 'capacity-empty',
    reach: async page => {
      await page.keyboard.press('Alt+4')
      await page.getByText('How many decoder fit on this host?').waitFor()
    },
  },
  {
    id: 'capacity',
    reach: async page => {
      await page.keyboard.press('Alt+4')
      await page.getByRole('button', { name: 'Count', exact: true }).click()
      await page.locator('[data-capacity=true]').waitFor({ timeout: 60_000 })
    },
  },
]
