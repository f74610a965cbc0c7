/**
 * The module `electron` as the main process sees it, with windows that are pages of a real Chromium. Only what the shell
 * uses is here. docs/electron.md says what this cannot prove.
 */
import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import type { MenuItemConstructorOptions, SaveDialogReturnValue } from 'electron'
import { answerTests } from './control.ts'
import { chromiumPage, type WindowPage } from './pages.ts'

const userDataArgument = process.env['HOLDFAST_STAND_IN_DATA'] ?? ''

/** Asked of by tests: what the shell has registered, and what it did. */
export const record = {
  opened: [] as string[],
  errors: [] as string[],
  menu: [] as readonly MenuItemConstructorOptions[],
  filesToChoose: [] as string[],
  permission: null as
    ((contents: unknown, permission: string, decide: (yes: boolean) => void) => void) | null,
  permissionCheck: null as ((contents: unknown, permission: string) => boolean) | null,
}

class App extends EventEmitter {
  readonly isPackaged = false
  readonly ready = Promise.withResolvers<undefined>()
  #paths = new Map([['userData', userDataArgument]])
  #isQuitting = false

  whenReady = (): Promise<undefined> => this.ready.promise
  getName = (): string => 'Holdfast'
  getVersion = (): string => '0.0.0'
  getPath = (name: string): string => this.#paths.get(name) ?? join(userDataArgument, name)
  setPath = (name: string, path: string): void => void this.#paths.set(name, path)
  /** Each test has a folder of its own: nobody else can hold the lock. */
  requestSingleInstanceLock = (): boolean => true
  focus = (): void => {}

  quit = (): void => void this.#quit()
  exit = (code = 0): never => process.exit(code)

  async #quit(): Promise<void> {
    if (!this.#isQuitting) {
      this.#isQuitting = true
      this.emit('before-quit', event())
      await Promise.all(BrowserWindow.getAllWindows().map(window => window.leave()))
    }
    const last = event()
    this.emit('will-quit', last)
    if (!last.defaultPrevented) process.exit(0)
  }

  get isQuitting(): boolean {
    return this.#isQuitting
  }
}

export interface StandInEvent {
  defaultPrevented: boolean
  preventDefault: () => void
}

export function event<T extends object>(more?: T): StandInEvent & T {
  const made = { ...(more as T), defaultPrevented: false, preventDefault: () => {} }
  made.preventDefault = () => (made.defaultPrevented = true)
  return made
}

export const app = new App()

type Listener = (event: unknown, ...args: unknown[]) => unknown

class IpcMain extends EventEmitter {
  readonly handlers = new Map<string, Listener>()
  handle = (channel: string, listener: Listener): void => void this.handlers.set(channel, listener)
  removeHandler = (channel: string): void => void this.handlers.delete(channel)
}
export const ipcMain = new IpcMain()

type PageHandler = (request: Pick<Request, 'url' | 'method'>) => Promise<Response>

export const protocol = {
  schemes: [] as readonly { readonly scheme: string }[],
  handlers: new Map<string, PageHandler>(),
  registerSchemesAsPrivileged: (schemes: readonly { readonly scheme: string }[]): void => {
    if (standIn.isReady) throw new Error('registerSchemesAsPrivileged comes before ready')
    protocol.schemes = schemes
  },
  handle: (scheme: string, handler: PageHandler): void => {
    if (!standIn.isReady) throw new Error('protocol.handle comes after ready')
    protocol.handlers.set(scheme, handler)
  },
}

export const session = {
  defaultSession: {
    setPermissionRequestHandler: (handler: typeof record.permission): void =>
      void (record.permission = handler),
    setPermissionCheckHandler: (handler: typeof record.permissionCheck): void =>
      void (record.permissionCheck = handler),
    setDevicePermissionHandler: (): void => {},
  },
}

export const shell = {
  openExternal: (url: string): Promise<void> => {
    record.opened.push(url)
    return Promise.resolve()
  },
}

export const dialog = {
  showErrorBox: (title: string, text: string): void => void record.errors.push(`${title}: ${text}`),
  showOpenDialog: (): Promise<Pick<SaveDialogReturnValue, 'canceled'> & { filePaths: string[] }> =>
    Promise.resolve({
      canceled: record.filesToChoose.length === 0,
      filePaths: record.filesToChoose.splice(0),
    }),
}

export const nativeTheme = { shouldUseDarkColors: false }
export const screen = {
  getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }],
}

export const Menu = {
  buildFromTemplate: (template: readonly MenuItemConstructorOptions[]) => template,
  setApplicationMenu: (menu: readonly MenuItemConstructorOptions[] | null): void => {
    record.menu = menu ?? []
  },
}

export class WebContents extends EventEmitter {
  readonly #page: Promise<WindowPage>
  openHandler: (details: { readonly url: string }) => { readonly action: string } = () => ({
    action: 'allow',
  })
  #gone = false

  constructor(page: Promise<WindowPage>) {
    super()
    this.#page = page
  }

  setWindowOpenHandler = (handler: typeof this.openHandler): void => void (this.openHandler = handler)
  isDestroyed = (): boolean => this.#gone
  send = (channel: string, ...args: unknown[]): void => {
    if (this.#gone) throw new Error('Object has been destroyed')
    void this.#page.then(page => page.send(channel, structuredClone(args)))
  }
  reload = (): void => void this.#page.then(page => page.reload())
  destroy(): void {
    if (this.#gone) return
    this.#gone = true
    this.emit('destroyed')
  }
}

const windows: BrowserWindow[] = []

export interface WindowOptions {
  readonly x?: number
  readonly y?: number
  readonly width?: number
  readonly height?: number
  readonly webPreferences?: Readonly<Record<string, unknown>>
}

export class BrowserWindow extends EventEmitter {
  static getAllWindows = (): BrowserWindow[] => [...windows]
  static getFocusedWindow = (): BrowserWindow | null => windows.at(-1) ?? null

  readonly webContents: WebContents
  readonly options: WindowOptions
  readonly #page: Promise<WindowPage>
  #gone = false

  constructor(options: WindowOptions) {
    super()
    this.options = options
    const preferences = options.webPreferences ?? {}
    // The double runs the preload as if the page were isolated; a window that is not must not pass.
    for (const [name, wanted] of [
      ['sandbox', true],
      ['contextIsolation', true],
      ['nodeIntegration', false],
      ['webviewTag', false],
    ] as const)
      if (preferences[name] !== wanted) throw new Error(`webPreferences.${name} is not ${wanted}`)
    this.#page = chromiumPage({
      preload: String(preferences['preload']),
      contents: () => this.webContents,
      closed: () => this.#closed(),
    })
    this.webContents = new WebContents(this.#page)
    windows.push(this)
    app.emit('web-contents-created', event(), this.webContents)
  }

  loadURL = async (url: string): Promise<void> => {
    await (await this.#page).load(url)
    this.emit('ready-to-show')
  }
  getNormalBounds = () => {
    const { x = 0, y = 0, width = 1280, height = 800 } = this.options
    return { x, y, width, height }
  }
  isMaximized = (): boolean => false
  isMinimized = (): boolean => false
  isDestroyed = (): boolean => this.#gone
  show = (): void => {}
  focus = (): void => {}
  restore = (): void => {}
  maximize = (): void => {}
  close = (): void => void this.leave()

  async leave(): Promise<void> {
    const closing = event()
    this.emit('close', closing)
    if (closing.defaultPrevented) return
    await (await this.#page).close()
    this.#closed()
  }

  #closed(): void {
    if (this.#gone) return
    this.#gone = true
    windows.splice(windows.indexOf(this), 1)
    this.webContents.destroy()
    this.emit('closed')
    if (windows.length === 0 && !app.isQuitting) app.emit('window-all-closed')
  }
}

export const standIn = {
  isReady: false,
  async becomeReady(): Promise<void> {
    standIn.isReady = true
    app.emit('ready')
    app.ready.resolve(undefined)
    answerTests()
    await Promise.resolve()
  },
}
