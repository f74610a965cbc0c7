/** The plan and the library in the states that matter. */
import type { Page } from 'playwright-core'
import { paste } from '../jobs/import-a-plan.ts'
import type { ScreenState } from './screen.ts'

async function open(page: Page, words: string, until: string): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.keyboard.type(words)
  await page.keyboard.press('Enter')
  await page.locator(until).first().waitFor()
}

/** Many workloads, the longest names, and as many as a list may have. */
const many = (count: number): string =>
  JSON.stringify({
    ...{
      format: 'holdfast-plan/1',
      name: 'A plan with a name that is longer than any title bar is wide, or so',
    },
    ...{ doc: '', machine: { preset: 'milan-1t' }, horizon: '2 min' },
    workloads: Array.from({ length: count }, (_, at) => ({
      ...{ name: `guest-of-a-customer-with-a-long-name-${at}`, kind: 'qemu-guest' },
      ...{ strategy: ['none', 'mlock', 'mlock-onfault'][at % 3], limits: { memlock: 'unlimited' } },
      params: { ram: `${1 + (at % 4)} GiB` },
    })),
  })

export const PLAN_STATES: readonly ScreenState[] = [
  { id: 'plan', reach: () => Promise.resolve() },
  {
    id: 'plan-fails',
    reach: page => open(page, 'out of memory', '.verdict.bad'),
  },
  {
    id: 'plan-mistake',
    reach: async page => {
      await page.getByLabel('Count', { exact: true }).fill('many')
      await page.locator('.field.wrong .mistake').first().waitFor()
    },
  },
  {
    id: 'plan-empty',
    reach: async page => {
      await page.keyboard.press('Alt+1')
      await page.getByRole('button', { name: '1 × 16 cores, 64 GiB' }).click()
      await page.getByText('Nothing runs on this host yet').waitFor()
    },
  },
  {
    id: 'plan-50-workloads',
    reach: async page => {
      await paste(page, many(50))
      await page.locator('#workload-49').waitFor()
      await page.locator('.results .figures').waitFor()
    },
  },
  {
    id: 'explanation',
    reach: async page => {
      await page.locator('.figures .figure').first().focus()
      await page.keyboard.press('?')
      await page.locator('.explanation:popover-open dl').waitFor()
    },
  },
  { id: 'library', reach: page => page.keyboard.press('Alt+1') },
  {
    id: 'import-preview',
    reach: async page => {
      await paste(page, '=== /proc/meminfo\nMemTotal: 65536000 kB\n=== /etc/strange\nx\n')
      await page.getByRole('button', { name: 'Make the plan', exact: true }).waitFor()
    },
  },
  {
    id: 'palette',
    reach: async page => {
      await page.keyboard.press('Control+k')
      await page.keyboard.type('lock')
    },
  },
  {
    id: 'shortcuts',
    reach: async page => {
      await page.keyboard.press('Control+k')
      await page.keyboard.type('keyboard shortcuts')
      await page.keyboard.press('Enter')
      await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    },
  },
]
