import type { Page } from 'playwright-core'
import type { ScreenState } from './screen.ts'

/** /proc/PID/status of one process at a moment. */
const status = (rssKib: number, lockedKib: number): string =>
  `Name:\tdecoder\nState:\tR (running)\nPid:\t7\nVmLck:\t${lockedKib} kB\nVmRSS:\t${Math.round(rssKib)} kB\nVmSwap:\t0 kB\n`

/** A process that locks less than the plan has it, and fills more slowly: one text, a minute between samples. */
export const recording = Array.from({ length: 30 }, (_, i) =>
  status(28_000_000 * (1 - Math.exp(-i / 9)), i === 0 ? 0 : 250_000_000),
).join('')

async function open(page: Page): Promise<void> {
  await page.keyboard.press('Alt+6')
  await page.locator('[data-reality=true]').waitFor()
}

/** Pastes a text as a recording of the plan's first workload. */
export async function paste(page: Page, text: string): Promise<void> {
  await page.getByRole('button', { name: 'Recordings', exact: true }).click()
  await page.getByRole('textbox', { name: 'Or a text' }).fill(text)
  await page.getByRole('button', { name: 'Lay it over the run' }).click()
}

export const REALITY_STATES: readonly ScreenState[] = [
  { id: 'reality-empty', reach: open },
  {
    id: 'reality-full',
    reach: async page => {
      await open(page)
      await paste(page, recording)
      await page.getByRole('region', { name: 'Verdict' }).waitFor()
    },
  },
  {
    id: 'reality-refused',
    reach: async page => {
      await open(page)
      await paste(page, 'this is no recording')
      await page.getByRole('alert').waitFor()
    },
  },
  {
    id: 'reality-rests',
    reach: async page => {
      await open(page)
      await page.getByRole('button', { name: 'What it rests on' }).click()
      await page.getByRole('region', { name: 'Evidence' }).waitFor()
    },
  },
]
