import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SCREEN_STATES } from './screens/index.ts'
import { layoutFaults } from './screens/layout.ts'
import { serverShell } from './server-shell.ts'
import type { RunningShell } from './shell.ts'

const SIZES = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
] as const
/** The smallest window that has to be usable; it is not pictured. */
const SMALLEST = { width: 960, height: 600 }
const pictures = fileURLToPath(new URL('../../out/screenshots', import.meta.url))

async function axeFaults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

const { missing } = serverShell
const reason = missing === null ? '' : ` (skipped: ${missing})`

describe.skipIf(missing !== null)(`screens in a real browser${reason}`, () => {
  let folder: string
  let running: RunningShell

  beforeEach(async () => {
    mkdirSync(pictures, { recursive: true })
    folder = mkdtempSync(join(tmpdir(), 'holdfast-screen-'))
    running = await serverShell.start(join(folder, 'holdfast.db'))
  })
  afterEach(async () => {
    await running.close()
    rmSync(folder, { recursive: true, force: true })
  })
  afterAll(() => serverShell.dispose())

  it.each(SCREEN_STATES)(
    '$id: nothing cut off, nothing serious for axe, silent, both themes',
    async state => {
      const { page, said } = running
      await state.reach(page)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        for (const size of SIZES) {
          await page.setViewportSize(size)
          await page.screenshot({ path: join(pictures, `${state.id}-${colorScheme}-${size.width}.png`) })
          expect(await layoutFaults(page)).toEqual([])
        }
        await page.setViewportSize(SIZES[0])
        expect(await axeFaults(page)).toEqual([])
      }
      await page.setViewportSize(SMALLEST)
      expect(await layoutFaults(page)).toEqual([])
      expect(said).toEqual([])
    },
  )
})
