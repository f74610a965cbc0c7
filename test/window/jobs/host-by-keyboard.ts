import { expect } from 'vitest'
import type { Job } from './job.ts'

export const hostByKeyboard: Job = {
  title: 'by keyboard alone: a host with 24 guests from nothing, and all of it is there after a restart',
  run: async ({ page, restart }) => {
    const { keyboard } = page()
    const command = async (words: string): Promise<void> => {
      await keyboard.press('Control+k')
      await keyboard.type(words)
      await keyboard.press('Enter')
    }
    await keyboard.press('Alt+1')
    const preset = page().getByRole('button', { name: '2 × 28 cores, 512 GiB' })
    await preset.focus()
    await keyboard.press('Enter')
    await page().getByText('Nothing runs on this host yet').waitFor()
    await command('add virtual machine')
    await page().locator('#workload-0').waitFor()
    for (const [field, text] of [
      ['count of qemu', '24'],
      ['ram of qemu', '16 GiB'],
      ['lock limit of qemu', 'unlimited'],
    ] as const) {
      await command(field)
      await page().waitForFunction(() => {
        const { document } = globalThis as unknown as {
          document: { activeElement: { tagName: string } | null }
        }
        return document.activeElement?.tagName === 'INPUT'
      })
      await keyboard.press('Control+a')
      await keyboard.type(text)
    }
    await command('strategy of qemu')
    await keyboard.type('mlock2')
    await page().locator('.row .count', { hasText: '24×' }).waitFor()
    await page()
      .locator('.saved', { hasText: /^saved$/ })
      .waitFor()
    const again = await restart()
    await again.locator('.row .count', { hasText: '24×' }).waitFor()
    expect(await again.getByLabel('RAM', { exact: true }).last().inputValue()).toBe('16 GiB')
    // What was done before the restart is undone after it.
    const before = await again.getByLabel('Lock limit', { exact: true }).inputValue()
    expect(before).toBe('unlimited')
    const undo = again.getByRole('button', { name: 'Undo', exact: true })
    for (const taken of ['Change Strategy', 'Change Lock limit']) {
      expect(await undo.getAttribute('title')).toContain(taken)
      await again.keyboard.press('Control+z')
      await again.locator(`button[title*="Redo: ${taken}"]`).waitFor()
    }
    expect(await again.getByLabel('Lock limit', { exact: true }).inputValue()).toBe('')
  },
}
