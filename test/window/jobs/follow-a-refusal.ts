import { expect } from 'vitest'
import type { Job } from './job.ts'

export const followARefusal: Job = {
  title: 'a plan that fails on RLIMIT_MEMLOCK is followed to the limit, mended there, and undone again',
  run: async ({ page }) => {
    const window = page()
    await window.keyboard.press('Control+k')
    await window.keyboard.type('model server')
    await window.keyboard.press('Enter')
    await window.locator('.verdict', { hasText: 'refused: ENOMEM' }).waitFor()
    await window.getByRole('button', { name: 'Fix it under Limits' }).first().click()

    const detail = window.getByRole('region', { name: 'Limit of llama' })
    await detail.getByText('It needs 39.6 GiB and has 8 MiB: too low by 39.6 GiB.').waitFor()
    await detail.getByText('None of 39.6 GiB gets locked.').waitFor()
    await detail.getByText('LimitMEMLOCK=40532M').waitFor()
    await detail.getByText('systemctl show -p LimitMEMLOCK NAME.service').waitFor()
    await detail.getByRole('tab', { name: 'docker' }).click()
    await detail.getByText('--ulimit memlock=42500882432:42500882432').waitFor()

    await detail.getByRole('button', { name: 'Set 40532 MiB in this plan' }).click()
    await detail.getByText('It needs 39.6 GiB and has 39.6 GiB.').waitFor()
    await detail.getByText('All 39.6 GiB get locked.').waitFor()
    await detail.getByRole('button', { name: 'Show in the plan' }).click()
    await window.locator('.verdict', { hasText: /^fits/ }).waitFor()
    expect(await window.getByLabel('Lock limit').inputValue()).toBe('40532 MiB')

    await window.keyboard.press('Control+z')
    await window.locator('.verdict', { hasText: 'refused: ENOMEM' }).waitFor()
  },
}
