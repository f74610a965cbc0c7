import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { Job } from './job.ts'

const bundle = new URL('../../formats/import/samples/host-bundle/two-nodes.txt', import.meta.url)

export const pasteAHost: Job = {
  title: 'what a host printed is pasted, read, and becomes a machine with its kernel',
  run: async ({ page }) => {
    const window = page()
    await window.keyboard.press('Alt+8')
    await window.getByRole('button', { name: 'Paste a host' }).click()
    const form = window.getByRole('region', { name: 'Import a host' })
    await form.getByLabel('Text of a host').fill('hello')
    await form.getByRole('button', { name: 'Read', exact: true }).click()
    await form.getByRole('alert').waitFor()
    expect(await form.getByLabel('Text of a host').inputValue()).toBe('hello')

    await form.getByLabel('Text of a host').fill(readFileSync(bundle, 'utf8'))
    await form.getByRole('button', { name: 'Read', exact: true }).click()
    await form.getByText('Host bundle; kernel 6.12').waitFor()
    await form.getByRole('cell', { name: 'vm.swappiness is 10.' }).waitFor()
    await form.getByRole('button', { name: 'Save as a machine of yours' }).click()

    await window.locator('h1', { hasText: 'AMD EPYC 7763' }).waitFor()
    expect(await window.getByLabel('CPUs', { exact: true }).inputValue()).toBe('128')
    expect(await window.getByLabel('Area 3').inputValue()).toBe('sata-ssd')
    expect(await window.getByLabel('Kernel', { exact: true }).inputValue()).toBe('6.12')
  },
}
