import { expect } from 'vitest'
import type { Job } from './job.ts'

/** Script of the page: tests run on Node, whose types know no page. */
const KEEP_BLOBS = `
  const make = URL.createObjectURL
  let kept
  URL.createObjectURL = blob => { kept = blob; return make.call(URL, blob) }
  globalThis.keptBlob = async () => {
    const bytes = new Uint8Array(await kept.arrayBuffer())
    let text = ''
    for (const byte of bytes) text += String.fromCharCode(byte)
    return btoa(text)
  }
`

export const takeAReport: Job = {
  title:
    'a report is looked at, and taken along as PDF, HTML, table and plan with the figures that were shown',
  run: async ({ page }) => {
    await page().keyboard.press('Alt+7')
    await page().locator('[data-report=true]').waitFor()
    const needed = await page().locator('.sheet .verdict').innerText()
    expect(needed).toContain('The plan holds')
    const figures = await page().locator('.sheet td.number').allInnerTexts()
    await page().evaluate(KEEP_BLOBS)
    // What was handed over is read from the page: not every shell keeps a download where a test can find it.
    const take = async (name: string): Promise<{ file: string; bytes: Buffer }> => {
      const waiting = page().waitForEvent('download')
      await page().getByRole('button', { name }).click()
      const download = await waiting
      const base64 = await page().evaluate<string>('keptBlob()')
      return { file: download.suggestedFilename(), bytes: Buffer.from(base64, 'base64') }
    }
    const pdf = await take('Report, PDF')
    expect(pdf.file).toMatch(/^lock-on-fault.*\.pdf$/)
    expect(pdf.bytes.subarray(0, 5).toString()).toBe('%PDF-')
    const html = (await take('Report, HTML')).bytes.toString()
    expect(figures.length).toBeGreaterThan(50)
    for (const figure of new Set(figures)) expect(html).toContain(figure.replace(/\d+$/, '').trim())
    expect((await take('Table, CSV')).bytes.toString()).toContain('VmLck [bytes]')
    const plan = JSON.parse((await take('Plan file')).bytes.toString()) as { format: string }
    expect(plan.format).toBe('holdfast-plan/1')
  },
}
