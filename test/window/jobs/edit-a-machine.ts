import { expect } from 'vitest'
import type { Job } from './job.ts'

export const editAMachine: Job = {
  title:
    'a preset is duplicated, edited and used in the plan, whose results follow; its deletion is taken back',
  run: async ({ page, restart }) => {
    const first = page()
    await first.locator('.verdict', { hasText: /^fits/ }).waitFor()
    const before = await first.locator('.verdict').innerText()
    await first.keyboard.press('Alt+8')
    const form = first.getByRole('region', { name: 'Machine', exact: true }).first()
    await form.locator('h1', { hasText: '64 GiB' }).waitFor()
    expect(await form.getByLabel('RAM', { exact: true }).isDisabled()).toBe(true)
    await form.getByRole('button', { name: 'Duplicate' }).click()
    await form.locator('h1', { hasText: '(copy)' }).waitFor()

    // A mistake stays beside its field, and nothing is lost by it.
    const ram = form.getByLabel('RAM', { exact: true })
    await ram.fill('much')
    await form.locator('.field.wrong .mistake').waitFor()
    await first.getByText('One field is to mend').waitFor()
    await ram.fill('48 * 16 GiB')
    await form.getByText('= 768 GiB').waitFor()
    await first.getByRole('button', { name: '754 GiB' }).first().waitFor()
    await form.getByLabel('Priority').fill('100')
    await form.getByLabel('Name', { exact: true }).fill('rack 7')
    await form.locator('h1', { hasText: 'rack 7' }).waitFor()

    await form.getByLabel('Kernel', { exact: true }).selectOption('6.12')
    await form.getByText('compared with the running 6.12').waitFor()
    await form.getByLabel('Which changes').selectOption('all')
    await form.getByLabel('vm-pinned').check()
    await form.getByLabel('madv-populate', { exact: true }).uncheck()
    await form.getByLabel('Name of this kernel').fill('6.12 for pins')
    await form.getByRole('button', { name: 'Keep this kernel' }).click()
    await form.getByRole('button', { name: 'Forget this kernel' }).waitFor()

    await form.getByRole('button', { name: 'Use in the open plan' }).click()
    await first.locator('.host', { hasText: '768 GiB' }).first().waitFor()
    await first.locator('.verdict', { hasText: /^fits/ }).waitFor()
    await expect.poll(() => first.locator('.verdict').innerText()).not.toBe(before)

    const again = await restart()
    await again.keyboard.press('Alt+8')
    await again.getByRole('button', { name: /^rack 7/ }).click()
    await again
      .getByRole('region', { name: 'Where used' })
      .getByRole('button', { name: /^Lock on fault/ })
      .waitFor()
    await again.getByRole('button', { name: 'Delete' }).click()
    await again.getByText('rack 7 is deleted.').waitFor()
    await again.getByRole('button', { name: 'Bring it back' }).click()
    await again.locator('h1', { hasText: 'rack 7' }).waitFor()
    expect(await again.getByLabel('Kernel', { exact: true }).inputValue()).toMatch(/^saved:/)
  },
}
