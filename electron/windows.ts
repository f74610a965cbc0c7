/** The windows: each shows the same page; the place of the last one is kept. */
import { fileURLToPath } from 'node:url'
import { app, BrowserWindow, nativeTheme, screen } from 'electron'
import type { AppEvent } from '../app/contract.ts'
import type { WindowBridge } from './bridge.ts'
import { ORIGIN } from './sender.ts'
import { besides, keepPlace, keptPlace, placeOn, SMALLEST } from './window-place.ts'

/** The preload and the page lie beside this code, which is bundled into one folder below theirs. */
const PRELOAD = fileURLToPath(new URL('../electron/preload.cjs', import.meta.url))
/** Milliseconds without a movement until the place is written. */
const SETTLED_MS = 500

export class Windows {
  readonly #bridge: WindowBridge
  readonly #placeFile: string

  constructor(bridge: WindowBridge, placeFile: string) {
    this.#bridge = bridge
    this.#placeFile = placeFile
  }

  open(): Electron.BrowserWindow {
    const kept = keptPlace(this.#placeFile)
    const front = this.front()
    const areas = screen.getAllDisplays().map(({ workArea }) => workArea)
    const window = new BrowserWindow({
      ...(front === null ? placeOn(kept, areas) : besides(front.getNormalBounds(), areas)),
      ...{ minWidth: SMALLEST.width, minHeight: SMALLEST.height },
      title: app.getName(),
      show: false,
      // As the page's own background, so that nothing flashes before it is there.
      backgroundColor: nativeTheme.shouldUseDarkColors ? '#16181c' : '#ffffff',
      webPreferences: {
        preload: PRELOAD,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        nodeIntegrationInSubFrames: false,
        nodeIntegrationInWorker: false,
        webSecurity: true,
        webviewTag: false,
        navigateOnDragDrop: false,
        spellcheck: false,
      },
    })
    if (front === null && kept?.isMaximized === true) window.maximize()
    this.#bridge.add(window.webContents)
    this.#keep(window)
    window.once('ready-to-show', () => window.show())
    // A page whose process died is loaded again: what was edited is in the store.
    window.webContents.on('render-process-gone', (_, { reason }) => {
      if (reason !== 'clean-exit' && !window.isDestroyed()) window.webContents.reload()
    })
    // A page that cannot be loaded tells so on the error output; the window stays, for View > Toggle Developer Tools.
    window.loadURL(`${ORIGIN}/`).catch((error: unknown) => console.error(error))
    return window
  }

  /** The window that a person works in, or the one that was opened last; null if there is none. */
  front(): Electron.BrowserWindow | null {
    return BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows().at(-1) ?? null
  }

  /** Brings a window to the front; opens one if there is none. */
  show(): Electron.BrowserWindow {
    const window = this.front() ?? this.open()
    if (window.isMinimized()) window.restore()
    window.show()
    window.focus()
    return window
  }

  /** Tells the window in front alone. */
  tell(event: AppEvent): void {
    this.#bridge.tell(this.show().webContents, event)
  }

  #keep(window: Electron.BrowserWindow): void {
    let timer: NodeJS.Timeout | undefined
    const keep = (): void => {
      clearTimeout(timer)
      const { x, y, width, height } = window.getNormalBounds()
      keepPlace(this.#placeFile, { x, y, width, height, isMaximized: window.isMaximized() })
    }
    const later = (): void => {
      clearTimeout(timer)
      timer = setTimeout(keep, SETTLED_MS)
    }
    window.on('resize', later)
    window.on('move', later)
    window.on('close', keep)
    window.on('closed', () => clearTimeout(timer))
  }
}
