import type { ScreenState } from './screen.ts'

/** Before anything was asked there is always something: the plan on screen is compared at once. A plan with mistakes is not. */
export const COMPARE_STATES: readonly ScreenState[] = [
  {
    id: 'compare',
    reach: async page => {
      await page.keyboard.press('Alt+3')
      await page.getByRole('radio', { name: /^Strategies of decoder/ }).check()
      await page.getByText(/by populating and faults over/).waitFor()
    },
  },
  {
    id: 'compare-empty',
    reach: async page => {
      await page.getByLabel('Count', { exact: true }).fill('many')
      await page.locator('.field.wrong .mistake').first().waitFor()
      await page.keyboard.press('Alt+3')
      await page.getByText('Which way is better, and at what price?').waitFor()
    },
  },
]
