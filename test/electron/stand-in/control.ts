/** What a test asks of the double, over the channel between two Node processes. */
import type { MenuItemConstructorOptions } from 'electron'
import { app, BrowserWindow, event, protocol, record } from './electron.ts'
import { sendToMain } from './pages.ts'

/** The frame that a forged message claims to come from. */
export type Forged = { readonly url: string; readonly origin: string; readonly parent: unknown } | null

export const CONTROLS = {
  quit: () => app.quit(),
  /** An item of the menu, by its id. */
  click: (id: string) => {
    const item = itemOf(record.menu, id)
    if (item?.click === undefined) throw new Error(`the menu has no item ${id}`)
    ;(item.click as () => void)()
  },
  secondInstance: (files: readonly string[]) =>
    void app.emit('second-instance', event(), [], process.cwd(), { files }),
  /** What the next dialog that opens files gives. */
  willChoose: (files: readonly string[]) => void record.filesToChoose.push(...files),
  opened: () => record.opened,
  userData: () => app.getPath('userData'),
  bounds: () => BrowserWindow.getAllWindows().map(window => window.getNormalBounds()),
  /** As a person closes them. */
  closeWindows: () => {
    for (const window of BrowserWindow.getAllWindows()) window.close()
  },
  permissions: (names: readonly string[]) =>
    names.filter(name => {
      let given = record.permissionCheck?.(null, name) ?? true
      record.permission?.(null, name, yes => (given ||= yes))
      return given
    }),
  /** A message with a sender that no page of ours could have. */
  forge: async (frame: Forged, channel: string, args: readonly unknown[]) =>
    sendToMain(BrowserWindow.getAllWindows()[0]?.webContents, frame, 'invoke', channel, args),
  /** What the scheme answers. */
  fetch: async (url: string, method: string) => {
    const response = await protocol.handlers.get('app')?.({ url, method })
    if (response === undefined) throw new Error('the scheme has no handler')
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      text: await response.text(),
    }
  },
} satisfies Readonly<Record<string, (...args: never[]) => unknown>>

export type Controls = typeof CONTROLS

function itemOf(
  items: readonly MenuItemConstructorOptions[],
  id: string,
): MenuItemConstructorOptions | undefined {
  for (const item of items) {
    if (item.id === id) return item
    const inner = Array.isArray(item.submenu) ? itemOf(item.submenu, id) : undefined
    if (inner !== undefined) return inner
  }
  return undefined
}

interface Asked {
  readonly id: number
  readonly what: string
  readonly args: readonly unknown[]
}

export function answerTests(): void {
  const controls = CONTROLS as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>
  process.on('message', ({ id, what, args }: Asked) => {
    Promise.resolve()
      .then(() => controls[what]?.(...args))
      .then(
        value => process.send?.({ id, value }),
        (error: unknown) => process.send?.({ id, error: String(error) }),
      )
  })
  // The test is gone: so is its desktop.
  process.on('disconnect', () => process.exit(1))
}
