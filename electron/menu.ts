/** The menu. What it does in a window, the window's own palette does: an item names a command of it. */
import type { MenuItemConstructorOptions } from 'electron'
import { SCREENS } from '../renderer/state/screens.ts'

export interface MenuActions {
  /** Asks the window in front for a command of its palette. */
  readonly command: (id: string) => void
  readonly newWindow: () => void
  readonly openFiles: () => void
}

type Item = MenuItemConstructorOptions

/** Items of the palette outside the list of screens. Accelerators that the page hears itself are shown, not taken. */
export const PALETTE_ITEMS = {
  palette: { label: 'Find an Action…', accelerator: 'CmdOrCtrl+K' },
  undo: { label: 'Undo', accelerator: 'CmdOrCtrl+Z' },
  redo: { label: 'Redo', accelerator: 'CmdOrCtrl+Shift+Z' },
  duplicate: { label: 'Duplicate Plan' },
  run: { label: 'Run Again', accelerator: 'Alt+R' },
  theme: { label: 'Light or Dark', accelerator: 'Alt+D' },
  tables: { label: 'Charts or Tables', accelerator: 'Alt+T' },
  shortcuts: { label: 'Keyboard Shortcuts' },
} as const satisfies Readonly<Record<string, { readonly label: string; readonly accelerator?: string }>>

export function menuTemplate(platform: NodeJS.Platform, actions: MenuActions): Item[] {
  const isMac = platform === 'darwin'
  const command = (id: keyof typeof PALETTE_ITEMS): Item => ({
    ...PALETTE_ITEMS[id],
    id,
    registerAccelerator: false,
    click: () => actions.command(id),
  })
  const line: Item = { type: 'separator' }
  const file: Item[] = [
    { id: 'new-window', label: 'New Window', accelerator: 'CmdOrCtrl+Shift+N', click: actions.newWindow },
    { id: 'open', label: 'Open…', accelerator: 'CmdOrCtrl+O', click: actions.openFiles },
    ...[line, command('duplicate'), line, { role: 'close' } satisfies Item],
    ...(isMac ? [] : [{ role: 'quit' } satisfies Item]),
  ]
  const edit: Item[] = [
    ...[command('undo'), command('redo'), line],
    ...[{ role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }].map(
      item => item as Item,
    ),
  ]
  const view: Item[] = [
    ...SCREENS.map(({ id, title, key }): Item => ({
      ...{ id: `go-${id}`, label: title, accelerator: `Alt+${key}`, registerAccelerator: false },
      click: () => actions.command(`go-${id}`),
    })),
    ...[line, command('palette'), command('run'), command('tables'), command('theme'), line],
    ...[{ role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }].map(item => item as Item),
    ...[line, { role: 'togglefullscreen' } satisfies Item, { role: 'toggleDevTools' } satisfies Item],
  ]
  return [
    ...(isMac ? [{ role: 'appMenu' } satisfies Item] : []),
    { label: 'File', submenu: file },
    { label: 'Edit', submenu: edit },
    { label: 'View', submenu: view },
    ...(isMac ? [{ role: 'windowMenu' } satisfies Item] : []),
    {
      label: 'Help',
      ...(isMac ? { role: 'help' } : {}),
      submenu: [command('shortcuts'), ...(isMac ? [] : [{ role: 'about' } satisfies Item])],
    },
  ]
}
