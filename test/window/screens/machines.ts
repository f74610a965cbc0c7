import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import type { ScreenState } from './screen.ts'

const bundle = new URL('../../formats/import/samples/host-bundle/two-nodes.txt', import.meta.url)

async function machines(page: Page): Promise<void> {
  await page.keyboard.press('Alt+8')
  await page.getByRole('heading', { name: 'What follows' }).waitFor()
}

async function pasted(page: Page): Promise<void> {
  await machines(page)
  await page.getByRole('button', { name: 'Paste a host' }).click()
  await page.getByLabel('Text of a host').fill(readFileSync(bundle, 'utf8'))
  await page.getByRole('button', { name: 'Read', exact: true }).click()
  await page.getByText('Host bundle; kernel 6.12').waitFor()
}

export const MACHINE_STATES: readonly ScreenState[] = [
  { id: 'machines', reach: machines },
  { id: 'machines-import', reach: pasted },
  {
    id: 'machines-calibration',
    reach: async page => {
      await page.keyboard.press('Control+k')
      await page.keyboard.type('calibrate')
      await page.keyboard.press('Enter')
      await page.locator('button:focus', { hasText: 'Calibrate' }).waitFor()
    },
  },
  {
    id: 'machines-own',
    reach: async page => {
      await pasted(page)
      await page.getByRole('button', { name: 'Save as a machine of yours' }).click()
      await page.locator('h1', { hasText: 'AMD EPYC 7763' }).waitFor()
      await page.getByLabel('RAM', { exact: true }).fill('much')
      await page.locator('.field.wrong .mistake').waitFor()
    },
  },
  {
    id: 'settings',
    reach: async page => {
      await page.keyboard.press('Alt+9')
      await page.getByRole('button', { name: 'Plans in it' }).click()
      await page.getByText('as it is now').or(page.getByText('No plan is in it.')).first().waitFor()
    },
  },
]
