/** The window in Electron itself, where its binary has been fetched and there is a screen. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { _electron, type Page } from 'playwright-core'
import { buildDesktop } from './build-desktop.ts'
import { listen, ready, USUAL_SIZE, type RunningShell, type Shell, type WindowSize } from './shell.ts'

const installed = fileURLToPath(new URL('../../node_modules/electron/', import.meta.url))

/** The binary, if it is there. To ask the package would fetch it. */
function binary(): string | null {
  const name = join(installed, 'path.txt')
  const path = existsSync(name) ? join(installed, 'dist', readFileSync(name, 'utf8').trim()) : null
  return path !== null && existsSync(path) ? path : null
}

const hasScreen =
  process.platform !== 'linux' || Boolean(process.env['DISPLAY']) || Boolean(process.env['WAYLAND_DISPLAY'])

let built: Promise<string> | null = null

async function start(storeFile: string, size: WindowSize = USUAL_SIZE): Promise<RunningShell> {
  built ??= buildDesktop()
  const main = join(await built, 'electron/main.js')
  const data = mkdtempSync(join(tmpdir(), 'holdfast-electron-'))
  const executablePath = binary()
  if (executablePath === null) throw new Error('Electron is not here')
  const application = await _electron.launch({
    executablePath,
    // Electron does not start as root with its sandbox, as on build machines.
    args: [
      ...(process.geteuid?.() === 0 ? ['--no-sandbox'] : []),
      `--user-data-dir=${data}`,
      main,
      '--store',
      storeFile,
    ],
  })
  const said: string[] = []
  const prepared = async (page: Page): Promise<Page> => {
    listen(page, said)
    await page.setViewportSize(size)
    await ready(page)
    return page
  }
  return {
    page: await prepared(await application.firstWindow()),
    openAnother: async () => {
      const opened = application.waitForEvent('window')
      await application.evaluate((electron: Pick<typeof Electron.CrossProcessExports, 'Menu'>) => {
        electron.Menu.getApplicationMenu()?.getMenuItemById('new-window')?.click()
      })
      return prepared(await opened)
    },
    said,
    close: async () => {
      await application.close()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

export const electronShell: Shell = {
  title: 'desktop, Electron',
  missing: binary() === null ? 'Electron has not been fetched' : hasScreen ? null : 'no screen',
  start,
  dispose: () => Promise.resolve(),
}
