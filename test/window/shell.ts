/** What tests of the window run in: a shell with a real browser page and a real store on disk. */
import type { Page } from 'playwright-core'

export interface WindowSize {
  readonly width: number
  readonly height: number
}

export const USUAL_SIZE: WindowSize = { width: 1280, height: 800 }

/** The running application with at least one window. */
export interface RunningShell {
  /** The first window, ready. */
  readonly page: Page
  /** Another window on the same store; in a shell with one window only, another process. */
  readonly openAnother: () => Promise<Page>
  /** What pages printed as errors or warnings, or threw, since the start. */
  readonly said: readonly string[]
  readonly close: () => Promise<void>
}

export interface Shell {
  readonly title: string
  /** Why it cannot run on this machine; null where it can. */
  readonly missing: string | null
  /** Starts it on a store file, made if it is not there. Starting again on the same file is a restart. */
  readonly start: (storeFile: string, size?: WindowSize) => Promise<RunningShell>
  /** Frees what all starts share. */
  readonly dispose: () => Promise<void>
}

/** Waits until the page shows a result; for a page that has just been opened. */
export async function ready(page: Page): Promise<void> {
  await page.waitForSelector('[data-ready=true]')
}

/** Keeps what a page complains about. */
export function listen(page: Page, said: string[]): void {
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) said.push(message.text())
  })
  page.on('pageerror', error => said.push(error.message))
}
