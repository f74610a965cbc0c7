import type { Page } from 'playwright-core'
import type { ScreenState } from './screen.ts'

async function reportOf(page: Page, template: string): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.keyboard.type(template)
  await page.keyboard.press('Enter')
  await page
    .locator('h1', { hasText: new RegExp(template, 'i') })
    .first()
    .waitFor()
  await page.keyboard.press('Alt+7')
  await page.locator('[data-report=true]').waitFor()
}

export const REPORT_STATES: readonly ScreenState[] = [
  { id: 'report', reach: page => reportOf(page, 'model server') },
  {
    id: 'report-refused',
    reach: async page => {
      await page.keyboard.press('Alt+7')
      await page.locator('[data-report=true]').waitFor()
      await page.getByRole('textbox', { name: 'Compare' }).fill('nowhere=1')
      await page.getByRole('textbox', { name: 'Compare' }).press('Enter')
      await page.getByRole('alert').waitFor()
    },
  },
  {
    id: 'report-configuration',
    reach: async page => {
      await reportOf(page, 'realtime guest')
      await page.getByRole('button', { name: 'Configuration', exact: true }).click()
    },
  },
]
