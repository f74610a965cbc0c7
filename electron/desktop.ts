/** The life of the program: one application and its store, windows on it, files that are given to it. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { app, dialog, Menu, protocol } from 'electron'
import { z } from 'zod'
import { appOnStore } from '../app/app-on-store.ts'
import type { App } from '../app/create-app.ts'
import { usualStorePath } from '../app/open-store.ts'
import type { StartArguments } from './arguments.ts'
import { WindowBridge } from './bridge.ts'
import { givenFile } from './given-files.ts'
import { menuTemplate } from './menu.ts'
import { pageResponse } from './page.ts'
import { secureEverything } from './safety.ts'
import { SCHEME } from './sender.ts'
import { Windows } from './windows.ts'

/** What a second process hands to the first before it ends. */
const handedOver = z.object({ files: z.array(z.string()) })

const PAGE = fileURLToPath(new URL('../renderer', import.meta.url))

export class Desktop {
  readonly #start: StartArguments
  #application: App | null = null
  #windows: Windows | null = null
  /** Given before there was a window. */
  #files: readonly string[]

  constructor(start: StartArguments) {
    this.#start = start
    this.#files = start.files
  }

  run(): void {
    app.on('second-instance', (_event, _argv, _folder, handed) => {
      const { data } = handedOver.safeParse(handed)
      this.#show(data?.files ?? [])
    })
    // On macOS files are given by an event, also before the program is ready.
    app.on('open-file', (event, path) => {
      event.preventDefault()
      this.#show([path])
    })
    app.on('activate', () => void this.#windows?.show())
    app.on('window-all-closed', () => {
      if (process.platform !== 'darwin') app.quit()
    })
    app.on('will-quit', event => {
      if (this.#application === null) return
      event.preventDefault()
      const closing = this.#application
      this.#application = null
      closing
        .close()
        .catch(complain)
        .finally(() => app.quit())
    })
    // Not awaited at the top level: the program is ready only after its entry has been evaluated.
    app
      .whenReady()
      .then(() => this.#open())
      .catch((error: unknown) => {
        complain(error)
        dialog.showErrorBox('Holdfast cannot start', error instanceof Error ? error.message : String(error))
        app.exit(1)
      })
  }

  #open(): void {
    secureEverything()
    protocol.handle(SCHEME, request => pageResponse(PAGE, request))
    const { store } = this.#start
    this.#application = appOnStore(
      { path: store ?? usualStorePath(process.env), makeFolder: store === null },
      { onBroken: complain },
    )
    this.#windows = new Windows(
      new WindowBridge(this.#application),
      join(app.getPath('userData'), 'window.json'),
    )
    const windows = this.#windows
    Menu.setApplicationMenu(
      Menu.buildFromTemplate(
        menuTemplate(process.platform, {
          command: command => windows.tell({ event: 'command.asked', command }),
          newWindow: () => void windows.open(),
          openFiles: () => void this.#choose(),
        }),
      ),
    )
    windows.open()
    this.#show(this.#files)
  }

  /** Files that are given before there is a window wait for it. */
  #show(files: readonly string[]): void {
    if (this.#windows === null) {
      this.#files = [...this.#files, ...files]
      return
    }
    const windows = this.#windows
    windows.show()
    if (files.length === 0) return
    Promise.all(files.map(givenFile))
      .then(given => windows.tell({ event: 'files.given', files: given }))
      .catch(complain)
  }

  async #choose(): Promise<void> {
    const { filePaths } = await dialog.showOpenDialog({ properties: ['openFile', 'multiSelections'] })
    if (filePaths.length > 0) this.#show(filePaths)
  }
}

const complain = (error: unknown): void => console.error(error)
