import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'vitest'
import { paste, recording } from '../screens/reality.ts'
import type { Job } from './job.ts'

export const layRealityOverARun: Job = {
  title: 'recordings are laid over the run: where they part, and why, is read, and kept across a restart',
  run: async ({ page, restart }) => {
    await page().keyboard.press('Alt+6')
    await page().locator('[data-reality=true]').waitFor()
    await paste(page(), recording)
    const verdict = page().getByRole('region', { name: 'Verdict' })
    await verdict.waitFor()
    const said = await verdict.innerText()
    expect(said).toContain('Not as predicted')
    expect(said).toMatch(/ of decoder parts first, at .*likeliest cause: /s)
    await expect
      .poll(() =>
        page()
          .getByRole('img', { name: /^VmRSS of decoder: / })
          .count(),
      )
      .toBe(1)
    const again = await restart()
    await again.keyboard.press('Alt+6')
    await again.getByRole('region', { name: 'Verdict' }).waitFor()
    expect(await again.getByRole('region', { name: 'Verdict' }).innerText()).toBe(said)
  },
}

export const followAProcess: Job = {
  title: 'a living process is followed: it is chosen from the list, drawn as it grows, stopped, and kept',
  run: async ({ page }) => {
    await page().keyboard.press('Alt+6')
    await page().locator('[data-reality=true]').waitFor()
    await page().getByRole('button', { name: 'Follow', exact: true }).click()
    // Elsewhere the screen says what works there instead.
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      expect(await page().locator('body').innerText()).toContain('Recordings of a Linux machine')
      return
    }
    const grows = `const kept = []; setInterval(() => kept.push(Buffer.alloc(8 << 20, 1)), 300); process.stdout.write('there')`
    const child = spawn(process.execPath, ['-e', grows], { stdio: ['ignore', 'pipe', 'ignore'] })
    try {
      await once(child.stdout, 'data')
      await page().getByRole('button', { name: 'Read the list again' }).click()
      await page().getByRole('searchbox', { name: 'Process' }).fill(String(child.pid))
      await page().getByRole('region', { name: 'Processes' }).getByRole('button').first().click()
      await page().getByText('So far', { exact: true }).waitFor()
      await page().getByRole('button', { name: 'Cancel' }).click()
      const entry = page().getByRole('region', { name: 'List of measurements' }).getByText(`(${child.pid})`)
      await entry.waitFor()
      await page().getByRole('region', { name: 'Verdict' }).waitFor()
      expect(await page().getByRole('region', { name: 'Verdict' }).innerText()).toContain('VmRSS of decoder')
    } finally {
      child.kill('SIGKILL')
    }
  },
}
