import { expect } from 'vitest'
import type { Job } from './job.ts'

export const firstStart: Job = {
  title: 'the first start shows a finished plan, and the next start shows it again',
  run: async ({ page, restart }) => {
    expect(await page().locator('h1').innerText()).toContain('Lock on fault')
    expect(await page().locator('.verdict').innerText()).toMatch(/^fits, \d+ % of the safe budget$/)
    expect(await page().locator('.plot').count()).toBeGreaterThanOrEqual(3)
    expect(page().url()).not.toContain('token')
    const again = await restart()
    expect(await again.locator('h1').innerText()).toContain('Lock on fault')
  },
}
